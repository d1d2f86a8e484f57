"""Packages of records: sent to the department or another school, and received."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from documents import storage
from documents.errors import RecordsError
from documents.exchange.trees import PACKAGE_LIMITS
from documents.models import (
    Direction,
    Package,
    PackageItem,
    PackageOutcome,
    PackagePurpose,
    Record,
    Role,
    Unit,
    User,
)
from documents.models.access import Access
from documents.reading import log_reads
from workflow.services.exchange.dispatching import dispatch_book, unanswered
from workflow.services.exchange.refusals import sentence_of
from workflow.services.exchange.starting import (
    start_delivery,
    start_sending,
    start_taking,
)
from workflow.verification.reasons import Reason

from .imports import latest_year
from .packet_runs import show_run, unsettled
from .roles import StaffRequest
from .transfers import DispatchView
from .views import Crumb, StaffView, require_role

REGISTRAR = (Role.REGISTRAR,)
ROLES = (Role.REGISTRAR, Role.OFFICER)
SHOWN = 50
PAGE = 100


class SendForm(forms.Form):
    """School and year are filled in; one class, or all of them."""

    unit = forms.ModelChoiceField(
        Unit.objects.none(), label=gettext_lazy("School"), empty_label=None
    )
    school_year = forms.CharField(label=gettext_lazy("School year"), max_length=9)
    class_name = forms.CharField(
        label=gettext_lazy("Class"),
        max_length=20,
        required=False,
        help_text=gettext_lazy("Empty: all classes."),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = own_schools(user)
        unit = self.fields["unit"]
        assert isinstance(unit, forms.ModelChoiceField)
        unit.queryset = Unit.objects.filter(pk__in=own)
        unit.initial = own[0] if own else None
        self.fields["school_year"].initial = latest_year(user)


def own_schools(user: User) -> list[int]:
    return [a.unit_id for a in user.standing if a.role == Role.REGISTRAR]


class PacketsView(StaffView):
    """What was sent, with its receipts, and what came in; forms for both."""

    roles: ClassVar[Sequence[str]] = ROLES
    template_name = "cms/staff/packets.html"
    page_title = gettext_lazy("Packages")
    header_icon = "mail"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.page()

    def page(
        self, form: SendForm | None = None, *, refusal: str = "", status: int = 200
    ) -> HttpResponse:
        user = self.request.user
        seen = Package.objects.visible_to(user).select_related("sender", "receiver")
        context = self.get_context_data(
            form=form or SendForm(user=user),
            refusal=refusal,
            sends=bool(own_schools(user)),
            sent=list(seen.filter(direction=Direction.SENT)[:SHOWN]),
            received=list(seen.filter(direction=Direction.RECEIVED)[:SHOWN]),
            late=unanswered(user)[:SHOWN],
            runs=unsettled(user)[:SHOWN],
        )
        return self.render_to_response(context, status=status)


class SendView(PacketsView):
    """Have it packed and sealed; on a refusal the forms stay as they were filled in."""

    roles = REGISTRAR

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect("staff:packets")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = SendForm(self.request.POST, user=self.request.user)
        if not form.is_valid():
            return self.page(form, status=422)
        asked = form.cleaned_data
        try:
            run = start_sending(
                school=asked["unit"],
                school_year=asked["school_year"],
                class_name=asked["class_name"],
                by=self.request.user,
            )
        except RecordsError as error:
            return self.page(form, refusal=error.for_user(), status=422)
        return show_run(run)


class TakeView(PacketsView):
    """Hand a worker a file from elsewhere: a package, or the receipt for one."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect("staff:packets")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        file = self.request.FILES.get("packet")
        if file is None:
            return self.page(refusal=_("Choose a file."), status=422)
        if (file.size or 0) > PACKAGE_LIMITS.size:
            too_large = str(sentence_of(Reason.TOO_LARGE))
            return self.page(refusal=too_large, status=422)
        run = start_taking(file=file, name=file.name or "", by=self.request.user)
        return show_run(run)


