from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from documents.models import Record, User


class WorkingCopy(models.Model):
    """What one person has typed into a draft and that is in no version yet.

    ``changes`` maps a path to what the newest version had there and what was typed.
    It becomes one version when its author has been quiet for a while, when somebody
    else types, and before any step; so the history has a version for a sitting, not
    one for each cell.
    """

    record = models.OneToOneField(
        Record, models.PROTECT, related_name="working_copy", primary_key=True
    )
    author = models.ForeignKey(User, models.PROTECT, related_name="+")
    changes = models.JSONField(default=dict)
    saved_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("working copy")
        verbose_name_plural = _("working copies")

    def __str__(self) -> str:
        return f"{self.record_id}: {len(self.changes)}"
