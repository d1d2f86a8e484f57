"""Import of a school's workbooks: choose files, look at the dry run, confirm."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from documents.errors import RecordsError
from documents.importing.cells import Upload
from documents.importing.mending import LONGEST, Mend
from documents.importing.messages import Place, sentence_of
from documents.importing.reading import MAX_FILE_BYTES
from documents.importing.runs import (
    commit_import,
    discard_import,
    mend_import,
    plan_import,
)
from documents.models import ImportRow, ImportRun, Role, Unit, User
from documents.models.imports import ImportStatus, Outcome
from workflow.services.undoing import undo_import

from .deadlines import year_due
from .roles import StaffRequest
from .views import Crumb, StaffView

REGISTRAR = (Role.REGISTRAR,)
RUNS_SHOWN = 50
# All are in memory at once; the workbooks of a large school have 20 MB.
MAX_TOGETHER = 100 * 1024 * 1024
# The order of the tabs: what may be wrong comes first.
TABS = (
    Outcome.WRONG,
    Outcome.NEW,
    Outcome.CHANGED,
    Outcome.MOVED,
    Outcome.MISSING,
    Outcome.LEFT_ALONE,
    Outcome.UNCHANGED,
)


class FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """One file or several, dropped at once."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile[Any]]:
        files = data if isinstance(data, list | tuple) else [data]
        return [super(FilesField, self).clean(file, initial) for file in files if file]


