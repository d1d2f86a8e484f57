"""No signature that somebody hands us is used before it was checked."""

from __future__ import annotations

from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from workflow.signing.certificates import CertificateInfo
from workflow.signing.errors import CertificateNotForSigning
from workflow.signing.providers.base import Mechanism

PREHASHED = utils.Prehashed(hashes.SHA256())
PADDINGS = {
    Mechanism.RSA_PSS: padding.PSS(padding.MGF1(hashes.SHA256()), salt_length=32),
    Mechanism.RSA_PKCS1: padding.PKCS1v15(),
}
PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey


def is_signature(
    signature: bytes, digest: bytes, certificate: CertificateInfo, mechanism: Mechanism
) -> bool:
    """Whether the key of ``certificate`` made ``signature`` over this very digest."""
    key = public_key(certificate.der)
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, digest, ec.ECDSA(PREHASHED))
        else:
            key.verify(signature, digest, PADDINGS[mechanism], PREHASHED)
    except InvalidSignature:
        return False
    return True


@lru_cache(maxsize=256)
def public_key(der: bytes) -> PublicKey:
    """Raises CertificateNotForSigning for a key that is neither EC nor RSA."""
    certificate = x509.load_der_x509_certificate(der)
    key = certificate.public_key()
    if not isinstance(key, PublicKey):
        raise CertificateNotForSigning(certificate.subject.rfc4514_string())
    return key
