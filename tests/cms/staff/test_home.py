from __future__ import annotations

from datetime import date

import pytest
from wagtail.admin.menu import admin_menu

from documents.models import Assignment, State
from tests import factories
from workflow.models import Deadline
from workflow.services import return_record

from .conftest import MOST_QUERIES, fill, to

HOME = "/admin/"


@pytest.fixture
def deadline(units):
    return Deadline.objects.create(
        unit=units["dong-thap"],
        school_year=factories.YEAR,
        group="completed",
        report_until=date(2027, 6, 30),
        lock_on=date(2027, 7, 10),
    )


def test_nobody_enters_without_signing_in(client, db):
    response = client.get(HOME)

    assert response.status_code == 302
    assert response.url.startswith("/admin/login/")


def test_a_parent_without_an_assignment_is_not_staff(sign_in, draft_record):
    parent = factories.make_guardian("parent", draft_record.book.pupil)

    response = sign_in(parent).get(HOME)

    assert response.status_code == 302
    assert response.url.startswith("/admin/login/")


def test_the_class_teacher_sees_what_is_to_be_submitted(
    sign_in, teacher, draft_record, school_class
):
    page = sign_in(teacher).get(HOME)

    task = page.context["queue"].waiting[0]
    assert (task.count, task.url) == (1, to("class", school_class.pk, state="draft"))
    assert task.url in page.content.decode()
    assert "3B" in page.content.decode()


def test_what_came_back_stands_first(sign_in, teacher, head, reviewed_record):
    return_record(record_id=reviewed_record.pk, by=head, reason="Thiếu nhận xét")

    page = sign_in(teacher).get(HOME)

    first = page.context["queue"].waiting[0]
    assert (first.count, first.url.endswith("?show=back")) == (1, True)


def test_the_head_sees_what_waits_for_the_signature_by_class(
    sign_in, head, reviewed_record, school_class
):
    page = sign_in(head).get(HOME)

    [task] = page.context["queue"].waiting
    assert (task.count, task.url) == (1, to("review-class", school_class.pk))


def test_the_registrar_sees_what_arrives(
    sign_in, registrar, registrar2, locked_record, other_school
):
    client = sign_in(registrar)
    client.post(to("dispatch", locked_record.uuid), {"school": other_school.code})

    page = sign_in(registrar2).get(HOME)

    [task] = page.context["queue"].waiting
    assert (task.count, task.url) == (1, to("transfers", show="arriving"))


def test_the_officer_sees_counts_and_no_pupil(sign_in, officer, signed_record):
    page = sign_in(officer).get(HOME)

    [task] = page.context["queue"].waiting
    assert task.count == 1
    assert signed_record.book.pupil.name not in page.content.decode()


def test_an_empty_queue_says_what_comes_next(sign_in, head, draft_record, deadline):
    page = sign_in(head).get(HOME)

    queue = page.context["queue"]
    assert queue.waiting == []
    assert [task.count for task in queue.coming] == [1]
    assert queue.countdown.day == date(2027, 6, 30)
    assert str(queue.empty) in page.content.decode()


def test_a_person_with_two_roles_switches_and_sees_in_which_they_act(
    sign_in, head, school, school_class, draft_record
):
    Assignment.objects.create(
        user=head, unit=school, role="class_teacher", school_class=school_class
    )
    client = sign_in(head)
    assert client.get(HOME).context["office"].role == "head"
    other = head.assignments.get(role="class_teacher")

    client.post(to("switch-role"), {"assignment": other.pk})

    page = client.get(HOME)
    assert page.context["office"] == other
    assert page.context["queue"].waiting[0].count == 1


def test_a_role_that_is_not_held_cannot_be_chosen(sign_in, teacher, registrar):
    client = sign_in(teacher)

    client.post(to("switch-role"), {"assignment": registrar.assignments.get().pk})

    assert client.get(HOME).context["office"].role == "class_teacher"


def menu_of(client):
    request = client.get(HOME).wsgi_request
    return {item.name for item in admin_menu.menu_items_for_request(request)}


COMMON = {
    "wagtailadmin-home",
    "staff-notices",
    "staff-search",
    "staff-batches",
    "staff-keys",
}
SCHOOL = COMMON | {"staff-classes", "staff-key"}
MENUS = {
    "teacher": SCHOOL,
    "head": SCHOOL | {"staff-late"},
    "registrar": SCHOOL
    | {
        "staff-imports",
        "staff-transfers",
        "staff-packets",
        "staff-late",
        "staff-seal",
    },
    "officer": COMMON
    | {
        "staff-units",
        "staff-own-calendar",
        "staff-packets",
        "staff-late",
        "staff-renewals",
    },
    "inspector": COMMON - {"staff-batches"},
}


@pytest.mark.parametrize("role", MENUS)
def test_what_a_role_does_not_need_is_not_in_its_menu(request, sign_in, role):
    assert menu_of(sign_in(request.getfixturevalue(role))) == MENUS[role]


def test_the_menu_is_that_of_the_role_in_which_a_person_acts(sign_in, head, school):
    office = Assignment.objects.create(user=head, unit=school, role="registrar")
    client = sign_in(head)
    client.post(to("switch-role"), {"assignment": office.pk})
    assert menu_of(client) == MENUS["registrar"] | {"staff-role"}

    client.post(to("switch-role"), {"assignment": head.assignments.get(role="head").pk})

    assert menu_of(client) == MENUS["head"] | {"staff-role"}
    # What is not shown is not denied.
    assert client.get(to("transfers")).status_code == 200


@pytest.mark.parametrize(
    "role", ["teacher", "head", "registrar", "officer", "inspector", "admin_user"]
)
def test_the_queue_asks_as_much_for_40_records_as_for_3(
    request, sign_in, queries_of, school_class, deadline, role
):
    client = sign_in(request.getfixturevalue(role))
    fill(school_class, 3)
    client.get(HOME)  # fills the caches of types and sites
    few = queries_of(client, HOME)
    fill(school_class, 37)

    many = queries_of(client, HOME)

    assert many == few <= MOST_QUERIES


def test_the_states_are_counted_as_they_are(sign_in, officer, reviewed_record):
    page = sign_in(officer).get(HOME)

    counts = {
        task.url.rpartition("=")[2]: task.count for task in page.context["queue"].coming
    }
    assert counts == {State.REVIEWED.value: 1}
