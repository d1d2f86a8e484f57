from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from documents.models import Unit, User


class Holiday(models.Model):
    """A day on which a department's offices differ from the week.

    Free unless it ``works``: a Saturday worked in exchange for a free Monday.
    """

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="holidays")
    day = models.DateField(_("day"))
    name = models.CharField(_("name"), max_length=120)
    works = models.BooleanField(_("worked in exchange"), default=False)

    class Meta:
        verbose_name = _("holiday")
        verbose_name_plural = _("holidays")
        ordering = ["day"]
        constraints = [
            models.UniqueConstraint(
                name="holiday_is_one_per_unit_and_day", fields=["unit", "day"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day}: {self.name}"


class QuietHours(models.Model):
    """The hours in which nobody is reminded; they may pass midnight."""

    unit = models.OneToOneField(Unit, models.PROTECT, related_name="quiet_hours")
    begins = models.TimeField(_("quiet from"))
    ends = models.TimeField(_("quiet until"))

    class Meta:
        verbose_name = _("quiet hours")
        verbose_name_plural = _("quiet hours")
        constraints = [
            models.CheckConstraint(
                name="quiet_hours_end_at_another_time", condition=~Q(begins=F("ends"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.begins:%H:%M}–{self.ends:%H:%M}"


class CalendarChange(models.Model):
    """What somebody changed in a department's calendar, and why. Only ever added to.

    ``by`` is empty for the calendar that the installation began with.
    """

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="calendar_changes")
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(_("at"))
    subject = models.CharField(_("what"), max_length=80)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    reason = models.CharField(_("reason"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("change of the calendar")
        verbose_name_plural = _("changes of the calendar")
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["unit", "-at"])]
        constraints = [
            models.CheckConstraint(
                name="calendar_change_by_a_person_has_a_reason",
                condition=Q(by__isnull=True) | ~Q(reason=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit} {self.subject}"
