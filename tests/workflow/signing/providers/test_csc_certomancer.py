"""The same provider against a service that is not ours (certomancer-csc-dummy)."""

from __future__ import annotations

import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tests.workflow.signing.providers.material import digests
from workflow.signing.providers.base import Mechanism
from workflow.signing.providers.csc import Consent, CscProvider
from workflow.signing.providers.csc_client import CscClient, OpenAccount
from workflow.signing.providers.csc_http import Refusal, Transport
from workflow.signing.providers.pkcs12 import PrivateKey
from workflow.signing.providers.proof import is_signature

CONFIGURATION = """
years: &years
  valid-from: "2020-01-01T00:00:00+0000"
  valid-to: "2040-01-01T00:00:00+0000"
external-url-prefix: "http://127.0.0.1:9480"
keysets:
  keys:
    path-prefix: keys
    keys:
      root: {path: root.pem}
      signer: {path: signer.pem}
      old: {path: old.pem}
pki-architectures:
  hocba:
    keyset: keys
    entity-defaults: {country-name: VN}
    entities:
      root: {common-name: Root}
      signer: {common-name: Lê Văn Bình}
      old: {common-name: Trần Thị Cúc}
    certs:
      root:
        issuer: root
        validity: *years
        profiles: [{id: simple-ca, params: {crl-repo: root}}]
      signer:
        issuer: root
        validity: *years
        profiles: [digsig-commitment]
      old:
        issuer: root
        validity: *years
        profiles: [digsig-commitment]
    services:
      crl-repo:
        root:
          for-issuer: root
          signing-key: root
          simulated-update-schedule: "P1D"
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("certomancer")
    write_keys(folder / "keys")
    (folder / "certomancer.yml").write_text(CONFIGURATION)
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


def write_keys(folder: Path) -> None:
    folder.mkdir()
    keys: dict[str, PrivateKey] = {
        "root": ec.generate_private_key(ec.SECP256R1()),
        "signer": ec.generate_private_key(ec.SECP256R1()),
        "old": rsa.generate_private_key(public_exponent=65537, key_size=2048),
    }
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
    for _ in range(200):
        assert server.poll() is None, "certomancer-csc ended"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("certomancer-csc does not answer")


def connect(address: str, name: str) -> CscProvider:
    client = CscClient(Transport(address), account=OpenAccount())
    return CscProvider(client, f"hocba/{name}")


@pytest.mark.parametrize(
    ("name", "holder", "mechanism"),
    [
        ("signer", "Lê Văn Bình", Mechanism.ECDSA),
        ("old", "Trần Thị Cúc", Mechanism.RSA_PSS),
    ],
)
def test_a_batch_is_split_by_multisign_and_every_signature_is_good(
    address, name, holder, mechanism
):
    wanted = digests(25)
    provider = connect(address, name)

    consent = provider.authorise(wanted)
    signatures = list(provider.sign(wanted, consent))

    signer = provider.describe()
    assert (signer.name, provider.mechanism) == (holder, mechanism)
    assert [sad.count for sad in Consent.load(consent.token).sads] == [10, 10, 5]
    for digest, signature in zip(wanted, signatures, strict=True):
        assert is_signature(signature, digest, signer, mechanism)


def test_its_keys_are_listed(address):
    ids = set(connect(address, "signer").client.credential_ids())

    assert ids == {"hocba/root", "hocba/signer", "hocba/old"}


def test_the_service_refuses_a_hash_that_its_sad_does_not_name(address):
    provider = connect(address, "signer")
    (sad,) = Consent.load(provider.authorise(digests(2)).token).sads

    with pytest.raises(Refusal) as caught:
        provider.client.sign(provider.credential, digests(1, start=100), sad.value)

    assert caught.value.status == 400
