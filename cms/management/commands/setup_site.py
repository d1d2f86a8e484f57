"""manage.py setup_site: the pages that a fresh site starts with."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from cms.portal.setup import ensure_site


class Command(BaseCommand):
    help = "Make the home page, the guides and the place for news, if there are none."

    def handle(self, *args: Any, **options: Any) -> None:
        home = ensure_site()
        if options["verbosity"]:
            self.stderr.write(f"The site begins at “{home.title}”.")
