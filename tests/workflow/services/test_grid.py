from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from documents import ledger
from documents.models import Record, SchoolClass, Unit, User
from documents.versions import Draft, NotDraft, add_version
from tests import factories
from tests.actors import SITUATIONS, make_actors, make_record
from tests.factories import NOW
from workflow import tasks
from workflow.errors import NotAllowed, NotVisible
from workflow.models import WorkingCopy
from workflow.services import edit_record
from workflow.services.drafts import (
    QUIET,
    ContentInvalid,
    EditsCollide,
    json_at,
    require_settled,
    settle_class,
    settle_quiet,
    working,
)
from workflow.services.editing import FieldNotEditable
from workflow.services.grid import CellEdit, RowOutcome, save_cells

MATH = "subjects.math.score"
LATER = NOW + QUIET


def save(record: Record, by: User, *cells: tuple[str, Any, Any], at=NOW) -> RowOutcome:
    edits = [CellEdit(*cell) for cell in cells]
    return save_cells(edits={record.pk: edits}, by=by, at=at)[record.pk]


def typed(record: Record) -> Any:
    """The content as those see it who edit."""
    fresh = Record.objects.get(pk=record.pk)
    return working([fresh])[record.pk].content


@pytest.fixture
def math_teacher(school: Unit, school_class: SchoolClass) -> User:
    return factories.make_user(
        "math", "subject_teacher", school, school_class, subject="math"
    )


def test_what_is_typed_is_kept_and_is_no_version_yet(
    draft_record: Record, teacher: User
):
    outcome = save(draft_record, teacher, (MATH, 9, 7), ("height_cm", None, 130))

    assert outcome.saved == {MATH: 7, "height_cm": 130}
    assert (outcome.theirs, outcome.refused) == ({}, {})
    assert typed(draft_record).subjects["math"].score == 7
    assert draft_record.versions.count() == 1


def test_a_sitting_of_many_cells_becomes_one_version_of_its_author(
    draft_record: Record, teacher: User
):
    for score in (8, 7, 6):
        save(draft_record, teacher, (MATH, score + 1, score))
    save(draft_record, teacher, ("height_cm", None, 130))

    done = settle_quiet(at=LATER)

    record = Record.objects.get(pk=draft_record.pk)
    assert done == 1
    assert record.current.number == 2
    assert record.current.author == teacher
    assert record.current.content.subjects["math"].score == 6
    assert record.current.content.height_cm == 130
    assert not WorkingCopy.objects.exists()
    assert [entry.action for entry in record.ledger.all()] == ["import", "edit"]
    assert ledger.first_break(record.ledger.order_by("sequence")) is None


def test_whoever_still_types_is_left_alone(draft_record: Record, teacher: User):
    save(draft_record, teacher, (MATH, 9, 7), at=LATER - timedelta(seconds=1))

    done = settle_quiet(at=LATER)

    assert done == 0
    assert WorkingCopy.objects.filter(record=draft_record).exists()
    assert draft_record.versions.count() == 1


def test_a_worker_s_clock_settles_it(draft_record: Record, teacher: User):
    save(draft_record, teacher, (MATH, 9, 7), at=NOW - QUIET)

    tasks.settle_what_is_quiet()

    assert Record.objects.get(pk=draft_record.pk).current.number == 2


def test_typed_and_taken_back_leaves_no_version(draft_record: Record, teacher: User):
    save(draft_record, teacher, (MATH, 9, 7))
    save(draft_record, teacher, (MATH, 7, 9))

    settle_quiet(at=LATER)

    assert draft_record.versions.count() == 1
    assert not WorkingCopy.objects.exists()


@pytest.mark.parametrize(
    ("path", "empty"),
    [("subjects.math.comment", ""), (MATH, None), ("awards", []), ("promoted", None)],
)
def test_a_cell_can_be_emptied(
    draft_record: Record, teacher: User, path: str, empty: Any
):
    was = json_at(draft_record.current.content, path)

    outcome = save(draft_record, teacher, (path, was, empty))
    settle_quiet(at=LATER)

    assert (outcome.theirs, outcome.refused) == ({}, {})
    record = Record.objects.get(pk=draft_record.pk)
    assert json_at(record.current.content, path) == empty


def test_the_same_cells_sent_twice_change_nothing(draft_record: Record, teacher: User):
    save(draft_record, teacher, (MATH, 9, 7))

    again = save(draft_record, teacher, (MATH, 9, 7), at=LATER)

    assert again.saved == {MATH: 7}
    assert WorkingCopy.objects.get().saved_at == NOW


def test_a_cell_that_somebody_changed_meanwhile_is_not_overwritten(
    draft_record: Record, teacher: User, registrar: User
):
    save(draft_record, registrar, (MATH, 9, 8))

    outcome = save(draft_record, teacher, (MATH, 9, 7), ("height_cm", None, 130))

    assert outcome.theirs == {MATH: 8}
    assert outcome.saved == {"height_cm": 130}
    assert typed(draft_record).subjects["math"].score == 8


def test_of_two_authors_each_has_a_version_of_their_own(
    draft_record: Record, teacher: User, registrar: User
):
    save(draft_record, registrar, (MATH, 9, 8))
    save(draft_record, teacher, ("height_cm", None, 130))

    settle_quiet(at=LATER)

    versions = draft_record.versions.order_by("number")
    assert [v.author for v in versions] == [None, registrar, teacher]
    assert versions[1].content.height_cm is None
    assert versions[2].content.subjects["math"].score == 8


