from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from .records import Record


class Chain(models.TextChoices):
    LEDGER = "ledger", _("ledger")
    READS = "reads", _("reads")


class Checkpoint(models.Model):
    """A time-stamped statement of where all chains stood. Append-only.

    ``digest`` is over its document, which names the checkpoint before it: whoever
    keeps a copy of the last one can tell whether any earlier one was rewritten.
    ``token`` is the RFC 3161 time-stamp over that digest, in Base64. ``findings`` are
    what the checks said at that time, so that a later one can tell since when.
    """

    number = models.PositiveIntegerField(unique=True)
    at = models.DateTimeField(_("at"))
    previous = models.CharField(max_length=64, unique=True)
    digest = models.CharField(max_length=64)
    token = models.TextField()
    findings = models.JSONField(default=list)
    # Of the file that can be copied away, in the storage of records.
    sha256 = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("checkpoint")
        verbose_name_plural = _("checkpoints")
        ordering = ["number"]

    def __str__(self) -> str:
        return f"checkpoint {self.number}"


class SealedHead(models.Model):
    """The last line of one chain of a record, as a checkpoint saw it. Append-only.

    A checkpoint seals the heads that moved since the ones before it.
    """

    checkpoint = models.ForeignKey(Checkpoint, models.PROTECT, related_name="heads")
    record = models.ForeignKey(Record, models.PROTECT, related_name="+")
    chain = models.CharField(max_length=10, choices=Chain)
    sequence = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("sealed head")
        verbose_name_plural = _("sealed heads")
        constraints = [
            models.UniqueConstraint(
                name="sealed_head_is_one_per_chain_of_a_checkpoint",
                fields=["record", "chain", "checkpoint"],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.chain} {self.record_id}#{self.sequence}"
