"""Tokens for tests: SoftHSM, filled with a key of the development CA."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12

from tests.workflow.signing.material import Desk
from workflow.signing.development import IssuedKey
from workflow.signing.providers.pkcs11 import AskPin, Pkcs11Provider, TokenKey

MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")
PIN = "1234"
MISSING = [tool for tool in ("softhsm2-util", "pkcs11-tool") if not shutil.which(tool)]


@dataclass(frozen=True)
class Drawer:
    """Where the tokens lie. SoftHSM reads the way to it when it is loaded."""

    folder: Path

    @property
    def tokens(self) -> Path:
        return self.folder / "tokens"

    def new_token(self, label: str) -> None:
        command = ("--init-token", "--free", "--label", label)
        run("softhsm2-util", *command, "--so-pin", "12345678", "--pin", PIN)

    def put(self, label: str, name: str, number: str, key: bytes, cert: bytes) -> None:
        """A key in PKCS#8 and its certificate in DER."""
        (self.folder / "key.pem").write_bytes(key)
        (self.folder / "cert.der").write_bytes(cert)
        place = ("--token", label, "--label", name, "--id", number, "--pin", PIN)
        run("softhsm2-util", "--import", self.folder / "key.pem", *place)
        self.put_certificate(label, name, number, cert)

    def put_strict(self, label: str, name: str, number: str, issued: IssuedKey) -> None:
        """A key that asks for the PIN at each signature."""
        pem, cert = opened(issued)
        key = serialization.load_pem_private_key(pem, None)
        (self.folder / "key.der").write_bytes(
            key.private_bytes(
                serialization.Encoding.DER,
                serialization.PrivateFormat.TraditionalOpenSSL,
                serialization.NoEncryption(),
            )
        )
        place = ("--token-label", label, "--label", name, "--id", number)
        login = ("--module", MODULE, "--login", "--pin", PIN)
        write = ("--write-object", self.folder / "key.der", "--type", "privkey")
        run("pkcs11-tool", *login, *place, *write, "--always-auth")
        self.put_certificate(label, name, number, cert)

    def put_certificate(self, label: str, name: str, number: str, cert: bytes) -> None:
        (self.folder / "cert.der").write_bytes(cert)
        place = ("--token-label", label, "--label", name, "--id", number)
        login = ("--module", MODULE, "--login", "--pin", PIN)
        write = ("--write-object", self.folder / "cert.der", "--type", "cert")
        run("pkcs11-tool", *login, *place, *write)

    def pull_out(self) -> Path:
        """Take all tokens away; returns where they are until ``plug_in``."""
        return self.tokens.rename(self.folder / "pulled out")

    def plug_in(self) -> None:
        (self.folder / "pulled out").rename(self.tokens)


def run(*command: str | Path) -> None:
    subprocess.run(list(map(str, command)), check=True, capture_output=True)


def fill(drawer: Drawer, desk: Desk, label: str, keys: dict[str, IssuedKey]) -> None:
    """A token with these keys, numbered from 01, and the issuing CA's certificate."""
    drawer.new_token(label)
    for number, (name, issued) in enumerate(keys.items(), start=1):
        key, cert = opened(issued)
        drawer.put(label, name, f"{number:02x}", key, cert)
    issuing = desk.ca.issuing.certificate.public_bytes(serialization.Encoding.DER)
    drawer.put_certificate(label, "issuing", "a0", issuing)


def opened(issued: IssuedKey) -> tuple[bytes, bytes]:
    bundle = pkcs12.load_pkcs12(issued.path.read_bytes(), issued.passphrase.encode())
    assert bundle.key is not None
    key = bundle.key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return key, der(issued.certificate)


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)


def provider(name: str = "head", ask_pin: AskPin = lambda: PIN) -> Pkcs11Provider:
    return Pkcs11Provider(MODULE, TokenKey(token="hocba", label=name), ask_pin)
