from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from documents.models import Record, Unit, User, Version


class Batch(models.Model):
    """One act on many records: one item for each, each with its own outcome."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    step = models.CharField(_("step"), max_length=16)
    by = models.ForeignKey(User, models.PROTECT, related_name="batches")
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+")
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    created_at = models.DateTimeField(_("started at"))
    paused_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(_("finished at"), null=True)
    cancelled_at = models.DateTimeField(_("cancelled at"), null=True)
    # The day before which it should be done, and when it last had its turn.
    due = models.DateField(_("due"), null=True)
    turn_at = models.DateTimeField(null=True)
    # When whoever wants to know (workflow.signals.batch_ended) heard of its end.
    told_at = models.DateTimeField(null=True)
    # The run that works on it, and when it last showed that it lives.
    claimed_by = models.CharField(max_length=60, blank=True)
    claimed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("batch")
        verbose_name_plural = _("batches")
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(
                name="batch_unfinished",
                fields=["created_at"],
                condition=Q(finished_at=None),
            ),
            models.Index(name="batch_turn", fields=["turn_at"]),
        ]
        constraints = [
            models.CheckConstraint(
                name="batch_that_is_cancelled_is_finished",
                condition=Q(cancelled_at=None) | ~Q(finished_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.step} {self.uuid}"


class ItemStatus(models.TextChoices):
    PENDING = "pending", _("waiting")
    DONE = "done", _("done")
    REFUSED = "refused", _("refused")  # the rules say no; trying again will not help
    FAILED = "failed", _("failed")  # trying again may help
    CANCELLED = "cancelled", _("cancelled")  # it was not begun any more


class BatchItem(models.Model):
    """The outcome of a batch for one record. ``error`` is a stable code.

    ``version`` is what the person saw when the batch was started; on any other the
    step is refused.
    """

    batch = models.ForeignKey(Batch, models.PROTECT, related_name="items")
    record = models.ForeignKey(Record, models.PROTECT, related_name="+")
    version = models.ForeignKey(Version, models.PROTECT, null=True, related_name="+")
    status = models.CharField(
        max_length=16, choices=ItemStatus, default=ItemStatus.PENDING
    )
    error = models.CharField(max_length=60, blank=True)
    message = models.CharField(max_length=500, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    # The time that its signatures claim, set once: another would need new ones.
    at = models.DateTimeField(null=True)
    # What it waits for: credential, slot, digest, certificate and round of each ask.
    asks = models.JSONField(default=list, blank=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("batch item")
        verbose_name_plural = _("batch items")
        ordering = ["batch", "pk"]
        indexes = [models.Index(fields=["batch", "status"])]
        constraints = [
            models.UniqueConstraint(
                name="batch_item_is_one_per_record", fields=["batch", "record"]
            ),
            models.CheckConstraint(
                name="batch_item_that_went_wrong_names_its_error",
                condition=Q(status__in=["pending", "done", "cancelled"]) | ~Q(error=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.batch_id}/{self.record_id}: {self.status}"
