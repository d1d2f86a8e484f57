"""What a browser with the grid open sends, and what it was given."""

from __future__ import annotations

from typing import Any

from django.test import Client

from documents.models import Record

from .conftest import to

MATH = "subjects.math.score"


def send(client: Client, record: Record, *cells: tuple[str, str, str], **more: Any):
    body = {
        "user": int(client.session["_auth_user_id"]),
        "rows": {
            str(record.uuid): [
                {"path": path, "was": was, "value": value} for path, was, value in cells
            ]
        },
    }
    return client.post(
        to("cells", record.school_class_id),
        body | more,
        content_type="application/json",
    )


def data_of(page: Any) -> Any:
    return page.context["grid"]


def add_phrase(client: Client, record: Record, path: str = "subjects.math.comment"):
    body = {"row": str(record.uuid), "path": path, "level": "T", "text": "Tính nhanh."}
    return client.post(
        to("phrases", record.school_class_id), body, content_type="application/json"
    )
