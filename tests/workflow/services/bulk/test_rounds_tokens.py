"""A head with a token in the server, the seal in an HSM, or a token at the signer's."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from documents.models import Record, SchoolClass, Unit, User
from tests.workflow.services.signing_scene import (
    assert_issued_once,
    die,
    errors,
    history,
    issue_to,
    made,
    question,
    register,
    reviewed,
    run,
    say,
    signing,
    statuses,
)
from tests.workflow.signing.material import Desk
from tests.workflow.signing.providers.agents import Page, Person, running
from tests.workflow.signing.providers.tokens import MISSING, MODULE, PIN, Drawer, fill
from workflow import tasks
from workflow.errors import NotAllowed
from workflow.models import Consent, Credential, KeptPin
from workflow.services.bulk import consents
from workflow.services.bulk.batches import run_batch
from workflow.services.keys import registering
from workflow.services.keys.credentials import development_ca
from workflow.signing.errors import CertificateMismatch
from workflow.signing.providers import modules
from workflow.signing.providers.errors import AnswerRefused, PinWrong
from workflow.signing.timestamps import DevelopmentTimeStamper

HEAD_KEY = "pkcs11:token=head;object=head"
SEAL_KEY = "pkcs11:token=hsm;object=seal"


@pytest.fixture
def drawer(tmp_path: Path, head: User, school: Unit) -> Iterator[Drawer]:
    """Two tokens: the head's, and the HSM with the school's seal."""
    if MISSING or not MODULE.is_file():
        pytest.skip("needs the Debian packages softhsm2 and opensc")
    made_drawer, before = Drawer(tmp_path), os.environ.get("SOFTHSM2_CONF")
    made_drawer.tokens.mkdir()
    lines = f"directories.tokendir = {made_drawer.tokens}\nobjectstore.backend = file\n"
    (tmp_path / "conf").write_text(lines)
    os.environ["SOFTHSM2_CONF"] = str(tmp_path / "conf")
    ca = development_ca()
    desk = Desk(
        ca=ca,
        head=issue_to(head),
        seal=issue_to(school),
        teacher=issue_to(head),
        timestamper=DevelopmentTimeStamper(ca),
    )
    fill(made_drawer, desk, "head", {"head": desk.head})
    fill(made_drawer, desk, "hsm", {"seal": desk.seal})
    start_anew()
    yield made_drawer
    if before is None:
        del os.environ["SOFTHSM2_CONF"]
    else:
        os.environ["SOFTHSM2_CONF"] = before
    start_anew()


def start_anew() -> None:
    """The module reads where its tokens lie when it starts."""
    module = modules.load(MODULE)
    with module.lock:
        module._restart()


@pytest.fixture
def hsm(drawer: Drawer, school: Unit, settings: Any, tmp_path: Path) -> Drawer:
    """The operator has stored the PIN of the seal's HSM."""
    (tmp_path / "pin").write_text(f"{PIN}\n")
    settings.PKCS11_MODULE = str(MODULE)
    settings.PKCS11_PIN_FILE = str(tmp_path / "pin")
    register(school, "pkcs11", SEAL_KEY)
    return drawer


@pytest.fixture
def token(hsm: Drawer, head: User) -> Drawer:
    register(head, "pkcs11", HEAD_KEY)
    return hsm


@pytest.fixture
def records(school_class: SchoolClass, units: dict[str, Unit]) -> list[Record]:
    return reviewed(school_class, units, 2)


def test_a_token_is_asked_for_its_pin_once_and_the_seal_for_none(
    records: list[Record], head: User, token: Drawer
):
    batch = signing(records, head)
    assert run(batch) == []
    assert question(batch).needs == "pin"
    with pytest.raises(PinWrong):
        say(batch, pin="9999")
    assert not KeptPin.objects.exists()

    say(batch, pin=PIN)
    assert run(batch) == ["done"] * 2

    assert_issued_once(records)
    assert history(batch) == [("head", 1, "used", 2), ("head", 2, "used", 2)]


def test_a_token_that_is_pulled_out_in_mid_batch_is_plugged_in_and_it_goes_on(
    records: list[Record], head: User, token: Drawer
):
    batch = signing(records, head)
    run(batch)
    say(batch, pin=PIN)
    running = run_batch(batch.pk)
    assert next(running).status == "done"
    token.pull_out()

    assert [item.status for item in running] == ["failed"]
    assert errors(batch) - {""} <= {"token_absent", "token_lost"}
    assert "what is signed stays signed" in batch.items.get(status="failed").message
    token.plug_in()
    die(batch)
    tasks.reconcile.delay()

    assert statuses(batch) == ["done"] * 2
    assert_issued_once(records)


def test_a_lost_session_is_opened_again(
    records: list[Record], head: User, token: Drawer
):
    batch = signing(records, head)
    run(batch)
    say(batch, pin=PIN)
    running = run_batch(batch.pk)
    next(running)
    start_anew()

    assert [item.status for item in running] == ["done"]
    assert_issued_once(records)


