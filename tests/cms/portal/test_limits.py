from __future__ import annotations

import pytest
from django.test import RequestFactory

from cms.portal.limits import InDatabase, Limit, client_address
from cms.portal.tries import Tries

LIMIT = Limit("test", count=3, seconds=60)
SHARED = Limit("test", count=3, seconds=60, counts=InDatabase())
START = 1_800_000_000.0  # a full minute


def test_an_address_may_ask_so_often_and_then_waits_for_the_next_window():
    waits = [LIMIT.take("a", now=START + second) for second in (0, 1, 2, 20, 60)]

    assert waits == [0, 0, 0, 40, 0]


def test_one_address_does_not_wait_for_another():
    for _time in range(5):
        LIMIT.take("a", now=START)

    assert LIMIT.take("b", now=START) == 0


def test_the_address_is_that_of_the_peer_whatever_a_header_claims():
    request = RequestFactory().get(
        "/", REMOTE_ADDR="192.0.2.1", HTTP_X_FORWARDED_FOR="198.51.100.7"
    )

    assert client_address(request) == "192.0.2.1"


def test_what_is_given_back_does_not_count():
    for _time in range(10):
        LIMIT.take("a", now=START)
        LIMIT.give_back("a", now=START)
    LIMIT.give_back("never seen", now=START)

    assert [LIMIT.take("a", now=START) for _ in range(4)] == [0, 0, 0, 60]
    assert LIMIT.take("never seen", now=START) == 0


@pytest.mark.django_db
def test_what_all_processes_count_together_is_counted_alike():
    waits = [SHARED.take("a", now=START + second) for second in (0, 1, 2, 20, 60)]
    SHARED.give_back("a", now=START + 60)
    SHARED.give_back("never seen", now=START)

    assert waits == [0, 0, 0, 40, 0]
    assert SHARED.take("b", now=START) == 0
    assert sorted(Tries.objects.values_list("taken", flat=True)) == [0, 1, 3]


@pytest.mark.django_db
def test_who_is_refused_writes_no_higher_count(django_assert_max_num_queries):
    for _time in range(SHARED.count):
        SHARED.take("a", now=START)

    with django_assert_max_num_queries(5):
        wait = SHARED.take("a", now=START)

    assert wait == 60
    assert Tries.objects.get().taken == SHARED.count


def test_of_ipv6_the_network_counts_since_a_household_has_them_all():
    addresses = {
        client_address(RequestFactory().get("/", REMOTE_ADDR=address))
        for address in ("2001:db8:1:2::7", "2001:db8:1:2:ffff::1")
    }
    mapped = RequestFactory().get("/", REMOTE_ADDR="::ffff:192.0.2.1")

    assert addresses == {"2001:db8:1:2::/64"}
    assert client_address(mapped) == "192.0.2.1"


def test_the_count_of_one_is_kept_though_thousands_ask():
    for _time in range(LIMIT.count):
        LIMIT.take("a")
    for number in range(2_000):
        LIMIT.take(f"other {number}")

    assert LIMIT.take("a") > 0


@pytest.mark.parametrize("header", ["198.51.100.7", "10.0.0.1, 198.51.100.7"])
def test_behind_a_proxy_the_last_address_of_its_header_counts(settings, header):
    settings.CLIENT_ADDRESS_HEADER = "HTTP_X_FORWARDED_FOR"
    request = RequestFactory().get("/", HTTP_X_FORWARDED_FOR=header)

    assert client_address(request) == "198.51.100.7"
