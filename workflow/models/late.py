from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from documents.models import Record, Unit, User

from .calendar import Deadline


class LateRequest(models.Model):
    """A school's request to have records locked after the department's lock.

    Decided once; the decision stands in the ledger of every record of it too.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    school = models.ForeignKey(Unit, models.PROTECT, related_name="late_requests")
    deadline = models.ForeignKey(Deadline, models.PROTECT, related_name="late_requests")
    by = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(_("asked at"))
    reason = models.CharField(_("reason"), max_length=500)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(_("decided at"), null=True)
    until = models.DateField(_("granted until"), null=True)
    answer = models.CharField(_("reason of the decision"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("late request")
        verbose_name_plural = _("late requests")
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="late_request_has_a_reason", condition=~Q(reason="")
            ),
            models.CheckConstraint(
                name="late_request_is_decided_by_somebody",
                condition=Q(decided_at__isnull=True, decided_by__isnull=True)
                | Q(decided_at__isnull=False, decided_by__isnull=False),
            ),
            models.CheckConstraint(
                name="late_request_undecided_has_no_day",
                condition=Q(decided_at__isnull=False) | Q(until__isnull=True),
            ),
            models.CheckConstraint(
                name="late_request_refused_says_why",
                condition=Q(decided_at__isnull=True)
                | Q(until__isnull=False)
                | ~Q(answer=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.school}: {self.uuid}"

    @property
    def is_open(self) -> bool:
        return self.decided_at is None

    @property
    def is_granted(self) -> bool:
        return self.until is not None


class LateRecord(models.Model):
    """One record of a late request. ``is_live`` until it is refused, locked or lapsed.

    A record has one live request at most.
    """

    request = models.ForeignKey(LateRequest, models.PROTECT, related_name="records")
    record = models.ForeignKey(Record, models.PROTECT, related_name="late")
    is_live = models.BooleanField(default=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("late record")
        verbose_name_plural = _("late records")
        ordering = ["request", "pk"]
        constraints = [
            models.UniqueConstraint(
                name="late_record_has_one_live_request",
                fields=["record"],
                condition=Q(is_live=True),
            ),
            models.CheckConstraint(
                name="late_record_ends_when_it_no_longer_lives",
                condition=Q(is_live=True, ended_at__isnull=True)
                | Q(is_live=False, ended_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.request_id}/{self.record_id}"
