"""What an installation elsewhere answers to a package, and what is done with it."""

from __future__ import annotations

import uuid
from typing import Any

from documents import storage
from documents.exchange.receipts import Receipt, ReceiptHeader, ReceiptLine
from documents.models import Package, PackageItem, User
from tests.factories import NOW
from tests.workflow.services.exchange.parcels import desk, seal_key
from tests.workflow.signing.packets import provider_of, sealed
from workflow.services.exchange.receipts import Filed, file_receipt


def file(data: bytes, by: User | None = None) -> Filed:
    return file_receipt(data=data, by=by, at=NOW)


def bytes_of(package: Package) -> bytes:
    return storage.get(package.sha256)


def receipt_for(
    package: Package,
    /,
    *,
    refused: str = "",
    seal: str = "",
    lines: int | None = None,
    **changes: str,
) -> bytes:
    """What an installation elsewhere answers."""
    facts: dict[str, Any] = {
        "receipt": uuid.uuid4().hex,
        "package": package.uuid.hex,
        "package_sha256": package.sha256,
        "received_at": NOW,
        "receiver_code": package.receiver.code,
        "receiver_tax_code": package.receiver.tax_code,
        "sender_code": package.sender.code,
    }
    said = [line(item, refused) for item in package.items.all()][:lines]
    frame = Receipt.write(ReceiptHeader(**(facts | changes)), said)
    key = seal_key(seal or package.receiver.tax_code)
    return sealed(desk(), frame, provider_of(key)).to_bytes()


def line(item: PackageItem, refused: str) -> ReceiptLine:
    return ReceiptLine(
        item.record_uuid.hex, item.number, item.sha256, not refused, refused
    )
