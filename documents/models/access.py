from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from .records import Record
from .users import User


class Access(models.TextChoices):
    VIEW = "view", _("viewed")
    DOWNLOAD = "download", _("downloaded")
    API = "api", _("read by the interface")
    EXPORT = "export", _("exported")


class ReadLog(models.Model):
    """Who read a record, guardian and assigned teachers excepted. Append-only."""

    record = models.ForeignKey(Record, models.PROTECT, related_name="reads")
    user = models.ForeignKey(User, models.PROTECT, related_name="reads")
    access = models.CharField(max_length=10, choices=Access)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("read")
        verbose_name_plural = _("reads")
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["record", "at"])]

    def __str__(self) -> str:
        return f"{self.user_id} {self.access} {self.record_id}"
