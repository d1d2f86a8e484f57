from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from documents.models import SchoolClass


class CountedDay(models.Model):
    """A day in Vietnam whose ledger lines stand in ``Tally``, as of ``counted_at``.

    Both can be dropped and counted again (workflow.services.tallying).
    """

    day = models.DateField(_("day"), primary_key=True)
    counted_at = models.DateTimeField(_("counted at"))

    class Meta:
        verbose_name = _("counted day")
        verbose_name_plural = _("counted days")
        ordering = ["day"]

    def __str__(self) -> str:
        return str(self.day)


class Tally(models.Model):
    """How many lines of a sort the ledgers of a class got on a day."""

    # CASCADE, as nothing is lost: the ledger has the lines.
    day = models.ForeignKey(CountedDay, models.CASCADE, related_name="tallies")
    school_class = models.ForeignKey(SchoolClass, models.CASCADE, related_name="+")
    action = models.CharField(_("action"), max_length=20)
    count = models.PositiveIntegerField(_("count"))

    class Meta:
        verbose_name = _("tally")
        verbose_name_plural = _("tallies")
        constraints = [
            models.UniqueConstraint(
                name="tally_is_one_per_class_and_action_of_a_day",
                fields=["day", "school_class", "action"],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day_id} {self.school_class_id} {self.action}: {self.count}"
