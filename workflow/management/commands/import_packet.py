from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from documents.errors import RecordsError
from documents.exchange.trees import PACKAGE_LIMITS
from documents.models import Package, PackageItem, PackageOutcome, User
from workflow.management.files import read_limited, write_whole
from workflow.management.selection import as_json, user_named
from workflow.services.exchange.receipts import file_receipt
from workflow.services.exchange.receiving import Reception, is_receipt, receive_package
from workflow.services.exchange.refusals import PacketNotTaken, sentence_of


class Command(BaseCommand):
    help = (
        "Take a package of records in and write its signed receipt, or file the "
        "receipt for a package that was sent. Exit 1 when anything is refused."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument(
            "--receipt", type=Path, metavar="FILE", help="where the receipt goes"
        )
        parser.add_argument(
            "--as", dest="username", help="as this user; otherwise as the operator"
        )
        parser.add_argument("--json", action="store_true", dest="as_json")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        by = user_named(options["username"]) if options["username"] else None
        data = read_limited(path, PACKAGE_LIMITS.size)
        try:
            result = (
                filed(data, by)
                if is_receipt(data)
                else received(data, by, options["receipt"] or receipt_path(path))
            )
        except RecordsError as error:
            self._refuse(error, as_json_wanted=options["as_json"])
        else:
            self._report(result, as_json_wanted=options["as_json"])

    def _refuse(self, error: RecordsError, *, as_json_wanted: bool) -> None:
        if not as_json_wanted:
            raise CommandError(f"{error.code}: {error.for_user()}", returncode=1)
        refusal = {"error": error.code, "codes": [error.code], "place": ""}
        if isinstance(error, PacketNotTaken):
            refusal |= {"codes": error.codes, "place": error.place}
        refusal["message"] = error.for_user()
        self.stdout.write(as_json({"package": None} | refusal))
        raise SystemExit(1)

    def _report(self, result: dict[str, Any], *, as_json_wanted: bool) -> None:
        if as_json_wanted:
            self.stdout.write(as_json(result))
        else:
            counts = f"{result['accepted']} accepted, {result['unchanged']} unchanged"
            self.stdout.write(f"{result['package']}\t{counts}\t{result['receipt']}")
            for row in result["refused"]:
                self.stdout.write(f"{row['record']}\t{row['code']}\t{row['message']}")
        if result["refused"]:
            raise SystemExit(1)


def receipt_path(package: Path) -> Path:
    return package.with_name(f"{package.stem}.receipt.xml")


def received(data: bytes, by: User | None, to: Path) -> dict[str, Any]:
    """Take a package in; its receipt stands beside it."""
    reception = receive_package(data=data, by=by)
    write_whole(to, reception.receipt)
    return outcome(reception.package, reception.refused(), to, reception=reception)


def filed(data: bytes, by: User | None) -> dict[str, Any]:
    """File a receipt with the package that it is about."""
    done = file_receipt(data=data, by=by)
    refused = done.package.items.filter(outcome=PackageOutcome.REFUSED)
    return outcome(done.package, list(refused), None) | {"filed": done.is_new}


def outcome(
    package: Package,
    refused: list[PackageItem],
    receipt: Path | None,
    *,
    reception: Reception | None = None,
) -> dict[str, Any]:
    found = list(package.items.values_list("outcome", flat=True))
    # What a second run finds is what the first one left.
    again = reception is not None and not reception.is_new
    accepted = found.count(PackageOutcome.ACCEPTED)
    unchanged = found.count(PackageOutcome.UNCHANGED)
    return {
        "package": package.uuid.hex,
        "purpose": package.purpose,
        "sender": package.sender.code,
        "receiver": package.receiver.code,
        "accepted": 0 if again else accepted,
        "unchanged": unchanged + accepted if again else unchanged,
        "refused": [refused_row(item) for item in refused],
        "receipt": str(receipt) if receipt else None,
        "receipt_sha256": package.receipt,
    }


def refused_row(item: PackageItem) -> dict[str, str]:
    return {
        "record": item.record_uuid.hex,
        "code": item.code,
        "message": str(sentence_of(item.code)),
    }
