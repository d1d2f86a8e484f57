"""XAdES signatures (ETSI EN 319 132-1, levels B and T) into the slots of packets.

As in ``pades``, a signature has two halves with the key's owner between them:
``prepare`` writes all but the value and says which digest is to be signed, ``finish``
puts the value and a time-stamp in. The same input gives the same digest, so a batch
may prepare again after a crash and use what has been authorised. signxml writes the
structure; no key ever enters it.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from signxml.algorithms import (
    CanonicalizationMethod,
    DigestAlgorithm,
    SignatureConstructionMethod,
    SignatureMethod,
)
from signxml.xades.xades import XAdESSigner

from documents.exchange.records import RecordPacket, Target
from documents.exchange.trees import (
    DS,
    XADES,
    Element,
    add,
    canonical,
    fragment,
    new,
)
from workflow.signing.certificates import CertificateInfo
from workflow.signing.cms import sha256
from workflow.signing.providers.base import Mechanism, Provider
from workflow.signing.timestamps import TimeStamper

EXCLUSIVE = CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0
METHODS = {
    Mechanism.ECDSA: SignatureMethod.ECDSA_SHA256,
    Mechanism.RSA_PSS: SignatureMethod.SHA256_RSA_MGF1,
    Mechanism.RSA_PKCS1: SignatureMethod.RSA_SHA256,
}
PLACEHOLDER = encode_dss_signature(1, 1)


@dataclass(frozen=True)
class PreparedXml:
    """A ``ds:Signature`` that waits for its value; plain data that may be stored."""

    signature: bytes
    signed_info: bytes
    key_bits: int
    mechanism: Mechanism

    @property
    def digest(self) -> bytes:
        """What the provider authorises and signs."""
        return sha256(self.signed_info)


def sign_slot(
    packet: RecordPacket,
    slot: str,
    *,
    provider: Provider,
    at: datetime,
    timestamper: TimeStamper | None,
    parts: Sequence[str] = (),
) -> None:
    """Fill one slot of one packet. Raises what ``RecordPacket.target`` raises, and
    what the provider and the time-stamper raise.
    """
    prepared = prepare(
        packet.target(slot, parts),
        certificate=provider.describe(),
        mechanism=provider.mechanism,
        at=at,
    )
    authorisation = provider.authorise([prepared.digest])
    (signature,) = provider.sign([prepared.digest], authorisation)
    packet.attach(slot, finish(prepared, signature, timestamper=timestamper))


def prepare(
    target: Target,
    *,
    certificate: CertificateInfo,
    mechanism: Mechanism,
    at: datetime,
) -> PreparedXml:
    """Everything that is signed: digests of ``target``, certificate, claimed time."""
    key: Any = AbsentKey(certificate.leaf.public_key.bit_size)
    element = XadesWriter(target, certificate, mechanism, at).sign(
        target,
        key=key,
        reference_uri=[f"#{one.id}" for one in target.covered],
        cert=[base64(one.dump()) for one in (certificate.leaf, *certificate.chain)],
        always_add_key_value=False,
    )
    return PreparedXml(canonical(element), key.signed_info, key.key_size, mechanism)


def finish(
    prepared: PreparedXml, signature: bytes, *, timestamper: TimeStamper | None
) -> bytes:
    """The finished ``ds:Signature``. ``signature`` is what the provider gave."""
    element = fragment(prepared.signature)
    value = element.find(f"{DS}SignatureValue")
    value.text = base64(xml_value(prepared, signature))
    if timestamper is not None:
        token = timestamper.stamp(sha256(canonical(value)))
        add_timestamp(element, token.der)
    return canonical(element)


def xml_value(prepared: PreparedXml, signature: bytes) -> bytes:
    """ECDSA stands in XML as r and s of fixed length (RFC 9231 §2.3.6), not as DER."""
    if prepared.mechanism is not Mechanism.ECDSA:
        return signature
    size = (prepared.key_bits + 7) // 8
    return b"".join(n.to_bytes(size, "big") for n in decode_dss_signature(signature))


def add_timestamp(signature: Element, token: bytes) -> None:
    """SignatureTimeStamp over the SignatureValue element (EN 319 132-1 §5.3)."""
    qualifying = signature.find(f".//{XADES}QualifyingProperties")
    unsigned = add(qualifying, f"{XADES}UnsignedProperties")
    properties = add(unsigned, f"{XADES}UnsignedSignatureProperties")
    stamp = add(properties, f"{XADES}SignatureTimeStamp")
    add(stamp, f"{DS}CanonicalizationMethod", Algorithm=EXCLUSIVE.value)
    add(stamp, f"{XADES}EncapsulatedTimeStamp").text = base64(token)


@dataclass
class AbsentKey:
    """What signxml takes for a key: keeps what is to be signed, signs nothing."""

    key_size: int
    signed_info: bytes = b""

    def sign(self, data: bytes, **_algorithm: Any) -> bytes:
        self.signed_info = data
        return PLACEHOLDER


class XadesWriter(XAdESSigner):
    """signxml's signer for data that is canonical already.

    It takes the digests of the target's bytes instead of copying and searching the
    tree, names the transform of every reference (without it other validators digest
    KeyInfo and SignedProperties in another form), and gives Ids that are unique in a
    package of many records.
    """

    def __init__(
        self,
        target: Target,
        certificate: CertificateInfo,
        mechanism: Mechanism,
        at: datetime,
    ) -> None:
        super().__init__(
            method=SignatureConstructionMethod.detached,
            signature_algorithm=METHODS[mechanism],
            digest_algorithm=DigestAlgorithm.SHA256,
            c14n_algorithm=EXCLUSIVE,
        )
        self.signature_id = target.signature_id
        self.certificate = certificate
        self.at = at

    def _get_cert_chain(self, cert: Any) -> Any:
        return cert

    def _get_token(self, length: int = 0) -> str:
        """Nothing random: Ids follow from the signature's own."""
        return ""

    def _unpack(self, data: Target, references: Any) -> Any:
        root = new(f"{DS}Signature", self.namespaces)
        root.set("Id", self.signature_id)
        return root, None, [one.data for one in data.covered], references

    def _c14n(self, nodes: Any, *args: Any, **options: Any) -> bytes:
        return nodes if isinstance(nodes, bytes) else canonical(nodes)

    def _add_key_info(self, sig_root: Element, signing_settings: Any) -> None:
        info = add(sig_root, f"{DS}KeyInfo", Id=f"{self.signature_id}-KeyInfo")
        data = add(info, f"{DS}X509Data")
        for certificate in signing_settings.cert_chain:
            add(data, f"{DS}X509Certificate").text = certificate

    def _add_reference_to_signed_info(
        self, sig_root: Element, node_to_reference: Element, **attrs: str
    ) -> None:
        reference = add(sig_root[0], f"{DS}Reference", **attrs)
        reference.set("URI", f"#{node_to_reference.get('Id')}")
        transforms = add(reference, f"{DS}Transforms")
        add(transforms, f"{DS}Transform", Algorithm=EXCLUSIVE.value)
        add(reference, f"{DS}DigestMethod", Algorithm=self.digest_alg.value)
        value = base64(sha256(canonical(node_to_reference)))
        add(reference, f"{DS}DigestValue").text = value

    def add_signing_time(
        self, signed_signature_properties: Element, sig_root: Any, signing_settings: Any
    ) -> None:
        time = self.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        add(signed_signature_properties, f"{XADES}SigningTime").text = time

    def add_signing_certificate(
        self, signed_signature_properties: Element, sig_root: Any, signing_settings: Any
    ) -> None:
        """The leaf alone; its chain stands in KeyInfo, which is signed too."""
        holder = add(signed_signature_properties, f"{XADES}SigningCertificateV2")
        digest = add(add(holder, f"{XADES}Cert"), f"{XADES}CertDigest")
        add(digest, f"{DS}DigestMethod", Algorithm=self.digest_alg.value)
        value = base64(sha256(self.certificate.der))
        add(digest, f"{DS}DigestValue").text = value

    def add_data_object_format(
        self,
        signed_data_object_properties: Element,
        sig_root: Any,
        signing_settings: Any,
    ) -> None:
        """Every signed element has its format (EN 319 132-1 §6.3)."""
        references = sig_root[0].findall(f"{DS}Reference")
        for number, reference in enumerate(references):
            name = f"{self.signature_id}-r{number}"
            reference.set("Id", name)
            tag = f"{XADES}DataObjectFormat"
            form = add(signed_data_object_properties, tag, ObjectReference=f"#{name}")
            add(form, f"{XADES}MimeType").text = "text/xml"


def base64(data: bytes) -> str:
    """On one line: the only spelling that a reader of packets accepts."""
    return b64encode(data).decode()
