from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection

from documents import roles

WRONG_USE = 2


class Command(BaseCommand):
    help = (
        "PostgreSQL: let a role work with the tables, and not against the triggers. "
        "Run as the owner of the tables, after each migrate; again changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("role", help="the role of site and workers; it must exist")

    def handle(self, *args: Any, **options: Any) -> None:
        if connection.vendor != "postgresql":
            raise CommandError("Only PostgreSQL knows roles.", returncode=WRONG_USE)
        try:
            roles.grant(options["role"])
        except roles.NoSuchRole as error:
            raise CommandError(str(error), returncode=WRONG_USE) from error
        except (roles.RoleTooStrong, DatabaseError) as error:
            raise CommandError(f"Nothing was granted: {error}".strip()) from error
        if options["verbosity"]:
            self.stderr.write(f"{options['role']} may read and write rows.")
