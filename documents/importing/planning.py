"""What an import would do: the files beside the database, class by class."""

from __future__ import annotations

from collections import defaultdict

from ..models import Unit
from ..models.imports import Outcome
from . import values as read
from .comparing import Comparison
from .facts import Facts, gather
from .messages import Note, Place
from .plans import Plan, Planned
from .proposals import Joined, Proposal

# Below this a class is too small to be judged by the ages in it.
MIN_CLASS = 5


def make_plan(joined: Joined, unit: Unit) -> Plan:
    """Compare what the files say with the database. Writes nothing."""
    plan = Plan(unit, joined.school_year)
    plan.warnings, plan.repairs = joined.warnings, joined.repairs
    plan.errors = [note for note in joined.errors if note.is_fatal]
    if plan.errors:
        return plan
    people = joined.proposals
    numbers = [p.personal.get("personal_number") for p in people.values()]
    facts = plan.facts = gather(
        unit,
        joined.school_year,
        [*people],
        {p.class_name for p in people.values()},
        [source.value for source in numbers if source],
    )
    plan.errors = _other_year(joined, facts)
    if plan.errors:
        return plan
    plan.errors = list(joined.errors)
    for proposal in people.values():
        row = Comparison(facts, proposal).planned()
        plan.rows.append(row)
        target = plan.errors if row.outcome is Outcome.WRONG else plan.warnings
        target += row.notes
    _add_missing(plan, facts, joined)
    return plan


# -- The class of another year ------------------------------------------------------


def _other_year(joined: Joined, facts: Facts) -> list[Note]:
    """One error for each class that does not fit this school year."""
    classes: dict[str, list[Proposal]] = defaultdict(list)
    for proposal in joined.proposals.values():
        if proposal.class_name and proposal.is_studying:
            classes[proposal.class_name].append(proposal)
    notes = []
    for name, proposals in classes.items():
        count = _misfits(name, proposals, facts)
        if not count:
            continue
        params = {
            "class_name": name,
            "count": count,
            "total": len(proposals),
            "grade": read.grade_of(name),
            "wanted": facts.school_year,
        }
        place = Place(proposals[0].place.file, proposals[0].place.sheet)
        notes.append(Note("other_year_class", place, params))
    return notes


def _misfits(name: str, proposals: list[Proposal], facts: Facts) -> int:
    """How many do not fit, if it is most of the class; otherwise 0.

    By the database: this year they are in another grade, or last year they were in
    this one. By age: four in five are a year too old, or too young, for the grade.
    """
    grade = read.grade_of(name)
    start = int(facts.school_year[:4])
    last_year = f"{start - 1}-{start}"
    known = [facts.pupils[p.code] for p in proposals if p.code in facts.pupils]
    misplaced = [
        pupil
        for pupil in known
        if facts.grade_in(pupil, facts.school_year) not in (None, grade)
        or facts.grade_in(pupil, last_year) == grade
    ]
    if len(misplaced) > 1 and len(misplaced) * 2 > len(proposals):
        return len(misplaced)
    expected = start - 5 - grade
    years = [p.birth_date.year for p in proposals if p.birth_date]
    for odd in (sum(y < expected for y in years), sum(y > expected for y in years)):
        if len(proposals) >= MIN_CLASS and odd * 5 >= len(proposals) * 4:
            return odd
    return 0


# -- Who is not in the files --------------------------------------------------------


def _add_missing(plan: Plan, facts: Facts, joined: Joined) -> None:
    """Pupils of these classes whom the files do not name: reported, left alone."""
    seen = {row.pupil.pk for row in plan.rows if row.pupil}
    classes = {row.class_name for row in plan.rows}
    for enrolment in facts.missing_from(classes, seen):
        pupil = enrolment.pupil
        params = {
            "name": pupil.name,
            "pupil_code": pupil.code,
            "class_name": enrolment.school_class.name,
        }
        note = Note("pupil_missing", Place(), params)
        plan.warnings.append(note)
        plan.rows.append(
            Planned(
                outcome=Outcome.MISSING,
                class_name=enrolment.school_class.name,
                code=pupil.code,
                name=pupil.name,
                pupil=pupil,
                enrolment=enrolment,
                notes=[note],
            )
        )