def test_an_hsm_without_its_pin_file_says_so(
    records: list[Record], head: User, hsm: Drawer, tmp_path: Path
):
    batch = signing(records, head)
    (tmp_path / "pin").unlink()

    assert run(batch) == ["failed"] * 2

    assert errors(batch) == {"module_unusable"}


def test_a_key_on_a_token_is_registered_by_its_name(
    head: User, school: Unit, registrar: User, token: Drawer
):
    with pytest.raises(CertificateMismatch):
        registering.register_key(head, provider="pkcs11", reference=SEAL_KEY, by=head)
    with pytest.raises(NotAllowed):
        registering.register_key(school, provider="pkcs11", reference=SEAL_KEY, by=head)

    found = registering.register_key(
        school, provider="pkcs11", reference=SEAL_KEY, by=registrar
    )

    assert found.name == school.name
    assert head.credentials.get(is_active=True).reference == HEAD_KEY
    assert school.credentials.get(is_active=True).registered_by == registrar
    assert registering.try_key(school).keys[0].certificate.der == found.der


@pytest.fixture
def person() -> Person:
    return Person()


@pytest.fixture
def page(hsm: Drawer, person: Person) -> Iterator[Page]:
    """The page of the site at the head's machine, paired with the agent there."""
    with running(person) as paired:
        paired.pair(person.pairing_codes[-1])
        yield paired


@pytest.fixture
def agent_key(page: Page, head: User) -> Credential:
    """Registered through the page, from what the agent shows."""
    keys = page.get("keys").json()["keys"]
    entry = next(key for key in keys if key["name"] == head.full_name)
    registering.register_agent_key(head, json.dumps(entry).encode())
    return head.credentials.get(is_active=True)


def carry(batch: Any, page: Page, at: Any) -> Any:
    """What the script of the page does for one question."""
    request = consents.new_request(question(batch), at=at)
    answer = page.post("sign", request.for_browser())
    body = answer.content
    return consents.take_answer(question(batch), body, at=at)


def test_the_agent_signs_both_rounds_and_the_worker_the_rest(
    records: list[Record], head: User, page: Page, person: Person, agent_key: Any
):
    batch = signing(records, head)
    run(batch)
    asked = question(batch)
    assert (asked.needs, asked.credential) == ("agent", agent_key)

    for _round in range(2):
        assert carry(batch, page, timezone.now()).stopped_by is None
        outcomes = run(batch)

    assert outcomes == ["done"] * 2
    assert_issued_once(records)
    assert person.acts[0].code == asked.code
    assert "3B: 2" in person.acts[0].purpose


def test_an_agent_that_stops_half_way_is_asked_for_the_rest(
    records: list[Record], head: User, page: Page, agent_key: Any
):
    batch = signing(records, head)
    run(batch)
    request = consents.new_request(question(batch), at=timezone.now())
    answer = page.post("sign", request.for_browser()).json()
    half = answer | {
        "signatures": answer["signatures"][:1],
        "error": {"code": "token_lost"},
    }

    body = json.dumps(half).encode()
    accepted = consents.take_answer(question(batch), body, at=timezone.now())

    assert accepted.stopped_by is not None
    assert accepted.stopped_by.code == "token_lost"
    run(batch)
    left = question(batch)
    # The one that was signed is at its pages, the other where it was.
    assert request.digests[1].hex() in left.digests
    assert request.digests[0].hex() not in left.digests
    while batch.items.filter(status="pending").exists():
        carry(batch, page, timezone.now())
        run(batch)
    assert_issued_once(records)


def test_an_answer_counts_once_and_for_its_own_question(
    records: list[Record], head: User, page: Page, agent_key: Any
):
    batch = signing(records, head)
    run(batch)
    first = consents.new_request(question(batch), at=timezone.now())
    answer = page.post("sign", first.for_browser()).content
    consents.new_request(question(batch), at=timezone.now())

    with pytest.raises(AnswerRefused):
        consents.take_answer(question(batch), answer, at=timezone.now())

    assert made(records[0]) == {}
    carry(batch, page, timezone.now())
    with pytest.raises(Consent.DoesNotExist):
        question(batch)


def test_another_token_asks_anew_and_nothing_of_the_old_one_is_used(
    records: list[Record], head: User, page: Page, agent_key: Any
):
    """The head changes from the agent to the token in the server in mid-batch."""
    batch = signing(records, head)
    run(batch)
    first = question(batch)
    register(head, "pkcs11", HEAD_KEY)
    assert run(batch) == []
    again = question(batch)

    assert again.pk != first.pk
    assert again.credential == head.credentials.get(is_active=True)
    say(batch, pin=PIN)
    assert run(batch) == ["done"] * 2
    assert_issued_once(records)
