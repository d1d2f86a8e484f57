"""Records as data, for those who may see them."""

from __future__ import annotations

import base64
import binascii
import json
from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from ninja import Query, Router
from ninja.decorators import decorate_view

from documents.models import Record, Unit, User
from documents.models.access import Access
from documents.querysets import RecordQuerySet
from documents.reading import log_reads

from .problems import BadRequest, Problem
from .schemas import Filters, RecordDetail, RecordOut, RecordPage, row_of, signature_of

router = Router(tags=["records"])
RELATED = ("book__pupil", "school_class", "issuer", "custodian", "current")


@router.get(
    "/records",
    response={200: RecordPage, 400: Problem, 401: Problem, 422: Problem},
    by_alias=True,
    operation_id="list_records",
    summary="List records",
)
@decorate_view(never_cache)
def list_records(request: HttpRequest, filters: Query[Filters]) -> RecordPage:
    """The records that you may see, without names and content, page by page."""
    rows = _filtered(Record.objects.visible_to(user_of(request)), filters)
    rows = rows.filter(pk__gt=_read_cursor(filters.cursor)).order_by("pk")
    found = list(rows.select_related(*RELATED)[: filters.limit + 1])
    page = found[: filters.limit]
    following = _cursor(page[-1].pk) if len(found) > filters.limit else None
    return RecordPage(items=[RecordOut(**row_of(r)) for r in page], next=following)


@router.get(
    "/records/{uuid:uuid}",
    response={200: RecordDetail, 401: Problem, 404: Problem},
    by_alias=True,
    operation_id="read_record",
    summary="Read one record with its content",
)
@decorate_view(never_cache)
def read_record(request: HttpRequest, uuid: UUID) -> RecordDetail:
    """The current version and its signatures. The reading is entered in the log."""
    user = user_of(request)
    rows = Record.objects.visible_to(user).select_related(*RELATED)
    record = get_object_or_404(rows, uuid=uuid)
    log_reads([record], by=user, access=Access.API, at=timezone.now())
    version = record.current
    signatures = version.signatures.order_by("pk") if version else []
    return RecordDetail(
        **row_of(record),
        form_version=version.form_version if version else None,
        content=json.loads(version.canonical) if version else None,
        signatures=[signature_of(signature) for signature in signatures],
    )


def user_of(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # the authentication of the API has looked
    return request.user


def _filtered(rows: RecordQuerySet, filters: Filters) -> RecordQuerySet:
    if filters.unit is not None:
        rows = rows.in_unit(_unit(filters.unit))
    wanted = {
        "school_year": filters.year,
        "school_class__name": filters.class_name,
        "state": filters.state,
    }
    return rows.filter(**{name: value for name, value in wanted.items() if value})


def _unit(code: str) -> Unit:
    unit: Unit | None = Unit.objects.filter(code=code).first()
    if unit is None:
        raise BadRequest("unknown_unit", _("There is no unit with this code."))
    return unit


def _cursor(pk: int) -> str:
    """Opaque on purpose: what it holds may change."""
    return base64.urlsafe_b64encode(f"r{pk}".encode()).decode().rstrip("=")


def _read_cursor(cursor: str | None) -> int:
    if not cursor:
        return 0
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        return int(text.removeprefix("r"))
    except (binascii.Error, ValueError) as error:
        sentence = _("This cursor is not one of ours. Start again without it.")
        raise BadRequest("invalid_cursor", sentence) from error
