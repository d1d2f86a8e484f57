"""A role that ended after somebody's page was drawn, or their batch begun."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from documents.models import Assignment, Record, SchoolClass, Unit, User
from tests.actors import make_actors, make_record
from tests.factories import give_key
from workflow.errors import NotAllowed, NotVisible
from workflow.services import edit_record
from workflow.services.grid import CellEdit, save_cells
from workflow.services.many import claim_many

from .test_machine import MAY, everything, take


def end_roles(user: User) -> None:
    yesterday = timezone.localdate() - timedelta(days=1)
    Assignment.objects.filter(user=user).update(valid_until=yesterday)


@pytest.mark.parametrize(("situation", "step"), MAY)
def test_no_step_is_taken_by_what_was_read_of_a_role_before_it_ended(
    units: dict[str, Unit], school_class: SchoolClass, situation: str, step: str
):
    record = make_record(school_class, situation, units)
    actor = make_actors(units, record)[min(MAY[situation, step])]
    give_key(units["school"])
    if step == "sign":
        give_key(actor)
    assert actor.standing
    end_roles(actor)
    before = everything()

    with pytest.raises((NotVisible, NotAllowed)):
        take(step, record, actor, units)

    assert everything() == before


def test_nothing_is_typed_by_a_teacher_whose_role_has_ended(
    draft_record: Record, teacher: User
):
    assert teacher.standing
    end_roles(teacher)
    before = everything()

    with pytest.raises(NotVisible):
        edit_record(
            record_id=draft_record.pk, by=teacher, base=1, changes={"height_cm": 130}
        )
    (row,) = save_cells(
        edits={draft_record.pk: [CellEdit("height_cm", 125, 130)]}, by=teacher
    ).values()

    assert everything() == before
    assert not row.saved
    assert {type(error) for error in row.refused.values()} == {NotVisible}


def test_whoever_is_no_longer_active_takes_no_step(
    school_class: SchoolClass, units: dict[str, Unit], officer: User
):
    record = make_record(school_class, "signed", units)
    assert officer.standing
    User.objects.filter(pk=officer.pk).update(is_active=False)

    taken = claim_many([record.pk], step="lock", by=officer)

    assert not taken.records
    assert type(taken.refused[record.pk]) is NotVisible
