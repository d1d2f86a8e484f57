"""Everybody who might try something, and a record in every situation."""

from __future__ import annotations

from datetime import timedelta

from documents.exchange.standing import given_to
from documents.models import (
    FINAL_STATES,
    Assignment,
    Record,
    Role,
    SchoolClass,
    Signature,
    State,
    Transfer,
    Unit,
    User,
)
from tests import factories
from tests.factories import NOW, TODAY, make_class, make_guardian, make_pupil, make_user
from workflow.services.bulk.works import Desk
from workflow.services.signing_off import SignOff
from workflow.signing.asking import carry_out

# Where a record can be: each state, and the final ones on their way to another school.
SITUATIONS = (*State, "locked, on its way", "transferred, on its way")
# Each role over the school, then the same role somewhere else.
HOME = {
    Role.ADMIN: "ministry",
    Role.REGISTRAR: "school",
    Role.HEAD: "school",
    Role.CLASS_TEACHER: "school",
    Role.SUBJECT_TEACHER: "school",
    Role.OFFICER: "dong-thap",
    Role.INSPECTOR: "dong-thap",
}
ABROAD = {
    Role.ADMIN: "an-giang",
    Role.REGISTRAR: "far",
    Role.HEAD: "far",
    Role.CLASS_TEACHER: "far",
    Role.SUBJECT_TEACHER: "far",
    Role.OFFICER: "an-giang",
    Role.INSPECTOR: "an-giang",
}


def make_actors(units: dict[str, Unit], record: Record) -> dict[str, User]:
    """Each role at home and abroad, the receiving school's, parents, and strangers."""
    own_class, pupil = record.school_class, record.book.pupil
    far_class = make_class(units["far"])
    actors = {
        str(role): _holder(role, role, units[HOME[role]], own_class) for role in Role
    }
    for role in Role:
        name = f"{role} abroad"
        actors[name] = _holder(name, role, units[ABROAD[role]], far_class)
    for role in (Role.REGISTRAR, Role.HEAD):
        name = f"{role} receiving"
        actors[name] = _holder(name, role, units["other"], own_class)
    actors["officer of the commune"] = make_user(
        "commune", Role.OFFICER, units["commune"]
    )
    next_class = make_class(units["school"], "3A")
    actors["class_teacher next door"] = make_user(
        "next", Role.CLASS_TEACHER, units["school"], next_class
    )
    actors["parent"] = make_guardian("parent", pupil)
    actors["parent of another"] = make_guardian("stranger", make_pupil("Lê Thị Bé"))
    return actors | _without_standing(units["school"])


def _holder(name: str, role: Role, unit: Unit, school_class: SchoolClass) -> User:
    in_class = role in (Role.CLASS_TEACHER, Role.SUBJECT_TEACHER)
    return make_user(
        name.replace(" ", "-"),
        role,
        unit,
        school_class if in_class else None,
        subject="math" if role == Role.SUBJECT_TEACHER else "",
    )


def _without_standing(school: Unit) -> dict[str, User]:
    """Those whose name or flag suggests a right that no assignment gives."""
    dismissed = make_user("dismissed", Role.HEAD, school)
    dismissed.is_active = False
    dismissed.save()
    former, coming = make_user("former"), make_user("coming")
    day = timedelta(days=1)
    Assignment.objects.create(
        user=former, unit=school, role=Role.HEAD, valid_until=TODAY - 2 * day
    )
    Assignment.objects.create(
        user=coming, unit=school, role=Role.HEAD, valid_from=TODAY + 2 * day
    )
    flagged = make_user("flagged")
    flagged.is_superuser = flagged.is_staff = True
    flagged.save()
    return {
        "nobody": make_user("nobody"),
        "dismissed head": dismissed,
        "former head": former,
        "coming head": coming,
        "superuser": flagged,
    }


def bring_to(record: Record, situation: str, units: dict[str, Unit]) -> Record:
    """Write the rows of a record in that situation, without its file and its ledger.

    For what is asked before anything is done; whoever needs a true past takes the
    services.
    """
    state, _comma, on_its_way = situation.partition(", ")
    registrar = User.objects.filter(username="bringer").first() or make_user("bringer")
    if state == State.REVIEWED:  # the head may go on from here
        Signature.objects.bulk_create(_teachers_sign(record, registrar))
    elif state != State.DRAFT:
        slots = ("class_teacher", "head", "seal")
        Signature.objects.bulk_create([_signature(record, slot) for slot in slots])
    changes: dict[str, object] = {"state": state}
    if state in FINAL_STATES:
        changes["locked_at"] = NOW
    if state == State.TRANSFERRED:
        changes["custodian"] = units["other"]
    Record.objects.filter(pk=record.pk).update(**changes)
    if on_its_way:
        leaving = state == State.LOCKED
        Transfer.objects.create(
            record=record,
            from_unit=units["school" if leaving else "other"],
            to_unit=units["other" if leaving else "far"],
            dispatched_by=registrar,
            dispatched_at=NOW,
        )
    return Record.objects.get(pk=record.pk)


def _teachers_sign(record: Record, by: User) -> tuple[Signature, ...]:
    """All rows and the sheet, signed for real by one person."""
    if not by.credentials.exists():
        factories.give_key(by)
    version = record.current
    assert version is not None
    parts = tuple(given_to(version).unsigned_parts())
    desk, whole = Desk.plain(), SignOff(version, by, NOW, parts, sheet=True)
    provider = desk.keys.key(by).provider
    providers = {"subject_teacher": provider, "class_teacher": provider}
    return carry_out(whole.act(desk.keys.key(by), desk.keeper), providers).signatures


def _signature(record: Record, slot: str) -> Signature:
    return Signature(
        version=record.current,
        slot=slot,
        unit=record.issuer,
        name=slot,
        certificate="" if slot == "class_teacher" else "PEM",
        signed_at=NOW,
        time_source="clock",
    )


def make_record(
    school_class: SchoolClass, situation: str, units: dict[str, Unit]
) -> Record:
    return bring_to(factories.make_draft(school_class), situation, units)
