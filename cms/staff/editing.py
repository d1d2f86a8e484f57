"""One pupil's sheet as a form: saved on the version that was seen, nothing lost."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from documents.errors import RecordsError
from documents.kinds import Finding
from documents.kinds.fields import Field, FieldGroup
from documents.models import Record, Role, State, Version
from documents.reading import log_reads
from workflow.errors import ChecksFailed, VersionMoved
from workflow.services import edit_record, submit_record
from workflow.services.drafts import settle_records
from workflow.services.editing import (
    EVERYTHING,
    NOTHING,
    Parts,
    editable_parts,
    in_grid_of,
    is_within,
)
from workflow.services.season.waiting import BACKWARD

from .classes import page_data
from .forms import ContentForm
from .grid_data import Grid, to_text
from .grid_texts import texts
from .history import Line, ledger_lines
from .lists import came_back
from .roles import StaffRequest
from .sheets import Sheet, sheets_beside
from .views import Crumb, StaffView, record_url, seen_record

EDIT_ROLES = (Role.CLASS_TEACHER, Role.REGISTRAR, Role.SUBJECT_TEACHER)


class EditView(StaffView):
    """One draft as a form, findings beside the fields; a subject teacher's is shorter.

    With a script every field saves itself as in the grid; without one, the button does.
    """

    roles = EDIT_ROLES
    template_name = "cms/staff/edit.html"
    header_icon = "edit"

    @cached_property
    def record(self) -> Record:
        records = in_grid_of(self.request.user).listed()
        return get_object_or_404(records, uuid=self.kwargs["uuid"])

    @cached_property
    def parts(self) -> Parts:
        return editable_parts(self.request.user, self.record)

    @cached_property
    def siblings(self) -> list[Sheet]:
        """The class of the record: the checks compare, and the next one is near."""
        return sheets_beside(self.request.user, self.record)

    @cached_property
    def sheet(self) -> Sheet:
        return next(s for s in self.siblings if s.record.pk == self.record.pk)

    def get_page_title(self) -> str:
        return self.record.book.pupil.name

    def crumbs(self) -> list[Crumb]:
        school_class = self.record.school_class
        return [
            (_("Classes"), reverse("staff:classes")),
            (school_class.name, reverse("staff:class", args=[school_class.pk])),
        ]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self._is_open():
            return redirect(self._elsewhere())
        self._settle()
        log_reads([self.record], by=self.request.user, access="view", at=timezone.now())
        return self._page(self._form())

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = self._form(self.request.POST)
        if not form.is_valid():
            messages.error(request, _("Not saved: look at the fields marked below."))
            return self._page(form, status=422)
        try:
            version = edit_record(
                record_id=self.record.pk,
                by=self.request.user,
                base=form.cleaned_data["base"],
                changes=form.changes(),
            )
        except VersionMoved as error:
            messages.warning(request, error.for_user())
            return self._merged(form)
        except RecordsError as error:
            messages.error(request, error.for_user())
            return self._page(form, status=422)
        messages.success(request, _("Saved as version %d.") % version.number)
        return redirect(self._next_url())

    def _settle(self) -> None:
        """The form begins with what was typed in the grid, as a version."""
        settle_records([self.record.pk], at=timezone.now())
        del self.record

    def _elsewhere(self) -> str:
        """The record; for who may read it in part only, the class."""
        if self.parts in (NOTHING, EVERYTHING):
            return record_url(self.record)
        return reverse("staff:class", args=[self.record.school_class_id])

    def _is_open(self) -> bool:
        if self.record.state != State.DRAFT:
            text = _("Only a draft can be changed; this record is %s.")
            messages.warning(self.request, text % self.record.get_state_display())
            return False
        return self.record.current is not None and bool(self.parts)

    def _form(self, data: Any = None) -> ContentForm:
        """The form over the version that the person saw, not over a newer one."""
        base = self._base_version(data)
        return ContentForm(
            data,
            content=base.content,
            groups=self._groups(),
            initial={"base": base.number},
        )

    def _groups(self) -> list[FieldGroup]:
        """The fields of the form that this person may change."""
        return [
            replace(group, fields=tuple(f for f in group.fields if self._is_mine(f)))
            for group in self.sheet.groups
        ]

    def _is_mine(self, field: Field) -> bool:
        return is_within(field.path, self.parts)

    def _base_version(self, data: Any) -> Version:
        number = str(data.get("base", "")) if data else ""
        seen = number if number.isdecimal() else 0
        version = self.record.versions.filter(number=seen).first()
        version = version or self.record.current
        assert version is not None  # record_past_draft_has_a_version, or _is_open
        return version

    def _merged(self, mine: ContentForm) -> HttpResponse:
        """Their newer version with my typing on it, and both where they differ."""
        current = self._base_version(None)
        theirs: dict[str, str] = {}
        form = ContentForm(content=current.content, groups=self._groups())
        form.initial.update(mine.changes(), base=current.number)
        for field in mine.described:
            saved = field.text(current.content)
            if field.path in mine.changes() and saved != field.text(mine.content):
                theirs[field.path] = saved
        return self._page(form, status=409, theirs=theirs)

    def _page(
        self,
        form: ContentForm,
        *,
        status: int = 200,
        theirs: dict[str, str] | None = None,
    ) -> HttpResponse:
        grid = Grid(self.request.user, self.siblings)
        findings = grid.findings(self.sheet)
        context = self.get_context_data(
            form=form,
            record=self.record,
            sheet=self.sheet,
            layout=form.layout(findings, theirs),
            places=_places(form, findings),
            conflict=theirs is not None,
            following=self._following(),
            returned=self._returned(),
            grid=page_data(self.request, self.record.school_class, grid, [self.sheet])
            | {"values": wire_values(form)},
            texts=texts(),
            whole=self.parts == EVERYTHING,
        )
        return self.render_to_response(context, status=status)

    def _returned(self) -> Line | None:
        """Who sent the sheet back and why, until it is submitted again."""
        mine = in_grid_of(self.request.user).filter(pk=self.record.pk)
        if not came_back(mine).exists():
            return None
        back = self.record.ledger.filter(action__in=BACKWARD).select_related("actor")
        return ledger_lines(back.order_by("-sequence")[:1])[0]

    def _following(self) -> Sheet | None:
        """The next draft of the class, to go on without the list."""
        drafts = [s for s in self.siblings if s.record.state == State.DRAFT]
        places = [n for n, s in enumerate(drafts) if s.record.pk == self.record.pk]
        rest = drafts[places[0] + 1 :] if places else []
        return rest[0] if rest else None

    def _next_url(self) -> str:
        following = self._following()
        if "save_next" in self.request.POST and following:
            return record_url(following.record, "edit")
        return record_url(self.record, "edit")


def wire_values(form: ContentForm) -> dict[str, str]:
    """What stands in each field, as the script sends it back."""
    return {
        field.path: to_text(field, form.fields[field.path], field.value(form.content))
        for field in form.described
    }


def _places(form: ContentForm, findings: list[Finding]) -> list[tuple[Finding, str]]:
    """Each finding with the id of its field ("" for the whole), what blocks first."""
    places = [
        (finding, form[path].id_for_label if path else "")
        for path, found in form.beside(findings).items()
        for finding in found
    ]
    return sorted(places, key=lambda place: not place[0].blocks)


@require_POST
def submit_one(request: StaffRequest, uuid: Any) -> HttpResponse:
    """Sign one sheet off and hand it to the head."""
    record = seen_record(request.user, uuid)
    try:
        submit_record(record_id=record.pk, by=request.user)
    except ChecksFailed as error:
        messages.error(request, error.for_user())
        return redirect(record_url(record, "edit"))
    except RecordsError as error:
        messages.error(request, error.for_user())
        return redirect(record_url(record))
    name = record.book.pupil.name
    messages.success(request, _("%s is submitted: the head may review.") % name)
    return redirect("staff:class", record.school_class_id)
