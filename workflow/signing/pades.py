"""PAdES signatures into the fields that the form reserved, one revision each.

A signature has two halves with the key's owner between them: ``prepare`` writes the
revision and says which digest is to be signed, ``finish`` puts signature and
time-stamp into the space kept for them. A batch prepares many, asks for one
authorisation, and finishes each; ``sign_pdf`` does it for one.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any, Literal, TypeVar

from asn1crypto import cms
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers.pdf_byterange import PreparedByteRangeDigest
from pyhanko.sign.signers.pdf_cms import ExternalSigner, PdfCMSSignedAttributes
from pyhanko.sign.signers.pdf_signer import (
    PdfSignatureMetadata,
    PdfSigner,
    PdfTBSDocument,
    PdfTimeStamper,
)
from pyhanko_certvalidator.registry import SimpleCertificateStore

from workflow.signing.certificates import CertificateInfo
from workflow.signing.errors import NotSignable
from workflow.signing.providers.base import DIGEST, Mechanism, Provider
from workflow.signing.timestamps import CheckedTimeStamper
from workflow.signing.update import RecordUpdate, fill_date, open_update, stamp_style

Field = Literal["head", "seal"]
T = TypeVar("T")
# What the CMS holds beside the certificates: attributes, signature, algorithms.
CMS_SIZE = 1536


@dataclass(frozen=True)
class PreparedSignature:
    """A revision that waits for its signature. Holds the whole file."""

    output: BytesIO
    place: PreparedByteRangeDigest
    attributes: cms.CMSAttributes
    certificate: CertificateInfo
    mechanism: Mechanism

    @property
    def digest(self) -> bytes:
        """What the provider authorises and signs: SHA-256 of the attributes."""
        return hashlib.sha256(self.attributes.dump()).digest()


def sign_pdf(
    pdf: bytes,
    *,
    field: Field,
    provider: Provider,
    stamp_pdf: bytes,
    reason: str,
    location: str,
    at: datetime,
    timestamper: CheckedTimeStamper,
) -> bytes:
    """Return ``pdf`` with one revision more, signed at level B-T.

    The first signature certifies the document: from then on only form filling and
    signing are allowed (DocMDP 2). Raises NotSignable, or what the provider and the
    time-stamper raise; in all cases ``pdf`` is untouched.
    """
    prepared = prepare(
        pdf,
        field=field,
        certificate=provider.describe(),
        mechanism=provider.mechanism,
        stamp_pdf=stamp_pdf,
        reason=reason,
        location=location,
        at=at,
        token_size=timestamper.token_size,
    )
    authorisation = provider.authorise([prepared.digest])
    (signature,) = provider.sign([prepared.digest], authorisation)
    return finish(prepared, signature, timestamper=timestamper)


def prepare(
    pdf: bytes,
    *,
    field: Field,
    certificate: CertificateInfo,
    mechanism: Mechanism,
    stamp_pdf: bytes,
    reason: str,
    location: str,
    at: datetime,
    token_size: int,
) -> PreparedSignature:
    """Write the revision with the visible block and an empty place for the CMS.

    ``at`` is the time that the signer claims; the time-stamp proves it.
    """
    update = open_update(pdf, field)
    metadata = PdfSignatureMetadata(
        field_name=field,
        md_algorithm=DIGEST,
        subfilter=SigSeedSubFilter.PADES,
        certify=not update.prev.embedded_signatures,
        docmdp_permissions=MDPPerm.FILL_FORMS,
        reason=reason,
        location=location,
        name=certificate.name,
    )
    signer = outer_signer(certificate, mechanism)
    pdf_signer = PdfSigner(metadata, signer, stamp_style=stamp_style(stamp_pdf))
    try:
        document = reserve(pdf_signer, update, at, reserved(certificate, token_size))
        place, output = document.digest_tbs_document()
    except (PdfError, SigningError) as error:
        raise NotSignable(field, str(error)) from error
    attributes = run(
        signer.signed_attrs(
            place.document_digest,
            DIGEST,
            attr_settings=PdfCMSSignedAttributes(signing_time=at),
            use_pades=True,
        )
    )
    return PreparedSignature(output, place, attributes, certificate, mechanism)


def reserve(
    pdf_signer: PdfSigner, update: RecordUpdate, at: datetime, size: int
) -> PdfTBSDocument:
    """Fill the existing field; a new one would spoil the earlier signatures."""
    session = pdf_signer.init_signing_session(update, existing_fields_only=True)
    # pyHanko takes the time of the machine, ours is an argument.
    session.system_time = at
    return session.prepare_tbs_document(None, size, appearance_text_params=None)


def finish(
    prepared: PreparedSignature, signature: bytes, *, timestamper: CheckedTimeStamper
) -> bytes:
    """Put signature and time-stamp into their place and return the file."""
    signer = outer_signer(prepared.certificate, prepared.mechanism, signature)
    envelope = run(
        signer.async_sign_prescribed_attributes(
            DIGEST, prepared.attributes, timestamper=timestamper
        )
    )
    prepared.place.fill_with_cms(prepared.output, envelope)
    return prepared.output.getvalue()


def fill_effective_date(
    pdf: bytes,
    text: str,
    stamp_pdf: bytes,
    *,
    timestamper: CheckedTimeStamper,
) -> bytes:
    """Write the date from which the record counts, then time-stamp the whole file.

    Both go into one revision. Without the time-stamp the bytes of this revision
    would be under no signature at all and could be changed unseen.
    """
    update = open_update(pdf, "effective_date")
    fill_date(update, text, stamp_pdf)
    return stamp_document(update, timestamper)


def stamp_document(update: RecordUpdate, timestamper: CheckedTimeStamper) -> bytes:
    """Close the revision with a document time-stamp over everything before it."""
    count = len(update.prev.embedded_timestamp_signatures)
    stamper = PdfTimeStamper(timestamper, field_name=f"timestamp_{count + 1}")
    output = BytesIO()
    run(
        stamper.async_timestamp_pdf(
            update, DIGEST, bytes_reserved=2 * timestamper.token_size, output=output
        )
    )
    return output.getvalue()


def outer_signer(
    certificate: CertificateInfo, mechanism: Mechanism, signature: bytes | None = None
) -> ExternalSigner:
    """pyHanko's envelope around a signature that is made elsewhere."""
    return ExternalSigner(
        signing_cert=certificate.leaf,
        cert_registry=SimpleCertificateStore.from_certs(certificate.chain),
        signature_value=signature,
        signature_mechanism=mechanism.identifier(),
        embed_roots=False,
    )


def reserved(certificate: CertificateInfo, token_size: int) -> int:
    """Hexadecimal digits to keep free; an estimate saves a second signature."""
    certificates = (certificate.leaf, *certificate.chain)
    size = CMS_SIZE + token_size + sum(len(one.dump()) for one in certificates)
    return 2 * size


def run(job: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(job)
