"""A remote service that fails in every way it can: nothing lost, nothing wrong."""

from __future__ import annotations

import pytest

from tests.workflow.signing.providers import csc_stub
from tests.workflow.signing.providers.csc_scene import (
    AUTHORIZE,
    FEW,
    PATIENCE,
    SIGN,
    SIX_HUNDRED,
    all_good,
)
from tests.workflow.signing.providers.csc_stub import ACCOUNT
from workflow.signing.errors import SigningUnavailable
from workflow.signing.providers.csc import CscProvider
from workflow.signing.providers.csc_client import (
    CscClient,
    PasswordAccount,
)
from workflow.signing.providers.csc_http import Transport
from workflow.signing.providers.errors import (
    ServiceUnavailable,
    SignatureWrong,
)

NUISANCES = {
    "500": csc_stub.status(500),
    "503": csc_stub.status(503),
    "429": csc_stub.status(429, Retry_After="2"),
    "garbage": csc_stub.garbage,
    "half": csc_stub.half,
    "hang up": csc_stub.hang_up,
    "done but 500": csc_stub.done_but(500),
    "fewer": csc_stub.fewer,
    "twice": csc_stub.twice,
    "swapped": csc_stub.swapped,
}


@pytest.mark.parametrize("fault", NUISANCES.values(), ids=NUISANCES)
def test_a_bad_answer_in_mid_batch_costs_nothing_but_time(connect, service, fault):
    service.faults[SIGN] = [None, fault, fault, None, fault]
    provider = connect()

    signatures = list(provider.sign(SIX_HUNDRED, provider.authorise(SIX_HUNDRED)))

    assert all_good(SIX_HUNDRED, signatures, provider)


@pytest.mark.parametrize("method", ["auth/login", "credentials/info", AUTHORIZE])
def test_the_other_calls_are_patient_too(connect, service, method):
    service.faults[method] = [csc_stub.status(500), csc_stub.garbage]
    provider = connect()

    assert all_good(FEW, list(provider.sign(FEW, provider.authorise(FEW))), provider)


@pytest.mark.parametrize("fault", [csc_stub.twice, csc_stub.swapped, csc_stub.garbage])
def test_a_service_that_stays_wrong_is_given_up_and_what_was_yielded_stands(
    connect, service, fault
):
    provider = connect()
    consent = provider.authorise(SIX_HUNDRED)
    signing = provider.sign(SIX_HUNDRED, consent)
    done = [next(signing) for _ in range(50)]

    service.faults[SIGN] = [fault] * 20
    with pytest.raises((SignatureWrong, ServiceUnavailable)) as caught:
        next(signing)
    service.faults.clear()

    assert isinstance(caught.value, SigningUnavailable)
    done += provider.sign(SIX_HUNDRED[len(done) :], consent)
    assert all_good(SIX_HUNDRED, done, provider)


def test_six_hundred_come_through_though_every_fiftieth_call_fails(connect, service):
    service.every = (4, csc_stub.done_but(500))
    provider = connect()

    signatures = list(provider.sign(SIX_HUNDRED, provider.authorise(SIX_HUNDRED)))

    assert all_good(SIX_HUNDRED, signatures, provider)


def test_the_wait_grows_and_the_services_own_wish_is_kept(connect, service, waits):
    provider = connect()
    consent = provider.authorise(FEW)
    service.faults[SIGN] = [
        csc_stub.status(500),
        csc_stub.status(500),
        csc_stub.status(429, Retry_After="2"),
    ]

    list(provider.sign(FEW, consent))

    first, second, third = waits
    assert 0 < first <= 0.01
    assert 0.01 <= second <= 0.02
    assert third == 2


def test_a_service_that_wants_to_be_left_alone_for_long_frees_the_worker(
    connect, service, waits
):
    provider = connect()
    consent = provider.authorise(FEW)
    service.faults[SIGN] = [csc_stub.status(503, Retry_After="900")]

    with pytest.raises(ServiceUnavailable) as caught:
        next(provider.sign(FEW, consent))

    assert caught.value.retry_after == 900
    assert waits == []


def test_nobody_at_home_is_unavailable(waits):
    transport = Transport("http://127.0.0.1:9", patience=PATIENCE, sleep=waits.append)
    client = CscClient(transport, account=PasswordAccount(*ACCOUNT))

    with pytest.raises(ServiceUnavailable):
        CscProvider(client, "head").describe()
