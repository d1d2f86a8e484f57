from __future__ import annotations

from datetime import date

from django.db import connections, models
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from treebeard.mp_tree import MP_Node, MP_NodeManager

from .pupils import SchoolClass
from .users import User


class UnitKind(models.TextChoices):
    MINISTRY = "ministry", _("ministry")
    DEPARTMENT = "department", _("department of education")
    DISTRICT = "district", _("district office")
    COMMUNE = "commune", _("commune")
    SCHOOL = "school", _("school")


class Unit(MP_Node):
    """A node of the tree ministry → department → (district | commune)* → school.

    ``place`` is the territory as printed ("Phường Mỹ Ngãi"). Levels are abolished and
    provinces merge, so a unit has dates; old documents keep the names of their time.
    """

    code = models.SlugField(_("code"), max_length=40, unique=True)
    kind = models.CharField(_("kind"), max_length=12, choices=UnitKind)
    name = models.CharField(_("name"), max_length=200)
    place = models.CharField(_("place"), max_length=120, blank=True)
    tax_code = models.CharField(_("tax code"), max_length=20, blank=True)
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_until = models.DateField(_("valid until"), null=True, blank=True)

    objects = MP_NodeManager()

    class Meta:
        verbose_name = _("unit")
        verbose_name_plural = _("units")
        constraints = [
            models.CheckConstraint(
                name="unit_ends_after_it_begins",
                condition=Q(valid_until__isnull=True)
                | Q(valid_from__isnull=True)
                | Q(valid_until__gte=models.F("valid_from")),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def contains(self, other: Unit) -> bool:
        """Whether ``other`` is this unit or stands below it."""
        return bool(other.path.startswith(self.path))

    def place_of(self, kind: str) -> str:
        """The territory of the nearest unit of that kind above, or an empty text."""
        above = self.get_ancestors().filter(kind=kind).order_by("-depth").first()
        return above.place if above else ""


class Role(models.TextChoices):
    ADMIN = "admin", _("administrator")
    REGISTRAR = "registrar", _("registrar")
    HEAD = "head", _("head")
    CLASS_TEACHER = "class_teacher", _("class teacher")
    SUBJECT_TEACHER = "subject_teacher", _("subject teacher")
    OFFICER = "officer", _("department officer")
    INSPECTOR = "inspector", _("inspector")


CLASS_ROLES = (Role.CLASS_TEACHER, Role.SUBJECT_TEACHER)
SUBTREE_ROLES = (Role.ADMIN, Role.OFFICER, Role.INSPECTOR)
# Communes watch their schools; the lock is the department's (domain.md §1 and §2).
LOCKING_KINDS = (UnitKind.DEPARTMENT, UnitKind.MINISTRY)


class AssignmentQuerySet(models.QuerySet["Assignment"]):
    def in_force(self, on: date | None = None) -> AssignmentQuerySet:
        """Those that count on that day (today in the school's time zone)."""
        on = on or timezone.localdate()
        return self.filter(
            Q(valid_from__isnull=True) | Q(valid_from__lte=on),
            Q(valid_until__isnull=True) | Q(valid_until__gte=on),
        )

    def hold(self) -> list[bool]:
        """Let nobody change these rows, or their users, until the transaction ends.

        Returns of each whether its user is active. On PostgreSQL it is a share lock,
        which many may have at once: with Django's own, two batches of one person
        would wait for each other. On SQLite whoever is in a transaction that writes
        is alone in it.
        """
        held = self.order_by("pk").values_list("user__is_active")
        sql, values = held.query.sql_with_params()
        connection = connections[self.db]
        if connection.features.has_select_for_update:
            sql += " FOR SHARE"
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            return [bool(is_active) for (is_active,) in cursor.fetchall()]


class Assignment(models.Model):
    """Who holds which role at which unit from when to when. Every permission is one."""

    user = models.ForeignKey(User, models.PROTECT, related_name="assignments")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="assignments")
    role = models.CharField(_("role"), max_length=16, choices=Role)
    school_class = models.ForeignKey(
        SchoolClass, models.PROTECT, null=True, blank=True, related_name="assignments"
    )
    subject = models.CharField(_("subject"), max_length=40, blank=True)
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_until = models.DateField(_("valid until"), null=True, blank=True)

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("assignment")
        verbose_name_plural = _("assignments")
        constraints = [
            models.CheckConstraint(
                name="assignment_has_a_class_iff_its_role_needs_one",
                condition=Q(role__in=CLASS_ROLES, school_class__isnull=False)
                | (~Q(role__in=CLASS_ROLES) & Q(school_class__isnull=True)),
            ),
            models.CheckConstraint(
                name="assignment_has_a_subject_iff_subject_teacher",
                condition=(Q(role=Role.SUBJECT_TEACHER) & ~Q(subject=""))
                | (~Q(role=Role.SUBJECT_TEACHER) & Q(subject="")),
            ),
            models.UniqueConstraint(
                "user",
                "unit",
                "role",
                Coalesce("school_class", 0),
                "subject",
                "valid_from",
                name="assignment_stands_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.get_role_display()}, {self.unit}"

    def covers(
        self, role: str, unit: Unit, school_class: SchoolClass | None = None
    ) -> bool:
        """Whether this assignment gives ``role`` for ``unit`` (and that class)."""
        if self.role != role:
            return False
        if self.role in CLASS_ROLES:
            return school_class is not None and self.school_class_id == school_class.pk
        if self.role in SUBTREE_ROLES:
            return self.unit.contains(unit)
        return bool(self.unit_id == unit.pk)

    def locks(self, unit: Unit) -> bool:
        """Whether this assignment lets its holder lock what ``unit`` issued."""
        return self.unit.kind in LOCKING_KINDS and self.covers(Role.OFFICER, unit)
