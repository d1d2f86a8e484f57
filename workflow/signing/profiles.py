"""Which certificates the development CA issues, and what stands in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import (
    AuthorityInformationAccessOID,
    ExtendedKeyUsageOID,
    NameOID,
)

DEVELOPMENT_ORGANISATION = "Hocba - chỉ dùng thử"
SERVICE_NAMES = {
    "root": "Hocba Development Root",
    "issuing": "Hocba Development Issuing CA",
    "tsa": "Hocba Development Time-stamping",
    "ocsp": "Hocba Development OCSP",
}
PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey
YEAR = timedelta(days=365)
# A certificate is used the moment it was issued, on machines whose clocks differ.
BACKDATED = timedelta(days=1)
USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


@dataclass(frozen=True)
class Profile:
    """Purpose and validity; the default is a signing certificate for two years."""

    valid_from: datetime | None = None
    valid_until: datetime | None = None
    lifetime: timedelta = 2 * YEAR
    usages: frozenset[str] = frozenset({"digital_signature", "content_commitment"})
    extended: tuple[x509.ObjectIdentifier, ...] = ()
    extended_critical: bool = False
    is_authority: bool = False
    depth: int | None = None
    revoked_at: datetime | None = None
    ocsp_url: str = ""
    crl_url: str = ""

    @classmethod
    def authority(cls, *, years: int = 2, depth: int | None = None) -> Self:
        return cls(
            lifetime=years * YEAR,
            usages=frozenset({"key_cert_sign", "crl_sign"}),
            is_authority=True,
            depth=depth,
        )

    @classmethod
    def timestamping(cls) -> Self:
        """RFC 3161 §2.3: the purpose stands alone and is critical."""
        return cls(
            lifetime=10 * YEAR,
            usages=frozenset({"digital_signature"}),
            extended=(ExtendedKeyUsageOID.TIME_STAMPING,),
            extended_critical=True,
        )

    @classmethod
    def ocsp_responder(cls) -> Self:
        return cls(
            lifetime=10 * YEAR,
            usages=frozenset({"digital_signature"}),
            extended=(ExtendedKeyUsageOID.OCSP_SIGNING,),
        )

    @classmethod
    def web_server(cls) -> Self:
        """A certificate that must not sign documents."""
        return cls(
            usages=frozenset({"digital_signature", "key_encipherment"}),
            extended=(ExtendedKeyUsageOID.SERVER_AUTH,),
        )


def person_name(
    *, name: str, personal_number: str, office: str, school: str, tax_code: str = ""
) -> x509.Name:
    """The subject as public authorities of Vietnam write it (UID with CCCD).

    With ``tax_code`` it is a certificate of the school's staff, and names the school.
    """
    return make_name(
        (NameOID.ORGANIZATION_NAME, school),
        (NameOID.TITLE, office),
        (NameOID.COMMON_NAME, name),
        (NameOID.USER_ID, f"CCCD:{personal_number}"),
        (NameOID.USER_ID, f"MST:{tax_code}" if tax_code else ""),
    )


def seal_name(school: str, tax_code: str) -> x509.Name:
    return make_name(
        (NameOID.ORGANIZATION_NAME, school),
        (NameOID.COMMON_NAME, school),
        (NameOID.ORGANIZATION_IDENTIFIER, f"TAXVN-{tax_code}"),
        (NameOID.USER_ID, f"MST:{tax_code}"),
    )


def service_name(name: str) -> x509.Name:
    return make_name(
        (NameOID.ORGANIZATION_NAME, DEVELOPMENT_ORGANISATION),
        (NameOID.COMMON_NAME, SERVICE_NAMES[name]),
    )


def make_name(*values: tuple[x509.ObjectIdentifier, str]) -> x509.Name:
    pairs = [(NameOID.COUNTRY_NAME, "VN"), *values]
    return x509.Name([x509.NameAttribute(oid, text) for oid, text in pairs if text])


def build_certificate(
    *,
    subject: x509.Name,
    public_key: PublicKey,
    issuer: x509.Certificate | None,
    issuer_key: ec.EllipticCurvePrivateKey,
    at: datetime,
    profile: Profile,
) -> x509.Certificate:
    """Issue one; without ``issuer`` it is self-signed. ``at`` starts its validity."""
    start = profile.valid_from or at - BACKDATED
    end = profile.valid_until or start + profile.lifetime
    builder = x509.CertificateBuilder(
        issuer_name=issuer.subject if issuer else subject,
        subject_name=subject,
        public_key=public_key,
        serial_number=x509.random_serial_number(),
        # No certificate outlives its issuer: path validation would refuse it.
        not_valid_before=start,
        not_valid_after=min(end, issuer.not_valid_after_utc) if issuer else end,
    )
    for extension, critical in extensions(public_key, issuer_key, profile):
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(issuer_key, hashes.SHA256())


def extensions(
    public_key: PublicKey,
    issuer_key: ec.EllipticCurvePrivateKey,
    profile: Profile,
) -> list[tuple[x509.ExtensionType, bool]]:
    issuer_public = issuer_key.public_key()
    found: list[tuple[x509.ExtensionType, bool]] = [
        (x509.BasicConstraints(profile.is_authority, profile.depth), True),
        (key_usage(profile.usages), True),
        (x509.SubjectKeyIdentifier.from_public_key(public_key), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_public), False),
    ]
    if profile.extended:
        purpose = x509.ExtendedKeyUsage(profile.extended)
        found.append((purpose, profile.extended_critical))
    if ExtendedKeyUsageOID.OCSP_SIGNING in profile.extended:
        # RFC 6960 §4.2.2.2.1: nobody asks the responder about itself.
        found.append((x509.OCSPNoCheck(), False))
    return found + links(profile)


def links(profile: Profile) -> list[tuple[x509.ExtensionType, bool]]:
    """Where to ask about revocation; only when a service really answers there."""
    found: list[tuple[x509.ExtensionType, bool]] = []
    if profile.ocsp_url:
        place = x509.UniformResourceIdentifier(profile.ocsp_url)
        access = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, place)
        found.append((x509.AuthorityInformationAccess([access]), False))
    if profile.crl_url:
        uri = x509.UniformResourceIdentifier(profile.crl_url)
        point = x509.DistributionPoint([uri], None, None, None)
        found.append((x509.CRLDistributionPoints([point]), False))
    return found


def key_usage(usages: frozenset[str]) -> x509.KeyUsage:
    return x509.KeyUsage(**{usage: usage in usages for usage in USAGES})
