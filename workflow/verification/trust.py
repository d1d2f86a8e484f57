"""Whom we trust, as data: anchors, intermediates and CRLs that the operator put in.

A folder is a store, and so is each folder in it::

    trust/VGCA/root.pem               self-signed: an anchor
    trust/VGCA/issuing.pem            helps to find the way, not trusted by itself
    trust/VGCA/anchors/issuing.pem    an anchor though it is not self-signed
    trust/VGCA/issuing.crl            what has been revoked
    trust/VGCA/algorithms.toml        rows that replace those of the built-in policy
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Self

from asn1crypto import pem, x509

from workflow.signing.algorithms import (
    FILE_NAME,
    AlgorithmPolicy,
    default_policy,
    read_rows,
)
from workflow.signing.profiles import DEVELOPMENT_ORGANISATION
from workflow.verification.chains import Chain, ChainFault, find_chain
from workflow.verification.revocation import Crl, Revocations, read_crl

CERTIFICATE_SUFFIXES = (".pem", ".crt", ".cer", ".der")
ANCHORS = "anchors"
# A file of the trust folder: its path, and what changes when it does.
Facts = tuple[Path, int, int]


class TrustUnreadable(ValueError):
    """A file of a trust folder is not what its name says."""


@dataclass(frozen=True, eq=False)
class TrustStore:
    """One trust world (VGCA, NEAC, development …) or several together.

    Nothing is trusted by default. ``intermediates`` help to find the way and are
    not trusted themselves. ``parts`` are the worlds of which this one is made.
    """

    name: str = ""
    anchors: tuple[x509.Certificate, ...] = ()
    intermediates: tuple[x509.Certificate, ...] = ()
    revocations: Revocations = field(default_factory=Revocations, repr=False)
    policy: AlgorithmPolicy = field(default_factory=default_policy, repr=False)
    parts: tuple[TrustStore, ...] = field(default=(), repr=False)

    @classmethod
    def of(
        cls,
        certificates: Iterable[bytes],
        *,
        crls: Iterable[bytes] = (),
        anchors: Iterable[bytes] = (),
        name: str = "",
        policy: AlgorithmPolicy | None = None,
    ) -> Self:
        """From PEM or DER; what is self-signed is an anchor, and so are ``anchors``.

        Raises ValueError for what is no certificate or no CRL.
        """
        found = [one for data in certificates for one in read_certificates(data)]
        given = [one for data in anchors for one in read_certificates(data)]
        return cls(
            name=name,
            anchors=(*(one for one in found if one.self_issued), *given),
            intermediates=tuple(one for one in found if not one.self_issued),
            revocations=Revocations(tuple(read_list(data) for data in crls)),
            policy=policy or default_policy(),
        )

    @classmethod
    def from_directory(cls, directory: Path) -> TrustStore:
        """The store in a folder, with the stores in the folders below it.

        Raises TrustUnreadable, naming the file.
        """
        return read_directory(directory, tuple(facts(directory)))

    @property
    def crls(self) -> tuple[Crl, ...]:
        return self.revocations.crls

    @cached_property
    def key(self) -> bytes:
        """The same for stores that lead to the same ways."""
        digest = sha256()
        for part in self.parts or (self,):
            digest.update(f"/{part.name}/{part.policy}".encode())
            for one in part.anchors:
                digest.update(b"a" + one.sha256)
            for one in part.intermediates:
                digest.update(b"i" + one.sha256)
        return digest.digest()

    def __add__(self, other: TrustStore) -> TrustStore:
        parts = (*(self.parts or (self,)), *(other.parts or (other,)))
        return TrustStore(
            name=" + ".join(name for name in (self.name, other.name) if name),
            anchors=self.anchors + other.anchors,
            intermediates=self.intermediates + other.intermediates,
            revocations=self.revocations + other.revocations,
            policy=self.policy,
            parts=tuple(part for part in parts if part.anchors or part.name),
        )

    def of_anchor(self, anchor: x509.Certificate) -> TrustStore:
        """The world that an anchor belongs to; the first, if several have it."""
        for part in self.parts:
            if any(one.sha256 == anchor.sha256 for one in part.anchors):
                return part
        return self

    def without_development(self) -> TrustStore:
        """This store without any anchor of a development CA.

        Its keys lie on a disk in clear: whoever put such an anchor here would
        trust everybody who can read that disk.
        """
        kept = replace(
            self,
            anchors=tuple(one for one in self.anchors if not is_development(one)),
            parts=tuple(part.without_development() for part in self.parts),
        )
        return kept if len(kept.anchors) < len(self.anchors) else self


def is_development(anchor: x509.Certificate) -> bool:
    organisation = anchor.subject.native.get("organization_name", "")
    return bool(organisation == DEVELOPMENT_ORGANISATION)


def facts(directory: Path) -> Iterable[Facts]:
    """The files of a trust folder, by name; nothing if there is no folder."""
    if not directory.is_dir():
        return
    for path in sorted(directory.rglob("*")):
        if path.is_file():
            stat = path.stat()
            yield path, stat.st_mtime_ns, stat.st_size


# Asked for at each verdict; the files change a few times a year.
@lru_cache(maxsize=16)
def read_directory(directory: Path, files: tuple[Facts, ...]) -> TrustStore:
    """Read the files that ``facts`` found; the store of the folder itself first."""
    folders: dict[Path, list[Path]] = {}
    for path, _changed, _size in files:
        folder = path.parent
        owner = folder.parent if folder.name == ANCHORS else folder
        folders.setdefault(owner, []).append(path)
    stores = [
        read_store(folder, folders[folder])
        for folder in sorted(folders)
        if folder == directory or folder.parent == directory
    ]
    if len(stores) == 1:
        return stores[0]
    whole = TrustStore()
    for store in stores:
        whole += store
    return whole


def read_store(folder: Path, files: list[Path]) -> TrustStore:
    """One store from its files. Raises TrustUnreadable, naming the file."""
    whole = TrustStore(name=folder.name)
    for path in files:
        try:
            whole = added(whole, path)
        except (ValueError, TypeError) as error:
            raise TrustUnreadable(f"{path}: {error}") from error
    return whole


def added(store: TrustStore, path: Path) -> TrustStore:
    """``store`` with what one file says; files of other kinds say nothing."""
    if path.name == FILE_NAME:
        rows = read_rows(path.read_text(encoding="utf-8"))
        return replace(store, policy=store.policy.replaced_by(rows))
    data = path.read_bytes()
    if path.suffix == ".crl":
        more = Revocations((read_list(data),))
        return replace(store, revocations=store.revocations + more)
    if path.suffix not in CERTIFICATE_SUFFIXES:
        return store
    trusted = path.parent.name == ANCHORS
    found = read_certificates(data)
    anchors = [one for one in found if trusted or one.self_issued]
    others = [one for one in found if one not in anchors]
    return replace(
        store,
        anchors=(*store.anchors, *anchors),
        intermediates=(*store.intermediates, *others),
    )


def read_certificates(data: bytes) -> list[x509.Certificate]:
    """One or more certificates from PEM, or one from DER."""
    if not pem.detect(data):
        return [x509.Certificate.load(data, strict=True)]
    blocks = pem.unarmor(data, multiple=True)
    return [x509.Certificate.load(der, strict=True) for _, _, der in blocks]


def read_list(data: bytes) -> Crl:
    """A CRL from PEM or DER. Raises ValueError."""
    crl = read_crl(read_der(data))
    if crl is None:
        raise ValueError("not a certificate revocation list")
    return crl


def read_der(data: bytes) -> bytes:
    """The content of one PEM block, or the data itself."""
    if not pem.detect(data):
        return data
    _, _, der = pem.unarmor(data)
    return bytes(der)


__all__ = [
    "Chain",
    "ChainFault",
    "TrustStore",
    "TrustUnreadable",
    "find_chain",
    "read_certificates",
]
