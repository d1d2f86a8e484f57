"""The head's review: one record after the other, found fine or sent back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe
from wagtail.admin import messages as wagtail_messages

from documents import machine
from documents.errors import RecordsError
from documents.models import Record, Role, State, User
from documents.querysets import RecordQuerySet
from workflow.errors import IllegalTransition
from workflow.services import return_record
from workflow.services.looking import (
    Standing,
    approve,
    frequent_reasons,
    standing_of,
    take_back,
    with_standing,
)

from .changes import since_return
from .classes import open_class
from .history import ledger_lines
from .reading import note_view
from .records import frame_url
from .roles import StaffRequest
from .sheets import Sheet, findings_by_path, sheets_of
from .views import Crumb, StaffView, record_url, require_role, seen_record

HEAD = (Role.HEAD,)
ONLY_FINDINGS = "findings"


@dataclass(frozen=True)
class Stop:
    """One record on the way through a class."""

    sheet: Sheet
    standing: Standing

    @property
    def record(self) -> Record:
        return self.sheet.record

    @property
    def waits(self) -> bool:
        """For the head: no running batch is about to sign it."""
        return self.record.state == State.REVIEWED and not self.standing.being_signed

    @property
    def is_new(self) -> bool:
        return self.waits and not self.standing.is_looked_at


def to_head(user: User) -> RecordQuerySet:
    """The records that the person may open as the head of their issuer."""
    schools = [a.unit_id for a in user.standing if a.role == Role.HEAD]
    return Record.objects.visible_to(user).by_office(user).filter(issuer__in=schools)


def stops_of(records: RecordQuerySet) -> list[Stop]:
    """One query, however many: give all the records of one class."""
    rows = with_standing(records).listed().select_related("working_copy__author")
    return [Stop(sheet, standing_of(sheet.record)) for sheet in sheets_of(rows)]


def next_new(line: list[Stop], record: Record) -> Stop | None:
    """The next one not looked at: after this one, then from the start."""
    here = next((n for n, s in enumerate(line) if s.record == record), -1)
    onward = [*line[here + 1 :], *line[: max(here, 0)]]
    return next((stop for stop in onward if stop.is_new), None)


@require_safe
def review_class(request: StaffRequest, class_id: int) -> HttpResponse:
    """Open the first record of the class that nobody has looked at yet."""
    require_role(request.user, HEAD)
    school_class = open_class(request.user, class_id)
    stops = stops_of(to_head(request.user).filter(school_class=school_class))
    waiting = [stop for stop in stops if stop.waits]
    if not waiting:
        text = _("Class %s: nothing waits for your review.")
        messages.info(request, text % school_class.name)
        return redirect("wagtailadmin_home")
    first = next((stop for stop in waiting if stop.is_new), None)
    if first is None:
        return redirect("staff:sign-class", class_id)
    return redirect(record_url(first.record, "review"))


class ReviewView(StaffView):
    """The printed page beside the data; ``?only=findings`` skips what is clean."""

    roles = HEAD
    template_name = "cms/staff/review.html"
    header_icon = "view"

    @cached_property
    def stops(self) -> list[Stop]:
        """The whole class: the rules compare its records."""
        beside = Record.objects.filter(uuid=self.kwargs["uuid"]).values("school_class")
        return stops_of(to_head(self.request.user).filter(school_class__in=beside))

    @cached_property
    def here(self) -> Stop:
        for stop in self.stops:
            if stop.record.uuid == self.kwargs["uuid"]:
                return stop
        raise Http404

    @property
    def record(self) -> Record:
        return self.here.record

    @cached_property
    def only(self) -> bool:
        return self.request.GET.get("only") == ONLY_FINDINGS

    @cached_property
    def line(self) -> list[Stop]:
        """What is gone through, in order; the record in view stands in it always."""
        return [
            stop
            for stop in self.stops
            if stop is self.here
            or (stop.waits and (stop.sheet.findings or not self.only))
        ]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.record.state != State.REVIEWED:
            return _no_more(self.request, self.record)
        return self.render_to_response(self.get_context_data(**kwargs))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Found fine: mark it, and go on with the next one; nothing is signed."""
        shown = self.request.POST.get("version", "")[:18]
        version = int(shown) if shown.isascii() and shown.isdigit() else 0
        try:
            approve(record_id=self.record.pk, version_id=version, by=self.request.user)
        except IllegalTransition:
            return _no_more(self.request, self.record)
        except RecordsError as error:
            messages.warning(request, error.for_user())
            return redirect(self.request.get_full_path())
        return self._go_on()

    def _go_on(self) -> HttpResponse:
        following = next_new(self.line, self.record)
        if following:
            return redirect(record_url(following.record, "review") + self._query())
        school_class = self.record.school_class
        if self.only:
            text = _("Class %s: you have looked at all records with findings.")
            messages.success(self.request, text % school_class.name)
            return redirect("staff:review-class", school_class.pk)
        text = _("Class %s: you have looked at all records that wait.")
        messages.success(self.request, text % school_class.name)
        return redirect("staff:sign-class", school_class.pk)

    def _query(self) -> str:
        return "?" + urlencode({"only": ONLY_FINDINGS}) if self.only else ""

    def get_page_title(self) -> str:
        return _("Review: %s") % self.record.book.pupil.name

    def crumbs(self) -> list[Crumb]:
        school_class = self.record.school_class
        url = reverse("staff:class", args=[school_class.pk])
        return [(_("Class %s") % school_class.name, url)]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        line, stop = self.line, self.here
        place = line.index(stop)
        back = stop.standing.returned
        since = since_return(self.record, back) if back else None
        waiting = [one for one in self.stops if one.waits]
        return super().get_context_data(
            record=self.record,
            sheet=stop.sheet,
            standing=stop.standing,
            since=since,
            changed=since.changes if since else {},
            beside=findings_by_path(stop.sheet.findings),
            position=place + 1,
            total=len(line),
            previous=line[place - 1] if place else None,
            following=line[place + 1] if place + 1 < len(line) else None,
            only=self.only,
            query=self._query(),
            waiting=len(waiting),
            looked=sum(one.standing.is_looked_at for one in waiting),
            with_findings=sum(bool(one.sheet.findings) for one in waiting),
            opening_page=self.record.definition.opening_page,
            frame=frame_url(self.record, note_view(self.request, self.record)),
            **kwargs,
        )


