from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..text import vietnamese_sort_key
from .users import User


class Gender(models.IntegerChoices):
    """As in exchange; printed Nam and Nữ."""

    UNKNOWN = 0, _("unknown")
    MALE = 1, _("male")
    FEMALE = 2, _("female")


class SchoolClass(models.Model):
    """One class of one school in one year, "3B" in "2025-2026"."""

    school = models.ForeignKey("documents.Unit", models.PROTECT, related_name="classes")
    school_year = models.CharField(_("school year"), max_length=9)
    name = models.CharField(_("class"), max_length=20)
    grade = models.PositiveSmallIntegerField(_("grade"))

    class Meta:
        verbose_name = _("class")
        verbose_name_plural = _("classes")
        constraints = [
            models.UniqueConstraint(
                name="class_name_is_unique_in_school_and_year",
                fields=["school", "school_year", "name"],
            ),
            models.CheckConstraint(
                name="class_grade_is_1_to_12", condition=Q(grade__range=(1, 12))
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Pupil(models.Model):
    """A child. ``code`` is the ministry's, or a temporary one until it is known.

    The names are the spelling of the birth certificate in NFC, never split;
    ``sort_key`` gives the Vietnamese order on every database.
    """

    code = models.CharField(_("pupil code"), max_length=30, unique=True)
    code_is_temporary = models.BooleanField(default=False)
    name = models.CharField(_("full name"), max_length=120)
    sort_key = models.CharField(max_length=500, editable=False, db_index=True)
    gender = models.PositiveSmallIntegerField(
        _("gender"), choices=Gender, default=Gender.UNKNOWN
    )
    birth_date = models.DateField(_("date of birth"), null=True, blank=True)
    personal_number = models.CharField(
        _("personal number"), max_length=12, blank=True, db_index=True
    )
    ethnicity = models.CharField(_("ethnicity"), max_length=60, blank=True)
    nationality = models.CharField(_("nationality"), max_length=60, blank=True)
    birth_place = models.CharField(_("place of birth"), max_length=300, blank=True)
    home_town = models.CharField(_("home town"), max_length=300, blank=True)
    address = models.CharField(_("address"), max_length=300, blank=True)
    father = models.CharField(_("father"), max_length=120, blank=True)
    mother = models.CharField(_("mother"), max_length=120, blank=True)
    guardian = models.CharField(_("guardian"), max_length=120, blank=True)
    disability = models.CharField(_("disability"), max_length=120, blank=True)

    class Meta:
        verbose_name = _("pupil")
        verbose_name_plural = _("pupils")
        constraints = [
            models.CheckConstraint(name="pupil_has_a_name", condition=~Q(name="")),
            models.CheckConstraint(name="pupil_has_a_code", condition=~Q(code="")),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.sort_key = vietnamese_sort_key(self.name)
        super().save(*args, **kwargs)


class GuardianshipQuerySet(models.QuerySet["Guardianship"]):
    def in_force(self, on: date | None = None) -> GuardianshipQuerySet:
        on = on or timezone.localdate()
        return self.filter(Q(valid_until__isnull=True) | Q(valid_until__gte=on))


class Guardianship(models.Model):
    """A parent's or legal guardian's right to a child's records."""

    user = models.ForeignKey(User, models.PROTECT, related_name="guardianships")
    pupil = models.ForeignKey(Pupil, models.PROTECT, related_name="guardianships")
    relation = models.CharField(_("relation"), max_length=40)
    valid_until = models.DateField(_("valid until"), null=True, blank=True)

    objects = GuardianshipQuerySet.as_manager()

    class Meta:
        verbose_name = _("guardianship")
        verbose_name_plural = _("guardianships")
        constraints = [
            models.UniqueConstraint(
                name="guardianship_stands_once", fields=["user", "pupil"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} → {self.pupil}"


class Enrolment(models.Model):
    """A pupil's place in one class."""

    pupil = models.ForeignKey(Pupil, models.PROTECT, related_name="enrolments")
    school_class = models.ForeignKey(
        SchoolClass, models.PROTECT, related_name="enrolments"
    )
    status = models.CharField(_("status"), max_length=60, blank=True)
    register_number = models.CharField(_("register number"), max_length=40, blank=True)
    entered_on = models.DateField(_("entered on"), null=True, blank=True)
    left_on = models.DateField(_("left on"), null=True, blank=True)

    class Meta:
        verbose_name = _("enrolment")
        verbose_name_plural = _("enrolments")
        constraints = [
            models.UniqueConstraint(
                name="enrolment_stands_once_in_a_class",
                fields=["pupil", "school_class"],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pupil}, {self.school_class}"


class Level(models.TextChoices):
    PRIMARY = "primary", _("primary")
    LOWER_SECONDARY = "lower_secondary", _("lower secondary")
    UPPER_SECONDARY = "upper_secondary", _("upper secondary")


class Book(models.Model):
    """A pupil's học bạ for one level. ``code`` is its look-up code for life."""

    pupil = models.ForeignKey(Pupil, models.PROTECT, related_name="books")
    level = models.CharField(_("level"), max_length=16, choices=Level)
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)

    class Meta:
        verbose_name = _("book")
        verbose_name_plural = _("books")
        constraints = [
            models.UniqueConstraint(
                name="book_is_one_per_pupil_and_level", fields=["pupil", "level"]
            ),
        ]

    def __str__(self) -> str:
        return self.lookup_code

    @property
    def lookup_code(self) -> str:
        """The code as written on paper: 32 hexadecimal characters, no hyphens."""
        return self.code.hex
