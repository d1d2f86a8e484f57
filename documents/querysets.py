"""Which rows: the one rule for who sees which records."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Self

from django.apps import apps
from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from .models import Assignment, Record, Unit, User  # noqa: F401  (Record: base)

ISSUED = ("signed", "locked", "transferred")


class RecordQuerySet(models.QuerySet["Record"]):
    def visible_to(self, user: User) -> Self:
        """The one rule for who sees which records.

        A school sees what it issued, what it keeps and what is on its way to it; a
        class teacher the own class; an officer the own subtree; an inspector what
        is issued there; a guardian what is issued of the own children. Nobody sees a
        record without content: its import was undone. Screens, services, tasks, search,
        files and API all start here.
        """
        if not user.is_active:
            return self.none()
        # Subqueries, not joins: no duplicates, hence no DISTINCT, so a caller may
        # still lock the rows.
        rules = [*_office_rules(user), _guardian_rule(user)]
        return self.filter(reduce(or_, rules), current__isnull=False)

    def by_office(self, user: User) -> Self:
        """Those of ``visible_to`` that an assignment opens, not a guardianship.

        The workspace shows drafts and old versions: a member of staff who is a
        parent too reads the own child's record in the portal.
        """
        rules = _office_rules(user)
        return self.filter(reduce(or_, rules)) if rules else self.none()

    def taught_by(self, user: User) -> Self:
        """Those of the classes where the user teaches a subject.

        A subject teacher may read the own subject of them and no more, so they are
        not among ``visible_to``; whoever begins here shows only that part.
        """
        if not user.is_active:
            return self.none()
        classes = [a.school_class_id for a in user.standing if a.subject]
        return self.filter(school_class__in=classes, current__isnull=False)

    def issued_below(self, user: User, unit: Unit) -> Self:
        """``visible_to(user).in_unit(unit)``, quick to count for a whole province.

        An officer's rule opens all that ``unit`` and the units below it issued: then
        no other rule needs to be asked of each row, and the index alone can answer.
        """
        if not any(
            a.role == "officer" and a.unit.contains(unit) for a in user.standing
        ):
            return self.visible_to(user).in_unit(unit)
        units = apps.get_model("documents", "Unit").objects
        # As a list: with a subquery PostgreSQL would join each record to its unit.
        keys = units.filter(path__startswith=unit.path).values_list("pk", flat=True)
        return self.filter(issuer__in=list(keys), current__isnull=False)

    def in_unit(self, unit: Unit) -> Self:
        """Those that ``unit`` or a unit below it issued."""
        return self.filter(issuer__path__startswith=unit.path)

    def listed(self) -> Self:
        """With what a row of a list shows, in the Vietnamese order of names."""
        related = ("book__pupil", "school_class", "issuer", "custodian", "current")
        return self.select_related(*related).order_by(
            "school_class__name", "book__pupil__sort_key", "pk"
        )


def _office_rules(user: User) -> list[Q]:
    return [rule for a in user.standing if (rule := _rule_of(a)) is not None]


def _rule_of(assignment: Assignment) -> Q | None:
    """The records that one assignment opens; None when it opens none."""
    unit = assignment.unit_id
    path = assignment.unit.path
    match assignment.role:
        case "registrar" | "head":
            on_the_way = apps.get_model("documents", "Transfer").objects.filter(
                to_unit=unit, received_at=None, withdrawn_at=None
            )
            return (
                Q(issuer=unit)
                | Q(custodian=unit)
                | Q(pk__in=on_the_way.values("record"))
            )
        case "class_teacher":
            return Q(school_class=assignment.school_class_id)
        case "officer":
            return _subtree(path)
        case "inspector":
            return _subtree(path) & Q(state__in=ISSUED)
    return None


def _subtree(path: str) -> Q:
    units = apps.get_model("documents", "Unit").objects.filter(path__startswith=path)
    return Q(issuer__in=units.values("pk")) | Q(custodian__in=units.values("pk"))


def _guardian_rule(user: User) -> Q:
    books = apps.get_model("documents", "Book").objects.filter(
        pupil__in=user.guardianships.in_force().values("pupil")
    )
    return Q(book__in=books.values("pk"), state__in=ISSUED)
