"""What every provider is asked to do."""

from __future__ import annotations

import hashlib
from io import BytesIO

from asn1crypto import pem, x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from tests.workflow.signing.material import NOW, Desk, block, printed_record
from workflow.signing.pades import sign_pdf
from workflow.signing.providers.base import Provider


def digests(count: int, start: int = 0) -> list[bytes]:
    """Different SHA-256 digests, the same at every call."""
    return [hashlib.sha256(b"%d" % n).digest() for n in range(start, start + count)]


def signed_record(desk: Desk, provider: Provider) -> bytes:
    """The printed record with the head's signature by ``provider``."""
    signer = provider.describe()
    return sign_pdf(
        printed_record(),
        field="head",
        provider=provider,
        stamp_pdf=block(signer.name, signer.office, signer.organisation),
        reason="Xác nhận học bạ",
        location="Mỹ Ngãi",
        at=NOW,
        timestamper=desk.timestamper,
    )


def pyhanko_accepts(pdf: bytes, desk: Desk) -> bool:
    """A judge that is not ours, with the development root as its only anchor."""
    _, _, root = pem.unarmor((desk.ca.directory / "root.pem").read_bytes())
    context = ValidationContext(trust_roots=[x509.Certificate.load(root)])
    signatures = PdfFileReader(BytesIO(pdf)).embedded_regular_signatures
    verdicts = [validate_pdf_signature(one, context) for one in signatures]
    return bool(verdicts) and all(one.bottom_line for one in verdicts)
