"""One field with everything behind it; hits keep the query on their way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy

from documents.models import Role
from search.reading import log_found
from search.services import Facet, Results, search_records

from .states import word
from .views import StaffView

READERS = tuple(role for role in Role if role != Role.ADMIN)
FACET_LABELS = {
    "state": gettext_lazy("State"),
    "school_year": gettext_lazy("School year"),
    "class": gettext_lazy("Class"),
    "unit": gettext_lazy("School that keeps it"),
}
FACETS_SHOWN = 12


@dataclass(frozen=True)
class FacetLink:
    label: str
    count: int
    url: str


@dataclass(frozen=True)
class FacetGroup:
    label: Promise
    links: list[FacetLink]


class SearchView(StaffView):
    """Everything that the person may see, by any words; an empty field shows how."""

    roles = READERS
    template_name = "cms/staff/search.html"
    page_title = gettext_lazy("Search")
    header_icon = "search"

    def get_template_names(self) -> list[str]:
        """Only the hits for htmx, which asks while somebody types."""
        part = getattr(self.request, "htmx", False)
        return ["cms/staff/includes/hits.html" if part else str(self.template_name)]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        query = self.request.GET.get("q", "")
        results = self._results(query) if query.strip() else None
        return super().get_context_data(
            q=query,
            results=results,
            facets=_facets(results, query) if results else [],
            kept=urlencode({"q": query}),
            more=self._more(results, query),
            **kwargs,
        )

    def _results(self, query: str) -> Results:
        start = self.request.GET.get("from", "")
        offset = int(start) if start.isdigit() and len(start) < 6 else 0
        results = search_records(query, self.request.user, offset=offset)
        log_found(results.hits, by=self.request.user, at=timezone.now())
        return results

    def _more(self, results: Results | None, query: str) -> str:
        if results is None or results.next_offset is None:
            return ""
        return "?" + urlencode({"q": query, "from": str(results.next_offset)})


def _facets(results: Results, query: str) -> list[FacetGroup]:
    """Each group with its counts; a count links to exactly what it counts."""
    return [
        FacetGroup(
            label,
            [
                FacetLink(_label(name, facet), facet.count, _narrowed(query, facet))
                for facet in results.facets[name][:FACETS_SHOWN]
            ],
        )
        for name, label in FACET_LABELS.items()
        if results.facets.get(name)
    ]


def _label(name: str, facet: Facet) -> str:
    return word(facet.value) if name == "state" else facet.label


def _narrowed(query: str, facet: Facet) -> str:
    return "?" + urlencode({"q": f"{query.strip()} {facet.term}"})
