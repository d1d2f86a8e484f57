"""Where each door of the table leads in the scene, and what is posted there.

What is posted is good: whoever may, does with it what the address is for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from documents.models import Record
from tests.factories import PASSWORD, YEAR

from .doors import CLASS, CONSENT, IMPORT, RECORD, UNIT, Door
from .scene import HEADER, Scene

Data = dict[str, Any] | str


def address_of(door: Door, scene: Scene) -> str:
    """The address, with the place of the scene that the door names."""
    place = places(scene).get(door.at, {})
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda m: str(place[m[1]]), door.route)


def places(scene: Scene) -> dict[str, dict[str, Any]]:
    school = {"code": "my-ngai", "class_id": scene.school_class.pk}
    records = {where: {"uuid": one.uuid} for where, one in scene.records.items()}
    imports = {name: {"uuid": one.uuid} for name, one in scene.imports.items()}
    return (
        records
        | imports
        | {
            "class": {"class_id": scene.school_class.pk, "state": "reviewed"},
            "phrase": {"phrase_id": scene.phrase.pk},
            "batch": {"uuid": scene.batch.uuid},
            "pause": {"uuid": scene.batch.uuid, "act": "pause"},
            "cancel": {"uuid": scene.batch.uuid, "act": "cancel"},
            "consent": {"uuid": scene.batch.consents.get().uuid},
            "seal": {"whose": "seal"},
            "mine": {"whose": "mine"},
            "school": school | {"deadline_id": scene.deadline.pk},
            "department": {"code": "dong-thap"},
            "commune": {"code": "my-ngai-xa"},
            "late": {"uuid": scene.late.uuid},
            "over": {"code": "my-ngai", "deadline_id": scene.over.pk},
            "notice": {"pk": scene.notice.pk},
            "month": {"month": "now"},
            "run": {"uuid": scene.run.uuid},
            "failed run": {"uuid": scene.failed_run.uuid},
            "package": {"pk": scene.package.pk},
            "received": {"pk": scene.received.pk},
        }
    )


def posted(door: Door, scene: Scene, actor: str) -> Data:
    """The fields of the form; a text is the JSON of a script."""
    made = FORMS.get(door.route)
    return made(scene, actor) if made else {}


def version_of(record: Record) -> int:
    assert record.current_id is not None
    return record.current_id


def _cells(scene: Scene, actor: str) -> str:
    # Of the sheet without a subject: a subject teacher may not.
    cell = {"path": "height_cm", "was": "", "value": "131"}
    user = scene.cast[actor].pk if actor else 0
    return json.dumps(
        {"user": user, "rows": {str(scene.records["draft"].uuid): [cell]}}
    )


def _phrase(scene: Scene, actor: str) -> str:
    body = {"path": "subjects.vietnamese.comment", "level": "T", "text": "Em đọc rõ."}
    return json.dumps(body | {"row": str(scene.records["draft"].uuid)})


def _sign(scene: Scene, actor: str) -> Data:
    version = version_of(scene.records["reviewed"])
    key = scene.school_class.pk
    return {"class": key, f"version-{key}": version, "version": version}


def _upload(scene: Scene, actor: str) -> Data:
    row = "1;4A;7400009993;Tôn Nữ Mới;05/09/2016;Nữ;"
    file = SimpleUploadedFile("4A.csv", f"{HEADER}\n{row}".encode())
    own = scene.units["school"].pk
    return {"unit": own, "school_year": YEAR, "workbooks": [file]}


FORMS: dict[str, Callable[[Scene, str], Data]] = {
    f"{CLASS}cells/": _cells,
    f"{CLASS}phrases/": _phrase,
    f"{CLASS}sign/": _sign,
    f"{RECORD}sign/": _sign,
    "admin/sign/": _sign,
    f"{CLASS}print/": lambda scene, actor: {"pages": "all", "copies": "1"},
    "admin/subjects/<int:class_id>/sign/": lambda scene, actor: {
        "version": version_of(scene.records["draft"])
    },
    f"{RECORD}review/": lambda scene, actor: {
        "version": version_of(scene.records["reviewed"])
    },
    f"{RECORD}return/": lambda scene, actor: {"reason": "Sai tên môn"},
    f"{RECORD}recall/": lambda scene, actor: {"reason": "Sai tên môn"},
    f"{RECORD}dispatch/": lambda scene, actor: {"school": "chau-doc"},
    f"{RECORD}dispatch-file/": lambda scene, actor: {"school": "chau-doc"},
    f"{CONSENT}signatures/": lambda scene, actor: "{}",
    f"{CONSENT}request/": lambda scene, actor: "{}",
    "admin/key/agent/": lambda scene, actor: "{}",
    "admin/key/trial/answer/": lambda scene, actor: "{}",
    f"{UNIT}lock/": lambda scene, actor: {"seen": timezone.now().isoformat()},
    "admin/calendar/<slug:code>/": lambda scene, actor: {
        "act": "quiet",
        "begins": "20:00",
        "ends": "06:30",
        "reason": "Mùa hè",
    },
    "admin/late/<uuid:uuid>/": lambda scene, actor: {"act": "refuse", "answer": "Đủ"},
    "admin/late/<slug:code>/<int:deadline_id>/": lambda scene, actor: {
        "record": str(scene.records["reviewed"].uuid),
        "reason": "Mất điện",
    },
    "admin/imports/": _upload,
    f"{IMPORT}mend/": lambda scene, actor: {"cell-0": "05/09/2016"},
    "admin/notices/mails/": lambda scene, actor: {"mail": "never", "language": "vi"},
    "admin/packages/send/": lambda scene, actor: {
        "unit": scene.units["school"].pk,
        "school_year": YEAR,
        "class_name": "3B",
    },
    "admin/packages/take/": lambda scene, actor: {
        "packet": SimpleUploadedFile("goi.xml", b"<GOI/>")
    },
    "account/password/": lambda scene, actor: {
        "old_password": PASSWORD,
        "new_password1": "Trang-Nguyen-1442",
        "new_password2": "Trang-Nguyen-1442",
    },
}
