"""Who sees which records: every actor × every situation."""

from __future__ import annotations

import pytest
from django.db import transaction

from documents.models import Record, SchoolClass, Unit, User
from tests.actors import SITUATIONS, bring_to, make_actors, make_record
from tests.factories import make_class, make_draft, make_pupil, make_user

# The commune supervises the schools below it; it may look and not lock.
SUPERVISING = {"officer", "officer of the commune"}
ALWAYS = {"registrar", "head", "class_teacher", *SUPERVISING}
ISSUED = ALWAYS | {"inspector", "parent"}
RECEIVING = {"registrar receiving", "head receiving"}
SEE = {
    "draft": ALWAYS,
    "reviewed": ALWAYS,
    "signed": ISSUED,
    "locked": ISSUED,
    "transferred": ISSUED | RECEIVING,
    "locked, on its way": ISSUED | RECEIVING,
    "transferred, on its way": ISSUED | RECEIVING | {"registrar abroad", "head abroad"},
}


@pytest.mark.parametrize("situation", SITUATIONS)
def test_a_record_is_seen_by_those_whose_assignment_says_so(
    units: dict[str, Unit], school_class: SchoolClass, situation: str
):
    record = make_record(school_class, situation, units)
    actors = make_actors(units, record)

    seeing = {
        name
        for name, actor in actors.items()
        if Record.objects.visible_to(actor).filter(pk=record.pk).exists()
    }

    assert seeing == SEE[situation]


def test_a_school_does_not_see_what_another_issued(
    units: dict[str, Unit], registrar: User, registrar2: User
):
    own = make_draft(make_class(units["school"]))
    foreign = make_draft(make_class(units["other"]), make_pupil("Lê Văn An"))

    assert set(Record.objects.visible_to(registrar)) == {own}
    assert set(Record.objects.visible_to(registrar2)) == {foreign}


def test_a_record_seen_for_two_reasons_stands_once(
    units: dict[str, Unit], school_class: SchoolClass
):
    record = make_record(school_class, "locked, on its way", units)
    both = make_user("both", "registrar", units["school"])
    for role in ("head", "registrar"):
        both.assignments.create(unit=units["other"], role=role)
    both.guardianships.create(pupil=record.book.pupil, relation="Mẹ")

    assert list(Record.objects.visible_to(User.objects.get(pk=both.pk))) == [record]


def test_the_rows_that_are_visible_can_be_locked(draft_record: Record, registrar: User):
    with transaction.atomic():
        rows = list(Record.objects.visible_to(registrar).select_for_update())

    assert rows == [draft_record]


def test_a_withdrawn_dispatch_opens_nothing_any_more(
    units: dict[str, Unit], draft_record: Record, registrar2: User
):
    record = bring_to(draft_record, "locked, on its way", units)
    transfer = record.open_transfer()
    transfer.withdrawn_at = transfer.dispatched_at
    transfer.save()

    assert not Record.objects.visible_to(registrar2).exists()


def test_a_guardianship_that_has_ended_opens_nothing(
    units: dict[str, Unit], draft_record: Record
):
    bring_to(draft_record, "locked", units)
    parent = make_user("ended")
    parent.guardianships.create(
        pupil=draft_record.book.pupil, relation="Bố", valid_until="2020-01-01"
    )

    assert not Record.objects.visible_to(parent).exists()


def test_a_list_asks_once_however_many_rows_there_are(
    units: dict[str, Unit],
    school_class: SchoolClass,
    head: User,
    django_assert_num_queries,
):
    for number in range(5):
        make_draft(school_class, make_pupil(f"Trần Văn {number}"))

    with django_assert_num_queries(2):  # the assignments, then the list
        rows = list(Record.objects.visible_to(head).listed())
        shown = [(r.book.pupil.name, r.issuer.name, r.current.number) for r in rows]

    assert len(shown) == 5


def test_names_are_listed_in_vietnamese_order(school_class: SchoolClass, head: User):
    for name in ("Lê Đức", "Lê Dũng", "Lê Ân", "Lê An"):
        make_draft(school_class, make_pupil(name))

    listed = Record.objects.visible_to(head).listed()

    assert [r.book.pupil.name for r in listed] == [
        "Lê An",
        "Lê Ân",
        "Lê Dũng",
        "Lê Đức",
    ]


def test_in_unit_means_issued_there_or_below(
    units: dict[str, Unit], draft_record: Record
):
    def found(code: str) -> bool:
        return Record.objects.in_unit(Unit.objects.get(code=code)).exists()

    assert found("my-ngai") and found("dong-thap") and found("bo")
    assert not found("hoa-thuan") and not found("an-giang")


@pytest.mark.parametrize("situation", SITUATIONS)
def test_what_was_issued_below_a_unit_is_what_is_visible_of_it(
    units: dict[str, Unit], school_class: SchoolClass, situation: str
):
    record = make_record(school_class, situation, units)

    for name, actor in make_actors(units, record).items():
        for unit in Unit.objects.all():
            expected = set(Record.objects.visible_to(actor).in_unit(unit))
            assert set(Record.objects.issued_below(actor, unit)) == expected, name
