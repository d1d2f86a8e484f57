"""One signature of a packet: whole, by whom, when, and trusted or not.

The schema has fixed its form already. What it covers follows from its slot, never
from looking an Id up: a reference that says anything else is refused.
"""

from __future__ import annotations

import binascii
import hashlib
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from asn1crypto import cms, x509
from cryptography import x509 as pyca
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from documents.exchange.records import Standing
from documents.exchange.trees import XADES, Element
from workflow.signing.algorithms import Use, uses_of_key
from workflow.signing.certificates import CertificateInfo, describe_certificate
from workflow.verification.chains import Chain, ChainFault
from workflow.verification.knowledge import Knowledge
from workflow.verification.reasons import Reason
from workflow.verification.report import Coverage, SignatureReport, unique
from workflow.verification.signatures import (
    Slot,
    Stamp,
    algorithm_faults,
    certificate_faults,
    indication,
    judge_token,
    level,
    revocation_faults,
    sub_indication,
    time_faults,
    time_source,
)

SIGNED_PROPERTIES = "-SignedProperties"
HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}

Canonical = Callable[[Element], bytes]


@dataclass(frozen=True)
class Reference:
    uri: str
    algorithm: str
    digest: bytes


@dataclass(frozen=True)
class XmlSignature:
    """What stands in a ``ds:Signature``."""

    element: Element
    references: tuple[Reference, ...]
    method: str
    value: bytes
    certificates: tuple[x509.Certificate, ...]
    leaf: x509.Certificate | None
    claimed: datetime
    token: bytes | None
    is_exact: bool

    @classmethod
    def of(cls, element: Element) -> XmlSignature:
        """Raises ValueError for base64 or certificates that are none."""
        info, value, key_info, holder = element
        qualifying = holder[0]
        signed = qualifying[0]
        certificates = tuple(
            x509.Certificate.load(b64decode(one.text), strict=True)
            for one in key_info[0]
        )
        stamp = qualifying.find(f".//{XADES}EncapsulatedTimeStamp")
        texts = [value.text] if stamp is None else [value.text, stamp.text]
        return cls(
            element=element,
            references=tuple(read_reference(one) for one in info[2:]),
            method=info[1].get("Algorithm"),
            value=b64decode(value.text),
            certificates=certificates,
            leaf=named_certificate(signed, certificates),
            claimed=read_time(signed.findtext(f".//{XADES}SigningTime")),
            token=None if stamp is None else b64decode(stamp.text),
            is_exact=all(map(is_exact, texts)) and belongs(element, qualifying),
        )

    def uses(self, leaf: x509.Certificate) -> list[Use]:
        """The algorithms that it was made with."""
        digests = {one.algorithm for one in self.references} | {hash_name(self.method)}
        made = [Use("digest", name) for name in sorted(digests)]
        return [*made, Use("signature", scheme(self.method)), uses_of_key(leaf)]

    @property
    def signed_info(self) -> Element:
        return self.element[0]

    @property
    def own_elements(self) -> dict[str, Element]:
        """The parts of the signature itself that it has to cover, by reference."""
        properties = self.element[3][0][0]
        own = (properties, self.element[2])
        return {f"#{one.get('Id')}": one for one in own}


@dataclass(frozen=True)
class Judged:
    """The report, and the time at which everything that it covers existed."""

    report: SignatureReport
    proven: datetime | None


def judge_standing(
    standing: Standing,
    canonical: Canonical,
    *,
    knowledge: Knowledge,
    proven: datetime,
    witnessed: bool,
    slots: Sequence[Slot],
) -> Judged:
    """Check one signature; ``proven`` is when it provably existed already.

    With ``witnessed`` that is the time-stamp of a signature over this one, which
    then needs none of its own. ``slots`` are those that it fills. Raises ValueError
    and TypeError for what is no certificate or time-stamp.
    """
    signature = XmlSignature.of(standing.element)
    leaf = signature.leaf or signature.certificates[0]
    others = [one for one in signature.certificates if one is not leaf]
    holder = describe_certificate(leaf, others)
    integrity = list(integrity_faults(signature, standing, canonical, leaf))
    stamp = value_stamp(signature, canonical, knowledge, proven, witnessed)
    moment = stamp.moment if stamp.proves else None
    way = knowledge.way(leaf, others, at=moment or proven)
    reasons = unique(
        [
            *integrity,
            *stamp.reasons,
            *holder_faults(holder, way, slots),
            *revocation_faults(way, moment or proven, knowledge),
            *time_faults(signature.claimed, moment),
            *algorithm_faults(signature.uses(leaf), way, moment or proven),
        ]
    )
    report = SignatureReport(
        field=standing.slot.code,
        signer=holder.name,
        office=holder.office,
        organisation=holder.organisation,
        personal_number=holder.personal_number,
        tax_code=holder.tax_code,
        serial=holder.serial,
        signed_at=moment or signature.claimed,
        time_source=time_source(moment, signature.claimed),
        level=level(stamp, way, knowledge.stored, None),
        intact=not integrity,
        trusted=not isinstance(way, ChainFault),
        trust_store=way.store if isinstance(way, Chain) else "",
        coverage=Coverage.UNCLEAR if integrity else Coverage.ELEMENTS,
        indication=indication(reasons),
        sub_indication=sub_indication(reasons),
        reasons=reasons,
        certificate_sha256=leaf.sha256.hex(),
        in_packet=True,
    )
    return Judged(report, None if integrity else moment)


