"""One pupil: what the files say beside what the database knows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from ..kinds import primary_year_import as kind
from ..kinds.primary_year_import import BadValue
from ..models import FINAL_STATES, Pupil, State
from ..models.imports import Outcome
from ..text import fold
from . import values as read
from .facts import Facts
from .joining import shown
from .messages import Note
from .plans import Planned
from .proposals import Proposal

# Fields of the pupil list that go into the content and onto the pupil's row.
PERSONAL = (
    "gender",
    "personal_number",
    "ethnicity",
    "nationality",
    "birth_place",
    "home_town",
    "address",
    "father",
    "mother",
    "guardian",
    "disability",
)


class Comparison:
    """Works out what is to be done with one pupil of the files."""

    def __init__(self, facts: Facts, proposal: Proposal) -> None:
        self.facts = facts
        self.proposal = proposal
        self.pupil = facts.pupils.get(proposal.code) or self._without_code(facts)
        self.enrolment = facts.enrolment_of(self.pupil) if self.pupil else None
        self.record = facts.record_of(self.pupil) if self.pupil else None
        self.class_name = proposal.class_name or self._enrolled_class()
        self.unit = facts.unit

    def planned(self) -> Planned:
        if self.proposal.errors:
            return self._row(Outcome.WRONG, self.proposal.errors)
        if not self.proposal.is_studying:
            return self._leaver()
        if self._is_past_draft():
            return self._left_alone()
        if errors := self._errors():
            return self._row(Outcome.WRONG, errors)
        return self._drafted()

    def _is_past_draft(self) -> bool:
        """Whether this school wrote or keeps a year sheet that files cannot change."""
        record = self.record
        if record is None or record.state == State.DRAFT:
            return False
        return self.unit.pk in (record.issuer_id, record.custodian_id)

    def _left_alone(self) -> Planned:
        is_final = self.record is not None and self.record.state in FINAL_STATES
        note = self._note("record_locked" if is_final else "record_not_draft")
        return self._row(Outcome.LEFT_ALONE, [note])

    def _without_code(self, facts: Facts) -> Pupil | None:
        """The pupil of the class who had a temporary code until these files."""
        proposal = self.proposal
        if proposal.is_temporary or not proposal.is_listed:
            return None
        for pupil in facts.pupils.values():
            same = (pupil.name, pupil.birth_date) == (
                proposal.name,
                proposal.birth_date,
            )
            if same and pupil.code_is_temporary:
                return pupil
        return None

    def _enrolled_class(self) -> str:
        return self.enrolment.school_class.name if self.enrolment else ""

    def _errors(self) -> list[Note]:
        if self.pupil is not None and self.facts.is_elsewhere(self.pupil):
            return [self._note("pupil_elsewhere")]
        if not self.proposal.is_listed and self.enrolment is None:
            return [self._note("pupil_unknown")]
        if not self.class_name:
            return [self._note("class_missing")]
        return self._mistaken_identity()

    def _mistaken_identity(self) -> list[Note]:
        """Whether the code is known as that of somebody else.

        A pupil list may mend a name or a date of birth, but hardly both at once;
        results and comments mend neither.
        """
        name, born = self._differs("name"), self._differs("birth_date")
        if self.proposal.is_listed and not (name and born):
            return []
        return [note for note in (name, born) if note]

    def _differs(self, field: str) -> Note | None:
        source = self.proposal.identity.get(field)
        known = getattr(self.pupil, field, None)
        if source is None or not known or source.value == known:
            return None
        if field == "name" and fold(source.value) == fold(known):
            return None
        words = {"new": shown(source.value), "old": shown(known)}
        names = self.proposal.names() | {"other": _("the school's records")}
        return Note(f"{field}_conflict", source.place, names | words)

    def _warnings(self) -> list[Note]:
        notes = []
        if self.pupil is not None and self.pupil.code != self.proposal.code:
            notes.append(self._note("code_assigned", old=self.pupil.code))
        if source := self.proposal.personal.get("personal_number"):
            own = {self.pupil.pk} if self.pupil else set()
            if self.facts.numbers.get(source.value, set()) - own:
                params = {"value": source.value}
                notes.append(Note("personal_number_known", source.place, params))
        return notes

    def _leaver(self) -> Planned:
        """Not drafted; if the pupil is enrolled here, the enrolment says why."""
        row = self._row(Outcome.LEFT_ALONE, [])
        if self.enrolment is not None:
            row.changes = self._enrolment_changes()
        if row.changes:
            row.outcome = Outcome.CHANGED
        return row

    def _drafted(self) -> Planned:
        version = self.record.current if self.record else None
        old = json.loads(version.canonical) if version else {}
        try:
            content = kind.overlay(old or self._fresh(), self._values(old))
        except BadValue as bad:
            source = self.proposal.values.get(bad.params.pop("path", ""))
            place = source.place if source else self.proposal.place
            return self._row(Outcome.WRONG, [Note(bad.code, place, bad.params)])
        row = self._row(Outcome.UNCHANGED, self._warnings())
        new = content.model_dump(mode="json")
        row.changes = kind.changes(old, new) if old else {}
        written = bool(row.changes) or not old
        row.changes |= self._enrolment_changes() if self.enrolment else {}
        row.outcome = self._outcome(old, row)
        if written:
            row.content, row.lineage = content, self._lineage(old, new)
        return row

    def _outcome(self, old: Mapping[str, Any], row: Planned) -> Outcome:
        if row.from_class:
            return Outcome.MOVED
        if not old or self.enrolment is None:
            return Outcome.NEW
        return Outcome.CHANGED if row.changes else Outcome.UNCHANGED

    # -- content -----------------------------------------------------------------

    def _fresh(self) -> dict[str, Any]:
        """The content before the files: the school, and what is known of the pupil."""
        facts, unit, pupil = self.facts, self.unit, self.pupil
        known = {name: getattr(pupil, name) for name in PERSONAL} if pupil else {}
        if pupil:
            known |= {"name": pupil.name, "birth_date": pupil.birth_date}
        return {
            "school": {
                "code": unit.code,
                "name": unit.name,
                "commune": facts.places.get("commune", ""),
                "district": facts.places.get("district", ""),
                "province": facts.places.get("department", ""),
            },
            "school_year": facts.school_year,
            "pupil": known,
            "history": self._earlier_stays(),
            "class_teacher": facts.teachers.get(self.class_name, ""),
        }

    def _earlier_stays(self) -> list[dict[str, Any]]:
        enrolments = self.facts.enrolments.get(self.pupil.pk, []) if self.pupil else []
        return [
            _stay(
                e.school_class.school_year,
                e.school_class.name,
                e.school_class.school.name,
                e.register_number,
                e.entered_on,
            )
            for e in enrolments
            if e is not self.enrolment
        ]

    def _values(self, old: Mapping[str, Any]) -> dict[str, Any]:
        """Path → value of everything that the files say of this pupil."""
        proposal = self.proposal
        values = {path: source.value for path, source in proposal.values.items()}
        values |= kind.implied(values, proposal.blanks)
        if proposal.not_assessed:
            values["assessed"] = False
        for name in PERSONAL:
            if source := proposal.personal.get(name):
                values[f"pupil.{name}"] = source.value
        values["pupil.code"] = proposal.code
        values["pupil.name"] = self._identity("name")
        values["pupil.birth_date"] = self._identity("birth_date")
        values["class_name"] = self.class_name
        values["grade"] = read.grade_of(self.class_name)
        values["history"] = self._history(old)
        return kind.placed(old, values)

    def _identity(self, name: str) -> Any:
        """The name or date of birth: the pupil list rules, then what is known."""
        known = getattr(self.pupil, name, None)
        if known and not self.proposal.is_listed:
            return known
        source = self.proposal.identity.get(name)
        return source.value if source else known

    def _history(self, old: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The lines as they stand, with the one of this school and year renewed."""
        if old:
            lines = [dict(line) for line in old.get("history", ())]
        else:
            lines = self._earlier_stays()
        number, entered_on = self._entry()
        stay = _stay(
            self.facts.school_year, self.class_name, self.unit.name, number, entered_on
        )
        renewed = (stay["school_year"], stay["school"])
        others = [x for x in lines if (x["school_year"], x["school"]) != renewed]
        return sorted([*others, stay], key=lambda line: str(line["school_year"]))

    def _entry(self) -> tuple[str, date | None]:
        """Register number and day of entry: of the list, else of the enrolment."""
        personal, enrolment = self.proposal.personal, self.enrolment
        number = enrolment.register_number if enrolment else ""
        entered = enrolment.entered_on if enrolment else None
        if source := personal.get("register_number"):
            number = source.value
        if source := personal.get("entered_on"):
            entered = source.value
        return number, entered

    def _enrolment_changes(self) -> dict[str, tuple[Any, Any]]:
        """What the list says of the enrolment and the content does not hold."""
        assert self.enrolment is not None
        old, new = self.enrolment.status, self.proposal.status
        return {"enrolment.status": (old, new)} if new and new != old else {}

    def _lineage(
        self, old: Mapping[str, Any], new: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Path → file and cell, for what the files say; the rest as it was known."""
        proposal = self.proposal
        told = dict(proposal.personal)
        if proposal.is_listed:
            told |= proposal.identity
        fields = ("name", "birth_date", *PERSONAL)
        sources = {f"pupil.{n}": told[n] for n in fields if n in told}
        sources |= proposal.values
        for path in kind.implied(
            {p: s.value for p, s in proposal.values.items()}, proposal.blanks
        ):
            sources[path] = proposal.blanks[path]
        if "class" in proposal.identity:
            sources["class_name"] = proposal.identity["class"]
        if proposal.not_assessed:
            sources["assessed"] = proposal.not_assessed
        lineage = {
            place: source.lineage()
            for path, source in sources.items()
            for place in kind.placed(old, {path: source.value})
        }
        if self.record is None or self.record.current is None:
            return lineage
        kept = set(self.record.current.lineage) - set(kind.changes(old, new))
        return {p: self.record.current.lineage[p] for p in kept} | lineage

    # -- rows --------------------------------------------------------------------

    def _row(self, outcome: Outcome, notes: list[Note]) -> Planned:
        before = self._enrolled_class()
        moved = bool(before) and before != self.class_name and outcome != Outcome.WRONG
        return Planned(
            outcome=outcome,
            class_name=self.class_name,
            code=self.proposal.code,
            name=self.proposal.name or (self.pupil.name if self.pupil else ""),
            proposal=self.proposal,
            pupil=self.pupil,
            enrolment=self.enrolment,
            record=self.record,
            from_class=before if moved and outcome != Outcome.LEFT_ALONE else "",
            notes=notes,
        )

    def _note(self, code: str, **params: Any) -> Note:
        names = self.proposal.names() | {"class_name": self.class_name}
        return Note(code, self.proposal.place, names | params)


def _stay(
    school_year: str, class_name: str, school: str, number: str, entered: date | None
) -> dict[str, Any]:
    return {
        "school_year": school_year,
        "class_name": class_name,
        "school": school,
        "register_number": number,
        "entered_on": entered.isoformat() if entered else None,
    }
