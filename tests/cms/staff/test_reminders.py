"""An officer's reminder on its page: shown first, sent once, said afterwards."""

from __future__ import annotations

import pytest

from tests import factories
from tests.actors import bring_to
from workflow.models import Notice

from .conftest import fill, to

pytestmark = pytest.mark.usefixtures("deadline")


@pytest.fixture
def two_queues(units, school_class, teacher, head):
    drafts = fill(school_class, 3)
    bring_to(drafts[0], "reviewed", units)


def test_what_will_be_sent_is_shown_and_nothing_is_sent_yet(
    sign_in, officer, two_queues, teacher, head
):
    text = sign_in(officer).get(to("remind", "dong-thap")).content.decode()

    assert "Remind 2 people" in text
    assert "2 records are not submitted yet" in text
    assert "1 record waits for the head" in text
    assert str(teacher) in text and str(head) in text
    assert not Notice.objects.exists()


def test_one_click_sends_and_the_page_says_so(sign_in, officer, two_queues):
    response = sign_in(officer).post(to("remind", "dong-thap"), follow=True)

    assert Notice.objects.count() == 2
    text = response.content.decode()
    assert "2 reminders are sent." in text
    assert 'role="status"' in text


def test_who_was_reminded_today_is_not_reminded_again(sign_in, officer, two_queues):
    client = sign_in(officer)
    client.post(to("remind", "dong-thap"))

    page = client.get(to("remind", "my-ngai"))
    again = client.post(to("remind", "my-ngai"), follow=True)

    assert (page.context["new"], Notice.objects.count()) == (0, 2)
    assert "reminded already" in page.content.decode()
    assert "Everybody has been reminded today." in again.content.decode()


def test_one_queue_of_one_class_is_reminded_alone(
    sign_in, officer, two_queues, school_class, head
):
    query = {"class": str(school_class.pk), "state": "reviewed"}

    sign_in(officer).post(to("remind", "my-ngai", **query))

    assert [one.person for one in Notice.objects.all()] == [head]


def test_without_a_date_it_is_said_and_nothing_is_sent(
    sign_in, officer, two_queues, deadline
):
    deadline.delete()
    client = sign_in(officer)

    assert "There is no date" in client.get(to("remind", "my-ngai")).content.decode()
    client.post(to("remind", "my-ngai"))

    assert not Notice.objects.exists()


@pytest.mark.parametrize("query", [{"class": "x"}, {"class": "0"}, {"state": "x"}])
def test_what_is_not_there_is_not_reminded(sign_in, officer, two_queues, query):
    url = to("remind", "my-ngai", **query)
    client = sign_in(officer)

    assert client.get(url).status_code == 404
    assert client.post(url).status_code == 404
    assert not Notice.objects.exists()


@pytest.mark.parametrize(
    "role", ["teacher", "head", "registrar", "inspector", "admin_user"]
)
def test_nobody_else_reminds(request, sign_in, two_queues, role):
    client = sign_in(request.getfixturevalue(role))

    assert client.post(to("remind", "my-ngai")).url == "/admin/"

    assert not Notice.objects.exists()


def test_an_officer_elsewhere_does_not_remind(sign_in, two_queues, staff_of_elsewhere):
    client = sign_in(staff_of_elsewhere["officer"])

    assert client.post(to("remind", "my-ngai")).status_code == 404

    assert not Notice.objects.exists()


def test_the_page_asks_as_much_for_many_classes_as_for_few(
    sign_in, queries_of, officer, two_queues, other_school
):
    client = sign_in(officer)
    url = to("remind", "dong-thap")
    client.get(url)
    few = queries_of(client, url)
    for number in range(1, 6):
        own = factories.make_class(other_school, f"{number}A")
        factories.make_user(f"t{number}", "class_teacher", other_school, own)
        fill(own, 1)

    assert queries_of(client, url) == few <= 18
