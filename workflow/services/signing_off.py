"""What teachers sign of a draft: their rows, and the class teacher the sheet.

As in ``issuing``, nothing is written here: an act asks for signatures, and what comes
of it is entered by the service of the step.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from documents.exchange.standing import Given, digest_of, given_to
from documents.models import Assignment, Record, Role, Signature, User, Version

from ..errors import VersionMoved, WorkflowError
from ..signing.asking import Act
from ..signing.longterm import Keeper
from .bulk.works import Desk, Work
from .exchange.packets import Signer, sign_in_packet
from .keys.keyring import Key
from .steps import signatures_digest, version_payload

# As certificates say "Hiệu trưởng": what is kept does not follow the screen's language.
OFFICES = {
    Role.SUBJECT_TEACHER.value: "Giáo viên bộ môn",
    Role.CLASS_TEACHER.value: "Giáo viên chủ nhiệm",
}
ROWS, SHEET = Role.SUBJECT_TEACHER.value, Role.CLASS_TEACHER.value
# TEACHER_SIGNATURES: whether a teacher without a key may sign off by a click.
WHERE_POSSIBLE = "where-possible"


class RowsNotSigned(WorkflowError):
    """``rows`` are the labels of subjects with the names of their teachers."""

    code = "rows_not_signed"
    user_message = _(
        "These rows are not signed yet: %(rows)s. Their teachers sign them first."
    )

    def __init__(self, rows: Sequence[tuple[str, str]]) -> None:
        self.missing = list(rows)
        self.rows = "; ".join(f"{subject} ({who})" for subject, who in rows)
        super().__init__(f"not signed: {self.rows}")


class NotSigned(WorkflowError):
    """``teacher`` asked for a step on what the own key has to sign first."""

    code = "not_signed"
    user_message = _("%(teacher)s has not signed this sheet yet.")

    def __init__(self, teacher: User, version: Version) -> None:
        self.teacher = teacher
        super().__init__(f"version {version.pk} is not signed by {teacher.pk}")


@dataclass(frozen=True)
class Teaching:
    """Who teaches the rows of a record today: the subject's teachers, by subject.

    What no subject teacher is assigned to, the class teacher answers for.
    """

    record: Record
    teachers: Mapping[str, Sequence[User]]

    @classmethod
    def of(cls, record: Record) -> Teaching:
        return cls.of_many([record])[record.pk]

    @classmethod
    def of_many(cls, records: Sequence[Record]) -> dict[int, Teaching]:
        """By record; one query."""
        found: dict[int, dict[str, list[User]]] = defaultdict(dict)
        assigned = Assignment.objects.in_force().filter(
            role=Role.SUBJECT_TEACHER,
            school_class__in={record.school_class_id for record in records},
        )
        for one in assigned.select_related("user").order_by("pk"):
            room = found[one.school_class_id or 0]
            room.setdefault(one.subject, []).append(one.user)
        return {one.pk: cls(one, found[one.school_class_id]) for one in records}

    def own(self, parts: Iterable[str], user: User) -> tuple[str, ...]:
        """Those of ``parts`` that are this person's to sign."""
        leads = user.holds(
            Role.CLASS_TEACHER, self.record.issuer, self.record.school_class
        )
        return tuple(
            part
            for part in parts
            if (user in self.teachers[part] if part in self.teachers else leads)
        )

    def names(self, part: str) -> str:
        return ", ".join(str(user) for user in self.teachers.get(part, ()))


@dataclass(frozen=True)
class SignedOff:
    """What teachers have signed of a version; nothing is written yet."""

    version: Version
    signatures: tuple[Signature, ...]


