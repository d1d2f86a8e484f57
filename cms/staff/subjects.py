"""A subject teacher's classes: what is signed, and signing a class in one act."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from documents.errors import RecordsError
from documents.exchange.standing import signed_rows
from documents.kinds import KINDS
from documents.kinds.fields import Field
from documents.models import Record, Role, SchoolClass, State, User
from workflow.services.drafts import settle_records
from workflow.services.editing import is_within, taught_parts
from workflow.services.keys.credentials import signer_of

from .batches import begin_batch
from .views import Crumb, StaffView

TEACHER = (Role.SUBJECT_TEACHER,)


@dataclass
class Taught:
    """One class with the subjects that the person teaches in it.

    A record is ``signed`` when all these rows of it are; ``waiting`` are the drafts
    that are not.
    """

    school_class: SchoolClass
    subjects: list[str]
    labels: list[str]
    total: int = 0
    signed: int = 0
    waiting: list[int] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"{self.school_class.name} – {', '.join(self.labels)}"


def classes_of(user: User) -> list[Taught]:
    """The classes of today's assignments, newest year first; two queries."""
    found = _assigned(user)
    records = list(
        Record.objects.taught_by(user).only("school_class", "state", "current", "kind")
    )
    given = signed_rows(records)
    for record in records:
        one = found[record.school_class_id]
        one.total += 1
        if set(one.subjects) <= given.get(record.pk, {}).keys():
            one.signed += 1
        elif record.state == State.DRAFT:
            one.waiting.append(record.pk)
    by_name = sorted(found.values(), key=lambda one: one.school_class.name)
    return sorted(by_name, key=lambda one: one.school_class.school_year, reverse=True)


def settle_rows(teacher: User, **where: Any) -> None:
    """What is typed becomes versions: only those are counted, shown and signed."""
    typed = Record.objects.taught_by(teacher).filter(working_copy__isnull=False)
    if keys := list(typed.filter(**where).values_list("pk", flat=True)):
        settle_records(keys, at=timezone.now())


def _assigned(user: User) -> dict[int, Taught]:
    subjects: dict[SchoolClass, list[str]] = defaultdict(list)
    for one in user.standing:
        if one.role == Role.SUBJECT_TEACHER and one.school_class is not None:
            subjects[one.school_class].append(one.subject)
    return {
        taught.pk: Taught(taught, codes, _labels(codes))
        for taught, codes in subjects.items()
    }


def _labels(codes: Sequence[str]) -> list[str]:
    names: dict[str, str] = {}
    for kind in KINDS.values():
        for packet_format in kind.packets.values():
            names |= packet_format.part_labels
    return [names.get(code, code) for code in codes]


class SubjectsView(StaffView):
    """Each class with what waits for the teacher's signature."""

    roles = TEACHER
    template_name = "cms/staff/subjects.html"
    page_title = gettext_lazy("My classes")
    header_icon = "group"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        # The own rows only: others may be in the middle of theirs.
        settle_rows(self.request.user, working_copy__author=self.request.user)
        rows = classes_of(self.request.user)
        return super().get_context_data(rows=rows, **kwargs)


@dataclass(frozen=True)
class Row:
    """What is signed of one record: the values of the own subjects."""

    record: Record
    values: list[tuple[Field, str]]


class ConfirmView(StaffView):
    """Exactly which rows are signed, with which certificate; asked once."""

    roles = TEACHER
    template_name = "cms/staff/subjects_confirm.html"
    header_icon = "key"

    @cached_property
    def taught(self) -> Taught:
        # Nobody signs what the page did not show: also what others are typing.
        settle_rows(self.request.user, school_class=self.kwargs["class_id"])
        for one in classes_of(self.request.user):
            if one.school_class.pk == self.kwargs["class_id"]:
                return one
        raise Http404

    @cached_property
    def records(self) -> list[Record]:
        mine = Record.objects.taught_by(self.request.user).listed()
        return list(mine.filter(pk__in=self.taught.waiting))

    def get_page_title(self) -> str:
        return _("Confirm and sign class %s") % self.taught.name

    def crumbs(self) -> list[Crumb]:
        return [(_("My classes"), reverse("staff:subjects"))]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.records:
            messages.info(request, _("Every row of this class is signed."))
            return redirect("staff:subjects")
        certificate, problem = _certificate(self.request.user)
        context = self.get_context_data(
            taught=self.taught,
            rows=[_row(record, self.request.user) for record in self.records],
            certificate=certificate,
            problem=problem,
            **kwargs,
        )
        return self.render_to_response(context)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # What was on the page, not what became of it meanwhile.
        agreed = set(request.POST.getlist("version"))
        keys = [one.pk for one in self.records if str(one.current_id) in agreed]
        if len(keys) < len(agreed):
            text = _("Some rows changed meanwhile and are left out.")
            messages.warning(request, text)
        if not keys:
            return redirect("staff:subjects")
        school = self.taught.school_class.school
        try:
            return begin_batch(self.request, "confirm", keys, unit=school)
        except RecordsError as error:
            messages.error(request, error.for_user())
            return redirect(request.path)


def _row(record: Record, user: User) -> Row:
    assert record.current is not None  # taught_by leaves others out
    content = record.definition.parse(record.current.canonical)
    parts = taught_parts(user, record)
    fields = [
        one
        for group in record.definition.fields(content)
        for one in group.fields
        if is_within(one.path, parts)
    ]
    return Row(record, [(one, one.text(content)) for one in fields])


def _certificate(teacher: User) -> tuple[Any, str]:
    """That of the teacher, or why there is none to sign with."""
    try:
        return signer_of(teacher, at=timezone.now())[1], ""
    except RecordsError as error:
        return None, error.for_user()
