"""The page of one record: what it says, how it came to be, who signed, who looked."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET, require_POST

from documents import ledger, machine
from documents.errors import RecordsError
from documents.models import (
    ISSUED_STATES,
    Record,
    Role,
    Signature,
    State,
    User,
    Version,
)
from documents.printing import form_input
from documents.rendering import render_html
from workflow.models import Reassessment
from workflow.services import recall_record
from workflow.services.editing import may_edit
from workflow.services.effective import file_name, record_pdf
from workflow.services.evidence.verdicts import verdict_of_file
from workflow.services.reassessing import needs_second

from .history import editions, ledger_lines
from .reading import note_frame, note_view
from .roles import StaffRequest, has_role
from .views import Crumb, StaffView, record_url, seen_record

# As in the portal, the sheet runs nothing; only that our script may open it at a page.
SHEET_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; sandbox allow-same-origin"
)
READS_SHOWN = 200
READERS = tuple(role for role in Role if role != Role.ADMIN)


class RecordView(StaffView):
    """A record for everybody who may see it, with the steps that they may take."""

    roles = READERS
    template_name = "cms/staff/record.html"
    header_icon = "doc-full"

    @cached_property
    def record(self) -> Record:
        return seen_record(self.request.user, self.kwargs["uuid"])

    def get_page_title(self) -> str:
        return self.record.book.pupil.name

    def crumbs(self) -> list[Crumb]:
        user, record = self.request.user, self.record
        query = self.request.GET.get("q", "")
        if query:
            return [(_("Search"), f"{reverse('staff:search')}?{self._query()}")]
        if any(user.holds(r, record.issuer, record.school_class) for r in _SCHOOL):
            school_class = record.school_class
            url = reverse("staff:class", args=[school_class.pk])
            return [(_("Class %s") % school_class.name, url)]
        if has_role(user, [Role.OFFICER]):
            url = reverse("staff:unit", args=[record.issuer.code])
            return [(record.issuer.name, url)]
        return []

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user, record = self.request.user, self.record
        versions = list(record.versions.select_related("author").order_by("number"))
        entries = list(record.ledger.select_related("actor").order_by("sequence"))
        transfer = record.open_transfer()
        return super().get_context_data(
            record=record,
            pupil=record.book.pupil,
            issued=ISSUED_STATES,
            frame=self._frame(),
            opening_page=record.definition.opening_page,
            editions=editions(record, versions),
            signatures=list(_signatures(record)),
            lines=ledger_lines(entries),
            chain_is_whole=ledger.first_break(entries) is None,
            reads=list(record.reads.select_related("user")[:READS_SHOWN]),
            transfer=transfer,
            steps={step.name: step for step in machine.steps_for(record, user)},
            hints=hints(record, user),
            may_edit=record.state == State.DRAFT and may_edit(record, user),
            is_for_summer=is_for_summer(record, user),
            may_withdraw=transfer and machine.permitted(record, "dispatch", user),
            query=self._query(),
            **kwargs,
        )

    def _frame(self) -> str:
        token = note_view(self.request, self.record)
        return frame_url(self.record, token)

    def _query(self) -> str:
        """The search that led here, to go back to it."""
        kept = self.request.GET.copy()
        for name in list(kept):
            if name != "q":
                del kept[name]
        return kept.urlencode()


_SCHOOL = (Role.CLASS_TEACHER, Role.HEAD, Role.REGISTRAR)


def frame_url(record: Record, token: str) -> str:
    """The printed pages, for a frame of a page whose view is entered already."""
    return f"{record_url(record, 'form')}?pass={token}"


def is_for_summer(record: Record, user: User) -> bool:
    """Whether the way to the second results is shown: open, or to be opened."""
    if Reassessment.objects.filter(record=record).exists():
        return True
    waits = record.state == State.SIGNED and machine.permitted(record, "recall", user)
    return waits and needs_second(record)


def hints(record: Record, user: User) -> list[str]:
    """Why a step that the person could take is not possible now, one line each."""
    sentences = {
        "sign": _not_to_sign(record),
        "lock": _not_to_lock(record),
        "recall": _not_to_recall(record),
        "dispatch": _not_to_dispatch(record),
    }
    return [
        sentence
        for step, sentence in sentences.items()
        if sentence
        and machine.permitted(record, step, user)
        and not machine.possible(record, step)
    ]


def _not_to_sign(record: Record) -> str:
    if record.state == State.DRAFT:
        return _("It can be signed once the class teacher has submitted it.")
    return ""


def _not_to_lock(record: Record) -> str:
    if record.state in (State.DRAFT, State.REVIEWED, State.SIGNED):
        return _("It can be locked only with the head's signature and the seal.")
    return ""


def _not_to_recall(record: Record) -> str:
    if record.is_final:
        return _("It is locked: it cannot be recalled any more.")
    return ""


def _not_to_dispatch(record: Record) -> str:
    if not record.is_final:
        return _("It can be handed over once it is locked.")
    return _("It is on its way to another school.")


def _signatures(record: Record) -> QuerySet[Signature]:
    """Newest version first; a signature stays with the version that it is on."""
    signatures = Signature.objects.filter(version__record=record)
    return signatures.select_related("version").order_by(
        "-version__number", "signed_at", "pk"
    )


@require_GET
@xframe_options_sameorigin
def record_form(request: StaffRequest, uuid: UUID) -> HttpResponse:
    """The pages as they are printed, for a frame; ``?version=`` shows an older one."""
    record = seen_record(request.user, uuid)
    note_frame(request, record)
    number = request.GET.get("version", "")
    versions = record.versions.all()
    version = (
        get_object_or_404(versions, number=number)
        if number.isdecimal()
        else get_object_or_404(versions, pk=record.current_id)
    )
    page = HttpResponse(_html(record, version))
    page["Content-Security-Policy"] = SHEET_POLICY
    return page


def _html(record: Record, version: Version) -> str:
    head = version.signatures.filter(slot="head").first()
    form = form_input(
        version,
        signed_on=timezone.localdate(head.signed_at) if head else None,
        head_name=head.name if head else "",
    )
    in_effect = record.locked_at if version.pk == record.current_id else None
    day = timezone.localdate(in_effect) if in_effect else None
    return render_html(form, effective_on=day)


@require_GET
def record_file(request: StaffRequest, uuid: UUID) -> HttpResponse:
    """The signed file, as a download; each one is entered."""
    record = seen_record(request.user, uuid)
    try:
        pdf = record_pdf(record)
    except RecordsError as error:
        messages.warning(request, error.for_user())
        return redirect(record_url(record))
    note_view(request, record, "download")
    headers = {"Content-Disposition": f'attachment; filename="{file_name(record)}"'}
    return HttpResponse(pdf, content_type="application/pdf", headers=headers)


@require_GET
def record_verdict(request: StaffRequest, uuid: UUID) -> HttpResponse:
    """What the signed file proves now, in words; asked when the tab is opened."""
    record = seen_record(request.user, uuid)
    context: dict[str, Any] = {}
    try:
        context["answer"] = verdict_of_file(record_pdf(record))
    except RecordsError as error:
        context["problem"] = error.for_user()
    return render(request, "cms/staff/includes/verdict.html", context)


@require_POST
def recall(request: StaffRequest, uuid: UUID) -> HttpResponse:
    """Take an issued record back, with a reason."""
    record = seen_record(request.user, uuid)
    try:
        recall_record(
            record_id=record.pk, by=request.user, reason=request.POST.get("reason", "")
        )
    except RecordsError as error:
        messages.error(request, error.for_user())
    else:
        messages.success(request, _("It is recalled: the class teacher has a draft."))
    return redirect(record_url(record))
