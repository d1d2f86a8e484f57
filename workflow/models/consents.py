from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .batches import Batch, BatchItem
from .credentials import Credential


class ConsentStatus(models.TextChoices):
    WAITING = "waiting", _("waiting for the signer")
    PENDING = "pending", _("to be confirmed on the phone")
    GRANTED = "granted", _("granted")
    USED = "used", _("used")
    LAPSED = "lapsed", _("lapsed")
    DECLINED = "declined", _("declined")


OPEN = (ConsentStatus.WAITING, ConsentStatus.PENDING, ConsentStatus.GRANTED)


class Consent(models.Model):
    """One question to the holder of a key: may it sign these digests, once?

    ``needs`` names what the page has to ask for: "pin", "otp", "pin otp", "agent", or
    nothing. ``token`` is what came of the answer, sealed; no PIN and no one-time code
    is ever in it.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    batch = models.ForeignKey(Batch, models.PROTECT, related_name="consents")
    credential = models.ForeignKey(Credential, models.PROTECT, related_name="+")
    slot = models.CharField(max_length=40)
    round = models.PositiveSmallIntegerField()
    digests = models.JSONField()
    code = models.CharField(max_length=9)
    needs = models.CharField(max_length=16, blank=True)
    status = models.CharField(
        max_length=8, choices=ConsentStatus, default=ConsentStatus.WAITING
    )
    error = models.CharField(max_length=60, blank=True)
    message = models.CharField(max_length=500, blank=True)
    token = models.TextField(blank=True)
    until = models.DateTimeField(null=True)
    # When the service behind a phone was asked last, and how long it wants to be left.
    asked_at = models.DateTimeField(null=True)
    retry_after = models.FloatField(default=0)
    created_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        ordering = ["batch", "pk"]
        constraints = [
            models.UniqueConstraint(
                name="consent_open_is_one_per_batch_and_key",
                fields=["batch", "credential"],
                condition=Q(status__in=OPEN),
            ),
            models.CheckConstraint(
                name="consent_is_closed_iff_it_is_not_open",
                condition=Q(status__in=OPEN, closed_at__isnull=True)
                | (~Q(status__in=OPEN) & Q(closed_at__isnull=False, token="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.batch_id}/{self.slot} {self.round}: {self.status}"

    @property
    def count(self) -> int:
        return len(self.digests)

    @property
    def needs_pin(self) -> bool:
        return "pin" in self.needs.split()

    @property
    def needs_otp(self) -> bool:
        return "otp" in self.needs.split()


class KeptPin(models.Model):
    """A PIN, encrypted, for the other questions of one batch; half an hour at most."""

    batch = models.ForeignKey(Batch, models.CASCADE, related_name="+")
    credential = models.ForeignKey(Credential, models.CASCADE, related_name="+")
    sealed = models.TextField()
    until = models.DateTimeField()

    class Meta:
        verbose_name = _("kept PIN")
        verbose_name_plural = _("kept PINs")
        constraints = [
            models.UniqueConstraint(
                name="kept_pin_is_one_per_batch_and_key",
                fields=["batch", "credential"],
            )
        ]

    def __str__(self) -> str:
        return f"{self.batch_id}/{self.credential_id}"


class JournalEntry(models.Model):
    """A signature or a time-stamp that was given, written down before it is used.

    ``slot`` is whose signature it is, or "tsa"; ``digest`` is what was signed or
    stamped. Nothing here is changed or removed: a second attempt finds it and asks
    for nothing twice.
    """

    item = models.ForeignKey(BatchItem, models.PROTECT, related_name="journal")
    slot = models.CharField(max_length=40)
    digest = models.CharField(max_length=64)
    value = models.BinaryField()
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("journal entry")
        verbose_name_plural = _("journal entries")
        ordering = ["item", "pk"]
        constraints = [
            models.UniqueConstraint(
                name="journal_entry_is_one_per_digest",
                fields=["item", "slot", "digest"],
            )
        ]

    def __str__(self) -> str:
        return f"{self.item_id}/{self.slot}: {self.digest[:12]}"
