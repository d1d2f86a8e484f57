"""What a parent sees: the own children, their records, and who has looked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST, require_safe

from documents.errors import RecordsError
from documents.models import ISSUED_STATES, Pupil, Record, User
from documents.models.access import Access
from documents.printing import form_input
from documents.querysets import RecordQuerySet
from documents.reading import log_reads
from documents.rendering import render_html
from workflow.services.effective import file_name, record_pdf
from workflow.services.notices import mark_seen, text_of, unseen

from .codes import in_fours
from .readers import SHOWN, sentences_of

# The sheet brings its own style and runs nothing, wherever it is opened.
SHEET_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


@dataclass
class Child:
    """A pupil with the records that the guardian may read, the newest first."""

    pupil: Pupil
    records: list[Record] = field(default_factory=list)


def own_records(user: User) -> RecordQuerySet:
    """The issued records of the user's own children.

    Narrower than ``visible_to``: a head who is also a parent reads drafts in the
    workspace, where the reading is logged, and not here.
    """
    return Record.objects.visible_to(user).filter(
        book__pupil__in=user.children, state__in=ISSUED_STATES
    )


@require_safe
@never_cache
@login_required(login_url="portal:sign-in")
def children(request: HttpRequest) -> HttpResponse:
    """A card for each child, with its years."""
    user = _user(request)
    found = {p.pk: Child(p) for p in Pupil.objects.filter(pk__in=user.children)}
    for record in own_records(user).listed().order_by("-school_year", "pk"):
        found[record.book.pupil_id].records.append(record)
    cards = sorted(found.values(), key=lambda child: child.pupil.sort_key)
    notices = [text_of(notice) for notice in unseen(user)]
    context = {"children": cards, "notices": notices}
    return render(request, "cms/portal/children.html", context)


@require_POST
@login_required(login_url="portal:sign-in")
def notices_read(request: HttpRequest) -> HttpResponse:
    """The guardian has read what stands above the children."""
    mark_seen(unseen(_user(request)))
    return redirect("portal:children")


@require_safe
@never_cache
@login_required(login_url="portal:sign-in")
def record_page(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """One year: the sheet in a frame, the file, who has looked."""
    record = _own_record(request, uuid)
    context = {"record": record, "code": in_fours(record.book.lookup_code)}
    return render(request, "cms/portal/record.html", context)


@require_safe
@never_cache
@login_required(login_url="portal:sign-in")
@xframe_options_sameorigin
def record_sheet(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """The printed form as a page of its own."""
    record = _own_record(request, uuid)
    _log(request, [record], Access.VIEW)
    response = HttpResponse(sheet_of(record))
    response["Content-Security-Policy"] = SHEET_POLICY
    return response


@require_safe
@never_cache
@login_required(login_url="portal:sign-in")
def record_file(request: HttpRequest, uuid: UUID) -> HttpResponseBase:
    """The signed PDF, dated once it is locked."""
    record = _own_record(request, uuid)
    try:
        pdf = record_pdf(record)
    except RecordsError as error:
        context = {"sentence": error.for_user()}
        return render(request, "cms/portal/file_missing.html", context, status=503)
    _log(request, [record], Access.DOWNLOAD)
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{file_name(record)}"'
    return response


@require_safe
@never_cache
@login_required(login_url="portal:sign-in")
def record_readers(request: HttpRequest, uuid: UUID) -> HttpResponse:
    """Who has looked at the record, in sentences."""
    record = _own_record(request, uuid)
    sentences, is_cut = sentences_of(record, reader=_user(request))
    shown = SHOWN if is_cut else 0
    context = {"record": record, "sentences": sentences, "shown": shown}
    return render(request, "cms/portal/readers.html", context)


def sheet_of(record: Record) -> str:
    """The pages as HTML, with the day of the head's signature and of the lock."""
    assert record.current is not None  # record_past_draft_has_a_version
    signature = record.current.signatures.filter(slot="head").first()
    locked = record.locked_at
    form = form_input(
        record.current,
        signed_on=timezone.localdate(signature.signed_at) if signature else None,
        head_name=signature.name if signature else "",
    )
    return render_html(
        form, effective_on=timezone.localdate(locked) if locked else None
    )


def _own_record(request: HttpRequest, uuid: UUID) -> Record:
    return get_object_or_404(own_records(_user(request)).listed(), uuid=uuid)


def _log(request: HttpRequest, records: Iterable[Record], access: Access) -> None:
    log_reads(records, by=_user(request), access=access, at=timezone.now())


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # login_required has looked
    return request.user
