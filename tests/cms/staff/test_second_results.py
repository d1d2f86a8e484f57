"""Grid and form of a class where a pupil is assessed again in summer."""

from __future__ import annotations

import json

import pytest

from documents.models import Record
from tests.actors import bring_to
from tests.factories import NOW, make_draft, make_pupil
from workflow.services.reassessing import open_reassessment

from .conftest import to

FIRST, SECOND = "subjects.math.level", "subjects.math.second_level"


@pytest.fixture
def again(units, school_class, head) -> Record:
    """A draft for second results; beside it one that was completed in May."""
    bring_to(make_draft(school_class, make_pupil("Lê An")), "signed", units)
    failed = make_draft(
        school_class, completed=False, promoted=False, result="not_completed"
    )
    bring_to(failed, "signed", units)
    open_reassessment(record_id=failed.pk, by=head, at=NOW)
    return Record.objects.get(pk=failed.pk)


def test_the_grid_has_the_second_column_beside_the_first(
    sign_in, teacher, school_class, again
):
    data = sign_in(teacher).get(to("class", school_class.pk)).context["grid"]

    paths = [column["path"] for column in data["columns"]]
    assert paths.index(SECOND) == paths.index(FIRST) + 1
    rows = {row["id"]: row for row in data["rows"]}
    mine = rows.pop(str(again.uuid))
    (other,) = rows.values()
    assert mine["editable"] and FIRST in mine["fixed"] and SECOND not in mine["fixed"]
    assert mine["values"][FIRST] == other["values"][FIRST]
    assert SECOND in other["fixed"] and SECOND not in other["values"]


def test_a_class_without_a_summer_has_no_such_columns(
    sign_in, teacher, school_class, draft_record
):
    data = sign_in(teacher).get(to("class", school_class.pk)).context["grid"]

    assert not [one for one in data["columns"] if "second" in one["path"]]
    assert [row["fixed"] for row in data["rows"]] == [[]]


def test_the_second_is_saved_and_the_first_refused(
    sign_in, teacher, school_class, again
):
    client = sign_in(teacher)
    cells = [
        {"path": FIRST, "was": "T", "value": "H"},
        {"path": SECOND, "was": "", "value": "H"},
    ]
    body = {
        "user": int(client.session["_auth_user_id"]),
        "rows": {str(again.uuid): cells},
    }

    answer = client.post(
        to("cells", school_class.pk), body, content_type="application/json"
    )

    outcome = json.loads(answer.content)["rows"][str(again.uuid)]
    assert list(outcome["saved"]) == [SECOND]
    assert list(outcome["errors"]) == [FIRST]
    again.refresh_from_db()
    assert again.working_copy.changes == {SECOND: [None, "H"]}


def test_the_form_shows_the_first_and_asks_for_the_second(sign_in, teacher, again):
    page = sign_in(teacher).get(to("edit", again.uuid))

    text = page.content.decode()
    assert f'name="{SECOND}"' in text
    assert f'name="{FIRST}"' not in text
    assert "T – Hoàn thành tốt\n</td>" in text
    assert "First: Chưa hoàn thành</p>" in text
