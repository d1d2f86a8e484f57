"""CRLs (RFC 5280) and OCSP answers (RFC 6960) of the development CA."""

from __future__ import annotations

from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp

# Serial number in hexadecimal → ISO 8601 time.
Revoked = dict[str, str]
OCSP_LIFETIME = timedelta(hours=1)


def build_crl(
    *,
    issuer: x509.Certificate,
    key: ec.EllipticCurvePrivateKey,
    revoked: Revoked,
    at: datetime,
    until: datetime,
) -> bytes:
    """A CRL in DER. Its number grows with the time, as RFC 5280 §5.2.3 wants."""
    public_key = key.public_key()
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.subject)
        .last_update(at)
        .next_update(until)
        .add_extension(x509.CRLNumber(int(at.timestamp() * 1000)), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(public_key),
            critical=False,
        )
    )
    for serial, since in sorted(revoked.items()):
        builder = builder.add_revoked_certificate(revoked_entry(serial, since))
    crl = builder.sign(key, hashes.SHA256())
    return crl.public_bytes(serialization.Encoding.DER)


def revoked_entry(serial: str, since: str) -> x509.RevokedCertificate:
    return (
        x509.RevokedCertificateBuilder()
        .serial_number(int(serial, 16))
        .revocation_date(datetime.fromisoformat(since))
        .add_extension(
            x509.CRLReason(x509.ReasonFlags.cessation_of_operation), critical=False
        )
        .build()
    )


def ocsp_response(
    request: bytes,
    *,
    issuer: x509.Certificate,
    responder: x509.Certificate,
    key: ec.EllipticCurvePrivateKey,
    revoked: Revoked,
    at: datetime,
) -> bytes:
    """Answer for one certificate of ``issuer``; anything else is unauthorised."""
    try:
        asked = ocsp.load_der_ocsp_request(request)
    except ValueError:
        return refusal(ocsp.OCSPResponseStatus.MALFORMED_REQUEST)
    if asked.issuer_key_hash != issuer_key_hash(issuer, asked.hash_algorithm):
        return refusal(ocsp.OCSPResponseStatus.UNAUTHORIZED)
    since = revoked.get(f"{asked.serial_number:x}")
    builder = ocsp.OCSPResponseBuilder().add_response_by_hash(
        issuer_name_hash=asked.issuer_name_hash,
        issuer_key_hash=asked.issuer_key_hash,
        serial_number=asked.serial_number,
        algorithm=asked.hash_algorithm,
        cert_status=status(since),
        this_update=at,
        next_update=at + OCSP_LIFETIME,
        revocation_time=datetime.fromisoformat(since) if since else None,
        revocation_reason=None,
    )
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, responder)
    builder = builder.certificates([responder])
    for extension in asked.extensions:
        if isinstance(extension.value, x509.OCSPNonce):
            builder = builder.add_extension(extension.value, critical=False)
    answer = builder.sign(key, hashes.SHA256())
    return answer.public_bytes(serialization.Encoding.DER)


def status(since: str | None) -> ocsp.OCSPCertStatus:
    return ocsp.OCSPCertStatus.REVOKED if since else ocsp.OCSPCertStatus.GOOD


def refusal(kind: ocsp.OCSPResponseStatus) -> bytes:
    answer = ocsp.OCSPResponseBuilder.build_unsuccessful(kind)
    return answer.public_bytes(serialization.Encoding.DER)


def issuer_key_hash(issuer: x509.Certificate, algorithm: hashes.HashAlgorithm) -> bytes:
    """RFC 6960 §4.1.1: over the key's bit string, without its algorithm."""
    point = issuer.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    digest = hashes.Hash(algorithm)
    digest.update(point)
    return digest.finalize()
