from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from tests.workflow.signing.providers.material import digests
from workflow.signing.errors import AuthorisationMismatch
from workflow.signing.providers.base import Authorisation, list_digest


def test_the_code_of_a_list_is_short_and_the_same_everywhere():
    code = list_digest(digests(600))

    assert re.fullmatch(r"[0-9A-F]{4}-[0-9A-F]{4}", code)
    assert code == list_digest(digests(600))
    assert list_digest([]) == "39F0-87CB"


def test_order_number_and_borders_of_the_digests_change_the_code():
    first, second = digests(2)

    lists = [
        [first, second],
        [second, first],
        [first],
        [first, second, second],
        [first + second],
        [first[:-1], first[-1:] + second],
    ]
    assert len({list_digest(one) for one in lists}) == len(lists)


def test_an_authorisation_comes_back_from_storage_as_it_was():
    until = datetime(2026, 6, 30, 12, tzinfo=UTC)
    given = Authorisation(tuple(digests(3)), until, "sad")

    assert Authorisation.load(given.dump()) == given
    assert Authorisation.load(Authorisation(()).dump()) == Authorisation(())


def test_its_token_is_kept_out_of_logs():
    assert "sad-4711" not in repr(Authorisation((), token="sad-4711"))


def test_a_digest_that_was_not_authorised_is_refused():
    given = Authorisation(tuple(digests(3)))

    given.require(digests(2))
    with pytest.raises(AuthorisationMismatch):
        given.require(digests(4))
