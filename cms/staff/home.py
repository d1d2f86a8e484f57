"""The first page after sign-in: the queue of the role that the person acts in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from wagtail.admin.ui.components import Component

from documents.errors import RecordsError
from documents.models import Record, SchoolClass
from workflow.services.season.waiting import remind_holder

from .batches import step_label
from .notices import new_ones
from .queues import queue_of
from .roles import StaffRequest, acting, choose, office_label, offices


class QueuePanel(Component):
    """Stands alone on Wagtail's home page."""

    name = "queue"
    order = 10
    template_name = "cms/staff/queue.html"

    def get_context_data(self, parent_context: Mapping[str, Any]) -> dict[str, Any]:
        request: StaffRequest = parent_context["request"]
        office = acting(request)
        context = {
            "request": request,
            "csrf_token": parent_context["csrf_token"],
            "office": office,
            "office_label": office_label(office) if office else "",
            "offices": [(one, office_label(one)) for one in offices(request.user)],
        }
        if office is None:
            return context
        queue, running = queue_of(
            request.user, office, timezone.now(), new_ones(request)
        )
        named = [(batch, step_label(batch)) for batch in running]
        return context | {"queue": queue, "running": named}


@require_POST
def switch_role(request: StaffRequest) -> HttpResponse:
    """Act in another of the own roles from now on."""
    chosen = request.POST.get("assignment", "")
    if chosen.isdecimal():
        choose(request, int(chosen))
    return redirect("wagtailadmin_home")


@require_POST
def remind(request: StaffRequest, class_id: int, state: str) -> HttpResponse:
    """Tell those in whose queue records of a class lie; then back to the queue."""
    seen = Record.objects.visible_to(request.user).values("school_class")
    classes = SchoolClass.objects.filter(pk__in=seen).select_related("school")
    school_class = get_object_or_404(classes, pk=class_id)
    try:
        told = remind_holder(school_class=school_class, state=state, by=request.user)
    except RecordsError as error:
        messages.error(request, error.for_user())
        return redirect("wagtailadmin_home")
    if told:
        names = ", ".join(map(str, told))
        messages.success(request, _("%s has been reminded.") % names)
    else:
        messages.info(request, _("They have been reminded today already."))
    return redirect("wagtailadmin_home")
