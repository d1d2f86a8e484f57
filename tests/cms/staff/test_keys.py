"""My signing key and the school's seal: who sees, tries and changes what."""

from __future__ import annotations

import base64
import json

import pytest

from tests.workflow.services.signing_scene import issue_to, remote
from workflow.models import Credential
from workflow.signing.providers.pkcs12 import Pkcs12Provider

from .conftest import MOST_QUERIES, to


def entry_of(owner) -> tuple[Pkcs12Provider, bytes]:
    """A key, and how the agent would show it."""
    issued = issue_to(owner)
    key = Pkcs12Provider(issued.path, issued.passphrase)
    found = key.describe()
    return key, json.dumps(
        {
            "name": found.name,
            "mechanism": "ecdsa",
            "certificate": encoded(found.der),
            "chain": [encoded(one.dump()) for one in found.chain],
        }
    ).encode()


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def test_the_own_key_is_named_with_its_end(sign_in, head):
    text = sign_in(head).get(to("key")).content.decode()

    assert "Lê Văn Bình" in text
    assert "Key file (trial)" in text
    assert Credential.objects.get(user=head).reference not in text


def test_a_key_is_tried_on_the_spot(sign_in, head):
    page = sign_in(head).post(to("key-try", "mine"), follow=True)

    assert "The key can be used" in page.content.decode()


def test_a_key_that_cannot_be_used_says_why(sign_in, head, settings):
    settings.TSA_URL = "http://127.0.0.1:9/tsa"

    page = sign_in(head).post(to("key-try", "mine"), follow=True)

    assert "time-stamping service does not answer" in page.content.decode()


def test_the_registrar_gives_the_seal_another_key(
    sign_in, registrar, school, seal, settings
):
    with remote(school, settings) as service:
        school.credentials.filter(provider="csc").delete()
        form = {"provider": "csc", "reference": "head"}
        page = sign_in(registrar).post(to("seal"), form, follow=True)

    text = page.content.decode()
    assert "From now on the key of" in text
    now = school.credentials.get(is_active=True)
    assert (now.provider, now.reference, now.registered_by) == (
        "csc",
        "head",
        registrar,
    )
    assert service.calls["credentials/info"] >= 1


def test_a_seal_of_another_school_is_refused_and_the_old_one_stays(
    sign_in, registrar, school, seal, other_school, settings
):
    before = school.credentials.get(is_active=True)
    with remote(other_school, settings):
        form = {"provider": "csc", "reference": "head"}
        page = sign_in(registrar).post(to("seal"), form)

    assert "belongs to somebody else" in page.content.decode()
    assert school.credentials.get(is_active=True) == before


def test_a_token_is_registered_and_tried_through_the_agent(sign_in, head):
    key, entry = entry_of(head)
    client = sign_in(head)

    answer = client.post(to("key-agent"), entry, content_type="application/json")

    assert answer.json() == {"next": to("key")}
    now = head.credentials.get(is_active=True)
    assert (now.provider, now.mechanism) == ("agent", "ecdsa")
    assert 'data-agent="try"' in client.get(to("key")).content.decode()

    asked = client.post(to("key-trial")).json()
    digests = [bytes.fromhex(one) for one in asked["digests"]]
    (signature,) = key.sign(digests, key.authorise(digests))
    body = {"request": asked["request"], "signatures": [encoded(signature)]}
    for status in (200, 409):  # a trial is answered once
        answer = client.post(
            to("key-trial-answer"), json.dumps(body), content_type="application/json"
        )
        assert answer.status_code == status


def test_the_token_of_somebody_else_is_not_registered(sign_in, head, registrar):
    _key, entry = entry_of(registrar)

    answer = sign_in(head).post(to("key-agent"), entry, content_type="application/json")

    assert answer.status_code == 409
    assert answer.json()["error"]["code"] == "certificate_mismatch"
    assert head.credentials.get(is_active=True).provider == "pkcs12"


@pytest.mark.parametrize("role", ["teacher", "head", "officer", "inspector"])
def test_only_the_registrar_opens_the_seal(request, sign_in, seal, role):
    client = sign_in(request.getfixturevalue(role))
    form = {"provider": "csc", "reference": "head"}

    for answer in (
        client.get(to("seal")),
        client.post(to("seal"), form),
        client.post(to("key-try", "seal")),
    ):
        assert (answer.status_code, answer.url) == (302, "/admin/")
    assert seal.credentials.get().provider == "pkcs12"


@pytest.mark.parametrize("role", ["officer", "inspector", "admin_user"])
def test_who_signs_nothing_has_no_key(request, sign_in, role):
    user = request.getfixturevalue(role)
    client = sign_in(user)
    _key, entry = entry_of(user)

    answers = [
        client.get(to("key")),
        client.post(to("key-agent"), entry, content_type="application/json"),
        client.post(to("key-trial")),
        client.post(to("key-trial-answer")),
        client.post(to("key-try", "mine")),
    ]

    assert {answer.status_code for answer in answers} == {302}
    assert not Credential.objects.filter(user=user).exists()


def test_the_page_of_a_key_is_few_queries(sign_in, head, queries_of):
    client = sign_in(head)
    client.get(to("key"))

    assert queries_of(client, to("key")) <= MOST_QUERIES