@dataclass(frozen=True)
class SignOff:
    """What one teacher signs of one version: rows, the sheet, or both in one act.

    ``given`` is what stands already, where it was read just now; the act fills it.
    """

    version: Version
    by: User
    at: datetime
    parts: tuple[str, ...]
    sheet: bool = False
    given: Given | None = field(default=None, compare=False, repr=False)

    @property
    def is_empty(self) -> bool:
        return not self.parts and not self.sheet

    def act(self, key: Key | None, keeper: Keeper) -> Act[SignedOff]:
        """The same sign-off asks for the same signatures again.

        Without a key nobody is asked, and what stands is who clicked, and when.
        """
        if self.is_empty:
            return SignedOff(self.version, ())
        given = self.given or given_to(self.version)
        if key is None:
            return self.clicked(given)
        signers = [self._signer(slot, key) for slot, _parts in self._slots()]
        signed = yield from sign_in_packet(
            given.packet,
            signers,
            timestamper=keeper.timestamper,
            at=self.at,
            parts=self.parts,
        )
        school = self.version.record.issuer
        rows = [
            one.row(self.version, school, signer, self.at)
            for one, signer in zip(signed, signers, strict=True)
        ]
        return SignedOff(self.version, tuple(rows))

    def _slots(self) -> list[tuple[str, tuple[str, ...]]]:
        rows = [(ROWS, self.parts)] if self.parts else []
        return rows + ([(SHEET, ())] if self.sheet else [])

    def _signer(self, slot: str, key: Key) -> Signer:
        mechanism = key.provider.mechanism
        return Signer(slot, key.certificate, mechanism, self.by, OFFICES[slot])

    def clicked(self, given: Given) -> SignedOff:
        """What stands without a key: who clicked, and when."""
        return SignedOff(self.version, tuple(self._clicks(given)))

    def _clicks(self, given: Given) -> Iterable[Signature]:
        packet, school = given.packet, self.version.record.issuer
        codes = {slot.role: slot.code for slot in packet.format.slots}
        for slot, parts in self._slots():
            yield Signature(
                version=self.version,
                slot=".".join([slot, *parts[:1]]),
                signer=self.by,
                unit=school,
                name=str(self.by),
                office=OFFICES[slot],
                organisation=school.name,
                signed_at=self.at,
                time_source="clock",
                parts=list(parts),
                covers=digest_of(packet.target(codes[slot], parts)),
            )


def key_of(teacher: User, desk: Desk) -> Key | None:
    """The teacher's key, checked; None for a teacher who may sign off by a click.

    Raises NoCredential else, or what ``Keyring.key`` raises.
    """
    return None if may_click(teacher) else desk.keys.key(teacher)


def may_click(teacher: User) -> bool:
    """Whether there is no key, and TEACHER_SIGNATURES is "where-possible"."""
    if settings.TEACHER_SIGNATURES != WHERE_POSSIBLE:
        return False
    return not teacher.credentials.filter(is_active=True).exists()


def sign_off_work(
    sign_off: SignOff, *, desk: Desk, enter: Callable[[SignedOff], Record]
) -> Work:
    """The sign-off as a batch runs it. Where there is nothing to sign no key is needed.

    Raises what ``key_of`` raises.
    """
    key = None if sign_off.is_empty else key_of(sign_off.by, desk)
    keys = {ROWS: key, SHEET: key} if key else {}
    return Work(keys, sign_off.act(key, desk.keeper), enter)


def enter_signatures(record: Record, done: SignedOff) -> dict[str, object]:
    """Write them beside the version, and say what the ledger says of them.

    The caller holds the record's row. What another run has entered meanwhile stays.
    Raises VersionMoved when the record says something else by now.
    """
    if record.current != done.version:
        raise VersionMoved(record)
    return enter_many([(record, done)])[record.pk]


def enter_many(
    done: Sequence[tuple[Record, SignedOff]],
) -> dict[int, dict[str, object]]:
    """The same for many, by record; three queries where there is nothing to write."""
    versions = [one.version.pk for _record, one in done]
    there = set(
        Signature.objects.filter(version__in=versions).values_list("version", "slot")
    )
    new = [
        row
        for _record, one in done
        for row in one.signatures
        if (row.version_id, row.slot) not in there
    ]
    Signature.objects.bulk_create(new)
    read = Version.objects.only("pk").prefetch_related("signatures")
    digests = {v.pk: signatures_digest(v) for v in read.filter(pk__in=versions)}
    return {
        record.pk: version_payload(record) | {"signatures": digests[one.version.pk]}
        for record, one in done
    }
