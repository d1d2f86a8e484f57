"""The signature on many records: exactly what is signed, asked once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from wagtail.admin import messages as wagtail_messages

from documents.errors import RecordsError
from documents.models import Record, Role, SchoolClass, State, User
from documents.querysets import RecordQuerySet
from workflow.services.keys.credentials import Readiness, check_before_signing
from workflow.services.looking import standing_of, with_standing

from .batches import begin_batch, start
from .classes import open_class
from .reviewing import HEAD, Stop, to_head, to_next_review
from .roles import acting
from .sheets import sheets_of
from .views import Crumb, StaffView, seen_record


@dataclass(frozen=True)
class Part:
    """What waits in one class."""

    school_class: SchoolClass
    stops: list[Stop]
    is_chosen: bool

    @property
    def versions(self) -> str:
        """What is agreed to with the class: one field, however many records."""
        return ",".join(str(stop.record.current_id) for stop in self.stops)

    @property
    def looked(self) -> int:
        return sum(stop.standing.is_looked_at for stop in self.stops)

    @property
    def warned(self) -> int:
        return sum(bool(stop.sheet.findings) for stop in self.stops)

    @property
    def first_new(self) -> Stop | None:
        return next((stop for stop in self.stops if stop.is_new), None)


class SignView(StaffView):
    """What will be signed, by class and with names, and with whose certificate.

    All classes of the school where the person leads now, or one class, or one record.
    """

    roles = HEAD
    template_name = "cms/staff/sign.html"
    header_icon = "key"

    @cached_property
    def parts(self) -> list[Part]:
        chosen = self.kwargs.get("class_id")
        return [
            Part(stops[0].record.school_class, stops, chosen in (None, key))
            for key, stops in self._by_class()
        ]

    def _by_class(self) -> Iterable[tuple[int, list[Stop]]]:
        """The rules compare the records of a class, so whole classes are read."""
        for key, rows in groupby(self._rows(), key=lambda row: row.school_class_id):
            stops = [Stop(s, standing_of(s.record)) for s in sheets_of(rows)]
            waiting = [stop for stop in stops if stop.waits and self._is_meant(stop)]
            if waiting:
                yield key, waiting

    def _rows(self) -> RecordQuerySet:
        mine = to_head(self.request.user).filter(issuer=self.issuer)
        waiting = mine.filter(state=State.REVIEWED).values("school_class")
        if "uuid" in self.kwargs:
            waiting = waiting.filter(uuid=self.kwargs["uuid"])
        rows = with_standing(mine.filter(school_class__in=waiting)).listed()
        # Last year's class may have the same name; it is a part of its own.
        order = ("school_class__name", "school_class_id", "book__pupil__sort_key", "pk")
        return rows.select_related("working_copy__author").order_by(*order)

    def _is_meant(self, stop: Stop) -> bool:
        return self.kwargs.get("uuid") in (None, stop.record.uuid)

    @cached_property
    def issuer(self) -> int:
        """The school: that of the address, else where the person acts as its head."""
        user = self.request.user
        if "uuid" in self.kwargs:
            return seen_record(user, self.kwargs["uuid"]).issuer_id
        if "class_id" in self.kwargs:
            return open_class(user, self.kwargs["class_id"]).school_id
        office = acting(self.request)
        if office is not None and office.role == Role.HEAD:
            return office.unit_id
        return next(a.unit_id for a in user.standing if a.role == Role.HEAD)

    @property
    def records(self) -> list[Record]:
        return [stop.record for part in self.parts for stop in part.stops]

    def get_page_title(self) -> str:
        return _("Sign")

    def crumbs(self) -> list[Crumb]:
        if not self.parts or "class_id" not in self.kwargs:
            return []
        school_class = open_class(self.request.user, self.kwargs["class_id"])
        url = reverse("staff:class", args=[school_class.pk])
        return [(_("Class %s") % school_class.name, url)]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not any(part.is_chosen for part in self.parts):
            messages.info(request, _("Nothing waits for your signature here."))
            return redirect("wagtailadmin_home")
        return self.render_to_response(self.get_context_data(**kwargs))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        chosen = [part for part in self.parts if part.is_chosen]
        stops = [stop for part in chosen for stop in part.stops]
        readiness, problem = _readiness(self.request.user, stops[0].record)
        return super().get_context_data(
            parts=self.parts,
            chosen=chosen,
            count=len(stops),
            looked=sum(part.looked for part in chosen),
            first_new=next((p.first_new for p in chosen if p.first_new), None),
            single=stops[0].record if "uuid" in self.kwargs else None,
            readiness=readiness,
            problem=problem,
            **kwargs,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # What was on the page, not what became of it meanwhile.
        agreed = self._agreed()
        records = [r for r in self.records if str(r.current_id) in agreed]
        left_out = len(agreed) - len(records)
        if left_out:
            messages.warning(request, _changed_meanwhile(left_out))
        if not records:
            if not agreed:
                messages.warning(request, _("Choose at least one class."))
            return redirect(self.request.path)
        try:
            return self._begin(records)
        except RecordsError as error:
            messages.error(request, error.for_user())
            return redirect(self.request.path)

    def _agreed(self) -> set[str]:
        data = self.request.POST
        lists = [data.get(f"version-{key}", "") for key in data.getlist("class")]
        return {
            key
            for text in (*lists, *data.getlist("version"))
            for key in text.split(",")
            if key
        }

    def _begin(self, records: list[Record]) -> HttpResponse:
        """Raises what ``start_batch`` raises."""
        if "uuid" in self.kwargs:
            return self._sign_one(records[0])
        keys = [record.pk for record in records]
        return begin_batch(self.request, "sign", keys, unit=records[0].issuer)

    def _sign_one(self, record: Record) -> HttpResponse:
        """Sign it in the background and go on with the review."""
        batch = start(self.request, "sign", [record.pk], unit=record.issuer)
        page = reverse("staff:batch", args=[batch.uuid])
        wagtail_messages.success(
            self.request,
            _("%s is being signed.") % record.book.pupil.name,
            buttons=[wagtail_messages.button(page, _("Look"))],
        )
        return to_next_review(self.request, record)


def _changed_meanwhile(count: int) -> str:
    text = ngettext(
        "%d record changed meanwhile and is left out.",
        "%d records changed meanwhile and are left out.",
        count,
    )
    return text % count


def _readiness(head: User, record: Record) -> tuple[Readiness | None, str]:
    """Who signs and that all the services answer, or why nothing can be signed."""
    try:
        return check_before_signing(head, record.issuer, at=timezone.now()), ""
    except RecordsError as error:
        return None, error.for_user()
