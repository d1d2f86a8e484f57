"""The head's look: on one version, of one person, and no signature."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from documents.models import LedgerEntry, Record, Signature, State
from tests import factories
from workflow.errors import IllegalTransition, NotAllowed, NotVisible, VersionMoved
from workflow.models import Look
from workflow.services import return_record, submit_record
from workflow.services.editing import edit_record
from workflow.services.looking import (
    approve,
    frequent_reasons,
    standing_of,
    take_back,
    with_standing,
)

NOON = datetime(2026, 6, 27, 5, tzinfo=UTC)


def standing(record):
    return standing_of(with_standing(Record.objects.filter(pk=record.pk)).get())


def test_a_look_is_on_the_version_that_was_seen_and_signs_nothing(
    reviewed_record, head
):
    before = Signature.objects.count()

    look = approve(
        record_id=reviewed_record.pk,
        version_id=reviewed_record.current_id,
        by=head,
        at=NOON,
    )

    assert (look.version_id, look.person) == (reviewed_record.current_id, head)
    found = standing(reviewed_record)
    assert (found.looked_by, found.looked_at) == (head.full_name, NOON)
    assert found.is_looked_at
    assert not found.being_signed
    assert Signature.objects.count() == before
    reviewed_record.refresh_from_db()
    assert reviewed_record.state == State.REVIEWED
    assert not LedgerEntry.objects.filter(action="sign").exists()


def test_a_second_look_changes_nothing(reviewed_record, head):
    seen = {
        "record_id": reviewed_record.pk,
        "version_id": reviewed_record.current_id,
        "by": head,
    }
    approve(**seen, at=NOON)

    approve(**seen)

    assert Look.objects.get().at == NOON


def test_a_look_is_taken_back(reviewed_record, head):
    approve(
        record_id=reviewed_record.pk, version_id=reviewed_record.current_id, by=head
    )

    assert take_back(record_id=reviewed_record.pk, by=head)

    assert not standing(reviewed_record).is_looked_at
    assert not take_back(record_id=reviewed_record.pk, by=head)


def test_what_was_not_on_the_page_is_not_approved(reviewed_record, head):
    with pytest.raises(VersionMoved):
        approve(
            record_id=reviewed_record.pk,
            version_id=reviewed_record.current_id + 1,
            by=head,
        )

    assert not Look.objects.exists()


def test_a_new_version_loses_the_mark(reviewed_record, head, teacher):
    approve(
        record_id=reviewed_record.pk, version_id=reviewed_record.current_id, by=head
    )
    return_record(record_id=reviewed_record.pk, by=head, reason="Thiếu nhận xét")
    edit_record(
        record_id=reviewed_record.pk, by=teacher, base=1, changes={"height_cm": 133}
    )
    submit_record(record_id=reviewed_record.pk, by=teacher)

    assert not standing(reviewed_record).is_looked_at


def test_what_comes_back_unchanged_is_looked_at_again(reviewed_record, head, teacher):
    version = reviewed_record.current_id
    approve(record_id=reviewed_record.pk, version_id=version, by=head)
    return_record(record_id=reviewed_record.pk, by=head, reason="Thiếu nhận xét")

    submit_record(record_id=reviewed_record.pk, by=teacher)

    reviewed_record.refresh_from_db()
    assert reviewed_record.current_id == version
    assert not standing(reviewed_record).is_looked_at
    line = LedgerEntry.objects.get(action="return")
    assert standing(reviewed_record).returned == line.pk


@pytest.mark.parametrize("role", ["teacher", "registrar", "officer", "inspector"])
@pytest.mark.parametrize("act", ["approve", "take_back"])
def test_only_the_head_looks(request, reviewed_record, role, act):
    by = request.getfixturevalue(role)

    with pytest.raises((NotAllowed, NotVisible)):
        _act(act, reviewed_record, by)

    assert not Look.objects.exists()


@pytest.mark.parametrize("act", ["approve", "take_back"])
def test_the_head_of_another_school_does_not_see_it(units, reviewed_record, act):
    other = factories.make_user("h-far", "head", units["far"])

    with pytest.raises(NotVisible):
        _act(act, reviewed_record, other)

    assert not Look.objects.exists()


def test_a_draft_and_a_signed_record_are_past_looking(draft_record, head):
    with pytest.raises(IllegalTransition):
        _act("approve", draft_record, head)

    assert not Look.objects.exists()


def _act(act, record, by):
    if act == "approve":
        return approve(record_id=record.pk, version_id=record.current_id, by=by)
    return take_back(record_id=record.pk, by=by)


def test_the_reasons_of_the_school_stand_by_how_often_they_were_given(
    reviewed_record, head, teacher, other_school
):
    for reason in ("Thiếu nhận xét", "Sai điểm", "Thiếu nhận xét"):
        return_record(record_id=reviewed_record.pk, by=head, reason=reason)
        submit_record(record_id=reviewed_record.pk, by=teacher)

    assert frequent_reasons(reviewed_record.issuer) == ["Thiếu nhận xét", "Sai điểm"]
    assert frequent_reasons(other_school) == []
