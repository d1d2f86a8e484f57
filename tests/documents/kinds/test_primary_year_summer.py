"""Second results beside the first: format 2, of re-assessed pupils only."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from documents.canonical import canonical_json
from documents.kinds.primary_year import (
    PrimaryYear,
    PrimaryYearKind,
    ReassessedYear,
    SubjectMark,
)
from documents.kinds.primary_year_import import label_of, placed
from tests.documents.rendering.sheets import second_sheet, year_sheet

KIND = PrimaryYearKind()


def failed() -> PrimaryYear:
    return year_sheet(3, completed=False, promoted=False, result="not_completed")


def findings(content: ReassessedYear) -> list[tuple[str, str]]:
    return [(one.code, one.path) for one in KIND.check(content)]


def test_all_others_keep_the_bytes_of_format_1():
    content = failed()
    data = canonical_json(content)

    assert KIND.format_of(content) == 1
    assert b"second" not in data
    assert type(KIND.parse(data)) is PrimaryYear


def test_format_2_is_the_first_results_with_room_beside_each():
    first = json.loads(canonical_json(failed()))

    content = KIND.reassess(failed())

    data = canonical_json(content)
    assert KIND.format_of(content) == 2
    assert KIND.parse(data) == content
    assert KIND.parse(data.decode()) == content
    found = json.loads(data)
    math = found["subjects"]["math"]
    assert {key: math[key] for key in ("level", "score", "comment")} == first[
        "subjects"
    ]["math"]
    assert math["second_level"] is None
    assert {k: v for k, v in found.items() if type(v) is not dict} == {
        k: v for k, v in first.items() if type(v) is not dict
    }
    assert KIND.reassess(content) is content


def test_neither_format_takes_the_members_of_the_other():
    first = json.loads(canonical_json(failed()))
    first["subjects"]["math"]["second_level"] = "H"
    second = json.loads(canonical_json(KIND.reassess(failed())))
    second["third"] = {}

    for wrong in (first, second):
        with pytest.raises(ValidationError):
            KIND.parse(json.dumps(wrong, separators=(",", ":")))


def test_a_subject_of_that_name_is_no_second_format():
    content = year_sheet(3, subjects={"second": SubjectMark(level="T")})

    assert KIND.parse(canonical_json(content)) == content


def test_what_counts_is_the_second_result_where_there_is_one():
    content = second_sheet()

    found = content.in_effect()

    assert type(found) is PrimaryYear
    assert (found.subjects["math"].level, found.subjects["math"].score) == ("H", 6)
    assert found.subjects["math"].comment == "Đã ôn tập trong hè."
    assert found.subjects["music"] == year_sheet().subjects["music"]
    assert (found.result, found.completed, found.promoted) == ("completed", True, True)
    assert (content.result, content.completed) == ("not_completed", False)


def test_it_stays_with_the_group_of_the_re_assessed():
    content = second_sheet()

    assert not KIND.is_completed(content)
    assert KIND.is_reassessed(content)
    assert KIND.not_completed_mark in canonical_json(content).decode()


def test_a_sound_second_result_passes():
    assert findings(second_sheet()) == []


def test_until_it_is_concluded_it_is_not_submitted():
    content = KIND.reassess(failed())

    found = KIND.check(content)

    assert {(one.code, one.path) for one in found if one.blocks} == {
        ("result_missing", "second.result"),
        ("second_completion_missing", "second.completed"),
    }


def test_the_rules_ask_what_counts_and_point_at_the_second_value():
    subjects = second_sheet().model_dump()["subjects"]
    subjects["math"] |= {"second_level": "T", "second_score": 6}
    content = second_sheet().model_copy(
        update={
            "subjects": ReassessedYear.model_validate(
                second_sheet().model_dump() | {"subjects": subjects}
            ).subjects
        }
    )

    assert findings(content) == [("score_low_for_t", "subjects.math.second_score")]
    assert findings(second_sheet(result="good")) == [
        ("result_not_by_rule", "second.result")
    ]


def test_first_results_can_be_read_and_only_the_second_written():
    fields = {f.path: f for group in KIND.fields(second_sheet()) for f in group.fields}

    for path in ("subjects.math.level", "qualities.honesty.comment", "completed"):
        assert not fields[path].editable
    second = fields["subjects.math.second_level"]
    assert (second.editable, second.beside) == (True, "subjects.math.level")
    assert second.full_label == "Toán: Đánh giá lại: Mức đạt được"
    assert fields["second.result"].beside == "result"
    assert fields["pupil.name"].editable


def test_second_comments_are_found():
    assert "Đã ôn tập trong hè." in KIND.search_text(second_sheet())["body"]


def test_what_files_say_is_second_unless_it_is_the_first_again():
    base = json.loads(canonical_json(KIND.reassess(failed())))
    values = {
        "subjects.math.score": 6,
        "subjects.math.level": base["subjects"]["math"]["level"],
        "completed": True,
        "result": "not_completed",
        "pupil.name": "Nguyễn Thị Hoà",
    }

    assert placed(base, values) == {
        "subjects.math.second_score": 6,
        "second.completed": True,
        "pupil.name": "Nguyễn Thị Hoà",
    }
    assert placed(json.loads(canonical_json(failed())), values) == values


def test_second_values_have_names():
    assert label_of("subjects.math.second_score") == "Toán · Điểm KTĐK · Đánh giá lại"
    assert label_of("second.completed") == "Hoàn thành chương trình · Đánh giá lại"
