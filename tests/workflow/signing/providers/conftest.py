from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.workflow.signing.material import HEAD, NOW, PERSONAL_NUMBER, SCHOOL, Desk
from tests.workflow.signing.providers.tokens import MISSING, MODULE, Drawer, der, fill
from workflow.signing.profiles import Profile, build_certificate, person_name


@pytest.fixture(scope="session")
def drawer(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drawer]:
    """A SoftHSM token ``hocba``: the head's and the seal's EC keys, an RSA key."""
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
