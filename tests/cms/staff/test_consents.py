"""What the holder of a key is asked, on the page of the batch; nobody else answers."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from documents.models import Record
from tests.factories import make_user
from tests.workflow.services.signing_scene import (
    PIN,
    issue_to,
    question,
    register,
    remote,
    run,
    signing,
    statuses,
)
from tests.workflow.signing.providers.csc_stub import Service
from workflow.models import Batch, KeptPin
from workflow.services.keys import providers
from workflow.signing.certificates import describe_certificate
from workflow.signing.providers.pkcs12 import Pkcs12Provider

from .conftest import MOST_QUERIES, to


@pytest.fixture
def service(head, seal, settings) -> Iterator[Service]:
    with remote(head, settings) as started:
        yield started


@pytest.fixture
def batch(reviewed_record: Record, head, service: Service) -> Batch:
    """One record that waits for the head's PIN."""
    made = signing([reviewed_record], head)
    run(made)
    return made


def test_the_page_asks_for_the_pin_once_and_does_not_move_while_it_is_typed(
    sign_in, head, batch
):
    page = sign_in(head).get(to("batch", batch.uuid))

    text = page.content.decode()
    assert "Confirmation 1 of 2" in text
    assert question(batch).code in text
    assert "class 3B: 1" in text
    assert 'type="password" name="pin"' in text
    assert 'name="otp"' not in text
    assert "30 minutes at most" in text
    assert 'hx-trigger="every' not in text
    assert "waits for its signer" in text


def test_a_one_time_code_can_be_read_and_filled_in_by_the_device(
    sign_in, head, reviewed_record, service
):
    """WCAG 2.2, 3.3.8: nobody has to keep it in mind or to type it blindly."""
    service.otps = ["123456"]
    batch = signing([reviewed_record], head)
    run(batch)

    text = sign_in(head).get(to("batch", batch.uuid)).content.decode()

    (field,) = re.findall(r'<input[^>]*name="otp"[^>]*>', text)
    assert 'type="text"' in field
    assert 'autocomplete="one-time-code"' in field


def test_the_list_says_that_a_batch_waits_for_its_signer(sign_in, head, batch):
    assert "waits for its signer" in sign_in(head).get(to("batches")).content.decode()


def test_the_right_pin_issues_the_record(
    sign_in, head, batch, django_capture_on_commit_callbacks
):
    client = sign_in(head)
    url = to("consent-answer", question(batch).uuid)

    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(url, {"pin": PIN})

    assert answer.url == to("batch", batch.uuid)
    assert statuses(batch) == ["done"]
    assert "finished" in client.get(answer.url).content.decode()


def test_a_wrong_pin_is_said_beside_the_field_and_kept_nowhere(sign_in, head, batch):
    client = sign_in(head)

    page = client.post(
        to("consent-answer", question(batch).uuid), {"pin": "9999"}, follow=True
    )

    text = page.content.decode()
    assert 'class="error-message"' in text and "is wrong" in text
    assert "9999" not in text
    assert not KeptPin.objects.exists()
    assert statuses(batch) == ["pending"]


def test_nothing_typed_is_no_answer(sign_in, head, batch, service):
    sign_in(head).post(to("consent-answer", question(batch).uuid), {"pin": ""})

    assert service.calls["credentials/authorize"] == 0
    assert question(batch).status == "waiting"


def test_the_page_of_a_phone_asks_on_and_goes_on(
    sign_in, head, seal, reviewed_record, settings, django_capture_on_commit_callbacks
):
    with remote(head, settings, version="2") as service:
        service.pin, service.phone = False, "waiting"
        batch = signing([reviewed_record], head)
        run(batch)
        client = sign_in(head)

        text = client.get(to("batch-progress", batch.uuid)).content.decode()
        assert "Confirm on your phone" in text
        assert 'hx-trigger="every 3s"' in text
        assert service.calls["credentials/authorizeCheck"] == 0
        service.phone = "confirmed"
        batch.consents.update(asked_at=None)
        with django_capture_on_commit_callbacks(execute=True):
            client.get(to("batch-progress", batch.uuid))

        assert (
            "Confirmation 2 of 2"
            in client.get(to("batch-progress", batch.uuid)).content.decode()
        )


