from __future__ import annotations

from typing import Any

import pytest

from documents.models import Record, SchoolClass, Unit, User, Version
from documents.versions import NotDraft
from tests.actors import SITUATIONS, make_actors, make_record
from tests.factories import NOW
from workflow.errors import NotAllowed, NotVisible, VersionMoved
from workflow.services import edit_record
from workflow.services.editing import ContentInvalid, FieldNotEditable


def test_a_correction_is_a_new_version(draft_record: Record, teacher: User):
    version = edit_record(
        record_id=draft_record.pk,
        by=teacher,
        base=1,
        changes={"subjects.math.score": 7, "qualities.patriotism.comment": "Ngoan"},
        reason="Nhập nhầm",
        at=NOW,
    )

    record = Record.objects.get(pk=draft_record.pk)
    assert (record.current, version.number, version.author) == (version, 2, teacher)
    assert (version.reason, version.lineage) == ("Nhập nhầm", {})
    assert version.content.subjects["math"].score == 7
    assert (
        Version.objects.get(record=record, number=1).content.subjects["math"].score == 9
    )
    assert record.ledger.last().action == "edit"


def test_the_same_values_write_nothing(draft_record: Record, teacher: User):
    changes = {"subjects.math.score": 9}

    version = edit_record(
        record_id=draft_record.pk, by=teacher, base=1, changes=changes
    )

    assert version == draft_record.current
    assert draft_record.ledger.count() == 1


def test_whoever_saw_an_older_version_looks_again(draft_record: Record, teacher: User):
    edit_record(
        record_id=draft_record.pk, by=teacher, base=1, changes={"height_cm": 130}
    )

    with pytest.raises(VersionMoved) as caught:
        edit_record(
            record_id=draft_record.pk, by=teacher, base=1, changes={"height_cm": 125}
        )

    assert caught.value.code == "version_moved"
    assert Record.objects.get(pk=draft_record.pk).current.content.height_cm == 130


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("height_cm", "tall"),
        ("height_cm", 900),
        ("subjects.math.level", "X"),
        ("subjects.math.comment", "a" * 401),
        ("awards", "not a list"),
        ("pupil.birth_date", "2017-02-30"),
    ],
)
def test_a_value_that_does_not_fit_is_named(
    draft_record: Record, teacher: User, path: str, value: Any
):
    with pytest.raises(ContentInvalid) as caught:
        edit_record(
            record_id=draft_record.pk, by=teacher, base=1, changes={path: value}
        )

    assert caught.value.path.startswith(path.rsplit(".", 1)[0])
    assert draft_record.versions.count() == 1


@pytest.mark.parametrize(
    "path",
    [
        "school_year",
        "school.name",
        "pupil.code",
        "class_name",
        "grade",
        "grade.x",
        "subjects",
        "subjects.math",
        "subjects.alchemy.score",
        "history.0.school",
        "unknown",
        "",
        "__class__",
    ],
)
def test_what_says_which_sheet_it_is_cannot_be_edited(
    draft_record: Record, teacher: User, path: str
):
    with pytest.raises(FieldNotEditable) as caught:
        edit_record(record_id=draft_record.pk, by=teacher, base=1, changes={path: "1"})

    assert (caught.value.code, caught.value.path) == ("field_not_editable", path)
    assert draft_record.versions.count() == 1


@pytest.mark.parametrize("situation", SITUATIONS)
def test_class_teacher_and_registrar_edit_a_draft_and_nobody_else(
    subtests, units: dict[str, Unit], school_class: SchoolClass, situation: str
):
    record = make_record(school_class, situation, units)

    for name, actor in make_actors(units, record).items():
        with subtests.test(actor=name):
            base = Record.objects.get(pk=record.pk).current.number
            changes = {"height_cm": 100 + base}
            try:
                edit_record(record_id=record.pk, by=actor, base=base, changes=changes)
                done = True
            except (NotVisible, NotAllowed, NotDraft, FieldNotEditable):
                done = False
            may = name in {"class_teacher", "registrar"} and situation == "draft"
            assert done == may
            assert (record.versions.count() > base) == done
