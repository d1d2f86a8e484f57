"""Packets to write and read, before anybody has signed them."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from documents.canonical import canonical_json, content_digest
from documents.exchange.headers import PackageHeader
from documents.exchange.receipts import ReceiptHeader, ReceiptLine
from documents.exchange.records import RecordPacket
from documents.kinds.primary_year import PrimaryYearKind
from tests.documents.rendering.sheets import year_sheet
from tests.workflow.signing.material import NOW, RECORD, TAX_CODE, record_header

OTHER = "2f8fad5bd9cb469fa16570867728950e"
PACKAGE = "9f8fad5bd9cb469fa16570867728950e"
LINES = (
    ReceiptLine(RECORD, 1, "a" * 64, accepted=True),
    ReceiptLine(OTHER, 2, "b" * 64, accepted=False, code="record_digest_wrong"),
)


def packet(sheet: BaseModel | None = None, **changes: Any) -> RecordPacket:
    """The unsigned packet of a full sheet of grade 3, or of ``sheet``."""
    content = canonical_json(sheet or year_sheet(3))
    kind = PrimaryYearKind()
    version = kind.format_of(kind.parse(content))
    facts: dict[str, Any] = {
        "format_version": version,
        "sha256": content_digest(kind.code, version, content),
    }
    return RecordPacket.write(record_header(content, **(facts | changes)), content)


def package_header(**changes: Any) -> PackageHeader:
    values: dict[str, Any] = {
        "package": PACKAGE,
        "purpose": "report",
        "created_at": NOW,
        "sender_code": "my-ngai",
        "sender_tax_code": TAX_CODE,
        "receiver_code": "dong-thap",
        "count": 1,
    }
    return PackageHeader(**(values | changes))


def receipt_header(**changes: Any) -> ReceiptHeader:
    values: dict[str, Any] = {
        "receipt": "8f8fad5bd9cb469fa16570867728950e",
        "package": PACKAGE,
        "package_sha256": "c" * 64,
        "received_at": NOW,
        "receiver_code": "dong-thap",
        "receiver_tax_code": TAX_CODE,
        "sender_code": "my-ngai",
    }
    return ReceiptHeader(**(values | changes))
