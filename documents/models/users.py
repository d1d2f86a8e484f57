from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from .pupils import SchoolClass
    from .units import Assignment, Unit


class User(AbstractUser):
    """A person who signs in. What they may do follows from their assignments.

    The names are never split: ``full_name`` is as on the birth certificate.
    """

    full_name = models.CharField(_("full name"), max_length=120, blank=True)
    personal_number = models.CharField(
        _("personal number"), max_length=12, blank=True, db_index=True
    )
    last_name = None  # type: ignore[assignment]

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")

    def __str__(self) -> str:
        return self.full_name or self.username

    @property
    def first_name(self) -> str:  # type: ignore[override]
        """What Wagtail writes beside the person's picture: the whole name."""
        return self.full_name

    @classmethod
    def from_db(cls, *row: Any, **how: Any) -> Self:
        """Nobody comes out of the database with the flag of a superuser.

        Django and Wagtail ask it before they ask any backend, in many places; here
        it opens nothing (docs/adr/0004).
        """
        user = super().from_db(*row, **how)
        user.is_superuser = False
        return user

    def get_full_name(self) -> str:
        return str(self)

    def get_short_name(self) -> str:
        return str(self)

    @cached_property
    def standing(self) -> list[Assignment]:
        """The assignments in force today, read once for each instance of a user."""
        if not self.is_active:
            return []
        return list(self.assignments.in_force().select_related("unit", "school_class"))

    def hold_standing(self) -> None:
        """Read the assignments anew, and keep them as they are until the commit.

        Whoever ends one of them waits for this transaction, or has ended it before
        and it does not count here. Call it inside a transaction, before any row is
        locked that the right is about.
        """
        self.is_active = all([self.is_active, *self.assignments.hold()])
        self.__dict__.pop("standing", None)

    @cached_property
    def children(self) -> set[int]:
        """The keys of the pupils whose guardian this person is today."""
        return set(self.guardianships.in_force().values_list("pupil_id", flat=True))

    def holds(
        self, role: str, unit: Unit, school_class: SchoolClass | None = None
    ) -> bool:
        """Whether this person has ``role`` for ``unit`` (and that class) today."""
        return any(a.covers(role, unit, school_class) for a in self.standing)
