"""Counts over visible records, and the addresses of the rows that they count."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from django.db.models import Count, OuterRef, Subquery
from django.urls import reverse
from django.utils.http import urlencode

from documents import machine
from documents.models import LedgerEntry, SchoolClass
from documents.querysets import RecordQuerySet
from workflow.services.season.waiting import BACKWARD


@dataclass(frozen=True)
class ClassCounts:
    """How many records of one class stand in each state."""

    school_class: SchoolClass
    states: Counter[str]

    @property
    def total(self) -> int:
        return sum(self.states.values())


def counts_by_state(records: RecordQuerySet) -> Counter[str]:
    rows = records.order_by().values_list("state").annotate(n=Count("*"))
    return Counter(dict(rows))


_OF_CLASS = ("id", "name", "school_year", "grade", "school_id")


def counts_by_class(records: RecordQuerySet) -> list[ClassCounts]:
    """The classes that have records, newest year first; one query."""
    fields = [f"school_class__{name}" for name in _OF_CLASS]
    found: dict[int, ClassCounts] = {}
    for state, count, *values in (
        records.order_by("-school_year", "school_class__grade", "school_class__name")
        .values("state")
        .annotate(n=Count("*"))
        .values_list("state", "n", *fields)
    ):
        one = SchoolClass(**dict(zip(_OF_CLASS, values, strict=True)))
        found.setdefault(one.pk, ClassCounts(one, Counter())).states[state] = count
    return list(found.values())


def came_back(records: RecordQuerySet) -> RecordQuerySet:
    """Those that were returned or recalled, and not submitted since."""
    lines = LedgerEntry.objects.filter(record=OuterRef("pk"))
    # Of the steps that lead somewhere: to be typed in or asked about is not one.
    steps = [name for name, row in machine.table().items() if row.target]
    newest = lines.filter(action__in=steps)
    last = Subquery(newest.order_by("-sequence").values("action")[:1])
    return records.annotate(last_step=last).filter(last_step__in=BACKWARD)


def class_url(class_id: int, **filters: str) -> str:
    """The page of a class, with only the rows that the filters name."""
    query = f"?{urlencode(filters)}" if filters else ""
    return reverse("staff:class", args=[class_id]) + query
