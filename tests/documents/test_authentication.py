"""Django's and Wagtail's permissions follow from assignments, never from flags."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client

from documents.authentication import ACCESS_ADMIN, AssignmentBackend
from documents.models import Record, SchoolClass, Unit, User
from tests.actors import make_actors
from tests.factories import make_user

STRANGERS = {
    "parent",
    "parent of another",
    "nobody",
    "dismissed head",
    "former head",
    "coming head",
}


def test_whoever_has_an_assignment_in_force_enters_the_workspace(
    units: dict[str, Unit], draft_record: Record
):
    actors = make_actors(units, draft_record)
    backend = AssignmentBackend()

    outside = {
        n for n, user in actors.items() if not backend.has_perm(user, ACCESS_ADMIN)
    }

    assert outside == STRANGERS | {"superuser"}


@pytest.mark.parametrize(
    ("permission", "allowed"),
    [
        ("wagtailcore.change_page", True),
        ("wagtailimages.add_image", True),
        ("documents.change_record", False),
        ("documents.view_pupil", False),
        ("workflow.add_credential", False),
    ],
)
def test_an_administrator_keeps_the_site_and_no_record(
    units: dict[str, Unit], draft_record: Record, permission: str, allowed: bool
):
    actors = make_actors(units, draft_record)

    assert actors["admin"].has_perm(permission) is allowed
    others = User.objects.exclude(assignments__role="admin")
    assert {other.username for other in others} >= {"registrar", "flagged", "nobody"}
    assert not any(other.has_perm(permission) for other in others)


def test_the_flag_of_a_superuser_opens_no_record(
    units: dict[str, Unit], draft_record: Record
):
    flagged = make_actors(units, draft_record)["superuser"]

    assert not Record.objects.visible_to(flagged).exists()
    assert not flagged.holds("head", units["school"])


@pytest.mark.parametrize("role", [None, "class_teacher"])
def test_the_flag_of_a_superuser_opens_no_screen_of_the_site(
    client: Client, school: Unit, school_class: SchoolClass, role: str | None
):
    flagged = make_user("flagged", role, school if role else None, school_class)
    User.objects.filter(pk=flagged.pk).update(is_superuser=True, is_staff=True)
    client.force_login(User.objects.get(pk=flagged.pk))

    answers = [
        client.get(f"/admin/{page}") for page in ("users/", "users/new/", "sites/")
    ]

    assert [answer.status_code for answer in answers] == [302] * 3
    assert not User.objects.get(pk=flagged.pk).has_perm("wagtailcore.change_site")


def test_a_visitor_has_no_permission():
    assert not AssignmentBackend().has_perm(AnonymousUser(), ACCESS_ADMIN)
    assert not AssignmentBackend().has_module_perms(AnonymousUser(), "wagtailcore")
