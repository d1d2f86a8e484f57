"""Put certificates, CRLs and trusted lists where the verifier looks for them."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from asn1crypto import pem, x509
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from ...errors import WorkflowError
from ...verification.trust import ANCHORS, is_development, read_certificates, read_list
from ...verification.trusted_list import ListRefused, read_trusted_list

STORE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
# Anchors from a list carry this mark, so that the next list can take them back.
LISTED = "listed-"


class TrustRefused(WorkflowError):
    code = "trust_refused"
    user_message = _("%(name)s cannot be trusted: %(detail)s")

    def __init__(self, name: str, detail: str) -> None:
        self.name = name
        self.detail = detail
        super().__init__(f"{name}: {detail}")


@dataclass(frozen=True)
class Stored:
    """A file of the store, and whom it is about."""

    path: Path
    subject: str


def import_trust(
    store: str, data: bytes, *, name: str, at: datetime, signer: bytes | None = None
) -> list[Stored]:
    """Add PEM, DER, a CRL, or a trusted list; return what is stored of it now.

    A trusted list replaces what the last one brought. ``name`` is for the message.
    Raises TrustRefused, and then the store is as before.
    """
    if not STORE_NAME.fullmatch(store):
        raise TrustRefused(store, "a store is named by letters and digits")
    folder = Path(settings.DATA_DIR) / "trust" / store
    try:
        if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
            found = read_trusted_list(data, at=at, signer=signer)
            return _replace_listed(folder, [s.certificate for s in found.services])
        crl = _as_list(data)
        if crl is not None:
            return [_write(folder / f"{_digest(crl)}.crl", crl, "CRL")]
        found_certificates = read_certificates(data)
    except (ListRefused, ValueError, TypeError) as error:
        raise TrustRefused(name, str(error)) from error
    _require_real(found_certificates)
    return [_keep(folder, "", one) for one in found_certificates]


def _replace_listed(
    folder: Path, certificates: Iterable[x509.Certificate]
) -> list[Stored]:
    unique = {one.sha256: one for one in certificates}
    _require_real(unique.values())
    kept = [_keep(folder / ANCHORS, LISTED, one) for one in unique.values()]
    for path in (folder / ANCHORS).glob(f"{LISTED}*.pem"):
        if path not in {one.path for one in kept}:
            path.unlink()
    return kept


def _require_real(certificates: Iterable[x509.Certificate]) -> None:
    if settings.DEVELOPMENT_CA:
        return
    for one in certificates:
        if is_development(one):
            name = one.subject.human_friendly
            raise TrustRefused(name, "a development CA, whose keys anybody may hold")


def _as_list(data: bytes) -> bytes | None:
    try:
        return read_list(data).der
    except ValueError:
        return None


def _keep(folder: Path, prefix: str, certificate: x509.Certificate) -> Stored:
    data: bytes = pem.armor("CERTIFICATE", certificate.dump())
    path = folder / f"{prefix}{certificate.sha256.hex()[:32]}.pem"
    return _write(path, data, certificate.subject.human_friendly)


def _write(path: Path, data: bytes, subject: str) -> Stored:
    """The file appears whole or not at all: verdicts may be given meanwhile."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, aside = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    Path(aside).chmod(0o644)
    Path(aside).replace(path)
    return Stored(path, subject)


def _digest(data: bytes) -> str:
    return sha256(data).hexdigest()[:32]