def integrity_faults(
    signature: XmlSignature,
    standing: Standing,
    canonical: Canonical,
    leaf: x509.Certificate,
) -> Iterator[Reason]:
    """References, digests, the value, and what nobody signed around them."""
    yield from reference_faults(signature, standing)
    known = signature.own_elements | {
        f"#{name}": element for name, element in standing.allowed.items()
    }
    for one in signature.references:
        element = known.get(one.uri)
        if element is None:
            continue
        if hashlib.new(one.algorithm, canonical(element)).digest() != one.digest:
            yield Reason.BYTES_CHANGED
    signed_info = canonical(signature.signed_info)
    if not is_signed_by(leaf, signature.method, signature.value, signed_info):
        yield Reason.SIGNATURE_BROKEN
    if not signature.is_exact or signature.leaf is None:
        yield Reason.ENVELOPE_CHANGED


def reference_faults(signature: XmlSignature, standing: Standing) -> Iterator[Reason]:
    """It covers what its slot demands, itself, and nothing else; each once."""
    uris = [one.uri for one in signature.references]
    own = signature.own_elements.keys()
    covered = set(uris) - own
    if not covered or not own <= set(uris):
        yield Reason.REFERENCES_MISSING
    allowed = {f"#{name}" for name in standing.allowed}
    if not covered <= allowed or len(set(uris)) != len(uris):
        yield Reason.REFERENCE_MOVED


def value_stamp(
    signature: XmlSignature,
    canonical: Canonical,
    knowledge: Knowledge,
    proven: datetime,
    witnessed: bool,
) -> Stamp:
    """The time-stamp over the SignatureValue element."""
    if signature.token is None:
        return Stamp(None, () if witnessed else (Reason.NO_TIMESTAMP,))
    token = cms.ContentInfo.load(signature.token, strict=True)["content"]
    info = token["encap_content_info"]["content"].parsed
    name = info["message_imprint"]["hash_algorithm"]["algorithm"].native
    expected = hashlib.new(name, canonical(signature.element[1])).digest()
    return judge_token(token, expected=expected, knowledge=knowledge, proven=proven)


def holder_faults(
    holder: CertificateInfo, way: Chain | ChainFault, slots: Sequence[Slot]
) -> Iterable[Reason]:
    """The chain, and every number that a slot demands."""
    for slot in (*slots, None):
        yield from certificate_faults(holder, way, slot)


def read_reference(element: Element) -> Reference:
    """Transforms are what the schema lets through: exclusive C14N alone."""
    method, digest = element[1], element[2]
    name = method.get("Algorithm").rpartition("#")[2]
    return Reference(element.get("URI"), name, b64decode(digest.text))


def named_certificate(
    signed: Element, certificates: Iterable[x509.Certificate]
) -> x509.Certificate | None:
    """The certificate whose digest the signed properties hold."""
    method, value = signed.find(f".//{XADES}CertDigest")
    name = method.get("Algorithm").rpartition("#")[2]
    expected = b64decode(value.text)
    for one in certificates:
        if hashlib.new(name, one.dump()).digest() == expected:
            return one
    return None


def read_time(text: str) -> datetime:
    """xs:dateTime; a time without a zone is taken for UTC."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def is_exact(text: str) -> bool:
    """Whether base64 is spelled in the one way that has no free bits."""
    try:
        return b64encode(b64decode(text, validate=True)).decode() == text
    except binascii.Error:
        return False


def belongs(element: Element, qualifying: Element) -> bool:
    """The attributes that nobody signs follow from the Id that is signed."""
    name = element.get("Id")
    properties = qualifying[0].get("Id")
    return bool(
        qualifying.get("Target") == f"#{name}"
        and properties == f"{name}{SIGNED_PROPERTIES}"
    )


def is_signed_by(
    leaf: x509.Certificate, method: str, value: bytes, data: bytes
) -> bool:
    """Whether ``value`` is the signature of the leaf's key over ``data``."""
    kind, algorithm = scheme(method), HASHES[hash_name(method)]()
    key = pyca.load_der_x509_certificate(leaf.dump()).public_key()
    try:
        if isinstance(key, ec.EllipticCurvePublicKey) and kind == "ecdsa":
            der = der_of(value, (key.key_size + 7) // 8)
            key.verify(der, data, ec.ECDSA(algorithm))
        elif isinstance(key, rsa.RSAPublicKey) and kind != "ecdsa":
            key.verify(value, data, rsa_padding(kind, algorithm), algorithm)
        else:
            return False
    except (InvalidSignature, ValueError):
        return False
    return True


def hash_name(method: str) -> str:
    """The hash in the identifier of a signature method (RFC 9231 §2.3)."""
    name = method.rpartition("#")[2]
    return next(one for one in HASHES if one in name)


def scheme(method: str) -> str:
    """The signature scheme, by the names of the algorithm policy."""
    name = method.rpartition("#")[2]
    if name.startswith("ecdsa"):
        return "ecdsa"
    return "rsassa_pss" if name.endswith("MGF1") else "rsassa_pkcs1v15"


def rsa_padding(
    kind: str, algorithm: hashes.HashAlgorithm
) -> padding.AsymmetricPadding:
    """PSS as RFC 9231 §2.3.10 fixes it, or PKCS#1 v1.5, which tokens in use make."""
    if kind == "rsassa_pkcs1v15":
        return padding.PKCS1v15()
    size = algorithm.digest_size
    return padding.PSS(mgf=padding.MGF1(algorithm), salt_length=size)


def der_of(value: bytes, size: int) -> bytes:
    """r and s of fixed length as DER. Raises ValueError for another length."""
    if len(value) != 2 * size:
        raise ValueError("length of an ECDSA value")
    r, s = value[:size], value[size:]
    return encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))
