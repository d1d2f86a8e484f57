"""A key in a PKCS#12 file: for trials, never for a school's real seal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from asn1crypto import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives.serialization import pkcs12

from workflow.signing.certificates import CertificateInfo, describe_certificate
from workflow.signing.errors import KeyUnreadable
from workflow.signing.providers.base import Authorisation, Mechanism

PREHASHED = utils.Prehashed(hashes.SHA256())
PSS = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=32)
PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True)
class LoadedKey:
    key: PrivateKey
    certificate: CertificateInfo


class Pkcs12Provider:
    """Loads the file at the first use and again only when the file changes."""

    def __init__(self, path: Path, passphrase: str) -> None:
        self.path = path
        self._passphrase = passphrase

    @property
    def mechanism(self) -> Mechanism:
        if isinstance(self._loaded.key, rsa.RSAPrivateKey):
            return Mechanism.RSA_PSS
        return Mechanism.ECDSA

    def describe(self) -> CertificateInfo:
        return self._loaded.certificate

    def authorise(self, digests: Sequence[bytes]) -> Authorisation:
        """Whoever has the passphrase has consented."""
        return Authorisation(digests=tuple(digests))

    def sign(
        self, digests: Sequence[bytes], authorisation: Authorisation
    ) -> Iterator[bytes]:
        authorisation.require(digests)
        key = self._loaded.key
        for digest in digests:
            yield sign_digest(key, digest)

    @property
    def _loaded(self) -> LoadedKey:
        try:
            facts = self.path.stat()
        except OSError as error:
            raise KeyUnreadable(self.path.name) from error
        return load_key(self.path, facts.st_mtime_ns, facts.st_ino, self._passphrase)


def sign_digest(key: PrivateKey, digest: bytes) -> bytes:
    """Sign a SHA-256 digest: ECDSA, or RSA-PSS for RSA keys."""
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(digest, PSS, PREHASHED)
    return key.sign(digest, ec.ECDSA(PREHASHED))


# Opening a PKCS#12 file derives a key from its passphrase (tens of thousands of
# rounds), which costs more than the signature; the size bounds what stays in memory.
@lru_cache(maxsize=256)
def load_key(path: Path, mtime_ns: int, inode: int, passphrase: str) -> LoadedKey:
    """Open the file; time and inode are part of the cache key only."""
    try:
        bundle = pkcs12.load_pkcs12(path.read_bytes(), passphrase.encode())
    except (OSError, ValueError) as error:
        raise KeyUnreadable(path.name) from error
    if bundle.cert is None or not isinstance(bundle.key, PrivateKey):
        raise KeyUnreadable(path.name)
    leaf, *chain = (
        x509.Certificate.load(one.certificate.public_bytes(serialization.Encoding.DER))
        for one in (bundle.cert, *bundle.additional_certs)
    )
    return LoadedKey(bundle.key, describe_certificate(leaf, chain))
