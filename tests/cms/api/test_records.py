from __future__ import annotations

import json

import pytest

from documents.models import ReadLog, Record, Role
from tests import factories

LIST = "/api/v1/records"
PROBLEM = "application/problem+json"


def uuids(response) -> list[str]:
    return [item["uuid"] for item in response.json()["items"]]


@pytest.fixture
def records(school, other_school):
    """Two classes of one school and one of another, three pupils in each."""
    classes = [
        factories.make_class(school, "3B"),
        factories.make_class(school, "4A", "2024-2025"),
        factories.make_class(other_school, "3B"),
    ]
    return [factories.make_draft(one) for one in classes for _pupil in range(3)]


def test_a_row_says_whose_the_record_is_and_what_its_digest_is(
    program, registrar, draft_record
):
    response = program(registrar).get(LIST)

    assert response.json() == {
        "items": [
            {
                "uuid": str(draft_record.uuid),
                "code": draft_record.book.lookup_code,
                "kind": "primary_year",
                "year": "2025-2026",
                "class": "3B",
                "state": "draft",
                "issuer": {"code": "my-ngai", "name": "Trường Tiểu học Mỹ Ngãi"},
                "custodian": {"code": "my-ngai", "name": "Trường Tiểu học Mỹ Ngãi"},
                "version": 1,
                "sha256": draft_record.current.sha256,
                "locked_at": None,
            }
        ],
        "next": None,
    }


def test_nothing_of_it_is_kept_by_a_browser_or_a_proxy(
    program, registrar, draft_record
):
    client = program(registrar)

    for url in (LIST, f"{LIST}/{draft_record.uuid}"):
        assert "no-store" in client.get(url).headers["Cache-Control"]


def test_the_list_names_no_pupil_and_is_not_logged(program, registrar, draft_record):
    response = program(registrar).get(LIST)

    assert draft_record.book.pupil.name not in response.text
    assert draft_record.book.pupil.code not in response.text
    assert not ReadLog.objects.exists()


def test_pages_follow_each_other_without_gap_or_repetition(program, officer, records):
    client = program(officer)

    seen, cursor = [], ""
    for _page in range(5):
        response = client.get(LIST, {"limit": "2", "cursor": cursor})
        seen += uuids(response)
        cursor = response.json()["next"]
        if not cursor:
            break

    assert cursor is None
    assert seen == [str(record.uuid) for record in records]


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ({"unit": "my-ngai"}, 6),
        ({"unit": "dong-thap"}, 9),
        ({"unit": "an-giang"}, 0),
        ({"year": "2024-2025"}, 3),
        ({"class": "3B"}, 6),
        ({"class": "3B", "unit": "hoa-thuan"}, 3),
        ({"state": "draft"}, 9),
        ({"state": "locked"}, 0),
    ],
)
def test_the_list_is_narrowed_by_filters(program, officer, records, filters, count):
    response = program(officer).get(LIST, filters)

    assert len(uuids(response)) == count


@pytest.mark.parametrize("count", [2, 30])
def test_the_list_costs_the_same_however_many_rows(
    program, officer, school_class, count, django_assert_max_num_queries
):
    for _row in range(count):
        factories.make_draft(school_class)
    client = program(officer)
    client.get(LIST)

    with django_assert_max_num_queries(6):
        response = client.get(LIST, {"unit": "my-ngai", "limit": "200"})

    assert len(uuids(response)) == count


def test_a_record_is_read_with_its_content_and_signatures(
    program, inspector, locked_record
):
    response = program(inspector).get(f"{LIST}/{locked_record.uuid}")

    body = response.json()
    assert body["content"] == json.loads(locked_record.current.canonical)
    slots = [signature["slot"] for signature in body["signatures"]]
    assert [slot.partition(".")[0] for slot in slots] == [
        "subject_teacher",
        "class_teacher",
        "head",
        "seal",
    ]
    assert body["state"] == "locked"
    assert "certificate" not in response.text


def test_reading_a_record_is_entered_in_its_log(program, inspector, locked_record):
    program(inspector).get(f"{LIST}/{locked_record.uuid}")

    read = ReadLog.objects.get()
    assert (read.record, read.user, read.access) == (locked_record, inspector, "api")


def test_a_guardian_lists_the_own_child_and_a_copy_is_entered(program, locked_record):
    parent = factories.make_guardian("parent", locked_record.book.pupil)
    factories.make_draft(locked_record.school_class)

    listed = program(parent).get(LIST)
    read = program(parent).get(f"{LIST}/{locked_record.uuid}")

    assert uuids(listed) == [str(locked_record.uuid)]
    assert read.status_code == 200
    # What a program reads is a copy that leaves.
    line = ReadLog.objects.get()
    assert (line.user, line.access) == (parent, "api")


@pytest.mark.parametrize("role", [*Role, "nobody"])
@pytest.mark.parametrize("unit", ["school", "other", "far"])
def test_a_program_sees_what_its_user_sees_and_not_a_record_more(
    program, units, draft_record, role, unit
):
    classes = {"class_teacher", "subject_teacher"}
    home = units[unit]
    own = draft_record.school_class
    if unit != "school":
        own = factories.make_class(home)
    user = factories.make_user(
        "someone",
        None if role == "nobody" else role,
        home,
        own if role in classes else None,
        subject="math" if role == "subject_teacher" else "",
    )
    client = program(user)
    may_see = Record.objects.visible_to(user).filter(pk=draft_record.pk).exists()

    listed = client.get(LIST)
    read = client.get(f"{LIST}/{draft_record.uuid}")

    assert may_see is (unit == "school" and role in SEES_DRAFTS)
    assert uuids(listed) == ([str(draft_record.uuid)] if may_see else [])
    assert read.status_code == (200 if may_see else 404)
    assert may_see or not ReadLog.objects.exists()


SEES_DRAFTS = {Role.REGISTRAR, Role.HEAD, Role.CLASS_TEACHER, Role.OFFICER}


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("cursor=%25%25", 400, "invalid_cursor"),
        ("cursor=abcd", 400, "invalid_cursor"),
        ("unit=nowhere", 400, "unknown_unit"),
        ("year=2025", 422, "invalid_parameter"),
        ("state=lost", 422, "invalid_parameter"),
        ("limit=0", 422, "invalid_parameter"),
        ("limit=100000", 422, "invalid_parameter"),
        ("unit=%00", 422, "invalid_parameter"),
        ("class=3B%00", 422, "invalid_parameter"),
    ],
)
def test_a_wrong_parameter_is_a_problem_with_a_stable_code(
    program, registrar, query, status, code
):
    response = program(registrar).get(f"{LIST}?{query}")

    assert response.status_code == status
    assert response.headers["Content-Type"] == PROBLEM
    assert response.json()["code"] == code
    assert response.json()["status"] == status


def test_what_one_may_not_see_is_not_told_from_what_does_not_exist(
    program, registrar2, draft_record
):
    client = program(registrar2)

    hidden = client.get(f"{LIST}/{draft_record.uuid}")
    absent = client.get(f"{LIST}/00000000-0000-4000-8000-000000000000")

    assert hidden.status_code == absent.status_code == 404
    assert hidden.json() == absent.json()
    assert hidden.json()["code"] == "not_found"
