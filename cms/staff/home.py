"""The first page after sign-in: the queue of the role that the person acts in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST
from wagtail.admin.ui.components import Component

from documents.models import User
from workflow.models import Batch

from .batches import step_label
from .queue import queue_of
from .roles import StaffRequest, acting, choose, office_label, offices

SHOWN = 5


class QueuePanel(Component):
    """Stands alone on Wagtail's home page."""

    name = "queue"
    order = 10
    template_name = "cms/staff/queue.html"

    def get_context_data(self, parent_context: Mapping[str, Any]) -> dict[str, Any]:
        request: StaffRequest = parent_context["request"]
        office = acting(request)
        mine = offices(request.user)
        at = timezone.localtime()
        return {
            "request": request,
            "csrf_token": parent_context["csrf_token"],
            "office": office,
            "office_label": office_label(office) if office else "",
            "others": [(a, office_label(a)) for a in mine if a != office],
            "queue": queue_of(request.user, office, at) if office else None,
            "running": _running(request.user),
        }


def _running(user: User) -> list[tuple[Batch, str]]:
    """The person's work in the background that is not finished, whatever the role."""
    batches = Batch.objects.filter(by=user, finished_at=None)
    return [(batch, step_label(batch)) for batch in batches[:SHOWN]]


@require_POST
def switch_role(request: StaffRequest) -> HttpResponse:
    """Act in another of the own roles from now on."""
    chosen = request.POST.get("assignment", "")
    if chosen.isdecimal():
        choose(request, int(chosen))
    return redirect("wagtailadmin_home")
