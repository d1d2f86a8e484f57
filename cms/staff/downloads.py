"""Files that are made for one person and kept nowhere."""

from __future__ import annotations

from django.http import HttpResponse

from documents.workbooks import MEDIA_TYPE, Table, write_workbook


def workbook_of(name: str, *tables: Table) -> HttpResponse:
    """A download of them; the rows are written as they come."""
    with write_workbook(tables) as file:
        response = HttpResponse(file, content_type=MEDIA_TYPE)
    response["Content-Disposition"] = f'attachment; filename="{name}.xlsx"'
    response["Cache-Control"] = "no-store"
    return response