def _no_more(request: StaffRequest, record: Record) -> HttpResponse:
    """Another window, or somebody else, was faster: say who did what, show it."""
    steps = [name for name, row in machine.table().items() if row.target]
    taken = record.ledger.filter(action__in=steps).select_related("actor")
    line = next(iter(ledger_lines(taken.order_by("-sequence")[:1])), None)
    said = f"{_short_time(line.entry.at)} {line.sentence}" if line else ""
    text = _("%(name)s does not wait for you any more. %(said)s")
    values = {"name": record.book.pupil.name, "said": said}
    onward = reverse("staff:review-class", args=[record.school_class_id])
    button = wagtail_messages.button(onward, _("Go on with the review"))
    wagtail_messages.warning(request, text % values, buttons=[button])
    return redirect(record_url(record))


def _short_time(at: datetime) -> str:
    return f"{timezone.localtime(at):%d/%m/%Y %H:%M}:"


@require_http_methods(["GET", "POST"])
def send_back(request: StaffRequest, uuid: UUID) -> HttpResponse:
    """Return a record to the class teacher, with a reason; go on with the next.

    A GET is somebody who had to sign in again: back to the record, where the browser
    has kept the reason.
    """
    record = seen_record(request.user, uuid)
    if request.method == "GET":
        return redirect(record_url(record, "review"))
    try:
        return_record(
            record_id=record.pk, by=request.user, reason=request.POST.get("reason", "")
        )
    except IllegalTransition:
        return _no_more(request, record)
    except RecordsError as error:
        messages.error(request, error.for_user())
        return redirect(record_url(record, "review"))
    name = record.book.pupil.name
    messages.success(request, _("%s is with the class teacher again.") % name)
    return to_next_review(request, record)


@require_http_methods(["GET", "POST"])
def take_look_back(request: StaffRequest, uuid: UUID) -> HttpResponse:
    """The own mark goes; the record stays in view."""
    record = seen_record(request.user, uuid)
    if request.method == "POST":
        try:
            take_back(record_id=record.pk, by=request.user)
        except IllegalTransition:
            return _no_more(request, record)
        except RecordsError as error:
            messages.error(request, error.for_user())
    return redirect(record_url(record, "review"))


@require_safe
def return_reasons(request: StaffRequest, uuid: UUID) -> HttpResponse:
    """What this school's records were returned for most often, to pick from."""
    require_role(request.user, HEAD)
    record = to_head(request.user).filter(uuid=uuid).select_related("issuer").first()
    if record is None:
        raise Http404
    context = {"reasons": frequent_reasons(record.issuer)}
    return render(request, "cms/staff/review_reasons.html", context)


def to_next_review(request: StaffRequest, record: Record) -> HttpResponse:
    """The record that the page named as the next one, or the first of the class."""
    only = request.POST.get("only") == ONLY_FINDINGS
    query = "?" + urlencode({"only": ONLY_FINDINGS}) if only else ""
    try:
        following = UUID(request.POST.get("next", ""))
    except ValueError:
        return redirect("staff:review-class", record.school_class_id)
    return redirect(reverse("staff:review", args=[following]) + query)
