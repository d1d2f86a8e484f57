"""Work on packages in the background, watched: an address that can be sent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any, ClassVar
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from documents.models import (
    Direction,
    PackageItem,
    PackageOutcome,
    PackageRun,
    PackageRunStatus,
    Role,
    User,
)
from workflow import tasks
from workflow.services.exchange.refusals import sentence_of
from workflow.services.exchange.starting import can_retry, refusal_of, retry

from .roles import StaffRequest
from .views import Crumb, StaffView, require_role

ROLES = (Role.REGISTRAR, Role.OFFICER)
# Refused records on one screen; all of them are on the page of the package.
SHOWN = 200
# So long what went wrong stands on the page of packages.
NEWS = timedelta(days=7)


def show_run(run: PackageRun) -> HttpResponse:
    """Hand it to a worker once it is committed, and show its page."""
    transaction.on_commit(partial(tasks.run_packages.delay, run.pk))
    return redirect("staff:packet-run", run.uuid)


def unsettled(user: User) -> QuerySet[PackageRun]:
    """What is in work, and what went wrong lately."""
    wrong = Q(status__in=[PackageRunStatus.REFUSED, PackageRunStatus.FAILED])
    lately = Q(finished_at__gte=timezone.now() - NEWS)
    seen = PackageRun.objects.visible_to(user).select_related("by")
    return seen.filter(Q(finished_at=None) | wrong & lately)


class PacketRunView(StaffView):
    """How far it is, and what came of it; asked for again until it is finished."""

    roles: ClassVar[Sequence[str]] = ROLES
    header_icon = "history"

    @cached_property
    def run(self) -> PackageRun:
        return open_run(self.request.user, self.kwargs["uuid"])

    def get_template_names(self) -> list[str]:
        part = "part" in self.request.GET
        name = "includes/packet_run" if part else "packet_run"
        return [f"cms/staff/{name}.html"]

    def get_page_title(self) -> str:
        return _("In the background: %s") % self.run.get_task_display()

    def crumbs(self) -> list[Crumb]:
        return [(_("Packages"), reverse("staff:packets"))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        run = self.run
        running = run.finished_at is None
        done = run.status == PackageRunStatus.DONE
        packages = run.packages.select_related("sender", "receiver")
        return super().get_context_data(
            run=run,
            running=running,
            rests=running and bool(run.error),
            refusal="" if done else refusal_of(run),
            packages=list(packages.order_by("pk")),
            items=refused_items(run) if done else [],
            is_receipt=done and is_receipt(run),
            can_retry=can_retry(run),
            **kwargs,
        )


def open_run(user: User, uuid: UUID) -> PackageRun:
    """A run of the own office, or 404."""
    seen = PackageRun.objects.visible_to(user).select_related("unit", "by")
    return get_object_or_404(seen, uuid=uuid)


def refused_items(run: PackageRun) -> list[tuple[PackageItem, str]]:
    """The records of its packages that were refused, the first of them, and why."""
    refused = PackageItem.objects.filter(
        package__in=run.packages.values("pk"), outcome=PackageOutcome.REFUSED
    )
    items = refused.select_related("record__book__pupil")[:SHOWN]
    return [(item, str(sentence_of(item.code))) for item in items]


def is_receipt(run: PackageRun) -> bool:
    """Whether the file that was taken in was a receipt for what was sent."""
    sent = run.packages.filter(direction=Direction.SENT)
    return run.task == "take" and sent.exists()


@require_POST
def retry_run(request: StaffRequest, uuid: UUID) -> HttpResponse:
    """Try again what has failed, after somebody has mended the cause."""
    require_role(request.user, ROLES)
    run = open_run(request.user, uuid)
    if retry(run):
        return show_run(run)
    return redirect("staff:packet-run", run.uuid)
