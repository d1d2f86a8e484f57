"""Every situation × step × actor: done where the design says so, else nothing moves."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction

from documents import machine
from documents.models import (
    Artifact,
    LedgerEntry,
    Record,
    SchoolClass,
    Signature,
    Transfer,
    Unit,
    User,
    Version,
)
from tests.actors import SITUATIONS, make_actors, make_record
from tests.factories import give_key
from workflow.errors import IllegalTransition, NotAllowed, NotVisible
from workflow.services import (
    STEPS,
    confirm_rows,
    dispatch_record,
    receive_record,
)

# Who may do what when; whatever is not here must be refused (design.md (3)).
MAY = {
    ("draft", "confirm"): {"class_teacher", "subject_teacher"},
    ("draft", "submit"): {"class_teacher"},
    ("reviewed", "return"): {"head"},
    ("reviewed", "sign"): {"head"},
    ("signed", "recall"): {"head"},
    ("signed", "lock"): {"officer"},
    ("locked", "dispatch"): {"registrar"},
    ("transferred", "dispatch"): {"registrar receiving"},
    ("locked, on its way", "receive"): {"registrar receiving"},
    ("transferred, on its way", "receive"): {"registrar abroad"},
}


@pytest.mark.parametrize("step", machine.table())
@pytest.mark.parametrize("situation", SITUATIONS)
def test_only_those_of_the_design_take_the_step_and_nothing_moves_for_others(
    subtests,
    units: dict[str, Unit],
    school_class: SchoolClass,
    situation: str,
    step: str,
):
    record = make_record(school_class, situation, units)
    actors = make_actors(units, record)
    give_key(actors["head"])
    give_key(units["school"])
    if (situation, step) == ("draft", "submit"):  # the subject's teacher goes first
        confirm_rows(record_id=record.pk, by=actors["subject_teacher"])
    before = everything()

    for name, actor in actors.items():
        with subtests.test(actor=name), transaction.atomic():
            try:
                take(step, record, actor, units)
                done = True
            except (NotVisible, NotAllowed, IllegalTransition):
                done = False
            assert done == (name in MAY.get((situation, step), set()))
            assert done == (everything() != before)
            transaction.set_rollback(True)


def take(step: str, record: Record, actor: User, units: dict[str, Unit]) -> None:
    if step == "dispatch":
        far = units["far"]
        dispatch_record(record_id=record.pk, to_unit=far, by=actor, reason="Chuyển")
    elif step == "receive":
        receive_record(record_id=record.pk, by=actor)
    else:
        STEPS[step](record_id=record.pk, by=actor, reason="Sai tên môn")


def everything() -> list[Any]:
    """All rows that a step could touch."""
    models = (Record, Version, LedgerEntry, Signature, Artifact, Transfer)
    return [list(model.objects.order_by("pk").values()) for model in models]
