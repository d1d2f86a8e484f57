"""What the database knows of the pupils of an import, in a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field

from django.db.models import Q

from ..kinds.primary_year import PrimaryYearKind
from ..models import Assignment, Book, Enrolment, Pupil, Record, Role, SchoolClass, Unit
from ..models.pupils import Level

KIND = PrimaryYearKind.code


@dataclass
class Facts:
    """The rows about one school and year, by the keys that planning asks for."""

    unit: Unit
    school_year: str
    places: dict[str, str] = field(default_factory=dict)
    classes: dict[str, SchoolClass] = field(default_factory=dict)
    pupils: dict[str, Pupil] = field(default_factory=dict)
    enrolments: dict[int, list[Enrolment]] = field(default_factory=dict)
    books: dict[int, Book] = field(default_factory=dict)
    records: dict[int, list[Record]] = field(default_factory=dict)
    teachers: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, set[int]] = field(default_factory=dict)

    def enrolment_of(self, pupil: Pupil) -> Enrolment | None:
        """The pupil's place in this school this year."""
        return next((e for e in self._this_year(pupil) if self._is_ours(e)), None)

    def record_of(self, pupil: Pupil) -> Record | None:
        """The year sheet of this year, whoever issued it."""
        records = self.records.get(pupil.pk, [])
        return next((r for r in records if r.school_year == self.school_year), None)

    def grade_in(self, pupil: Pupil, school_year: str) -> int | None:
        """The grade that the pupil is in here in that year."""
        for enrolment in self.enrolments.get(pupil.pk, []):
            if enrolment.school_class.school_year == school_year:
                return enrolment.school_class.grade
        return None

    def is_elsewhere(self, pupil: Pupil) -> bool:
        """Whether the pupil belongs to another school, which must hand over first.

        Whoever keeps the newest record has the pupil; without records, the school
        where the pupil is enrolled this year, or was last.
        """
        if records := self.records.get(pupil.pk, []):
            return bool(records[-1].custodian_id != self.unit.pk)
        enrolments = self.enrolments.get(pupil.pk, [])
        if any(not self._is_ours(e) for e in self._this_year(pupil) if not e.left_on):
            return True
        return bool(enrolments) and not any(map(self._is_ours, enrolments))

    def missing_from(self, classes: Collection[str], seen: set[int]) -> list[Enrolment]:
        """Who is in these classes here and not among ``seen``."""
        return [
            enrolment
            for enrolments in self.enrolments.values()
            for enrolment in enrolments
            if enrolment.school_class.name in classes
            and enrolment.school_class.school_year == self.school_year
            and self._is_ours(enrolment)
            and enrolment.left_on is None
            and enrolment.pupil_id not in seen
        ]

    def _this_year(self, pupil: Pupil) -> list[Enrolment]:
        return [
            enrolment
            for enrolment in self.enrolments.get(pupil.pk, [])
            if enrolment.school_class.school_year == self.school_year
        ]

    def _is_ours(self, enrolment: Enrolment) -> bool:
        return bool(enrolment.school_class.school_id == self.unit.pk)


def gather(
    unit: Unit,
    school_year: str,
    codes: Collection[str],
    class_names: Collection[str],
    personal_numbers: Collection[str],
) -> Facts:
    """Read everything about these pupils and classes.

    Pupils of the classes come along, so that the missing are known.
    """
    facts = Facts(unit, school_year)
    above = unit.get_ancestors().exclude(place="")
    facts.places = {ancestor.kind: ancestor.place for ancestor in above}
    facts.classes = {
        school_class.name: school_class
        for school_class in SchoolClass.objects.filter(
            school=unit, school_year=school_year
        )
    }
    _gather_pupils(facts, codes, class_names)
    _gather_records(facts)
    facts.teachers = {
        assignment.school_class.name: assignment.user.full_name
        for assignment in Assignment.objects.in_force()
        .filter(role=Role.CLASS_TEACHER, school_class__in=facts.classes.values())
        .select_related("user", "school_class")
        .order_by("pk")
        if assignment.school_class is not None
    }
    known = Pupil.objects.filter(personal_number__in=personal_numbers)
    numbers: dict[str, set[int]] = defaultdict(set)
    for number, pupil_id in known.values_list("personal_number", "pk"):
        numbers[number].add(pupil_id)
    facts.numbers = dict(numbers)
    return facts


def _gather_pupils(
    facts: Facts, codes: Collection[str], class_names: Collection[str]
) -> None:
    classes = [c.pk for name, c in facts.classes.items() if name in class_names]
    in_classes = Enrolment.objects.filter(school_class__in=classes).values("pupil")
    people = Pupil.objects.filter(Q(code__in=codes) | Q(pk__in=in_classes))
    facts.pupils = {pupil.code: pupil for pupil in people.order_by("pk")}
    enrolments: dict[int, list[Enrolment]] = defaultdict(list)
    for enrolment in (
        Enrolment.objects.filter(pupil__in=facts.pupils.values())
        .select_related("pupil", "school_class__school")
        .order_by("school_class__school_year", "pk")
    ):
        enrolments[enrolment.pupil_id].append(enrolment)
    facts.enrolments = dict(enrolments)


def _gather_records(facts: Facts) -> None:
    books = Book.objects.filter(
        pupil__in=facts.pupils.values(), level=Level.PRIMARY
    ).order_by("pk")
    facts.books = {book.pupil_id: book for book in books}
    pupil_of = {book.pk: book.pupil_id for book in facts.books.values()}
    records: dict[int, list[Record]] = defaultdict(list)
    for record in (
        Record.objects.filter(book__in=pupil_of, kind=KIND)
        .select_related("current", "school_class")
        .order_by("school_year", "pk")
    ):
        records[pupil_of[record.book_id]].append(record)
    facts.records = dict(records)
