from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .records import Record
from .users import User


class Access(models.TextChoices):
    VIEW = "view", _("viewed")
    DOWNLOAD = "download", _("downloaded")
    API = "api", _("read by the interface")
    EXPORT = "export", _("exported")
    PRINT = "print", _("printed")


class ReadLog(models.Model):
    """Who read a record, and who took a copy away. Append-only.

    That the guardian and the assigned teachers look at it is expected and not entered.

    The lines of one record are a chain: ``digest`` is over the line and the digest of
    the line before it (``documents.reading``).
    """

    record = models.ForeignKey(Record, models.PROTECT, related_name="reads")
    user = models.ForeignKey(User, models.PROTECT, related_name="reads")
    access = models.CharField(max_length=10, choices=Access)
    at = models.DateTimeField(_("at"))
    sequence = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("read")
        verbose_name_plural = _("reads")
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["record", "at"])]
        constraints = [
            models.UniqueConstraint(
                name="read_sequence_is_unique_in_record",
                fields=["record", "sequence"],
            ),
            models.CheckConstraint(
                name="read_sequence_starts_at_1", condition=Q(sequence__gte=1)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.access} {self.record_id}"
