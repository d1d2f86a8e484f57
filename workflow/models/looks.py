from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from documents.models import User, Version


class Look(models.Model):
    """A head has looked at one version and found it fit to be signed. It signs nothing.

    Another version has no look, so what changes loses its mark; a return takes it away.
    """

    version = models.ForeignKey(Version, models.PROTECT, related_name="looks")
    person = models.ForeignKey(User, models.PROTECT, related_name="+")
    at = models.DateTimeField(_("looked at"))

    class Meta:
        verbose_name = _("look")
        verbose_name_plural = _("looks")
        ordering = ["version", "at"]
        constraints = [
            models.UniqueConstraint(
                name="look_is_one_per_version_and_person", fields=["version", "person"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version_id}: {self.person_id}"
