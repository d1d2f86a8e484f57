from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.workflow.signing.material import HEAD, NOW, PERSONAL_NUMBER, SCHOOL, Desk
from tests.workflow.signing.providers import csc_stub
from tests.workflow.signing.providers.agents import Page, Person, Signer, running
from tests.workflow.signing.providers.csc_scene import PATIENCE
from tests.workflow.signing.providers.csc_scene import Signer as RemoteSigner
from tests.workflow.signing.providers.csc_stub import ACCOUNT, Service
from tests.workflow.signing.providers.tokens import MISSING, MODULE, Drawer, der, fill
from workflow.signing.profiles import Profile, build_certificate, person_name
from workflow.signing.providers.agent import certificate_from_browser
from workflow.signing.providers.csc import AskSecrets, CscProvider
from workflow.signing.providers.csc_client import (
    V1,
    CscClient,
    Dialect,
    PasswordAccount,
)
from workflow.signing.providers.csc_http import Transport

Connect = Callable[..., CscProvider]


@pytest.fixture(scope="session")
def drawer(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drawer]:
    """A SoftHSM token ``hocba``: the head's and the seal's EC keys, an RSA key, and
    the seal's key once more, which wants the PIN at each signature."""
    if MISSING or not MODULE.is_file():
        pytest.skip("needs the Debian packages softhsm2 and opensc")
    made = Drawer(tmp_path_factory.mktemp("softhsm"))
    made.tokens.mkdir()
    configuration = made.folder / "softhsm2.conf"
    lines = f"directories.tokendir = {made.tokens}\nobjectstore.backend = file\n"
    configuration.write_text(lines)
    os.environ["SOFTHSM2_CONF"] = str(configuration)
    fill(made, desk, "hocba", {"head": desk.head, "seal": desk.seal})
    made.put("hocba", "rsa", "10", *rsa_key(desk))
    made.put_strict("hocba", "strict", "20", desk.seal)
    yield made
    del os.environ["SOFTHSM2_CONF"]


def rsa_key(desk: Desk) -> tuple[bytes, bytes]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = person_name(
        name=HEAD,
        personal_number=PERSONAL_NUMBER,
        office="Hiệu trưởng",
        school=SCHOOL,
    )
    certificate = build_certificate(
        subject=subject,
        public_key=key.public_key(),
        issuer=desk.ca.issuing.certificate,
        issuer_key=desk.ca.issuing.key,
        at=NOW,
        profile=Profile(),
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return pem, der(certificate)


@pytest.fixture
def person() -> Person:
    return Person()


@pytest.fixture
def stranger(drawer: Drawer, person: Person) -> Iterator[Page]:
    """The right page, not paired."""
    with running(person) as page:
        yield page


@pytest.fixture
def page(stranger: Page, person: Person) -> Page:
    stranger.pair(person.pairing_codes[-1])
    return stranger


@pytest.fixture
def signer(page: Page) -> Signer:
    """The head's certificate, as the page got it from the agent."""
    keys = page.get("keys").json()["keys"]
    infos = [certificate_from_browser(json.dumps(key).encode()) for key in keys]
    return next(one for one in infos if (one[0].name, one[1]) == (HEAD, "ecdsa"))


@pytest.fixture
def service(desk: Desk) -> Service:
    return csc_stub.new_service(desk.ca, desk.head)


@pytest.fixture
def address(service: Service) -> Iterator[str]:
    with csc_stub.serving(service) as url:
        yield url


@pytest.fixture
def waits() -> list[float]:
    """How long the client wanted to wait; nobody does."""
    return []


@pytest.fixture
def connect(service: Service, address: str, waits: list[float]) -> Connect:
    def make(signer: AskSecrets | None = None, dialect: Dialect = V1) -> CscProvider:
        transport = Transport(address, patience=PATIENCE, sleep=waits.append)
        client = CscClient(
            transport, account=PasswordAccount(*ACCOUNT), dialect=dialect
        )
        return CscProvider(
            client, "head", signer or RemoteSigner(), clock=lambda: service.now
        )

    return make
