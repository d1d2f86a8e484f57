from __future__ import annotations

import subprocess

import pytest

from documents.exchange.faults import PacketRefused
from documents.exchange.receipts import Receipt, open_receipt
from documents.exchange.trees import SCHEMAS
from tests.documents.exchange.packets import LINES, OTHER, receipt_header


def test_a_receipt_comes_back_with_every_line():
    read = open_receipt(Receipt.write(receipt_header(), LINES).to_bytes())

    assert (read.header, read.lines) == (receipt_header(), LINES)


def test_xmllint_accepts_the_receipt(tmp_path):
    path = tmp_path / "receipt.xml"
    path.write_bytes(Receipt.write(receipt_header(), LINES).to_bytes())

    done = subprocess.run(
        ["xmllint", "--noout", "--nonet", "--schema", SCHEMAS / "receipt-1.xsd", path],
        capture_output=True,
        text=True,
        check=False,
    )

    assert "validates" in done.stderr


@pytest.mark.parametrize(
    ("element", "text", "code"),
    [
        ("MA_BIEN_NHAN", OTHER, "another_record"),
        ("PHIEN_BAN_DINH_DANG", "2", "packet_version_unknown"),
        ("THOI_DIEM_NHAN", "yesterday", "packet_invalid"),
    ],
)
def test_a_header_that_does_not_fit_is_refused(element, text, code):
    receipt = Receipt.write(receipt_header(), LINES)
    receipt.root.find(f".//{element}").text = text

    with pytest.raises(PacketRefused) as caught:
        open_receipt(receipt.to_bytes())

    assert caught.value.faults == (code,)
