"""Work on many records: start it, watch it, pause it, try the failed ones again."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from documents import machine
from documents.models import Role, Unit, User
from workflow import tasks
from workflow.models import Batch, Consent, ItemStatus
from workflow.services.batches import (
    pause_batch,
    progress,
    resume_batch,
    retry_failed,
    start_batch,
)
from workflow.services.confirming import within_reach
from workflow.services.consents import ASKED

from .consents import ask_phones, questions_of
from .roles import StaffRequest
from .views import Crumb, StaffView

BATCH_ROLES = (
    Role.CLASS_TEACHER,
    Role.SUBJECT_TEACHER,
    Role.HEAD,
    Role.REGISTRAR,
    Role.OFFICER,
)
PAGE = 50


def start(
    request: StaffRequest,
    step: str,
    record_ids: Sequence[int],
    *,
    unit: Unit,
    reason: str = "",
) -> Batch:
    """Write the batch down and hand it to a worker once it is committed.

    Raises what ``start_batch`` raises, with nothing written.
    """
    batch = start_batch(
        step=step, record_ids=record_ids, by=request.user, unit=unit, reason=reason
    )
    _hand_over(batch)
    return batch


def begin_batch(
    request: StaffRequest, step: str, record_ids: Sequence[int], *, unit: Unit
) -> HttpResponse:
    """Start it and show its page."""
    batch = start(request, step, record_ids, unit=unit)
    return redirect("staff:batch", batch.uuid)


def open_batch(user: User, uuid: UUID) -> Batch:
    """The own batch, or one of a unit that the person leads, keeps or watches."""
    batch = get_object_or_404(Batch.objects.select_related("by", "unit"), uuid=uuid)
    roles = (Role.HEAD, Role.REGISTRAR, Role.OFFICER)
    theirs = batch.unit and any(user.holds(role, batch.unit) for role in roles)
    if batch.by_id != user.pk and not theirs:
        raise Http404
    return batch


def step_label(batch: Batch) -> str:
    return str(machine.table()[batch.step].label)


class BatchesView(StaffView):
    """The person's own batches, newest first."""

    roles = BATCH_ROLES
    template_name = "cms/staff/batches.html"
    page_title = gettext_lazy("Background work")
    header_icon = "history"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        done, left = (
            Q(items__status=ItemStatus.DONE),
            Q(items__status=ItemStatus.PENDING),
        )
        asked = Consent.objects.filter(batch=OuterRef("pk"), status__in=ASKED)
        batches = (
            Batch.objects.filter(by=self.request.user)
            .select_related("unit")
            .annotate(
                total=Count("items"),
                done=Count("items", filter=done),
                left=Count("items", filter=left),
                asked=Exists(asked),
            )
        )
        rows = [(batch, step_label(batch)) for batch in batches[:PAGE]]
        return super().get_context_data(rows=rows, **kwargs)


class BatchView(StaffView):
    """One batch, with an address that can be sent; it goes on when the page closes."""

    roles = BATCH_ROLES
    template_name = "cms/staff/batch.html"
    header_icon = "history"

    @cached_property
    def batch(self) -> Batch:
        return open_batch(self.request.user, self.kwargs["uuid"])

    def get_page_title(self) -> str:
        return _("In the background: %s") % step_label(self.batch)

    def crumbs(self) -> list[Crumb]:
        return [(_("Background work"), reverse("staff:batches"))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        status = batch_status(self.request.user, self.batch)
        return super().get_context_data(**status, **kwargs)


@require_GET
def batch_progress(request: StaffRequest, uuid: UUID) -> HttpResponse:
    """What the page of a batch asks for every second until it is finished."""
    batch = open_batch(request.user, uuid)
    context = batch_status(request.user, batch)
    ask_phones(request, context["questions"])
    return render(request, "cms/staff/includes/progress.html", context)


def batch_status(user: User, batch: Batch) -> dict[str, Any]:
    """Figures of a batch, what its signer is asked, and what went wrong.

    A page on which somebody types is not fetched anew under their hands.
    """
    figures = progress(batch)
    unfinished = batch.finished_at is None
    questions = questions_of(batch, user) if unfinished else []
    waits = any(not one.is_pending for one in questions)
    finished = figures["total"] - figures["pending"]
    wrong = batch.items.filter(
        status__in=(ItemStatus.FAILED, ItemStatus.REFUSED),
        record__in=within_reach(user, batch.step),
    )
    related = ("record__book__pupil", "record__school_class")
    return {
        "batch": batch,
        "step": step_label(batch),
        "figures": figures,
        "finished": finished,
        "percent": 100 * finished // figures["total"] if figures["total"] else 100,
        "wrong": list(wrong.select_related(*related)),
        "unfinished": unfinished,
        "running": unfinished and batch.paused_at is None and not waits,
        "questions": questions if batch.paused_at is None else [],
        "poll": 3 if questions else 1,
        "agent_port": settings.AGENT_PORT,
        "mine": batch.by_id == user.pk,
    }


@require_GET
def batch_items(request: StaffRequest, uuid: UUID) -> HttpResponse:
    """The outcome of every record of the batch."""
    batch = open_batch(request.user, uuid)
    items = batch.items.filter(record__in=within_reach(request.user, batch.step))
    related = ("record__book__pupil", "record__school_class")
    context = {"items": items.select_related(*related)}
    return render(request, "cms/staff/includes/batch_items.html", context)


@require_POST
def steer_batch(request: StaffRequest, uuid: UUID, act: str) -> HttpResponse:
    """Pause, resume or retry a batch: only the person who started it may."""
    batch = get_object_or_404(Batch.objects.filter(by=request.user), uuid=uuid)
    match act:
        case "pause":
            pause_batch(batch)
        case "resume":
            resume_batch(batch)
            _hand_over(batch)
        case "retry":
            retry_failed(batch)
            _hand_over(batch)
            messages.info(request, _("The failed records are tried again."))
        case _unknown:
            raise Http404
    return redirect("staff:batch", batch.uuid)


def _hand_over(batch: Batch) -> None:
    transaction.on_commit(partial(tasks.run_batch.delay, batch.pk))
