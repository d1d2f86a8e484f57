from __future__ import annotations

import pytest

from documents.models import ReadLog, Record, Unit
from documents.models.access import Access
from documents.reading import log_reads
from tests.actors import make_actors
from tests.factories import NOW, make_class, make_draft, make_pupil

# The guardian can see who else looked; these are expected to look.
EXPECTED = {"class_teacher", "subject_teacher", "parent"}


def test_every_reader_but_guardian_and_assigned_teachers_leaves_a_line(
    units: dict[str, Unit], draft_record: Record
):
    actors = make_actors(units, draft_record)

    for actor in actors.values():
        log_reads([draft_record], by=actor, access=Access.VIEW, at=NOW)

    logged = set(ReadLog.objects.values_list("user__username", flat=True))
    expected = {actors[name].username for name in EXPECTED}
    assert logged == {actor.username for actor in actors.values()} - expected


@pytest.mark.parametrize("access", list(Access))
def test_the_line_says_who_read_what_how_and_when(
    draft_record: Record, inspector, access: Access
):
    log_reads([draft_record], by=inspector, access=access, at=NOW)

    line = ReadLog.objects.get()
    assert (line.record, line.user, line.access, line.at) == (
        draft_record,
        inspector,
        access,
        NOW,
    )


def test_a_teacher_who_reads_another_class_is_logged(
    units: dict[str, Unit], school_class, teacher
):
    foreign = make_draft(make_class(units["school"], "2A"), make_pupil("Lê An"))

    log_reads([foreign], by=teacher, access=Access.VIEW, at=NOW)

    assert ReadLog.objects.get().user == teacher


@pytest.mark.parametrize("access", [a for a in Access if a != Access.VIEW])
def test_every_copy_that_leaves_is_entered_whoever_takes_it(
    units: dict[str, Unit], draft_record: Record, access: Access
):
    actors = make_actors(units, draft_record)

    for name in sorted(EXPECTED):
        log_reads([draft_record], by=actors[name], access=access, at=NOW)

    logged = set(ReadLog.objects.values_list("user__username", flat=True))
    assert logged == {actors[name].username for name in EXPECTED}
