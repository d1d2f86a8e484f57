"""A certification authority of our own, so that a trial signs for real.

Made on first run under ``DATA_DIR/pki``: root, issuing CA, time-stamping, OCSP. Its
keys lie on the disk in clear, so whoever can read them can be anybody: refused
wherever the caller does not say that this is a trial. Certificates carry no OCSP or
CRL link (readers would ask a server that is not there); the CRLs are files.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12

from workflow.signing import revocation
from workflow.signing.errors import DevelopmentOnly
from workflow.signing.profiles import (
    DEVELOPMENT_ORGANISATION,
    Profile,
    build_certificate,
    person_name,
    seal_name,
    service_name,
)

AUTHORITIES = ("root", "issuing")
CRL_LIFETIME = timedelta(days=30)
CRL_RENEWED_BEFORE = timedelta(days=7)


@dataclass(frozen=True)
class Authority:
    """A certificate with its key, read from ``NAME.pem`` and ``NAME.key``."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


@dataclass(frozen=True)
class IssuedKey:
    """A PKCS#12 file of the development CA and how to open it."""

    path: Path
    passphrase: str
    certificate: x509.Certificate


class DevelopmentCA:
    """The authority in ``directory``; made by ``ensure_development_ca``."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    @cached_property
    def root(self) -> Authority:
        return self._authority("root")

    @cached_property
    def issuing(self) -> Authority:
        return self._authority("issuing")

    @cached_property
    def tsa(self) -> Authority:
        return self._authority("tsa")

    @cached_property
    def ocsp(self) -> Authority:
        return self._authority("ocsp")

    def issue_person(
        self,
        *,
        name: str,
        personal_number: str,
        office: str,
        school: str,
        at: datetime,
        tax_code: str = "",
        profile: Profile = Profile(),  # noqa: B008 (frozen)
    ) -> IssuedKey:
        """A personal signing certificate; ``profile`` spoils it for tests.

        ``tax_code`` is that of the school, where the authority has confirmed that too.
        """
        subject = person_name(
            name=name,
            personal_number=personal_number,
            office=office,
            school=school,
            tax_code=tax_code,
        )
        return self._issue(subject, at=at, profile=profile)

    def issue_seal(
        self,
        *,
        school: str,
        tax_code: str,
        at: datetime,
        profile: Profile = Profile(),  # noqa: B008 (frozen)
    ) -> IssuedKey:
        """The seal of a school: an organisation certificate with its tax code."""
        return self._issue(seal_name(school, tax_code), at=at, profile=profile)

    def revoke(self, serial: int, *, at: datetime) -> None:
        """Put a certificate on the next CRL; a second time changes nothing."""
        with locked(self.directory):
            revoked = self._revoked()
            revoked.setdefault(f"{serial:x}", at.isoformat())
            write_private(self.directory / "revoked.json", json.dumps(revoked).encode())
            self._write_crl("issuing", at)

    def crls(self, *, at: datetime) -> list[bytes]:
        """The CRLs of root and issuing CA (DER), renewed when nearly out of date."""
        return [self._current_crl(name, at) for name in AUTHORITIES]

    def ocsp_response(self, request: bytes, *, at: datetime) -> bytes:
        """Answer an OCSP request (DER) for certificates of the issuing CA."""
        return revocation.ocsp_response(
            request,
            issuer=self.issuing.certificate,
            responder=self.ocsp.certificate,
            key=self.ocsp.key,
            revoked=self._revoked(),
            at=at,
        )

    def _issue(
        self, subject: x509.Name, *, at: datetime, profile: Profile
    ) -> IssuedKey:
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = build_certificate(
            subject=subject,
            public_key=key.public_key(),
            issuer=self.issuing.certificate,
            issuer_key=self.issuing.key,
            at=at,
            profile=profile,
        )
        issued = self._store(key, certificate)
        if profile.revoked_at is not None:
            self.revoke(certificate.serial_number, at=profile.revoked_at)
        return issued

    def _store(
        self, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate
    ) -> IssuedKey:
        """Write key and chain under a name that no two certificates share."""
        passphrase = secrets.token_urlsafe(18)
        bundle = pkcs12.serialize_key_and_certificates(
            None,
            key,
            certificate,
            [self.issuing.certificate],
            serialization.BestAvailableEncryption(passphrase.encode()),
        )
        folder = self.directory / "issued"
        folder.mkdir(mode=0o700, exist_ok=True)
        path = folder / f"{certificate.serial_number:x}.p12"
        write_private(path.with_suffix(".pass"), passphrase.encode())
        write_private(path, bundle)
        return IssuedKey(path, passphrase, certificate)

    def _authority(self, name: str) -> Authority:
        pem = (self.directory / f"{name}.pem").read_bytes()
        secret = (self.directory / f"{name}.key").read_bytes()
        key = serialization.load_pem_private_key(secret, password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise DevelopmentOnly(f"{name}.key is not one of ours")
        return Authority(x509.load_pem_x509_certificate(pem), key)

    def _revoked(self) -> dict[str, str]:
        path = self.directory / "revoked.json"
        if not path.is_file():
            return {}
        revoked: dict[str, str] = json.loads(path.read_text())
        return revoked

    def _current_crl(self, name: str, at: datetime) -> bytes:
        path = self.directory / f"{name}.crl"
        if path.is_file():
            crl = x509.load_der_x509_crl(path.read_bytes())
            end = crl.next_update_utc
            if end is not None and at < end - CRL_RENEWED_BEFORE:
                return path.read_bytes()
        with locked(self.directory):
            return self._write_crl(name, at)

    def _write_crl(self, name: str, at: datetime) -> bytes:
        authority = self._authority(name)
        data = revocation.build_crl(
            issuer=authority.certificate,
            key=authority.key,
            revoked=self._revoked() if name == "issuing" else {},
            at=at,
            until=at + CRL_LIFETIME,
        )
        write_private(self.directory / f"{name}.crl", data, mode=0o644)
        return data


def ensure_development_ca(
    directory: Path, *, at: datetime, allow_development: bool
) -> DevelopmentCA:
    """Return the CA in ``directory``, making it on the first call.

    Two processes may call at once: one makes it, both get the same. Raises
    DevelopmentOnly unless ``allow_development``.
    """
    require_development(allow_development)
    if (directory / "ocsp.key").is_file():
        return DevelopmentCA(directory)
    directory.parent.mkdir(parents=True, exist_ok=True)
    with locked(directory):
        if not (directory / "ocsp.key").is_file():
            make_authorities(directory, at)
    return DevelopmentCA(directory)


def open_development_ca(directory: Path, *, allow_development: bool) -> DevelopmentCA:
    """The CA that exists already; it is not made here."""
    require_development(allow_development)
    return DevelopmentCA(directory)


def require_development(allow_development: bool) -> None:
    if not allow_development:
        raise DevelopmentOnly("the development CA is refused here")


def open_issued(path: Path) -> IssuedKey:
    """A key that the CA issued earlier, with the passphrase stored beside it."""
    passphrase = path.with_suffix(".pass").read_text()
    bundle = pkcs12.load_pkcs12(path.read_bytes(), passphrase.encode())
    if bundle.cert is None:
        raise DevelopmentOnly(f"{path.name} is not one of ours")
    return IssuedKey(path, passphrase, bundle.cert.certificate)


def make_authorities(directory: Path, at: datetime) -> None:
    """Make all four in a folder aside, then rename: never seen half made."""
    aside = Path(tempfile.mkdtemp(prefix=".pki-", dir=directory.parent))
    try:
        root = make_authority(aside, "root", Profile.authority(years=30), None, at)
        issuing = make_authority(
            aside, "issuing", Profile.authority(years=20, depth=0), root, at
        )
        make_authority(aside, "tsa", Profile.timestamping(), issuing, at)
        make_authority(aside, "ocsp", Profile.ocsp_responder(), issuing, at)
        # Replaces an empty folder; one that holds anything else is not ours to remove.
        aside.rename(directory)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def make_authority(
    directory: Path, name: str, profile: Profile, issuer: Authority | None, at: datetime
) -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = build_certificate(
        subject=service_name(name),
        public_key=key.public_key(),
        issuer=issuer.certificate if issuer else None,
        issuer_key=issuer.key if issuer else key,
        at=at,
        profile=profile,
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    write_private(directory / f"{name}.pem", pem, mode=0o644)
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    write_private(directory / f"{name}.key", secret)
    return Authority(certificate, key)


def write_private(path: Path, data: bytes, *, mode: int = 0o600) -> None:
    """Replace the file whole; it is never readable by others, not for a moment."""
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    aside.replace(path)


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """One process at a time; the lock lies beside the folder, which may not exist."""
    path = directory.parent / f".{directory.name}.lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


__all__ = [
    "DEVELOPMENT_ORGANISATION",
    "DevelopmentCA",
    "IssuedKey",
    "ensure_development_ca",
    "open_development_ca",
    "open_issued",
]
