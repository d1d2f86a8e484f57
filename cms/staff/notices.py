"""What a person has been told: the bell in the menu, the list, and their choice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.components import Component
from wagtail.admin.ui.sidebar import LinkMenuItem

from workflow.models import MailChoice, Notice
from workflow.services.notices import mark_seen, preference_of, text_of, unseen

from .roles import StaffRequest
from .views import Crumb, StaffView

SHOWN = 5
COUNTED = 100
PAGE = 100
# What calls for something to be done is a line of the queue, not news.
CALLS = (
    "certificate_expires",
    "certificate_before_deadline",
    "certificate_expired",
    "canary_failed",
    "canary_services_failed",
    "renewal_failed",
)
Line = tuple[Notice, str]


def lines(notices: list[Notice]) -> list[Line]:
    """Each with its sentence in the reader's language."""
    return [(notice, text_of(notice)) for notice in notices]


def new_ones(request: StaffRequest) -> list[Notice]:
    """What the person has not looked at, COUNTED at the most: one query a page.

    Who stands on the very page that a notice leads to has looked at it.
    """
    found: list[Notice] | None = getattr(request, "new_notices", None)
    if found is None:
        found = list(unseen(request.user)[:COUNTED])
        if here := [one.pk for one in found if one.url == request.path]:
            mark_seen(Notice.objects.filter(pk__in=here))
            found = [one for one in found if one.pk not in here]
        request.new_notices = found  # type: ignore[attr-defined]
    return found


class NoticesMenuItem(MenuItem):
    """The bell: how many notices the person has not looked at."""

    def __init__(self) -> None:
        super().__init__(
            gettext_lazy("Notices"),
            reverse("staff:notices"),
            name="staff-notices",
            icon_name="mail",
            order=15,
        )

    def render_component(self, request: StaffRequest) -> LinkMenuItem:
        item: LinkMenuItem = super().render_component(request)
        if count := len(new_ones(request)):
            shown = count if count < COUNTED else f"{COUNTED - 1}+"
            item.label = _("Notices (%(count)s)") % {"count": shown}
        return item


class NoticesPanel(Component):
    """On the first page: the newest that have not been looked at, below the queue."""

    name = "notices"
    order = 20
    template_name = "cms/staff/notices_panel.html"

    def get_context_data(self, parent_context: Mapping[str, Any]) -> dict[str, Any]:
        request: StaffRequest = parent_context["request"]
        found = [one for one in new_ones(request) if one.kind not in CALLS]
        return {"rows": lines(found[:SHOWN]), "more": len(found) > SHOWN}


class NoticesView(StaffView):
    """All that the person was told lately; ``?show=new`` only what is new."""

    template_name = "cms/staff/notices.html"
    page_title = gettext_lazy("Notices")
    header_icon = "mail"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        mine = Notice.objects.filter(person=self.request.user)
        only_new = self.request.GET.get("show") == "new"
        rows = list((mine.filter(seen_at=None) if only_new else mine)[:PAGE])
        return super().get_context_data(
            rows=lines(rows),
            only_new=only_new,
            any_new=any(notice.seen_at is None for notice in rows),
            **kwargs,
        )


@require_safe
def open_notice(request: StaffRequest, pk: int) -> HttpResponse:
    """To what the notice is about; it has been looked at then."""
    notice = get_object_or_404(Notice, pk=pk, person=request.user)
    mark_seen(Notice.objects.filter(pk=notice.pk))
    return redirect(notice.url or "staff:notices")


@require_POST
def all_seen(request: StaffRequest) -> HttpResponse:
    """Everything that is new has been looked at."""
    count = mark_seen(unseen(request.user))
    text = ngettext(
        "%(count)d notice is marked as read.",
        "%(count)d notices are marked as read.",
        count,
    )
    messages.success(request, text % {"count": count})
    return redirect("staff:notices")


class ChoicesForm(forms.Form):
    mail = forms.ChoiceField(choices=MailChoice.choices, widget=forms.RadioSelect)
    language = forms.ChoiceField(choices=settings.LANGUAGES)


class ChoicesView(StaffView):
    """Which mails the person gets, and in which language."""

    template_name = "cms/staff/notice_choices.html"
    page_title = gettext_lazy("Which mails I get")
    header_icon = "mail"

    def crumbs(self) -> list[Crumb]:
        return [(_("Notices"), reverse("staff:notices"))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        choice = preference_of(self.request.user)
        first = {
            "mail": choice.mail,
            "language": choice.language or get_language(),
        }
        form = kwargs.pop("form", None) or ChoicesForm(initial=first)
        return super().get_context_data(
            form=form,
            address=self.request.user.email,
            hour=settings.NOTICES_DIGEST_HOUR,
            **kwargs,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = ChoicesForm(request.POST)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form), status=400)
        choice = preference_of(self.request.user)
        choice.mail = form.cleaned_data["mail"]
        choice.language = form.cleaned_data["language"]
        choice.save()
        messages.success(request, _("Your choice is saved."))
        return redirect("staff:notices")
