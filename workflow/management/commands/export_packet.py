from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from documents import storage
from documents.errors import RecordsError
from documents.models import Package, Record, Unit
from workflow.management.files import write_whole
from workflow.management.selection import WRONG_USE, as_json, unit_named, user_named
from workflow.services.exchange.sending import Sending, send_report


class Command(BaseCommand):
    help = (
        "Pack the signed records of a school for its department, under the school's "
        "seal. Exit 1 when records of the selection are not signed yet."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--unit", required=True, help="code of the school")
        parser.add_argument("--year", required=True, help="school year, 2025-2026")
        parser.add_argument("--class", dest="class_name", default="", help="3B")
        parser.add_argument("--to", required=True, type=Path, metavar="FILE")
        parser.add_argument("--receiver", help="code of another unit above the school")
        parser.add_argument(
            "--as", dest="username", help="a registrar; otherwise the operator"
        )
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *args: Any, **options: Any) -> None:
        by = user_named(options["username"]) if options["username"] else None
        school = unit_named(options["unit"])
        receiver = unit_named(options["receiver"]) if options["receiver"] else None
        if receiver is not None and not is_above(receiver, school):
            text = f"{receiver.code} is not above {school.code}."
            raise CommandError(text, returncode=WRONG_USE)
        try:
            done = send_report(
                school=school,
                school_year=options["year"],
                class_name=options["class_name"],
                receiver=receiver,
                by=by,
            )
        except RecordsError as error:
            self._refuse(error, as_json_wanted=options["as_json"])
        self._report(done, options["to"], as_json_wanted=options["as_json"])
        if done.missing:
            raise SystemExit(1)

    def _refuse(self, error: RecordsError, *, as_json_wanted: bool) -> None:
        if not as_json_wanted:
            raise CommandError(f"{error.code}: {error.for_user()}", returncode=1)
        refusal = {"error": error.code, "message": error.for_user()}
        self.stdout.write(as_json({"packages": [], "records": 0} | refusal))
        raise SystemExit(1)

    def _report(self, done: Sending, to: Path, *, as_json_wanted: bool) -> None:
        packages = [
            {
                "package": package.uuid.hex,
                "file": str(path),
                "sha256": package.sha256,
                "size": package.size,
                "records": package.count,
                "receiver": package.receiver.code,
            }
            for package, path in write_packages(done.packages, to)
        ]
        missing = [missing_row(record) for record in done.missing]
        if as_json_wanted:
            result = {"packages": packages, "records": done.records}
            self.stdout.write(as_json(result | {"missing": missing}))
            return
        for one in packages:
            self.stdout.write(f"{one['file']}\t{one['records']}\t{one['package']}")
        for row in missing:
            self.stdout.write(
                f"missing\t{row['class']}\t{row['pupil']}\t{row['state']}"
            )


def write_packages(packages: list[Package], to: Path) -> Iterator[tuple[Package, Path]]:
    """Each package whole in its file: FILE, then FILE-2, FILE-3 beside it."""
    for number, package in enumerate(packages, 1):
        name = to.name if number == 1 else f"{to.stem}-{number}{to.suffix}"
        path = to.with_name(name)
        write_whole(path, storage.get(package.sha256))
        yield package, path


def missing_row(record: Record) -> dict[str, str]:
    return {
        "record": record.book.lookup_code,
        "class": record.school_class.name,
        "pupil": record.book.pupil.name,
        "state": str(record.state),
    }


def is_above(receiver: Unit, school: Unit) -> bool:
    return receiver.contains(school) and receiver.pk != school.pk
