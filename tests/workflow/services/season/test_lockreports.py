from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from documents.models import Record, SchoolClass, Unit, User
from tests.actors import bring_to, make_record
from tests.factories import NOW, YEAR, make_class, make_draft, make_user
from workflow.models import Deadline, LeftOut, LockRun
from workflow.services import return_record
from workflow.services.locking import lock_due
from workflow.services.season.lockreports import (
    of_run,
    preview,
    report_locks,
    workbook_rows,
)

LOCK_DAY = date(2026, 7, 10)
MORNING = datetime(2026, 7, 9, 17, 30, tzinfo=UTC)


@pytest.fixture
def deadline(units: dict[str, Unit]) -> Deadline:
    return Deadline.objects.create(
        unit=units["dong-thap"],
        school_year=YEAR,
        group="completed",
        report_until=date(2026, 6, 30),
        lock_on=LOCK_DAY,
    )


@pytest.fixture
def mixed(
    units: dict[str, Unit], school_class: SchoolClass, teacher: User, head: User
) -> dict[str, Record]:
    """One record for every reason, and one that is locked."""
    half = make_record(school_class, "reviewed", units)
    Record.objects.filter(pk=half.pk).update(state="signed")
    came_back = make_record(school_class, "reviewed", units)
    return_record(record_id=came_back.pk, by=head, reason="Sai tên", at=NOW)
    weak = make_draft(school_class, completed=False, promoted=False)
    return {
        "locked": make_record(school_class, "signed", units),
        "not_submitted": make_record(school_class, "draft", units),
        "not_signed": make_record(school_class, "reviewed", units),
        "signature_missing": half,
        "came_back": came_back,
        "reassessed": bring_to(weak, "signed", units),
    }


def visible(user: User) -> Any:
    return Record.objects.visible_to(user)


def test_before_the_lock_every_record_that_stays_out_has_its_reason_and_its_person(
    deadline: Deadline,
    mixed: dict[str, Record],
    officer: User,
    teacher: User,
    head: User,
):
    found = preview(visible(officer), deadline)

    assert {one.reason: (one.count, one.person) for one in found} == {
        "not_submitted": (1, str(teacher)),
        "came_back": (1, str(teacher)),
        "not_signed": (1, str(head)),
        "signature_missing": (1, str(head)),
        "reassessed": (1, ""),
    }
    assert {(one.school_code, one.class_name) for one in found} == {("my-ngai", "3B")}


def test_the_preview_and_the_lock_agree(
    deadline: Deadline, mixed: dict[str, Record], officer: User
):
    before = sum(one.count for one in preview(visible(officer), deadline))

    done = [pk for pk, error in lock_due(MORNING) if error is None]

    assert done == [mixed["locked"].pk]
    assert before == Record.objects.exclude(pk__in=done).count()


def test_in_the_second_round_nobody_waits_for_a_later_one(
    units: dict[str, Unit], mixed: dict[str, Record], officer: User
):
    second = Deadline.objects.create(
        unit=units["dong-thap"],
        school_year=YEAR,
        group="reassessed",
        report_until=date(2026, 8, 15),
        lock_on=date(2026, 8, 25),
    )

    found = preview(visible(officer), second)

    assert "reassessed" not in {one.reason for one in found}
    assert sum(one.count for one in found) == 4


def test_after_the_lock_the_report_keeps_each_record_with_its_reason(
    deadline: Deadline, mixed: dict[str, Record], teacher: User
):
    list(lock_due(MORNING))

    [run] = report_locks(MORNING)

    assert (run.locked, run.left_out, run.at) == (1, 5, MORNING)
    rows = LeftOut.objects.filter(run=run)
    assert {row.reason: row.record for row in rows} == {
        reason: record for reason, record in mixed.items() if reason != "locked"
    }
    assert rows.get(reason="came_back").person == teacher
    assert sum(one.count for one in of_run(run)) == 5


def test_a_lock_is_reported_once_and_only_when_it_has_been(
    deadline: Deadline, mixed: dict[str, Record]
):
    assert report_locks(MORNING) == []
    list(lock_due(MORNING))
    report_locks(MORNING)

    assert report_locks(MORNING) == []

    assert LockRun.objects.count() == 1


def test_what_happens_after_the_report_does_not_change_it(
    deadline: Deadline, mixed: dict[str, Record], units: dict[str, Unit]
):
    list(lock_due(MORNING))
    [run] = report_locks(MORNING)

    bring_to(mixed["not_submitted"], "reviewed", units)

    assert LeftOut.objects.get(run=run, record=mixed["not_submitted"]).state == "draft"


def test_another_department_previews_nothing_of_it(
    units: dict[str, Unit], deadline: Deadline, mixed: dict[str, Record]
):
    stranger = make_user("o-far", "officer", units["an-giang"])

    assert preview(visible(stranger), deadline) == []


def test_the_workbook_has_a_line_for_each_lot(
    deadline: Deadline, mixed: dict[str, Record], officer: User
):
    header, *rows = workbook_rows(preview(visible(officer), deadline))

    assert len(header) == 5 and len(rows) == 5
    assert {row[0] for row in rows} == {"Trường Tiểu học Mỹ Ngãi"}
    assert sum(int(row[-1]) for row in rows) == 5


def test_many_records_ask_as_many_queries_as_few(
    units: dict[str, Unit], deadline: Deadline, mixed: dict[str, Record], officer: User
):
    def queries() -> int:
        records = visible(User.objects.get(pk=officer.pk))
        with CaptureQueriesContext(connection) as context:
            preview(records, deadline)
        return len(context)

    few = queries()
    for name in ("1A", "2A", "4A"):
        school_class = make_class(units["other"], name)
        for _number in range(4):
            make_draft(school_class)

    assert queries() == few <= 4
