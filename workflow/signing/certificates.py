"""What a certificate says about its holder, for signer and verifier alike."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from asn1crypto import x509

# How Vietnamese authorities write the numbers into UID, serialNumber or
# organizationIdentifier; the second form of each is that of ETSI EN 319 412-1.
PERSONAL_NUMBER = re.compile(r"^(?:CCCD|CMND)\s*:\s*(\d{9,12})$|^(?:PNO|IDC)VN-(\d+)$")
TAX_CODE = re.compile(r"^MST\s*:\s*([\d-]{10,14})$|^(?:TAX|VAT)VN-([\d-]+)$")
NUMBER_ATTRIBUTES = ("user_id", "serial_number", "organization_identifier")


@dataclass(frozen=True)
class CertificateInfo:
    """A signer's certificate with its chain (leaf excluded, nearest issuer first)."""

    leaf: x509.Certificate
    chain: tuple[x509.Certificate, ...]
    name: str
    office: str
    organisation: str
    personal_number: str
    tax_code: str
    valid_from: datetime
    valid_until: datetime
    for_signing: bool

    @property
    def serial(self) -> str:
        return f"{self.leaf.serial_number:x}"

    @property
    def der(self) -> bytes:
        """The leaf as it was issued, for the database."""
        return bytes(self.leaf.dump())


def describe_certificate(
    leaf: x509.Certificate, chain: Iterable[x509.Certificate] = ()
) -> CertificateInfo:
    """Read the holder from the subject; absent attributes are empty strings."""
    subject = subject_values(leaf)
    validity = leaf["tbs_certificate"]["validity"]
    numbers = [value for key in NUMBER_ATTRIBUTES for value in subject.get(key, [])]
    return CertificateInfo(
        leaf=leaf,
        chain=tuple(chain),
        name=first(subject, "common_name"),
        office=first(subject, "title"),
        organisation=first(subject, "organization_name"),
        personal_number=find_number(PERSONAL_NUMBER, numbers),
        tax_code=find_number(TAX_CODE, numbers),
        valid_from=validity["not_before"].native,
        valid_until=validity["not_after"].native,
        for_signing=is_for_signing(leaf),
    )


def subject_values(leaf: x509.Certificate) -> dict[str, list[str]]:
    """All subject attributes by name; an attribute may occur more than once."""
    values: dict[str, list[str]] = {}
    for relative_name in leaf.subject.chosen:
        for pair in relative_name:
            values.setdefault(pair["type"].native, []).append(str(pair["value"].native))
    return values


def first(subject: dict[str, list[str]], key: str) -> str:
    return subject.get(key, [""])[0]


def find_number(pattern: re.Pattern[str], values: Iterable[str]) -> str:
    for value in values:
        if match := pattern.match(value.strip()):
            return next(group for group in match.groups() if group)
    return ""


def is_for_signing(leaf: x509.Certificate) -> bool:
    """Whether documents may be signed: nonRepudiation, and neither CA nor TSA."""
    usage = leaf.key_usage_value
    extended = leaf.extended_key_usage_value
    if usage is None or "non_repudiation" not in usage.native:
        return False
    if leaf.ca or {"key_cert_sign", "crl_sign"} & usage.native:
        return False
    services = {"time_stamping", "ocsp_signing", "server_auth"}
    return extended is None or not services & set(extended.native)
