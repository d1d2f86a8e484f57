"""PAdES signatures into the fields that the form reserved, one revision each.

A signature has two halves with the key's owner between them: ``prepare`` writes the
revision and says which digest is to be signed, ``finish`` puts signature and
time-stamp into the space kept for them. A batch prepares many, asks for one
authorisation, and finishes each; ``sign_pdf`` does it for one.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any

from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign.fields import (
    InvisSigSettings,
    MDPPerm,
    SigFieldSpec,
    SigSeedSubFilter,
)
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers.cms_embedder import (
    PdfCMSEmbedder,
    SigAppearanceSetup,
    SigIOSetup,
    SigMDPSetup,
    SigObjSetup,
)
from pyhanko.sign.signers.constants import ESIC_EXTENSION_1
from pyhanko.sign.signers.pdf_byterange import (
    DocumentTimestamp,
    PreparedByteRangeDigest,
    SignatureObject,
)

from workflow.signing.certificates import CertificateInfo
from workflow.signing.cms import DATA, envelope, sha256, signed_attributes
from workflow.signing.errors import NotSignable
from workflow.signing.providers.base import DIGEST, Mechanism, Provider
from workflow.signing.timestamps import TimeStamper
from workflow.signing.update import (
    STAMP_FIELD,
    RecordUpdate,
    open_update,
    stamp_count,
    stamp_style,
)

Field = str  # the name of a signature field of the form
# What the CMS holds beside certificates and time-stamp.
CMS_SIZE = 1024
# pyHanko's protocol for one signature: field, object, digest, contents.
Embedding = Generator[Any, Any, None]


@dataclass(frozen=True)
class PreparedSignature:
    """A revision that waits for its signature. Holds the whole file."""

    output: BytesIO
    place: PreparedByteRangeDigest
    attributes: bytes
    certificate: CertificateInfo
    mechanism: Mechanism

    @property
    def digest(self) -> bytes:
        """What the provider authorises and signs: SHA-256 of the attributes."""
        return sha256(self.attributes)


def sign_pdf(
    pdf: bytes,
    *,
    field: Field,
    provider: Provider,
    stamp_pdf: bytes,
    reason: str,
    location: str,
    at: datetime,
    timestamper: TimeStamper,
) -> bytes:
    """Return ``pdf`` with one revision more, signed at level B-T.

    The first signature certifies the document: from then on only form filling and
    signing are allowed (DocMDP 2). Raises NotSignable, or what the provider and the
    time-stamper raise.
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
    token_size: int = 0,
) -> PreparedSignature:
    """Write the revision with the visible block and an empty place for the CMS.

    ``at`` is the time that the signer claims; the time-stamp proves it. Without
    ``token_size`` there is no room for a time-stamp: level B-B.
    """
    update = open_update(pdf, field)
    signature = SignatureObject(
        timestamp=at,
        subfilter=SigSeedSubFilter.PADES,
        name=certificate.name,
        location=location,
        reason=reason,
        bytes_reserved=reserved(certificate, token_size),
    )
    setup = SigObjSetup(
        sig_placeholder=signature,
        mdp_setup=certification(update),
        appearance_setup=SigAppearanceSetup(stamp_style(stamp_pdf), at, None),
    )
    try:
        place, output = embed(update, field, setup)
    except (PdfError, SigningError, KeyError, TypeError, ValueError) as error:
        raise NotSignable(field, str(error)) from error
    attributes = signed_attributes(place.document_digest, certificate.leaf, DATA)
    return PreparedSignature(output, place, attributes, certificate, mechanism)


def finish(
    prepared: PreparedSignature, signature: bytes, *, timestamper: TimeStamper | None
) -> bytes:
    """Put signature and time-stamp into their place and return the file."""
    token = timestamper.stamp(sha256(signature)).der if timestamper else None
    cms = envelope(
        attributes=prepared.attributes,
        signature=signature,
        mechanism=prepared.mechanism,
        leaf=prepared.certificate.leaf,
        chain=prepared.certificate.chain,
        token=token,
    )
    prepared.place.fill_with_cms(prepared.output, cms)
    return prepared.output.getvalue()


def stamp_document(update: RecordUpdate, timestamper: TimeStamper) -> bytes:
    """Close the revision with a document time-stamp over everything before it."""
    field = f"{STAMP_FIELD}{stamp_count(update) + 1}"
    spec = SigFieldSpec(field, invis_sig_settings=InvisSigSettings())
    stamp: Any = DocumentTimestamp(bytes_reserved=2 * timestamper.token_size)
    place, output = embed(update, field, SigObjSetup(sig_placeholder=stamp), new=spec)
    token = timestamper.stamp(place.document_digest)
    place.fill_with_cms(output, token.der)
    return output.getvalue()


def embed(
    update: RecordUpdate,
    field: str,
    setup: SigObjSetup,
    *,
    new: SigFieldSpec | None = None,
) -> tuple[PreparedByteRangeDigest, BytesIO]:
    """Write the revision and return the place of the CMS in it.

    Only an invisible time-stamp may bring a ``new`` field; any other would make the
    earlier signatures look changed.
    """
    # PAdES in PDF 1.7 is declared as an extension (EN 319 142-1 §5.6).
    update.register_extension(ESIC_EXTENSION_1)
    job: Embedding = PdfCMSEmbedder(new_field_spec=new).write_cms(
        field, update, existing_fields_only=new is None
    )
    next(job)
    job.send(setup)
    place, output = job.send(SigIOSetup(md_algorithm=DIGEST))
    return place, output


def certification(update: RecordUpdate) -> SigMDPSetup:
    """The first signature certifies, the others agree."""
    first = "/Perms" not in update.root
    return SigMDPSetup(
        md_algorithm=DIGEST,
        certify=first,
        docmdp_perms=MDPPerm.FILL_FORMS if first else None,
    )


def reserved(certificate: CertificateInfo, token_size: int) -> int:
    """Hexadecimal digits to keep free; an estimate saves a second signature."""
    certificates = (certificate.leaf, *certificate.chain)
    return 2 * (CMS_SIZE + token_size + sum(len(one.dump()) for one in certificates))
