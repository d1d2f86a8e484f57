from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from django.db import models
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, FSMModelMixin, transition

from ..kinds import KINDS, Kind, get_kind
from ..querysets import RecordQuerySet
from .pupils import Book, SchoolClass
from .units import Role, Unit
from .users import User

if TYPE_CHECKING:
    from .custody import Transfer


class State(models.TextChoices):
    DRAFT = "draft", _("draft")
    REVIEWED = "reviewed", _("reviewed")
    SIGNED = "signed", _("signed")
    LOCKED = "locked", _("locked")
    TRANSFERRED = "transferred", _("transferred")


FINAL_STATES = (State.LOCKED, State.TRANSFERRED)
ISSUED_STATES = (State.SIGNED, *FINAL_STATES)


def has_every_signature(record: Record) -> bool:
    """Whether every slot of the printed form is signed on the current version."""
    needed = {slot.code for slot in record.definition.slots if slot.in_pdf}
    return record.current is not None and needed <= record.current.signed_slots()


def has_a_version(record: Record) -> bool:
    """Whether there is anything to review."""
    return record.current_id is not None


def is_not_on_its_way(record: Record) -> bool:
    """Whether no dispatch waits for its receipt."""
    return record.open_transfer() is None


def is_on_its_way(record: Record) -> bool:
    return record.open_transfer() is not None


def class_teacher(record: Record, user: User) -> bool:
    return user.holds(Role.CLASS_TEACHER, record.issuer, record.school_class)


def row_teacher(record: Record, user: User) -> bool:
    """The class teacher, and whoever teaches a subject in the class."""
    return class_teacher(record, user) or user.holds(
        Role.SUBJECT_TEACHER, record.issuer, record.school_class
    )


def issuing_head(record: Record, user: User) -> bool:
    return user.holds(Role.HEAD, record.issuer)


def department_officer(record: Record, user: User) -> bool:
    """An officer of the department or the ministry; one of a commune only watches."""
    return any(a.locks(record.issuer) for a in user.standing)


def custodian_registrar(record: Record, user: User) -> bool:
    return user.holds(Role.REGISTRAR, record.custodian)


def receiving_registrar(record: Record, user: User) -> bool:
    transfer = record.open_transfer()
    return transfer is not None and user.holds(Role.REGISTRAR, transfer.to_unit)