class PacketView(StaffView):
    """One package: what became of each record, the file, the receipt."""

    roles = ROLES
    template_name = "cms/staff/packet.html"
    header_icon = "mail"

    @cached_property
    def package(self) -> Package:
        return seen_package(self.request.user, self.kwargs["pk"])

    def get_page_title(self) -> str:
        return _("Package %s") % self.package.uuid.hex[:8]

    def crumbs(self) -> list[Crumb]:
        return [(_("Packages"), reverse("staff:packets"))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        package = self.package
        items = package.items.select_related("record__book__pupil").select_related(
            "record__school_class"
        )
        outcomes = list(package.items.values_list("outcome", flat=True))
        pages = Paginator(items, PAGE)
        pages.count = len(outcomes)  # else it asks the database again
        page = pages.get_page(self.request.GET.get("page"))
        return super().get_context_data(
            package=package,
            is_sent=package.direction == Direction.SENT,
            page=page,
            rows=[(item, reason_of(item)) for item in page],
            counts=[
                (label, outcomes.count(value))
                for value, label in PackageOutcome.choices
                if value in outcomes
            ],
            can_deliver=can_deliver(package),
            **kwargs,
        )


def reason_of(item: PackageItem) -> str:
    return str(sentence_of(item.code)) if item.code else ""


def seen_package(user: User, pk: int) -> Package:
    """A package that the own office sent or received, or 404."""
    seen = Package.objects.visible_to(user)
    related = ("sender", "receiver", "by")
    return get_object_or_404(seen.select_related(*related), pk=pk)


def can_deliver(package: Package) -> bool:
    """The department works in this installation and could give its receipt here."""
    is_open = package.direction == Direction.SENT and not package.receipt
    if not is_open or package.purpose != PackagePurpose.REPORT:
        return False
    receiver = package.receiver
    has_seal = receiver.credentials.filter(is_active=True).exists()
    return bool(receiver.tax_code) and has_seal


@require_GET
def packet_file(request: StaffRequest, pk: int) -> HttpResponse:
    """The package as it was sealed; the read is logged for each record."""
    require_role(request.user, ROLES)
    package = seen_package(request.user, pk)
    held = package.items.exclude(record=None).values("record")
    records = Record.objects.filter(pk__in=held).select_related("book")
    log_reads(records, by=request.user, access=Access.EXPORT, at=timezone.now())
    return xml_file(package.sha256, f"{package.uuid.hex}.xml")


@require_GET
def packet_receipt(request: StaffRequest, pk: int) -> HttpResponse:
    require_role(request.user, ROLES)
    package = seen_package(request.user, pk)
    if not package.receipt:
        raise Http404
    return xml_file(package.receipt, f"{package.uuid.hex}.receipt.xml")


def xml_file(sha256: str, name: str) -> HttpResponse:
    response = HttpResponse(storage.get(sha256), content_type="application/xml")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@require_POST
def deliver(request: StaffRequest, pk: int) -> HttpResponse:
    """Hand a report over to the department that works in this installation."""
    require_role(request.user, REGISTRAR)
    package = seen_package(request.user, pk)
    if not can_deliver(package):
        raise Http404
    return show_run(start_delivery(package=package, by=request.user))


class DispatchFileView(DispatchView):
    """Hand a pupil's whole book over to a school with an installation of its own."""

    template_name = "cms/staff/packet_dispatch.html"

    def get_page_title(self) -> str:
        return _("Hand over by file")

    def hand_over(self, school: Unit, reason: str) -> HttpResponse:
        user = self.request.user
        package = dispatch_book(
            record_id=self.record.pk, to_unit=school, by=user, reason=reason
        )
        text = _("Sealed: send the file to %s and file the receipt when it comes.")
        messages.success(self.request, text % school.name)
        return redirect("staff:packet", package.pk)
