"""The head's review: one record after the other, then the signature on them all."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe
from wagtail.admin import messages as wagtail_messages

from documents.errors import RecordsError
from documents.models import Record, Role, SchoolClass, State, User
from documents.querysets import RecordQuerySet
from workflow.models import BatchItem, ItemStatus
from workflow.services.credentials import Readiness, check_before_signing

from .batches import begin_batch, start
from .classes import open_class
from .reading import note_view
from .records import frame_url, to_next_review
from .roles import StaffRequest
from .sheets import Sheet, findings_by_path, records_of, sheets_beside
from .views import Crumb, StaffView, record_url, require_role, seen_record

HEAD = (Role.HEAD,)


def to_review(user: User, school_class: SchoolClass) -> RecordQuerySet:
    """The class's reviewed records that no running batch is about to sign."""
    being_signed = BatchItem.objects.filter(
        status=ItemStatus.PENDING, batch__step="sign", batch__finished_at=None
    )
    records = records_of(user, school_class).filter(state=State.REVIEWED)
    return records.exclude(pk__in=being_signed.values("record"))


@require_safe
def review_class(request: StaffRequest, class_id: int) -> HttpResponse:
    """Open the first record of the class that waits for the head."""
    require_role(request.user, HEAD)
    school_class = open_class(request.user, class_id)
    first = to_review(request.user, school_class).first()
    if first is None:
        text = _("Class %s: nothing waits for your review.")
        messages.info(request, text % school_class.name)
        return redirect("wagtailadmin_home")
    return redirect(record_url(first, "review"))


class ReviewView(StaffView):
    """The printed page beside the data; ``?only=findings`` skips what is clean."""

    roles = HEAD
    template_name = "cms/staff/review.html"
    header_icon = "view"

    @cached_property
    def record(self) -> Record:
        return seen_record(self.request.user, self.kwargs["uuid"])

    @cached_property
    def siblings(self) -> list[Sheet]:
        return sheets_beside(self.request.user, self.record)

    @cached_property
    def line(self) -> list[Sheet]:
        """What is gone through, in order; the record in view stands in it always."""
        waiting = to_review(self.request.user, self.record.school_class)
        keys = set(waiting.values_list("pk", flat=True))
        only = self.request.GET.get("only") == "findings"
        return [
            sheet
            for sheet in self.siblings
            if sheet.record.pk == self.record.pk
            or (sheet.record.pk in keys and (sheet.findings or not only))
        ]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.record.state != State.REVIEWED:
            return redirect(record_url(self.record))
        return self.render_to_response(self.get_context_data(**kwargs))

    def get_page_title(self) -> str:
        return _("Review: %s") % self.record.book.pupil.name

    def crumbs(self) -> list[Crumb]:
        school_class = self.record.school_class
        url = reverse("staff:class", args=[school_class.pk])
        return [(_("Class %s") % school_class.name, url)]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        line = self.line
        here = next(n for n, s in enumerate(line) if s.record.pk == self.record.pk)
        sheet = line[here]
        return super().get_context_data(
            record=self.record,
            sheet=sheet,
            beside=findings_by_path(sheet.findings),
            position=here + 1,
            total=len(line),
            previous=line[here - 1] if here else None,
            following=line[here + 1] if here + 1 < len(line) else None,
            only=self.request.GET.get("only") == "findings",
            with_findings=sum(bool(s.findings) for s in line),
            opening_page=self.record.definition.opening_page,
            frame=frame_url(self.record, note_view(self.request, self.record)),
            **kwargs,
        )


class SignView(StaffView):
    """Exactly what will be signed, with whose certificate; asked once."""

    roles = HEAD
    template_name = "cms/staff/sign.html"
    header_icon = "key"

    @cached_property
    def records(self) -> list[Record]:
        """One record, or what waits in one class."""
        user = self.request.user
        if "uuid" in self.kwargs:
            record = seen_record(user, self.kwargs["uuid"])
            return [record] if record.state == State.REVIEWED else []
        return list(to_review(user, open_class(user, self.kwargs["class_id"])))

    def get_page_title(self) -> str:
        return _("Sign")

    def crumbs(self) -> list[Crumb]:
        if not self.records:
            return []
        school_class = self.records[0].school_class
        url = reverse("staff:review-class", args=[school_class.pk])
        return [(_("Review of class %s") % school_class.name, url)]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.records:
            messages.info(request, _("Nothing waits for your signature here."))
            return redirect("wagtailadmin_home")
        readiness, problem = _readiness(self.request.user, self.records[0])
        context = self.get_context_data(
            records=self.records,
            school_class=self.records[0].school_class,
            readiness=readiness,
            counts=counts(self.records),
            problem=problem,
            **kwargs,
        )
        return self.render_to_response(context)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # What was on the page, not what became of it meanwhile.
        agreed = set(self.request.POST.getlist("version"))
        records = [r for r in self.records if str(r.current_id) in agreed]
        left_out = len(agreed) - len(records)
        if left_out:
            messages.warning(request, _changed_meanwhile(left_out))
        if not records:
            return redirect(self.request.path)
        try:
            return self._begin(records)
        except RecordsError as error:
            messages.error(request, error.for_user())
            return redirect(self.request.path)

    def _begin(self, records: list[Record]) -> HttpResponse:
        """Raises what ``start_batch`` raises."""
        if "uuid" in self.kwargs:
            return self._sign_one(records[0])
        keys = [record.pk for record in records]
        return begin_batch(self.request, "sign", keys, unit=records[0].issuer)

    def _sign_one(self, record: Record) -> HttpResponse:
        """Sign it in the background and go on with the review."""
        batch = start(self.request, "sign", [record.pk], unit=record.issuer)
        page = reverse("staff:batch", args=[batch.uuid])
        wagtail_messages.success(
            self.request,
            _("%s is being signed.") % record.book.pupil.name,
            buttons=[wagtail_messages.button(page, _("Look"))],
        )
        return to_next_review(self.request, record)


def counts(records: list[Record]) -> list[tuple[str, int]]:
    """The classes, and how many records of each."""
    return sorted(Counter(one.school_class.name for one in records).items())


def _changed_meanwhile(count: int) -> str:
    text = ngettext(
        "%d record changed meanwhile and is left out.",
        "%d records changed meanwhile and are left out.",
        count,
    )
    return text % count


def _readiness(head: User, record: Record) -> tuple[Readiness | None, str]:
    """Who signs and that all the services answer, or why nothing can be signed."""
    try:
        return check_before_signing(head, record.issuer, at=timezone.now()), ""
    except RecordsError as error:
        return None, error.for_user()
