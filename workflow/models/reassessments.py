from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from documents.models import Record, User, Version


class Reassessment(models.Model):
    """That a pupil is assessed a second time in summer; the record's own deadline.

    ``first`` is the signed version with the first results: it stays as it was. The
    second results are the record's current version.
    """

    record = models.OneToOneField(
        Record, models.PROTECT, related_name="reassessment", verbose_name=_("record")
    )
    first = models.OneToOneField(Version, models.PROTECT, related_name="+")
    opened_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(_("opened at"))

    class Meta:
        verbose_name = _("re-assessment in summer")
        verbose_name_plural = _("re-assessments in summer")

    def __str__(self) -> str:
        return f"{self.record_id}: {self.first_id}"
