"""Whom we trust, as data: anchors, intermediates and CRLs that the operator put in."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import Self

from asn1crypto import pem, x509
from cryptography import x509 as pyca
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import (
    ExpiredError,
    NotYetValidError,
    PathBuildingError,
    PathValidationError,
)
from pyhanko_certvalidator.path import ValidationPath

CERTIFICATE_SUFFIXES = (".pem", ".crt", ".cer", ".der")


class ChainFault(StrEnum):
    """Why a certificate does not lead to an anchor; also codes of the report."""

    NOT_TRUSTED = "certificate_not_trusted"
    EXPIRED = "certificate_expired"
    NOT_YET_VALID = "certificate_not_yet_valid"
    REVOKED = "certificate_revoked"


@dataclass(frozen=True)
class TrustStore:
    """One trust world (VGCA, NEAC, development …) or several together.

    Nothing is trusted by default. ``intermediates`` help to find the way and are
    not trusted themselves.
    """

    name: str = ""
    anchors: tuple[x509.Certificate, ...] = ()
    intermediates: tuple[x509.Certificate, ...] = ()
    crls: tuple[pyca.CertificateRevocationList, ...] = field(default=(), repr=False)

    @classmethod
    def of(
        cls,
        certificates: Iterable[bytes],
        *,
        crls: Iterable[bytes] = (),
        name: str = "",
    ) -> Self:
        """From PEM or DER; what is self-signed is an anchor.

        Raises ValueError for what is no certificate.
        """
        found = [one for data in certificates for one in read_certificates(data)]
        return cls(
            name=name,
            anchors=tuple(one for one in found if one.self_issued),
            intermediates=tuple(one for one in found if not one.self_issued),
            crls=tuple(pyca.load_der_x509_crl(read_der(data)) for data in crls),
        )

    @classmethod
    def from_directory(cls, directory: Path) -> Self:
        """All certificates and ``*.crl`` files of a folder (not below it)."""
        files = sorted(directory.iterdir()) if directory.is_dir() else []
        return cls.of(
            [one.read_bytes() for one in files if one.suffix in CERTIFICATE_SUFFIXES],
            crls=[one.read_bytes() for one in files if one.suffix == ".crl"],
            name=directory.name,
        )

    def __add__(self, other: Self) -> Self:
        return type(self)(
            name=" + ".join(name for name in (self.name, other.name) if name),
            anchors=self.anchors + other.anchors,
            intermediates=self.intermediates + other.intermediates,
            crls=self.crls + other.crls,
        )

    def context(
        self, at: datetime, extra: Iterable[x509.Certificate] = ()
    ) -> ValidationContext:
        """What pyHanko needs to judge a chain, revocation aside, as of ``at``."""
        return ValidationContext(
            trust_roots=list(self.anchors),
            other_certs=[*self.intermediates, *extra],
            moment=at,
            allow_fetching=False,
        )


def read_certificates(data: bytes) -> list[x509.Certificate]:
    """One or more certificates from PEM, or one from DER."""
    if not pem.detect(data):
        return [x509.Certificate.load(data, strict=True)]
    blocks = pem.unarmor(data, multiple=True)
    return [x509.Certificate.load(der, strict=True) for _, _, der in blocks]


def read_der(data: bytes) -> bytes:
    """The content of one PEM block, or the data itself."""
    if not pem.detect(data):
        return data
    _, _, der = pem.unarmor(data)
    return bytes(der)


def find_chain(
    leaf: x509.Certificate,
    *,
    trust: TrustStore,
    at: datetime,
    extra: Iterable[x509.Certificate] = (),
) -> ValidationPath | ChainFault:
    """The way from ``leaf`` to an anchor at ``at``, or why there is none."""
    validator = CertificateValidator(leaf, validation_context=trust.context(at, extra))
    try:
        way: ValidationPath = asyncio.run(validator.async_validate_path())
    except ExpiredError:
        return ChainFault.EXPIRED
    except NotYetValidError:
        return ChainFault.NOT_YET_VALID
    except (PathBuildingError, PathValidationError):
        return ChainFault.NOT_TRUSTED
    return ChainFault.REVOKED if is_revoked(way, trust.crls, at) else way


def is_revoked(
    way: ValidationPath, crls: Iterable[pyca.CertificateRevocationList], at: datetime
) -> bool:
    """Whether a CRL of an issuer on the way names the certificate below it.

    Any CRL that its issuer signed counts, however old or new: it says since when,
    and what was revoked after ``at`` was still good then. pyHanko would look only
    at certificates that carry a link to a CRL, and those of our trials do not.
    """
    certificates = [
        pyca.load_der_x509_certificate(one.dump())
        for one in way.iter_certs(include_root=True)
    ]
    return any(
        names(crl, issuer, certificate.serial_number, at)
        for issuer, certificate in pairwise(certificates)
        for crl in crls
    )


def names(
    crl: pyca.CertificateRevocationList,
    issuer: pyca.Certificate,
    serial: int,
    at: datetime,
) -> bool:
    if crl.issuer != issuer.subject:
        return False
    entry = crl.get_revoked_certificate_by_serial_number(serial)
    if entry is None or entry.revocation_date_utc > at:
        return False
    return crl.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]
