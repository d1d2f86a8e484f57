from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from .packets import Package
from .records import Record
from .units import Unit
from .users import User


class Transfer(models.Model):
    """A record on its way between two schools: dispatched, then received.

    Custody moves with the receipt; the issuer stays (domain.md §8). ``package`` is the
    file that carries it to another installation; then ``received_by`` is who filed the
    other school's signed receipt.
    """

    record = models.ForeignKey(Record, models.PROTECT, related_name="transfers")
    from_unit = models.ForeignKey(Unit, models.PROTECT, related_name="transfers_out")
    to_unit = models.ForeignKey(Unit, models.PROTECT, related_name="transfers_in")
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    dispatched_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    dispatched_at = models.DateTimeField(_("dispatched at"))
    received_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    received_at = models.DateTimeField(_("received at"), null=True)
    withdrawn_at = models.DateTimeField(_("withdrawn at"), null=True)
    package = models.ForeignKey(
        Package, models.PROTECT, null=True, related_name="transfers"
    )

    class Meta:
        verbose_name = _("transfer")
        verbose_name_plural = _("transfers")
        ordering = ["-dispatched_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                name="transfer_is_open_once_per_record",
                fields=["record"],
                condition=Q(received_at__isnull=True, withdrawn_at__isnull=True),
            ),
            models.CheckConstraint(
                name="transfer_goes_to_another_unit",
                condition=~Q(from_unit=F("to_unit")),
            ),
            models.CheckConstraint(
                name="transfer_receipt_names_its_receiver",
                condition=Q(received_at__isnull=True, received_by__isnull=True)
                | Q(received_at__isnull=False, received_by__isnull=False),
            ),
            models.CheckConstraint(
                name="transfer_ends_once",
                condition=Q(received_at__isnull=True) | Q(withdrawn_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.record_id}: {self.from_unit} → {self.to_unit}"
