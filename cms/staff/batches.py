"""Work on many records: start it, watch it, pause or cancel it, take its report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from documents import machine
from documents.models import Role, Unit, User
from documents.workbooks import Cell, Table
from workflow import tasks
from workflow.models import Batch, BatchItem, Consent, ItemStatus
from workflow.services.bulk.batches import (
    cancel_batch,
    pause_batch,
    resume_batch,
    retry_failed,
    start_batch,
)
from workflow.services.bulk.consents import ASKED
from workflow.services.confirming import within_reach

from .consents import ask_phones, questions_of
from .downloads import workbook_of
from .progress import forget, look_at
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
# Outcomes on one screen; all of them are in the workbook.
SHOWN = 200
NOT_DONE = (ItemStatus.FAILED, ItemStatus.REFUSED, ItemStatus.CANCELLED)


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


def open_batch(user: User, uuid: UUID) -> Any:
    """The own batch, or one of a unit that the person leads, keeps or watches.

    As ``look_at`` gives it: with ``figures`` and ``asked``.
    """
    batch = look_at(uuid)
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
            # Where rows are counted together, the model's own order is left out.
            .order_by("-created_at", "-pk")
        )
        rows = [(batch, step_label(batch)) for batch in batches[:PAGE]]
        return super().get_context_data(rows=rows, **kwargs)


class BatchView(StaffView):
    """One batch, with an address that can be sent; it goes on when the page closes."""

    roles = BATCH_ROLES
    template_name = "cms/staff/batch.html"
    header_icon = "history"

    @cached_property
    def batch(self) -> Any:
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
    """What the page of a batch asks for every second until it is finished.

    Where nothing has changed since it was ``seen``, nothing is drawn anew.
    """
    batch = open_batch(request.user, uuid)
    if request.GET.get("seen") == mark_of(batch) and not batch.asked:
        return HttpResponse(status=204)
    context = batch_status(request.user, batch)
    ask_phones(request, context["questions"])
    return render(request, "cms/staff/includes/progress.html", context)


def mark_of(batch: Any) -> str:
    """Two looks at a batch with the same mark look the same."""
    seen = (batch.figures, batch.finished_at, batch.paused_at, batch.asked)
    return sha256(repr(seen).encode()).hexdigest()[:16]


def batch_status(user: User, batch: Any) -> dict[str, Any]:
    """Figures of a batch, what its signer is asked, and what went wrong.

    A page on which somebody types is not fetched anew under their hands; nor are the
    names of what went wrong, every second while it runs. A batch that is paused is
    looked at too, now and then: in another window somebody lets it go on.
    """
    figures = batch.figures
    unfinished = batch.finished_at is None
    goes_on = unfinished and batch.paused_at is None
    questions = questions_of(batch, user) if goes_on and batch.asked else []
    waits = any(not one.is_pending for one in questions)
    running = goes_on and not waits
    finished = figures["total"] - figures["pending"]
    return {
        "batch": batch,
        "step": step_label(batch),
        "figures": figures,
        "finished": finished,
        "percent": 100 * finished // figures["total"] if figures["total"] else 100,
        "wrong": [] if running else _wrong(user, batch),
        "wrong_count": sum(figures[status] for status in NOT_DONE),
        "unfinished": unfinished,
        "running": running,
        "watched": unfinished and not waits,
        "questions": questions,
        "poll": 3 if questions or not goes_on else 1,
        "seen": mark_of(batch),
        "agent_port": settings.AGENT_PORT,
        "mine": batch.by_id == user.pk,
    }


def _wrong(user: User, batch: Batch) -> list[BatchItem]:
    return list(_items(user, batch).filter(status__in=NOT_DONE)[:SHOWN])


def _items(user: User, batch: Batch) -> QuerySet[BatchItem]:
    """Those whose records the person may see."""
    items = BatchItem.objects.filter(
        batch=batch.pk, record__in=within_reach(user, batch.step)
    )
    return items.select_related("record__book__pupil", "record__school_class")


@require_GET
def batch_items(request: StaffRequest, uuid: UUID) -> HttpResponse:
    """The outcomes of a batch, the first of them; the workbook has them all."""
    batch = open_batch(request.user, uuid)
    items = list(_items(request.user, batch)[: SHOWN + 1])
    context = {"items": items[:SHOWN], "more": len(items) > SHOWN, "batch": batch}
    return render(request, "cms/staff/includes/batch_items.html", context)


@require_GET
def batch_report(request: StaffRequest, uuid: UUID) -> HttpResponse:
    """Every record of the batch with its outcome, as a workbook; without any mark."""
    batch = open_batch(request.user, uuid)
    table = Table(step_label(batch), _report_rows(request.user, batch))
    return workbook_of(f"batch-{batch.created_at:%Y-%m-%d}-{batch.pk}", table)


def _report_rows(user: User, batch: Batch) -> Iterator[tuple[Cell, ...]]:
    yield _("No."), _("Pupil"), _("Class"), _("Outcome"), _("Reason"), _("When")
    items = _items(user, batch).order_by("pk")
    for number, item in enumerate(items.iterator(chunk_size=500), 1):
        at = item.finished_at
        yield (
            number,
            item.record.book.pupil.name,
            item.record.school_class.name,
            item.get_status_display(),
            item.message,
            timezone.localtime(at).strftime("%d/%m/%Y %H:%M:%S") if at else "",
        )


@require_POST
def steer_batch(request: StaffRequest, uuid: UUID, act: str) -> HttpResponse:
    """Pause, resume, cancel or retry a batch: only the person who started it may."""
    batch = get_object_or_404(Batch.objects.filter(by=request.user), uuid=uuid)
    match act:
        case "pause":
            pause_batch(batch)
        case "resume":
            resume_batch(batch)
            _hand_over(batch)
        case "cancel":
            if cancel_batch(batch):
                messages.info(request, _("Cancelled. What was done stays done."))
        case "retry":
            retry_failed(batch)
            _hand_over(batch)
            messages.info(request, _("The failed records are tried again."))
        case _unknown:
            raise Http404
    forget(batch.uuid)
    return redirect("staff:batch", batch.uuid)


def _hand_over(batch: Batch) -> None:
    transaction.on_commit(partial(tasks.run_batch.delay, batch.pk))
