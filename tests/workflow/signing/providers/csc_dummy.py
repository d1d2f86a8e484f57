"""A remote signing service that is not ours, started for tests: csc-dummy."""

from __future__ import annotations

import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from workflow.signing.providers.pkcs12 import PrivateKey

YEARS = {
    "valid-from": "2020-01-01T00:00:00+0000",
    "valid-to": "2040-01-01T00:00:00+0000",
}
Entity = Mapping[str, str]


def configuration(signers: Mapping[str, Entity]) -> str:
    """A root, and the certificates for signing that it gives to ``signers``."""
    names = ("root", *signers)
    entities = {"root": {"common-name": "Root"}, **map_of(signers)}
    signing = {"issuer": "root", "validity": YEARS, "profiles": ["digsig-commitment"]}
    authority = {
        "issuer": "root",
        "validity": YEARS,
        "profiles": [{"id": "simple-ca", "params": {"crl-repo": "root"}}],
    }
    lists = {
        "for-issuer": "root",
        "signing-key": "root",
        "simulated-update-schedule": "P1D",
    }
    architecture = {
        "keyset": "keys",
        "entity-defaults": {"country-name": "VN"},
        "entities": entities,
        "certs": {"root": authority, **dict.fromkeys(signers, signing)},
        "services": {"crl-repo": {"root": lists}},
    }
    keys = {name: {"path": f"{name}.pem"} for name in names}
    return yaml.safe_dump(
        {
            "external-url-prefix": "http://127.0.0.1:9480",
            "keysets": {"keys": {"path-prefix": "keys", "keys": keys}},
            "pki-architectures": {"hocba": architecture},
        },
        allow_unicode=True,
    )


def map_of(signers: Mapping[str, Entity]) -> dict[str, dict[str, str]]:
    return {name: dict(entity) for name, entity in signers.items()}


@contextmanager
def serving(
    folder: Path, signers: Mapping[str, Entity], keys: Mapping[str, PrivateKey]
) -> Iterator[str]:
    """Its address; the key of each signer, and that of the "root", is given."""
    write_keys(folder / "keys", keys)
    (folder / "certomancer.yml").write_text(configuration(signers), encoding="utf-8")
    port = free_port()
    command = [sys.executable, "-m", "csc_dummy", "certomancer.yml", str(port), "2"]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
        try:
            wait_for(server, port)
            yield f"http://localhost:{port}"
        finally:
            server.terminate()
            server.wait(10)


def root_of(folder: Path) -> x509.Certificate:
    """The root's certificate, as certomancer issues it."""
    out = folder / "certificates"
    command = [sys.executable, "-m", "certomancer", "mass-summon", "hocba", str(out)]
    subprocess.run([*command, "--flat", "--no-pfx"], cwd=folder, check=True)
    return x509.load_pem_x509_certificate((out / "root.cert.pem").read_bytes())


def empty_list(root: x509.Certificate, key: PrivateKey, at: datetime) -> bytes:
    """The root's word (DER) that it has revoked nothing."""
    made = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(root.subject)
        .last_update(at - timedelta(hours=1))
        .next_update(at + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.DER)


def write_keys(folder: Path, keys: Mapping[str, PrivateKey]) -> None:
    folder.mkdir()
    for name, key in keys.items():
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        (folder / f"{name}.pem").write_bytes(pem)


def free_port() -> int:
    """Below the ports that the system hands out for outgoing connections."""
    for _ in range(100):
        port = random.randrange(20000, 32000)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise AssertionError("no free port")


def wait_for(server: subprocess.Popen[bytes], port: int) -> None:
    for _ in range(900):
        assert server.poll() is None, "certomancer-csc ended"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("certomancer-csc does not answer")