class UploadForm(forms.Form):
    """School and year are filled in; only the files are to be chosen."""

    unit = forms.ModelChoiceField(
        Unit.objects.none(), label=gettext_lazy("School"), empty_label=None
    )
    school_year = forms.CharField(label=gettext_lazy("School year"), max_length=9)
    workbooks = FilesField(
        label=gettext_lazy("Workbooks"),
        help_text=gettext_lazy(
            "Pupil list, results and comments, all at once (.xlsx, .xls, .ods, .csv)."
        ),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = [a.unit_id for a in user.standing if a.role == Role.REGISTRAR]
        schools = Unit.objects.filter(pk__in=own)
        unit, year = self.fields["unit"], self.fields["school_year"]
        assert isinstance(unit, forms.ModelChoiceField)
        unit.queryset = schools
        unit.initial = schools.first()
        year.initial = latest_year(user)
        self.fields["workbooks"].widget.attrs |= {"multiple": True}

    def clean_workbooks(self) -> list[UploadedFile[Any]]:
        files: list[UploadedFile[Any]] = self.cleaned_data["workbooks"]
        if not files:
            raise forms.ValidationError(_("Choose at least one file."), "required")
        if sum(file.size or 0 for file in files) > MAX_TOGETHER:
            raise forms.ValidationError(_("Together at most 100 MB."), "too_large")
        return files


def latest_year(user: User) -> str:
    """The year that the calendar waits for, else the one that begins in August."""
    own = [a.unit for a in user.standing if a.role == Role.REGISTRAR]
    today = timezone.localdate()
    if due := next((year for unit in own if (year := year_due(unit, today))), None):
        return due
    start = today.year if today.month >= 8 else today.year - 1
    return f"{start}-{start + 1}"


def _upload(file: UploadedFile[Any]) -> Upload:
    """The file in memory, cut where the importer says that it is too big."""
    return Upload(file.name or "", file.read(MAX_FILE_BYTES + 1))


def open_run(user: User, uuid: UUID) -> ImportRun:
    """An import of a school whose registrar the person is; else 404."""
    own = [a.unit_id for a in user.standing if a.role == Role.REGISTRAR]
    runs = ImportRun.objects.filter(unit__in=own).select_related("unit", "by")
    return get_object_or_404(runs, uuid=uuid)


class ImportsView(StaffView):
    """Choose the files; earlier imports stand below."""

    roles = REGISTRAR
    template_name = "cms/staff/imports.html"
    page_title = gettext_lazy("Import")
    header_icon = "upload"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._page(UploadForm(user=self.request.user))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = UploadForm(self.request.POST, self.request.FILES, user=self.request.user)
        if not form.is_valid():
            return self._page(form, status=422)
        try:
            run = plan_import(
                files=[_upload(file) for file in form.cleaned_data["workbooks"]],
                unit=form.cleaned_data["unit"],
                school_year=form.cleaned_data["school_year"],
                by=self.request.user,
                at=timezone.now(),
            )
        except RecordsError as error:
            form.add_error(None, error.for_user())
            return self._page(form, status=422)
        return redirect("staff:import", run.uuid)

    def _page(self, form: UploadForm, *, status: int = 200) -> HttpResponse:
        user = self.request.user
        own = [a.unit_id for a in user.standing if a.role == Role.REGISTRAR]
        runs = ImportRun.objects.filter(unit__in=own).select_related("unit", "by")
        context = self.get_context_data(form=form, runs=list(runs[:RUNS_SHOWN]))
        return self.render_to_response(context, status=status)


class ImportView(StaffView):
    """The dry run in tabs with counts, or what an earlier import did."""

    roles = REGISTRAR
    template_name = "cms/staff/import.html"
    header_icon = "upload"

    @cached_property
    def run(self) -> ImportRun:
        return open_run(self.request.user, self.kwargs["uuid"])

    def get_page_title(self) -> str:
        day = timezone.localtime(self.run.created_at)
        return _("Import of %s") % f"{day:%d/%m/%Y %H:%M}"

    def crumbs(self) -> list[Crumb]:
        return [(_("Import"), reverse("staff:imports"))]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        report = self.run.report
        counts = [(outcome, report.get(outcome.value, 0)) for outcome in TABS]
        tab = self._tab(report)
        errors = report.get("errors", [])
        return super().get_context_data(
            run=self.run,
            is_open=self.run.status == ImportStatus.PLANNED,
            tabs=counts,
            tab=tab,
            rows=[_shown(row) for row in self.run.rows.filter(outcome=tab.value)],
            errors=[_note(note) for note in errors],
            may_undo=self.run.status == ImportStatus.COMMITTED,
            cells=list(_cells(errors))
            if self.run.status == ImportStatus.PLANNED
            else [],
            mended=[
                (f"{m['sheet']} · {m['column']}{m['row']}", m["value"])
                for m in self.run.mends
            ],
            warnings=[_note(note) for note in report.get("warnings", [])],
            repairs=[(_place(r), r["before"], r["after"]) for r in report["repairs"]],
            writes=sum(report.get(name, 0) for name in ("new", "changed", "moved")),
            **kwargs,
        )

    def _tab(self, report: dict[str, Any]) -> Outcome:
        asked = self.request.GET.get("tab", "")
        if asked in Outcome:
            return Outcome(asked)
        return next((tab for tab in TABS if report.get(tab.value)), Outcome.NEW)


@dataclass(frozen=True)
class CellToMend:
    """A wrong cell of the dry run, with a field to write what should stand there."""

    name: str
    place: str
    sentence: str
    value: str


def _cells(errors: list[dict[str, Any]]) -> Iterator[CellToMend]:
    """One for each wrong cell; ``name`` is its place in the report."""
    seen = set()
    for number, stored in enumerate(errors):
        place = _place(stored)
        if stored["row"] is None or not stored["column"] or place in seen:
            continue
        seen.add(place)
        value = str(stored["params"].get("value", ""))
        yield CellToMend(f"cell-{number}", place, sentence_of(stored), value)


def _mends(run: ImportRun, posted: QueryDict, by: User) -> list[Mend]:
    """What was typed, for the cells that the report of this run names as wrong."""
    digests = {file["name"]: file["sha256"] for file in run.files}
    errors = run.report.get("errors", [])
    return [
        Mend(
            sha256=digests[errors[number]["file"]],
            sheet=errors[number]["sheet"],
            row=errors[number]["row"],
            column=errors[number]["column"],
            value=value.strip()[:LONGEST],
            by=by.pk,
        )
        for number, cell in ((int(c.name[5:]), c) for c in _cells(errors))
        if (value := posted.get(cell.name, cell.value)) != cell.value
    ]


@require_POST
def mend_cells(request: StaffRequest, uuid: UUID) -> HttpResponse:
    """Set wrong cells right, and look at the dry run again."""
    run = open_run(request.user, uuid)
    mends = _mends(run, request.POST, request.user)
    if not mends:
        messages.info(request, _("No cell was changed."))
        return redirect("staff:import", run.uuid)
    try:
        run = mend_import(
            run_id=run.pk, mends=mends, by=request.user, at=timezone.now()
        )
    except RecordsError as error:
        messages.error(request, error.for_user())
    return redirect("staff:import", run.uuid)


@require_POST
def undo(request: StaffRequest, uuid: UUID) -> HttpResponse:
    """Take an import back as long as nobody has built upon it."""
    run = open_run(request.user, uuid)
    try:
        undo_import(run_id=run.pk, by=request.user, at=timezone.now())
    except RecordsError as error:
        messages.error(request, error.for_user())
    else:
        messages.success(request, _("Undone: all is as it was before this import."))
    return redirect("staff:import", run.uuid)


def _note(stored: dict[str, Any]) -> tuple[str, str]:
    """Where, and what is wrong there."""
    return _place(stored), sentence_of(stored)


def _place(stored: dict[str, Any]) -> str:
    place = Place(stored["file"], stored["sheet"], stored["row"], stored["column"])
    return str(place)


def _shown(row: ImportRow) -> tuple[ImportRow, list[tuple[str, str]]]:
    return row, [_note(note) for note in row.detail.get("notes", [])]


@require_POST
def close_import(request: StaffRequest, uuid: UUID) -> HttpResponse:
    """Confirm a dry run, with or without its wrong rows, or throw it away."""
    run, at = open_run(request.user, uuid), timezone.now()
    act = request.POST.get("act", "")
    try:
        if act == "discard":
            discard_import(run_id=run.pk, by=request.user, at=at)
            messages.info(request, _("The dry run is thrown away: nothing is written."))
            return redirect("staff:imports")
        commit_import(
            run_id=run.pk, by=request.user, at=at, skip_wrong=act == "skip_wrong"
        )
    except RecordsError as error:
        messages.error(request, error.for_user())
    else:
        messages.success(request, _("Imported: the class teachers find the drafts."))
    return redirect("staff:import", run.uuid)
