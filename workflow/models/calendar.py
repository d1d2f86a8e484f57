from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from documents.models import Unit


class Group(models.TextChoices):
    """Whose records a deadline is about (domain.md §2)."""

    COMPLETED = "completed", _("completed the class programme")
    REASSESSED = "reassessed", _("re-assessed in summer")


class Deadline(models.Model):
    """A department's dates of one school year: schools report, then it locks."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="deadlines")
    school_year = models.CharField(_("school year"), max_length=9)
    group = models.CharField(_("group"), max_length=12, choices=Group)
    report_until = models.DateField(_("schools report until"))
    lock_on = models.DateField(_("department locks on"))
    locked_at = models.DateTimeField(_("locked at"), null=True, editable=False)

    class Meta:
        verbose_name = _("deadline")
        verbose_name_plural = _("deadlines")
        ordering = ["school_year", "lock_on"]
        constraints = [
            models.UniqueConstraint(
                name="deadline_is_one_per_unit_year_and_group",
                fields=["unit", "school_year", "group"],
            ),
            models.CheckConstraint(
                name="deadline_locks_after_the_reports",
                condition=Q(lock_on__gte=F("report_until")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit} {self.school_year}: {self.get_group_display()}"
