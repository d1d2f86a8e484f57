from __future__ import annotations

from contextlib import suppress

import pytest

from documents.models import Record, Unit, User
from tests.actors import make_actors
from tests.factories import NOW
from workflow.errors import NotAllowed, NotVisible
from workflow.models import CommentPhrase
from workflow.services.comments import (
    PhraseUnusable,
    add_phrase,
    bank_of,
    delete_phrase,
)
from workflow.services.editing import FieldNotEditable

PATH = "subjects.math.comment"
TEXT = "Tính toán nhanh, chính xác."


def add(record: Record, by: User, path: str = PATH, text: str = TEXT) -> CommentPhrase:
    return add_phrase(
        record_id=record.pk, path=path, level="T", text=text, by=by, at=NOW
    )


def test_a_sentence_is_shared_by_the_school_and_stands_once(
    draft_record: Record, teacher: User, registrar: User, school: Unit
):
    first = add(draft_record, teacher)
    second = add(draft_record, registrar, text=f"  {TEXT} ")

    assert first == second
    assert (first.part, first.level, first.author) == ("subjects.math", "T", teacher)
    assert list(bank_of(school, by=registrar)) == [first]


def test_those_who_may_not_edit_add_nothing(
    subtests, units: dict[str, Unit], draft_record: Record
):
    may = {"class_teacher", "registrar", "subject_teacher"}
    for name, actor in make_actors(units, draft_record).items():
        if name in may:
            continue
        with subtests.test(actor=name), pytest.raises((NotVisible, NotAllowed)):
            add(draft_record, actor)
    assert not CommentPhrase.objects.exists()


def test_the_bank_of_a_school_is_read_and_mended_by_its_staff_only(
    subtests, units: dict[str, Unit], draft_record: Record, teacher: User
):
    own = {"class_teacher", "registrar", "subject_teacher", "head"}
    own |= {"class_teacher next door"}
    for name, actor in make_actors(units, draft_record).items():
        with subtests.test(actor=name):
            phrase = add(draft_record, teacher)
            seen = bank_of(units["school"], by=actor).exists()
            with suppress(NotVisible):
                delete_phrase(phrase_id=phrase.pk, by=actor)
            gone = not CommentPhrase.objects.filter(pk=phrase.pk).exists()
            assert (seen, gone) == (name in own, name in own)


@pytest.mark.parametrize("path", ["pupil.code", "subjects.alchemy.comment", ""])
def test_a_place_that_no_sheet_has_is_refused(
    draft_record: Record, teacher: User, path: str
):
    with pytest.raises(FieldNotEditable):
        add(draft_record, teacher, path=path)

    assert not CommentPhrase.objects.exists()


@pytest.mark.parametrize("text", ["", "  ", "a" * 401])
def test_a_sentence_has_a_length(draft_record: Record, teacher: User, text: str):
    with pytest.raises(PhraseUnusable):
        add(draft_record, teacher, text=text)

    assert not CommentPhrase.objects.exists()
