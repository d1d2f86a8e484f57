from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .records import Record
from .users import User


class LedgerEntry(models.Model):
    """One line of a record's history, chained by digest to the line before it.

    Append-only: triggers refuse UPDATE and DELETE. ``machine`` is the version of the
    state machine that was in force. ``actor`` is empty for the calendar.
    """

    record = models.ForeignKey(Record, models.PROTECT, related_name="ledger")
    sequence = models.PositiveIntegerField()
    action = models.CharField(_("action"), max_length=20)
    actor = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(_("at"))
    payload = models.JSONField(default=dict)
    machine = models.PositiveSmallIntegerField()
    previous_hash = models.CharField(max_length=64)
    entry_hash = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger entries")
        ordering = ["record", "sequence"]
        constraints = [
            models.UniqueConstraint(
                name="ledger_sequence_is_unique_in_record",
                fields=["record", "sequence"],
            ),
            models.UniqueConstraint(
                name="ledger_entry_follows_one_entry_once",
                fields=["record", "previous_hash"],
            ),
            models.CheckConstraint(
                name="ledger_sequence_starts_at_1", condition=Q(sequence__gte=1)
            ),
        ]
        # What happened on a day, and to which records, is read from the index alone.
        indexes = [
            models.Index(fields=["at", "action", "record"], name="ledger_by_day")
        ]

    def __str__(self) -> str:
        return f"{self.record_id}#{self.sequence} {self.action}"
