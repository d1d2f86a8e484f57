"""Write the workbooks of an invented school, to have something to import."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from ...samples import HOA_THUAN, MY_NGAI, school_workbooks

SCHOOLS = {school.code: school for school in (MY_NGAI, HOA_THUAN)}


class Command(BaseCommand):
    help = "Write the workbooks of an invented school: the same bytes each time."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--to", required=True, type=Path, metavar="DIR")
        parser.add_argument("--school", choices=SCHOOLS, default=MY_NGAI.code)

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path = options["to"]
        folder.mkdir(parents=True, exist_ok=True)
        for name, workbook in school_workbooks(SCHOOLS[options["school"]]).items():
            (folder / name).write_bytes(workbook)
            self.stdout.write(str(folder / name))
