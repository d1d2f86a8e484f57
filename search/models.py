from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Index(models.Model):
    """Which generation of the index answers. The one row is made with the tables.

    The index itself is no model: its tables belong to the backend, which makes and
    drops them whole.
    """

    name = models.CharField(max_length=20, primary_key=True)
    generation = models.PositiveIntegerField()
    # Numbers are never used twice, so a late writer cannot hit another's tables.
    last_generation = models.PositiveIntegerField()
    built_at = models.DateTimeField(_("built at"), null=True)

    class Meta:
        verbose_name = _("search index")
        verbose_name_plural = _("search indexes")
        constraints = [
            models.CheckConstraint(
                name="index_answers_from_a_generation_that_was_made",
                condition=models.Q(generation__lte=models.F("last_generation")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}/{self.generation}"
