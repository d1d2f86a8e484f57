from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from documents.models import Role, Unit


class Lacking(models.TextChoices):
    """What has not been done: the step that the records wait for."""

    SUBMIT = "submit", _("not submitted")
    SIGN = "sign", _("not signed")
    LOCK = "lock", _("not locked")


class CountedFrom(models.TextChoices):
    REPORT = "report", _("schools report until")
    LOCK = "lock", _("department locks on")


class ReminderRule(models.Model):
    """Who is told, so many days before a date of the calendar, of what is lacking.

    ``days_before`` is negative after the date. Somebody who is told of what others
    have not done is an escalation: the head of the class teachers, the officer of
    the schools.
    """

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="reminder_rules")
    lacking = models.CharField(_("lacking"), max_length=8, choices=Lacking)
    to = models.CharField(_("to"), max_length=16, choices=Role)
    counted_from = models.CharField(_("date"), max_length=8, choices=CountedFrom)
    days_before = models.SmallIntegerField(_("days before"))
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("reminder rule")
        verbose_name_plural = _("reminder rules")
        ordering = ["lacking", "to", "-days_before"]
        constraints = [
            models.UniqueConstraint(
                name="reminder_rule_stands_once",
                fields=["unit", "lacking", "to", "counted_from", "days_before"],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.lacking} → {self.to}, {self.days_before}"
