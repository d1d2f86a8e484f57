"""The same provider against a service that is not ours (certomancer-csc-dummy)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tests.workflow.signing.providers.csc_dummy import serving
from tests.workflow.signing.providers.material import digests
from workflow.signing.providers.base import Mechanism
from workflow.signing.providers.csc import Consent, CscProvider
from workflow.signing.providers.csc_client import CscClient, OpenAccount
from workflow.signing.providers.csc_http import Refusal, Transport
from workflow.signing.providers.pkcs12 import PrivateKey
from workflow.signing.providers.proof import is_signature

SIGNERS = {
    "signer": {"common-name": "Lê Văn Bình"},
    "old": {"common-name": "Trần Thị Cúc"},
}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    keys: dict[str, PrivateKey] = {
        "root": ec.generate_private_key(ec.SECP256R1()),
        "signer": ec.generate_private_key(ec.SECP256R1()),
        "old": rsa.generate_private_key(public_exponent=65537, key_size=2048),
    }
    with serving(tmp_path_factory.mktemp("certomancer"), SIGNERS, keys) as url:
        yield url


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
