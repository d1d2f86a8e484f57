"""What the grid of a class asks of the server: save cells, use the comment bank."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponseBadRequest, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from cms.characters import has_unkept, sent_by_script, texts_in
from documents.errors import RecordsError
from documents.kinds.fields import Field
from documents.models import SchoolClass, User
from workflow.models import CommentPhrase
from workflow.services.comments import add_phrase, bank_of, delete_phrase
from workflow.services.editing import is_within
from workflow.services.grid import CellEdit, RowOutcome, save_cells

from .classes import open_grid
from .forms import form_field
from .grid_data import Grid, from_text, to_text
from .roles import StaffRequest
from .sheets import Sheet, grid_records, sheets_of

# A paste of a whole class: more than that was not typed by a person.
MOST_CELLS = 10_000


class Malformed(ValueError):
    """The body is not what the grid sends."""


@require_POST
def save(request: StaffRequest, class_id: int) -> JsonResponse | HttpResponseBadRequest:
    """Save cells of a class; the answer has what became of each, and the checks.

    Body: ``{"user": id, "rows": {uuid: [{"path", "was", "value"}, …]}}``, texts as they
    are shown. 409 if somebody else has signed in since the page was opened.
    """
    school_class = open_grid(request.user, class_id)
    try:
        body = read_body(request)
        typed = cells_of(body)
    except Malformed as error:
        return HttpResponseBadRequest(str(error))
    if body.get("user") != request.user.pk:
        return JsonResponse({"code": "other_user"}, status=409)
    sheets = grid_sheets(request.user, school_class)
    rows = {str(s.record.uuid): _Row(s) for s in sheets if str(s.record.uuid) in typed}
    edits = {row.sheet.record.pk: row.read(typed[key]) for key, row in rows.items()}
    done = save_cells(edits={pk: e for pk, e in edits.items() if e}, by=request.user)
    answers = {
        key: row.answer(done.get(row.sheet.record.pk, RowOutcome()))
        for key, row in rows.items()
    }
    missing = {key: {"gone": True} for key in typed.keys() - rows.keys()}
    return JsonResponse({"rows": answers | missing, **_after(request, school_class)})


def _after(request: StaffRequest, school_class: SchoolClass) -> dict[str, Any]:
    """The checks of the whole class as they are now: the rules compare."""
    grid = Grid(request.user, grid_sheets(request.user, school_class))
    return {
        "checks": {str(s.record.uuid): grid.checks(s) for s in grid.sheets},
        "summary": grid.summary(),
        "saved_at": f"{timezone.localtime():%H:%M}",
    }


def grid_sheets(user: User, school_class: SchoolClass) -> list[Sheet]:
    return sheets_of(grid_records(user, school_class))


class _Row:
    """The cells of one record between the browser's texts and the service's values."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.errors: dict[str, str] = {}
        self.fields: dict[str, Field] = {
            field.path: field for group in sheet.groups for field in group.fields
        }

    def read(self, cells: list[dict[str, str]]) -> list[CellEdit]:
        edits = []
        for cell in cells:
            field = self.fields.get(cell["path"])
            if field is None:
                self.errors[cell["path"]] = _("This place cannot be changed.")
                continue
            control = form_field(field)
            try:
                value = from_text(control, cell["value"])
            except ValidationError as error:
                self.errors[cell["path"]] = " ".join(error.messages)
                continue
            edits.append(CellEdit(field.path, _seen(control, cell["was"]), value))
        return edits

    def answer(self, outcome: RowOutcome) -> dict[str, Any]:
        refused = {p: error.for_user() for p, error in outcome.refused.items()}
        return {
            "saved": self._texts(outcome.saved),
            "theirs": self._texts(outcome.theirs),
            "errors": self.errors | refused,
        }

    def _texts(self, values: Mapping[str, Any]) -> dict[str, str]:
        return {
            path: to_text(self.fields[path], form_field(self.fields[path]), value)
            for path, value in values.items()
        }


def _seen(control: Any, text: str) -> Any:
    """What the cell held; a text that cannot be a value was never in it."""
    try:
        return from_text(control, text)
    except ValidationError:
        return text


def read_body(request: HttpRequest) -> dict[str, Any]:
    """Raises Malformed."""
    try:
        body = json.loads(sent_by_script(request))
    except (ValueError, RecursionError) as error:
        raise Malformed("not JSON") from error
    if not isinstance(body, dict):
        raise Malformed("not an object")
    if has_unkept(texts_in(body)):
        raise Malformed("a character that is not kept")
    return body


def cells_of(body: Mapping[str, Any]) -> dict[str, list[dict[str, str]]]:
    """The cells by record. Raises Malformed."""
    rows = body.get("rows")
    if not isinstance(rows, dict) or not all(
        isinstance(cells, list) and all(_is_cell(cell) for cell in cells)
        for cells in rows.values()
    ):
        raise Malformed("rows are not cells by record")
    if sum(map(len, rows.values())) > MOST_CELLS:
        raise Malformed("too many cells")
    return rows


def _is_cell(cell: Any) -> bool:
    return isinstance(cell, dict) and all(
        isinstance(cell.get(name), str) for name in ("path", "was", "value")
    )


@require_http_methods(["GET", "POST"])
def phrases(
    request: StaffRequest, class_id: int
) -> JsonResponse | HttpResponseBadRequest:
    """The comment bank of the class's school; POST adds to it."""
    school_class = open_grid(request.user, class_id)
    if request.method == "POST":
        return _add(request, school_class)
    grid = Grid(request.user, grid_sheets(request.user, school_class))
    bank = bank_of(school_class.school, by=request.user)
    shown = [as_data(p) for p in bank if is_within(p.part, grid.parts)]
    return JsonResponse({"phrases": shown})


def _add(
    request: StaffRequest, school_class: SchoolClass
) -> JsonResponse | HttpResponseBadRequest:
    try:
        body = read_body(request)
    except Malformed as error:
        return HttpResponseBadRequest(str(error))
    records = grid_records(request.user, school_class)
    key = str(body.get("row", ""))
    record = next((r for r in records if str(r.uuid) == key), None)
    if record is None:
        raise Http404
    try:
        phrase = add_phrase(
            record_id=record.pk,
            path=str(body.get("path", "")),
            level=str(body.get("level", "")),
            text=str(body.get("text", "")),
            by=request.user,
        )
    except RecordsError as error:
        return JsonResponse({"error": error.for_user()}, status=422)
    return JsonResponse(as_data(phrase), status=201)


@require_http_methods(["DELETE"])
def phrase(request: StaffRequest, phrase_id: int) -> JsonResponse:
    """Take one sentence out of the bank."""
    try:
        delete_phrase(phrase_id=phrase_id, by=request.user)
    except RecordsError as error:
        raise Http404 from error
    return JsonResponse({}, status=200)


def as_data(one: CommentPhrase) -> dict[str, Any]:
    return {"id": one.pk, "part": one.part, "level": one.level, "text": one.text}
