from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from documents.models import Record, SchoolClass, Unit, User

from .calendar import Deadline


class Reason(models.TextChoices):
    """Why a record is not among those that a lock freezes. Stable codes."""

    NO_CONTENT = "no_content", _("Nothing has been entered.")
    CAME_BACK = "came_back", _("It was returned or recalled, and not submitted again.")
    NOT_SUBMITTED = "not_submitted", _("The class teacher has not submitted it.")
    NOT_SIGNED = "not_signed", _("The head has not signed it.")
    SIGNATURE_MISSING = (
        "signature_missing",
        _("A signature is missing on the current version."),
    )
    REASSESSED = "reassessed", _("Re-assessed in summer: the second date applies.")
    # Of a lock that is over: it was signed after the run had passed.
    CAME_LATE = "came_late", _("It was signed after the lock.")


class LockRun(models.Model):
    """The report of a deadline's lock: how many were locked, and what stayed out."""

    deadline = models.OneToOneField(Deadline, models.PROTECT, related_name="lock_run")
    at = models.DateTimeField(_("locked at"))
    locked = models.PositiveIntegerField(_("locked"))
    left_out = models.PositiveIntegerField(_("stayed out"))

    class Meta:
        verbose_name = _("report of a lock")
        verbose_name_plural = _("reports of locks")
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.deadline}: {self.locked}"


class LeftOut(models.Model):
    """One record that a lock left out: in which state, why, and whom it waited for."""

    run = models.ForeignKey(LockRun, models.PROTECT, related_name="rows")
    record = models.ForeignKey(Record, models.PROTECT, related_name="+")
    school = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    school_class = models.ForeignKey(SchoolClass, models.PROTECT, related_name="+")
    state = models.CharField(_("state"), max_length=12)
    reason = models.CharField(_("reason"), max_length=20, choices=Reason)
    person = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("record that stayed out")
        verbose_name_plural = _("records that stayed out")
        ordering = ["run", "pk"]
        constraints = [
            models.UniqueConstraint(
                name="left_out_stands_once_in_a_run", fields=["run", "record"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.record_id}: {self.reason}"
