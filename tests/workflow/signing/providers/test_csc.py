"""Remote signing against a service that checks everything."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from tests.workflow.signing.material import HEAD
from tests.workflow.signing.providers import csc_stub
from tests.workflow.signing.providers.csc_scene import (
    AUTHORIZE,
    FEW,
    PATIENCE,
    SIGN,
    SIX_HUNDRED,
    Signer,
    all_good,
)
from tests.workflow.signing.providers.csc_stub import ACCOUNT, PIN
from tests.workflow.signing.providers.material import (
    pyhanko_accepts,
    signed_record,
)
from workflow.signing.errors import AuthorisationMismatch
from workflow.signing.providers.base import Authorisation
from workflow.signing.providers.csc_client import (
    V1,
    V2,
    ClientAccount,
    CscClient,
    PasswordAccount,
    Secrets,
)
from workflow.signing.providers.csc_http import Transport
from workflow.signing.providers.errors import (
    AccessDenied,
    AuthorisationDeclined,
    AuthorisationLapsed,
    AuthorisationPending,
    CredentialDisabled,
    OtpWrong,
    PinLocked,
    PinMissing,
    PinWrong,
    ServiceRefused,
    ServiceUnavailable,
)


@pytest.mark.parametrize("dialect", [V1, V2], ids=["v1", "v2"])
def test_one_pin_and_one_authorisation_sign_six_hundred(connect, service, dialect):
    signer = Signer()
    provider = connect(signer, dialect)

    consent = provider.authorise(SIX_HUNDRED)
    signatures = list(provider.sign(SIX_HUNDRED, consent))

    assert provider.describe().name == HEAD
    assert all_good(SIX_HUNDRED, signatures, provider)
    assert (signer.asked, service.calls[AUTHORIZE], service.calls[SIGN]) == (1, 1, 12)
    assert set(service.signed.values()) == {1}


def test_pyhanko_accepts_a_record_that_the_service_signed(connect, desk):
    assert pyhanko_accepts(signed_record(desk, connect()), desk)


def test_the_worker_needs_what_was_stored_and_no_pin(connect):
    consent = connect().authorise(FEW).dump()

    worker = connect(Secrets)
    signatures = list(worker.sign(FEW, Authorisation.load(consent)))

    assert all_good(FEW, signatures, worker)


def test_more_than_the_service_allows_in_one_act_is_split_with_one_pin(
    connect, service
):
    service.multisign = 100
    signer = Signer()
    provider = connect(signer)

    consent = provider.authorise(SIX_HUNDRED[:250])
    signatures = list(provider.sign(SIX_HUNDRED[:250], consent))

    assert all_good(SIX_HUNDRED[:250], signatures, provider)
    assert service.calls[AUTHORIZE] == 3
    assert set(service.signed.values()) == {1}


def test_a_one_time_code_covers_one_act_and_the_rest_is_asked_for_anew(
    connect, service
):
    service.multisign, service.otps = 8, ["111111", "222222"]
    provider = connect(Signer("111111", "222222"))

    first = provider.authorise(FEW)
    done = list(provider.sign(first.digests, first))
    second = provider.authorise(FEW[len(done) :])
    done += provider.sign(second.digests, second)

    assert (len(first.digests), len(second.digests)) == (8, 4)
    assert all_good(FEW, done, provider)


@pytest.mark.parametrize(
    ("change", "secrets", "error"),
    [
        ({}, Secrets("9999"), PinWrong),
        ({}, Secrets(), PinMissing),
        ({"locked": True}, Secrets(PIN), PinLocked),
        ({"enabled": False}, Secrets(PIN), CredentialDisabled),
        ({"otps": ["111111"]}, Secrets(PIN, "333333"), OtpWrong),
        ({"otps": ["111111"]}, Secrets(PIN), PinMissing),
    ],
)
def test_what_the_signer_does_wrong_is_told_apart_and_asked_once(
    connect, service, change, secrets, error
):
    for name, value in change.items():
        setattr(service, name, value)

    with pytest.raises(error) as caught:
        connect(lambda: secrets).authorise(FEW)

    assert caught.value.name == HEAD
    assert service.calls[AUTHORIZE] <= 1
    assert not service.signed


def test_a_one_time_code_is_used_once(connect, service):
    service.otps = ["111111"]
    provider = connect(lambda: Secrets(PIN, "111111"))
    provider.authorise(FEW)

    with pytest.raises(OtpWrong):
        provider.authorise(FEW)


def test_a_one_time_code_is_not_sent_again_when_the_answer_was_lost(connect, service):
    service.otps = ["111111"]
    service.faults[AUTHORIZE] = [csc_stub.done_but(500)]

    with pytest.raises(ServiceUnavailable):
        connect(Signer("111111")).authorise(FEW)

    assert service.calls[AUTHORIZE] == 1


def test_the_confirmation_on_a_phone_is_polled_and_keeps_nobody_waiting(
    connect, service, waits
):
    service.phone = "waiting"
    provider = connect(dialect=V2)

    with pytest.raises(AuthorisationPending) as asked:
        provider.authorise(FEW)
    with pytest.raises(AuthorisationPending) as still:
        connect(dialect=V2).resume(FEW, asked.value.token)
    service.phone = "confirmed"
    worker = connect(Secrets, V2)
    consent = worker.resume(FEW, still.value.token)

    assert all_good(FEW, list(worker.sign(FEW, consent)), worker)
    assert asked.value.retry_after > 0
    assert waits == []
    assert service.calls[AUTHORIZE] == 1


def test_who_declines_on_the_phone_is_not_asked_again(connect, service):
    service.phone = "waiting"
    provider = connect(dialect=V2)
    with pytest.raises(AuthorisationPending) as asked:
        provider.authorise(FEW)

    service.phone = "declined"
    with pytest.raises(AuthorisationDeclined):
        provider.resume(FEW, asked.value.token)

    assert not service.signed


def test_a_sad_that_expired_is_replaced_for_what_is_left(connect, service):
    provider = connect()
    signing = provider.sign(SIX_HUNDRED, provider.authorise(SIX_HUNDRED))
    done = [next(signing) for _ in range(50)]

    service.now += timedelta(hours=2)
    done += signing

    assert all_good(SIX_HUNDRED, done, provider)
    assert service.calls[AUTHORIZE] == 2
    assert set(service.signed.values()) == {1}


def test_without_the_signer_an_expired_sad_says_how_many_are_left(connect, service):
    consent = connect().authorise(SIX_HUNDRED)
    worker = connect(Secrets)
    signing = worker.sign(SIX_HUNDRED, consent)
    done = [next(signing) for _ in range(50)]

    service.now += timedelta(hours=2)
    with pytest.raises(AuthorisationLapsed) as caught:
        next(signing)

    assert caught.value.count == 550
    left = SIX_HUNDRED[len(done) :]
    again = connect()
    done += again.sign(left, again.authorise(left))
    assert all_good(SIX_HUNDRED, done, again)
    assert set(service.signed.values()) == {1}


def test_a_phone_that_is_asked_again_in_mid_batch_covers_what_is_left(connect, service):
    provider = connect(dialect=V2)
    signing = provider.sign(SIX_HUNDRED, provider.authorise(SIX_HUNDRED))
    done = [next(signing) for _ in range(50)]
    service.now += timedelta(hours=2)
    service.phone = "waiting"

    with pytest.raises(AuthorisationPending) as asked:
        next(signing)
    service.phone = "confirmed"
    left = SIX_HUNDRED[len(done) :]
    done += provider.sign(left, provider.resume(left, asked.value.token))

    assert all_good(SIX_HUNDRED, done, provider)


def test_what_was_not_authorised_is_not_even_sent(connect, service):
    provider = connect()
    consent = provider.authorise(FEW[:2])

    with pytest.raises(AuthorisationMismatch):
        next(provider.sign(FEW, consent))

    assert service.calls[SIGN] == 0


def test_our_own_account_is_renewed_when_it_has_run_out(connect, service):
    provider = connect()
    consent = provider.authorise(FEW)

    service.forget_account()
    signatures = list(provider.sign(FEW, consent))

    assert all_good(FEW, signatures, provider)
    assert service.calls["auth/login"] == 2


@pytest.mark.parametrize("account", [PasswordAccount, ClientAccount])
def test_an_account_is_known_or_denied(address, account, waits):
    transport = Transport(address, patience=PATIENCE, sleep=waits.append)

    known = CscClient(transport, account=account(*ACCOUNT))
    unknown = CscClient(transport, account=account("hocba", "wrong"))

    assert list(known.credential_ids()) == ["head", "seal"]
    with pytest.raises(AccessDenied):
        list(unknown.credential_ids())


def test_an_address_without_encryption_is_refused():
    with pytest.raises(ServiceRefused):
        Transport("http://signing.example.vn")


def test_secrets_stay_out_of_logs(connect):
    provider = connect()

    shown = repr(
        [Secrets("4711", "0815"), provider.authorise(FEW), PasswordAccount("u", "pw")]
    )

    assert not [secret for secret in ("4711", "0815", "sad-", "pw") if secret in shown]


def test_signing_itself_is_far_faster_than_twenty_records_a_second(connect, service):
    provider = connect()

    started = time.perf_counter()
    signatures = list(provider.sign(SIX_HUNDRED, provider.authorise(SIX_HUNDRED)))
    seconds = time.perf_counter() - started

    assert len(signatures) / 2 / seconds > 20
    assert service.connections == 1
