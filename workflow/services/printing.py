"""Paper copies of a class: one file for the printer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.db.models import Exists, OuterRef
from django.db.models.enums import TextChoices
from django.utils.translation import gettext_lazy as _

from documents.models import ISSUED_STATES, Record
from documents.querysets import RecordQuerySet
from documents.rendering import Sheaf, print_set

from .effective import record_pdf

MOST_COPIES = 5


class Pages(TextChoices):
    """Which pages of each file; a book needs its cover on paper only once."""

    NEEDED = "needed", _("this year's pages, and the cover for new books")
    YEAR = "year", _("this year's pages only")
    ALL = "all", _("all pages with the cover")


def printable(records: RecordQuerySet) -> RecordQuerySet:
    """Those of ``records`` that are issued, each with ``has_earlier`` sheets or not."""
    earlier = Record.objects.filter(
        book=OuterRef("book"), school_year__lt=OuterRef("school_year")
    )
    issued = records.filter(state__in=ISSUED_STATES)
    return issued.annotate(has_earlier=Exists(earlier))


def printed(
    records: Iterable[Record], *, pages: Pages, both_sides: bool, copies: int
) -> bytes:
    """One PDF of what ``printable`` gave, in its order.

    Raises FileMissing or FileAltered.
    """
    return print_set(_sheaves(records, pages), both_sides=both_sides, copies=copies)


def _sheaves(records: Iterable[Record], pages: Pages) -> Iterator[Sheaf]:
    for record in records:
        covered = pages == Pages.YEAR
        if pages == Pages.NEEDED:
            covered = getattr(record, "has_earlier", False)
        # What stands before the opening page belongs to the book, not to the year.
        first = record.definition.opening_page if covered else 1
        yield Sheaf(record_pdf(record), first)
