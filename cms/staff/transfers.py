"""Pupils who move: hand a record over, take one in, take a dispatch back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from documents import machine
from documents.errors import RecordsError
from documents.models import Record, Role, Transfer, Unit
from documents.models.units import UnitKind
from documents.text import fold
from workflow.services import dispatch_record, receive_record, withdraw_transfer

from .roles import StaffRequest
from .views import Crumb, StaffView, record_url, require_role, seen_record

REGISTRAR = (Role.REGISTRAR,)
SCHOOLS_SHOWN = 8
PAGE = 100


class TransfersView(StaffView):
    """What arrives, what is on its way out, and what is done; ``?show=`` narrows it."""

    roles = REGISTRAR
    template_name = "cms/staff/transfers.html"
    page_title = gettext_lazy("Transfers")
    header_icon = "resubmit"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = self.request.user
        own = [a.unit_id for a in user.standing if a.role == Role.REGISTRAR]
        visible = Transfer.objects.filter(record__in=Record.objects.visible_to(user))
        rows = visible.select_related(
            "record__book__pupil", "record__school_class", "from_unit", "to_unit"
        )
        is_open = Q(received_at=None, withdrawn_at=None)
        mine = Q(from_unit__in=own) | Q(to_unit__in=own)
        lists = {
            "arriving": rows.filter(is_open, to_unit__in=own),
            "leaving": rows.filter(is_open, from_unit__in=own),
            "ended": rows.filter(mine).exclude(is_open),
        }
        show = self.request.GET.get("show", "")
        return super().get_context_data(
            lists={
                name: list(one[:PAGE])
                for name, one in lists.items()
                if show not in lists or name == show
            },
            show=show if show in lists else "",
            **kwargs,
        )


class DispatchView(StaffView):
    """Choose the pupil's new school and hand a locked record over."""

    roles = REGISTRAR
    template_name = "cms/staff/dispatch.html"
    header_icon = "resubmit"

    @cached_property
    def record(self) -> Record:
        return seen_record(self.request.user, self.kwargs["uuid"])

    def get_page_title(self) -> str:
        return _("Hand over")

    def crumbs(self) -> list[Crumb]:
        return [(self.record.book.pupil.name, record_url(self.record))]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        possible = machine.possible(self.record, "dispatch")
        if not (
            possible and machine.permitted(self.record, "dispatch", self.request.user)
        ):
            messages.warning(request, _("This record cannot be handed over now."))
            return redirect(record_url(self.record))
        return self.render_to_response(self._context())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        chosen = Unit.objects.filter(code=self.request.POST.get("school", "")).first()
        if chosen is None:
            messages.error(request, _("Choose the school that receives the record."))
            return self.render_to_response(self._context(), status=422)
        try:
            return self.hand_over(chosen, self.request.POST.get("reason", ""))
        except RecordsError as error:
            messages.error(request, error.for_user())
            return self.render_to_response(self._context(), status=422)

    def hand_over(self, school: Unit, reason: str) -> HttpResponse:
        """Do it, and lead on. Raises what the service raises."""
        user = self.request.user
        dispatch_record(
            record_id=self.record.pk, to_unit=school, by=user, reason=reason
        )
        text = _("Handed over: %s has to confirm the receipt.")
        messages.success(self.request, text % school.name)
        return redirect(record_url(self.record))

    def _context(self) -> dict[str, Any]:
        typed = self.request.POST if self.request.method == "POST" else self.request.GET
        wanted = typed.get("q", "")
        return self.get_context_data(
            record=self.record,
            q=wanted,
            schools=find_schools(wanted, without=self.record.custodian_id),
            chosen=typed.get("school", ""),
            reason=typed.get("reason", ""),
        )


@require_GET
def school_options(request: StaffRequest, uuid: UUID) -> HttpResponse:
    """The schools that fit what is typed, for the page of a dispatch."""
    require_role(request.user, REGISTRAR)
    record = seen_record(request.user, uuid)
    wanted = request.GET.get("q", "")
    schools = find_schools(wanted, without=record.custodian_id)
    context = {"schools": schools, "q": wanted}
    return render(request, "cms/staff/includes/schools.html", context)


def find_schools(wanted: str, *, without: int) -> list[Unit]:
    """Schools whose name, place or code has every word, without regard to marks."""
    words = fold(wanted).split()
    if not words:
        return []
    schools: QuerySet[Unit] = Unit.objects.filter(
        kind=UnitKind.SCHOOL, valid_until=None
    )
    rows = schools.exclude(pk=without).values_list("pk", "name", "place", "code")
    found = [
        pk
        for pk, *texts in rows.order_by("name").iterator()
        if all(word in fold(" ".join(texts)) for word in words)
    ]
    return list(Unit.objects.filter(pk__in=found[:SCHOOLS_SHOWN]).order_by("name"))


@require_POST
def receive(request: StaffRequest, uuid: UUID) -> HttpResponse:
    """Confirm the receipt: the record is in our custody from now on."""
    record = seen_record(request.user, uuid)
    try:
        receive_record(record_id=record.pk, by=request.user)
    except RecordsError as error:
        messages.error(request, error.for_user())
    else:
        name = record.book.pupil.name
        messages.success(request, _("Received: the record of %s is ours.") % name)
    return redirect("staff:transfers")


@require_POST
def withdraw(request: StaffRequest, uuid: UUID) -> HttpResponse:
    """Take a dispatch back that the other school has not confirmed."""
    record = get_object_or_404(Record.objects.visible_to(request.user), uuid=uuid)
    try:
        withdraw_transfer(record_id=record.pk, by=request.user)
    except RecordsError as error:
        messages.error(request, error.for_user())
    else:
        messages.success(request, _("The dispatch is taken back."))
    return redirect("staff:transfers")
