"""Browser, agent, token: what the server makes of the answers that a page brings."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.workflow.signing.material import HEAD, NOW, block, printed_record
from tests.workflow.signing.providers.agents import (
    FEW,
    ORIGIN,
    PURPOSE,
    ask_for,
    taken,
)
from tests.workflow.signing.providers.material import pyhanko_accepts
from workflow.signing.pades import finish, prepare
from workflow.signing.providers.agent import (
    DetachedSignatures,
    SigningRequest,
    accept,
    certificate_from_browser,
)
from workflow.signing.providers.errors import (
    AgentStopped,
    AnswerRefused,
    AuthorisationDeclined,
    AuthorisationPending,
    SignatureWrong,
    TokenAbsent,
)


def detached(signer, signatures) -> DetachedSignatures:
    certificate, mechanism = signer
    return DetachedSignatures(certificate, mechanism, PURPOSE, NOW, signatures)


def test_a_record_is_signed_in_two_halves(page, signer, desk, person):
    certificate, mechanism = signer
    prepared = prepare(
        printed_record(),
        field="head",
        certificate=certificate,
        mechanism=mechanism,
        stamp_pdf=block(certificate.name),
        reason="Xác nhận học bạ",
        location="Mỹ Ngãi",
        at=NOW,
        token_size=desk.timestamper.token_size,
    )
    waiting = DetachedSignatures(certificate, mechanism, PURPOSE, datetime.now(UTC))
    with pytest.raises(AuthorisationPending) as asked:
        waiting.authorise([prepared.digest])
    request = SigningRequest.load(asked.value.token)

    answer = page.post("sign", request.for_browser())
    accepted = taken(request, signer, answer)

    provider = DetachedSignatures(
        certificate, mechanism, PURPOSE, NOW, accepted.signatures
    )
    consent = provider.resume([prepared.digest], asked.value.token)
    (signature,) = provider.sign([prepared.digest], consent)
    pdf = finish(prepared, signature, timestamper=desk.timestamper)
    assert pyhanko_accepts(pdf, desk)
    assert [(act.origin, act.purpose, act.code) for act in person.acts] == [
        (ORIGIN, PURPOSE, request.code)
    ]


def test_half_an_answer_is_kept_and_the_rest_asked_for_anew(page, signer):
    request = ask_for(signer)
    whole = page.post("sign", request.for_browser()).json()
    cut = {
        "request": request.id,
        "signatures": whole["signatures"][:5],
        "error": {"code": "token_absent"},
    }

    first = accept(request, json.dumps(cut).encode(), *signer, at=NOW)
    provider = detached(signer, first.signatures)
    consent = provider.authorise(FEW)

    assert isinstance(first.stopped_by, TokenAbsent)
    assert consent.digests == tuple(FEW[:5])
    assert len(list(provider.sign(consent.digests, consent))) == 5
    rest = ask_for(signer, FEW[5:])
    second = taken(rest, signer, page.post("sign", rest.for_browser()))
    assert [*first.signatures, *second.signatures] == FEW


@pytest.fixture
def answered(page, signer) -> tuple[SigningRequest, dict[str, Any]]:
    request = ask_for(signer)
    return request, page.post("sign", request.for_browser()).json()


def test_the_same_answer_twice_gives_the_same_signatures(answered, signer):
    request, answer = answered
    raw = json.dumps(answer).encode()

    assert accept(request, raw, *signer, at=NOW) == accept(
        request, raw, *signer, at=NOW
    )


def test_an_answer_to_another_request_is_refused(answered, signer):
    _, answer = answered

    with pytest.raises(AnswerRefused):
        accept(ask_for(signer), json.dumps(answer).encode(), *signer, at=NOW)


def test_an_answer_that_comes_too_late_is_refused(answered, signer):
    request, answer = answered
    late = datetime.now(UTC) + timedelta(hours=1)

    with pytest.raises(AnswerRefused):
        accept(request, json.dumps(answer).encode(), *signer, at=late)


def test_signatures_that_changed_their_places_are_not_used(answered, signer):
    request, answer = answered
    made = answer["signatures"]
    made[4], made[7] = made[7], made[4]

    accepted = accept(request, json.dumps(answer).encode(), *signer, at=NOW)

    assert list(accepted.signatures) == FEW[:4]
    assert isinstance(accepted.stopped_by, SignatureWrong)


def test_signatures_by_another_key_are_not_used(answered, page, signer):
    request, answer = answered
    keys = page.get("keys").json()["keys"]
    infos = [certificate_from_browser(json.dumps(key).encode()) for key in keys]
    other = next(one for one in infos if one[1] == signer[1] and one[0].name != HEAD)

    accepted = accept(request, json.dumps(answer).encode(), *other, at=NOW)

    assert accepted.signatures == {}


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"\xff",
        b"{}",
        b"x" * 3_000_000,
    ],
    ids=["empty", "list", "no text", "no request", "too long"],
)
def test_what_is_no_answer_is_refused(answered, signer, raw):
    request, _ = answered

    with pytest.raises(AnswerRefused):
        accept(request, raw, *signer, at=NOW)


@pytest.mark.parametrize("listed", [None, "x", [1], ["%%"], ["AA=="] * 13])
def test_what_is_no_list_of_signatures_is_refused(answered, signer, listed):
    request, answer = answered
    answer["signatures"] = listed

    with pytest.raises(AnswerRefused):
        accept(request, json.dumps(answer).encode(), *signer, at=NOW)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"code": "authorisation_declined"}, AuthorisationDeclined),
        ({"code": "token_absent"}, TokenAbsent),
        ({"code": "something new"}, AgentStopped),
        ({"code": "\ud800"}, AgentStopped),
        (None, AgentStopped),
        (["?"], AgentStopped),
    ],
)
def test_what_stopped_the_agent_becomes_a_sentence(answered, signer, error, kind):
    request, answer = answered
    answer |= {"signatures": [], "error": error}

    accepted = accept(request, json.dumps(answer).encode(), *signer, at=NOW)

    assert type(accepted.stopped_by) is kind
    assert accepted.stopped_by.for_user()


@pytest.mark.parametrize(
    "changes",
    [
        {"certificate": "AAAA"},
        {"certificate": None},
        {"chain": None},
        {"mechanism": "rsa_pss"},
        {"mechanism": "none"},
    ],
)
def test_a_certificate_from_the_browser_is_read_with_care(page, changes):
    keys = page.get("keys").json()["keys"]
    key = next(one for one in keys if one["mechanism"] == "ecdsa")

    with pytest.raises(AnswerRefused):
        certificate_from_browser(json.dumps(key | changes).encode())


def test_signatures_that_changed_in_storage_are_found_out(answered, signer):
    request, answer = answered
    accepted = accept(request, json.dumps(answer).encode(), *signer, at=NOW)
    moved = {FEW[0]: accepted.signatures[FEW[1]]}
    provider = detached(signer, moved)

    with pytest.raises(SignatureWrong):
        next(provider.sign(FEW[:1], provider.authorise(FEW[:1])))


def test_a_request_comes_back_from_storage_as_it_was(signer):
    request = ask_for(signer)

    assert SigningRequest.load(request.dump()) == request