ADDRESSES = ("consent-answer", "consent-request", "consent-signatures")


@pytest.mark.parametrize("name", ADDRESSES)
@pytest.mark.parametrize("who", ["head", "registrar", "class_teacher", "officer"])
def test_nobody_answers_for_another(
    sign_in, staff_of_elsewhere, school, batch, service, name, who
):
    strangers = [staff_of_elsewhere[who], make_user(f"second-{who}", "head", school)]
    url = to(name, question(batch).uuid)

    answers = [sign_in(one).post(url, {"pin": PIN}) for one in strangers]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert service.calls["credentials/authorize"] == 0
    assert question(batch).status == "waiting"


def test_others_of_the_school_see_who_is_waited_for_and_no_field(
    sign_in, registrar, batch, head
):
    text = sign_in(registrar).get(to("batch", batch.uuid)).content.decode()

    assert f"Waiting for {head}" in text
    assert 'name="pin"' not in text


@pytest.fixture
def agents(head, seal, reviewed_record) -> tuple[Batch, Pkcs12Provider]:
    """The head's token is at another machine; the test holds its key."""
    issued = issue_to(head)
    key = Pkcs12Provider(issued.path, issued.passphrase)
    found = key.describe()
    pem = providers.write_certificates(describe_certificate(found.leaf, found.chain))
    register(head, "agent", "a" * 64, certificates=pem, mechanism="ecdsa")
    batch = signing([reviewed_record], head)
    run(batch)
    return batch, key


def test_the_page_brings_the_agents_answer_and_the_batch_goes_on(
    sign_in, head, agents, django_capture_on_commit_callbacks
):
    batch, key = agents
    client = sign_in(head)
    page = client.get(to("batch", batch.uuid)).content.decode()
    assert 'data-agent="sign"' in page and 'data-port="17583"' in page

    for _round in range(2):
        asked = question(batch)
        request = client.post(to("consent-request", asked.uuid)).json()
        assert request["code"] == asked.code
        with django_capture_on_commit_callbacks(execute=True):
            answer = client.post(
                to("consent-signatures", asked.uuid),
                signed(request, key),
                content_type="application/json",
            )
        assert answer.json() == {"next": to("batch", batch.uuid)}

    assert statuses(batch) == ["done"]


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda body: b"garbage", "answer_refused"),
        (
            lambda body: body.replace(b'"request": "', b'"request": "0'),
            "answer_refused",
        ),
        (
            lambda body: json.dumps(
                json.loads(body) | {"signatures": ["AAAA"]}
            ).encode(),
            "signature_wrong",
        ),
        (
            lambda body: json.dumps(
                json.loads(body)
                | {"signatures": [], "error": {"code": "authorisation_declined"}}
            ).encode(),
            "authorisation_declined",
        ),
    ],
)
def test_what_is_no_answer_is_refused_with_a_sentence(
    sign_in, head, agents, spoil: Any, code: str
):
    batch, key = agents
    client = sign_in(head)
    request = client.post(to("consent-request", question(batch).uuid)).json()

    answer = client.post(
        to("consent-signatures", question(batch).uuid),
        spoil(signed(request, key).encode()),
        content_type="application/json",
    )

    assert answer.status_code == 409
    assert answer.json()["error"]["code"] == code
    assert answer.json()["error"]["message"]
    assert statuses(batch) == ["pending"]


def signed(request: dict[str, Any], key: Pkcs12Provider) -> str:
    """What the agent would answer."""
    digests = list(map(bytes.fromhex, request["digests"]))
    made = key.sign(digests, key.authorise(digests))
    listed = [encoded(one) for one in made]
    return json.dumps(
        {"request": request["request"], "signatures": listed, "error": None}
    )


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def test_a_page_with_a_question_is_few_queries(sign_in, head, batch, queries_of):
    client = sign_in(head)
    client.get(to("batch", batch.uuid))

    # Besides the page: the question, its classes, whether a PIN is kept.
    assert queries_of(client, to("batch", batch.uuid)) <= MOST_QUERIES + 3
