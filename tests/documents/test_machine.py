"""The table of the machine is the one of design.md, and says what Record does."""

from __future__ import annotations

import pytest

from documents import machine
from documents.models import Record, State, Unit, User
from tests.actors import make_record

# design.md (3), word by word: from, step, to, who.
DESIGN = {
    "confirm": ({"draft"}, None, "row_teacher"),
    "submit": ({"draft"}, "reviewed", "class_teacher"),
    "return": ({"reviewed"}, "draft", "issuing_head"),
    "sign": ({"reviewed"}, "signed", "issuing_head"),
    "recall": ({"signed"}, "draft", "issuing_head"),
    "lock": ({"signed"}, "locked", "department_officer"),
    "dispatch": ({"locked", "transferred"}, None, "custodian_registrar"),
    "receive": ({"locked", "transferred"}, "transferred", "receiving_registrar"),
}


def test_the_table_is_the_one_of_the_design():
    steps = machine.table().values()

    found = {s.name: (set(s.sources), s.target, s.permission) for s in steps}
    assert found == DESIGN


def test_only_steps_back_ask_for_a_reason():
    with_reason = {s.name for s in machine.table().values() if s.needs_reason}

    assert with_reason == {"return", "recall"}


def test_every_state_is_reached_and_every_step_has_a_label():
    steps = machine.table().values()

    reached = {step.target for step in steps} - {None}
    assert reached == set(State)
    assert all(str(step.label) for step in steps)


def test_the_steps_stand_in_the_order_of_a_record_s_life():
    names = list(machine.table())

    assert names.index("confirm") < names.index("submit")
    assert names.index("submit") < names.index("sign") < names.index("lock")
    assert names.index("lock") < names.index("dispatch")


def test_the_buttons_of_a_head_follow_the_state(
    draft_record: Record, reviewed_record: Record, head: User
):
    steps = [step.name for step in machine.steps_for(reviewed_record, head)]

    assert set(steps) == {"return", "sign"}
    assert machine.steps_for(draft_record, head) == []


def test_the_state_is_written_by_steps_alone(draft_record: Record):
    with pytest.raises(AttributeError, match="Direct state modification"):
        draft_record.state = State.SIGNED

    assert Record.objects.get(pk=draft_record.pk).state == State.DRAFT


@pytest.mark.parametrize(
    ("situation", "step", "possible"),
    [
        ("locked", "dispatch", True),
        ("locked, on its way", "dispatch", False),
        ("locked", "receive", False),
        ("locked, on its way", "receive", True),
        ("transferred", "dispatch", True),
        ("transferred, on its way", "receive", True),
    ],
)
def test_a_record_is_on_its_way_once(
    units: dict[str, Unit], school_class, situation: str, step: str, possible: bool
):
    record = make_record(school_class, situation, units)

    assert machine.possible(record, step) is possible


def test_a_draft_without_a_version_cannot_be_submitted(draft_record: Record):
    draft_record.current = None

    assert not machine.possible(draft_record, "submit")
