"""Files that come again: nothing twice, what is new as one version, the rest kept."""

from __future__ import annotations

from documents.models import Pupil, Version
from documents.models.imports import Outcome
from documents.versions import Draft, add_version

from .books import COMMENTS, LIST, RESULTS, edited
from .runs import FILES, FIRST, NOON, counts, imported, plan, record_of, written


def test_the_same_files_again_change_nothing(school):
    imported(school)
    before = (written(), Version.objects.count())

    again = imported(school)

    assert counts(again) == {"unchanged": 6}
    assert (written(), Version.objects.count()) == before


def test_files_in_another_order_and_under_other_names_change_nothing(school):
    imported(school)

    renamed = {f"x ({name}) (1)": data for name, data in reversed(FILES.items())}

    assert counts(plan(school, renamed)) == {"unchanged": 6}


def test_a_change_is_shown_field_by_field_and_makes_one_version(school):
    imported(school)
    files = {
        LIST: edited(FILES[LIST], {("Sheet1", "M2"): "Ấp 1, xã Mới"}),
        COMMENTS: edited(FILES[COMMENTS], {("Toán", "I2"): "Tính nhanh hơn trước."}),
    }
    old = record_of(FIRST).current.content

    run = imported(school, files)

    assert counts(run) == {"changed": 1, "unchanged": 5}
    row = run.rows.get(outcome=Outcome.CHANGED)
    assert row.detail["changes"] == [
        {
            "path": "pupil.address",
            "label": "Nơi ở hiện nay",
            "old": old.pupil.address,
            "new": "Ấp 1, xã Mới",
        },
        {
            "path": "subjects.math.comment",
            "label": "Toán · Nhận xét",
            "old": old.subjects["math"].comment,
            "new": "Tính nhanh hơn trước.",
        },
    ]
    version = record_of(FIRST).current
    assert version.number == 2
    # What this import did not bring keeps the cell that it came from.
    assert version.lineage["subjects.math.level"]["file"] == RESULTS or (
        version.lineage["subjects.math.level"]["file"] == COMMENTS
    )
    assert version.lineage["result"]["file"] == RESULTS
    assert Pupil.objects.get(code=FIRST).address == "Ấp 1, xã Mới"


def test_what_a_teacher_wrote_and_no_file_says_is_kept(school, registrar):
    imported(school)
    record = record_of(FIRST)
    content = record.current.content
    honesty = content.qualities["honesty"].model_copy(update={"comment": "Thật thà."})
    edit = content.model_copy(
        update={"qualities": content.qualities | {"honesty": honesty}}
    )
    add_version(Draft(record, edit), by=registrar, at=NOON)

    assert counts(plan(school)) == {"unchanged": 6}


def test_comments_alone_are_joined_to_the_drafts_that_stand(school):
    imported(school, {LIST: FILES[LIST], RESULTS: FILES[RESULTS]})

    run = imported(school, {COMMENTS: FILES[COMMENTS]})

    assert counts(run) == {"changed": 6}
    assert record_of(FIRST).current.content.subjects["math"].comment
    assert record_of(FIRST).current.content.result is not None
