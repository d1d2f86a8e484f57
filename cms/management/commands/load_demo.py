from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from cms.demo import accounts_screen, load_demo
from documents.errors import RecordsError


class Command(BaseCommand):
    help = "Load the demo school. Loading it twice changes nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        def say(message: str) -> None:
            self.stderr.write(f"demo: {message}")

        try:
            load_demo(say)
        except RecordsError as error:
            raise CommandError(error.for_user(), returncode=2) from error
        self.stdout.write(accounts_screen())