def test_a_value_that_does_not_fit_is_refused_and_the_others_are_saved(
    draft_record: Record, teacher: User
):
    outcome = save(
        draft_record, teacher, ("height_cm", None, 900), ("weight_kg", None, 30)
    )

    assert isinstance(outcome.refused["height_cm"], ContentInvalid)
    assert outcome.saved == {"weight_kg": 30}
    assert typed(draft_record).height_cm is None


def test_an_import_over_what_is_typed_waits_for_a_choice(
    draft_record: Record, teacher: User, registrar: User
):
    save(draft_record, teacher, (MATH, 9, 7), ("height_cm", None, 130))
    record = Record.objects.get(pk=draft_record.pk)
    content = record.current.content
    marks = content.subjects | {
        "math": content.subjects["math"].model_copy(update={"score": 5})
    }
    imported = content.model_copy(update={"subjects": marks})
    add_version(Draft(record, imported, lineage={MATH: {}}), by=registrar, at=NOW)

    settle_quiet(at=LATER)

    record = Record.objects.get(pk=draft_record.pk)
    seen = working([record])[record.pk]
    assert record.current.content.height_cm == 130
    assert seen.content.subjects["math"].score == 5
    assert seen.collisions == {MATH: 7}
    with pytest.raises(EditsCollide) as caught:
        require_settled(record, at=LATER)
    assert caught.value.paths == [MATH]

    save(record, teacher, (MATH, 5, 7), at=LATER)
    require_settled(Record.objects.get(pk=record.pk), at=LATER)

    assert Record.objects.get(pk=record.pk).current.content.subjects["math"].score == 7
    assert not WorkingCopy.objects.exists()


def test_an_edit_by_form_comes_after_what_is_typed(draft_record: Record, teacher: User):
    save(draft_record, teacher, (MATH, 9, 7))

    version = edit_record(
        record_id=draft_record.pk, by=teacher, base=2, changes={"height_cm": 130}
    )

    assert version.number == 3
    assert version.content.subjects["math"].score == 7


def test_a_class_is_settled_before_it_goes_on(
    school_class: SchoolClass, teacher: User, draft_record: Record
):
    save(draft_record, teacher, (MATH, 9, 7))

    settle_class(school_class, by=teacher, at=NOW)

    assert Record.objects.get(pk=draft_record.pk).current.number == 2


# -- Who may ---------------------------------------------------------------------


@pytest.mark.parametrize("situation", SITUATIONS)
def test_the_class_s_teachers_and_the_registrar_type_into_a_draft_and_nobody_else(
    subtests, units: dict[str, Unit], school_class: SchoolClass, situation: str
):
    record = make_record(school_class, situation, units)

    for name, actor in make_actors(units, record).items():
        with subtests.test(actor=name):
            now = typed(record).subjects["math"].score
            outcome = save(record, actor, (MATH, now, 1 + now % 10))

            may = name in {"class_teacher", "registrar", "subject_teacher"}
            may = may and situation == "draft"
            assert bool(outcome.saved) == may
            if not may:
                refused = (NotVisible, NotAllowed, NotDraft)
                assert isinstance(outcome.refused[MATH], refused)
                assert typed(record).subjects["math"].score == now


@pytest.mark.parametrize(
    "path",
    [
        "subjects.vietnamese.score",
        "subjects.mathematics.score",
        "qualities.patriotism.level",
        "result",
        "pupil.name",
        "subjects",
        "subjects.math",
        "",
    ],
)
def test_a_subject_teacher_changes_the_own_subject_only(
    draft_record: Record, math_teacher: User, path: str
):
    outcome = save(draft_record, math_teacher, (path, None, "T"))

    assert isinstance(outcome.refused[path], FieldNotEditable)
    assert not WorkingCopy.objects.exists()


def test_nor_by_the_form(draft_record: Record, math_teacher: User):
    edit_record(record_id=draft_record.pk, by=math_teacher, base=1, changes={MATH: 8})

    with pytest.raises(FieldNotEditable):
        edit_record(
            record_id=draft_record.pk, by=math_teacher, base=2, changes={"result": None}
        )

    assert Record.objects.get(pk=draft_record.pk).current.number == 2


def test_a_subject_teacher_sees_no_record_as_a_whole(
    draft_record: Record, math_teacher: User
):
    assert not Record.objects.visible_to(math_teacher).exists()
    assert list(Record.objects.taught_by(math_teacher)) == [draft_record]


def test_a_subject_teacher_of_another_class_reaches_nothing(
    draft_record: Record, school: Unit
):
    other = factories.make_class(school, "4B")
    user = factories.make_user("m4", "subject_teacher", school, other, subject="math")

    outcome = save(draft_record, user, (MATH, 9, 7))

    assert isinstance(outcome.refused[MATH], NotVisible)
    assert not Record.objects.taught_by(user).exists()


# -- Cost ------------------------------------------------------------------------


def test_40_rows_are_saved_and_settled_in_as_many_queries_as_3(
    school_class: SchoolClass, teacher: User
):
    def cost(size: int, score: int) -> tuple[int, int]:
        records = [factories.make_draft(school_class, factories.make_pupil(f"An {n}"))
                   for n in range(size)]  # fmt: skip
        edits = {r.pk: [CellEdit(MATH, 9, score)] for r in records}
        with CaptureQueriesContext(connection) as saving:
            save_cells(edits=edits, by=teacher, at=NOW)
        with CaptureQueriesContext(connection) as settling:
            settle_quiet(at=LATER)
        return len(saving), len(settling)

    cost(1, 6)  # assignments are read once for each instance of a user
    few = cost(3, 8)

    many = cost(40, 7)

    assert many == few