def step(
    name: str,
    label: Promise,
    *,
    source: str | Sequence[str],
    target: str | None,
    who: Callable[[Record, User], bool],
    conditions: Sequence[Callable[[Record], bool]] = (),
    fulfils: Sequence[Callable[[Record], bool]] = (),
    reason: bool = False,
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """django-fsm's ``transition`` on Record's state, with our names for its parts.

    ``conditions`` must hold before the step is offered; what the service itself
    ``fulfils`` must hold by the time that it takes the step.
    """
    decorator: Callable[[Callable[..., None]], Callable[..., None]] = transition(
        field="state",
        source=source,
        target=target,
        permission=cast(Any, who),
        conditions=cast(Any, [*conditions, *fulfils]),
        custom={"step": name, "label": label, "reason": reason, "before": conditions},
    )
    return decorator


class Record(FSMModelMixin, models.Model):
    """The identity behind the versions of one pupil's year sheet.

    ``issuer`` wrote it and never changes; ``custodian`` manages it and moves with
    the pupil. ``current`` is the newest version.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(
        _("kind"), max_length=30, choices=[(k.code, k.label) for k in KINDS.values()]
    )
    book = models.ForeignKey(Book, models.PROTECT, related_name="records")
    school_year = models.CharField(_("school year"), max_length=9)
    school_class = models.ForeignKey(
        SchoolClass, models.PROTECT, related_name="records", verbose_name=_("class")
    )
    issuer = models.ForeignKey(
        Unit, models.PROTECT, related_name="issued_records", verbose_name=_("issuer")
    )
    custodian = models.ForeignKey(
        Unit, models.PROTECT, related_name="records", verbose_name=_("custodian")
    )
    # Read it anywhere; only its own transitions write it.
    state = FSMField(_("state"), choices=State, default=State.DRAFT, protected=True)
    locked_at = models.DateTimeField(_("locked at"), null=True, editable=False)
    current = models.OneToOneField(
        "Version", models.PROTECT, null=True, editable=False, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    # Moves with every change, so that what is derived can tell that it is behind.
    revision = models.PositiveIntegerField(default=0, editable=False)

    objects = RecordQuerySet.as_manager()

    class Meta:
        verbose_name = _("record")
        verbose_name_plural = _("records")
        constraints = [
            models.CheckConstraint(
                name="record_is_locked_iff_final",
                condition=Q(state__in=FINAL_STATES, locked_at__isnull=False)
                | (~Q(state__in=FINAL_STATES) & Q(locked_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="record_past_draft_has_a_version",
                condition=Q(state=State.DRAFT) | Q(current__isnull=False),
            ),
            models.UniqueConstraint(
                name="record_is_one_per_book_and_year",
                fields=["book", "kind", "school_year"],
            ),
        ]
        indexes = [
            # With the last column counts of a province are read from the index alone:
            # what nobody sees has no version.
            models.Index(fields=["issuer", "school_year", "state", "current"]),
            models.Index(fields=["custodian", "school_year", "state"]),
            models.Index(fields=["school_class", "state"]),
        ]

    def __str__(self) -> str:
        return f"{self.book.lookup_code} {self.school_year}"

    @property
    def definition(self) -> Kind:
        """The plug-in that knows what the content means."""
        return get_kind(self.kind)

    @property
    def is_final(self) -> bool:
        return self.state in FINAL_STATES

    def open_transfer(self) -> Transfer | None:
        """The dispatch that waits for its receipt."""
        return self.transfers.filter(received_at=None, withdrawn_at=None).first()

    @step(
        "confirm",
        _("confirm and sign"),
        source=State.DRAFT,
        target=None,
        who=row_teacher,
        conditions=[has_a_version],
    )
    def confirm(self, *, at: datetime) -> None:
        """Somebody who teaches a subject stands by the own row; it stays a draft."""

    @step(
        "submit",
        _("submit"),
        source=State.DRAFT,
        target=State.REVIEWED,
        who=class_teacher,
        conditions=[has_a_version],
    )
    def submit(self, *, at: datetime) -> None:
        """The class teacher has signed off; the head may review."""

    @step(
        "return",
        _("return"),
        source=State.REVIEWED,
        target=State.DRAFT,
        who=issuing_head,
        reason=True,
    )
    def send_back(self, *, at: datetime) -> None:
        """Back to the class teacher, with a reason."""

    @step(
        "sign",
        _("sign"),
        source=State.REVIEWED,
        target=State.SIGNED,
        who=issuing_head,
        fulfils=[has_every_signature],
    )
    def sign(self, *, at: datetime) -> None:
        """Issued: the head's signature and the school's seal stand on the version."""

    @step(
        "recall",
        _("recall"),
        source=State.SIGNED,
        target=State.DRAFT,
        who=issuing_head,
        reason=True,
    )
    def recall(self, *, at: datetime) -> None:
        """Taken back before the lock; what was issued answers as superseded."""

    @step(
        "lock",
        _("lock"),
        source=State.SIGNED,
        target=State.LOCKED,
        who=department_officer,
        conditions=[has_every_signature],
    )
    def lock(self, *, at: datetime) -> None:
        """In effect from now on; this record gains no versions."""
        self.locked_at = at

    @step(
        "dispatch",
        _("hand over"),
        source=FINAL_STATES,
        target=None,
        who=custodian_registrar,
        conditions=[is_not_on_its_way],
    )
    def dispatch(self, *, at: datetime) -> None:
        """On its way to another school; custody moves with the receipt."""

    @step(
        "receive",
        _("receive"),
        source=FINAL_STATES,
        target=State.TRANSFERRED,
        who=receiving_registrar,
        conditions=[is_on_its_way],
    )
    def receive(self, *, at: datetime) -> None:
        """Received: the custodian is the school that the dispatch names."""
        transfer = self.open_transfer()
        assert transfer is not None  # is_on_its_way has looked
        self.custodian = transfer.to_unit


class Version(models.Model):
    """One content of a record. Append-only: triggers refuse UPDATE and DELETE.

    ``canonical`` is RFC 8785 JSON, ``sha256`` its digest (documents.canonical),
    ``lineage`` maps a path in the content to the file, sheet, row and column that
    it came from.
    """

    record = models.ForeignKey(Record, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(_("number"))
    form_version = models.CharField(max_length=20)
    format_version = models.PositiveSmallIntegerField()
    canonical = models.TextField()
    sha256 = models.CharField(max_length=64, db_index=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    author = models.ForeignKey(User, models.PROTECT, null=True, related_name="versions")
    lineage = models.JSONField(default=dict)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("version")
        verbose_name_plural = _("versions")
        get_latest_by = "number"
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                name="version_number_is_unique_in_record", fields=["record", "number"]
            ),
            models.CheckConstraint(
                name="version_numbers_start_at_1", condition=Q(number__gte=1)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.record_id}/{self.number}"

    @property
    def content(self) -> Any:
        """The content as its kind's schema reads it."""
        return self.record.definition.parse(self.canonical)

    def signed_slots(self) -> set[str]:
        return {signature.slot for signature in self.signatures.all()}
