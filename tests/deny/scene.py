"""A school with one of everything that has an address, and everybody who may try it.

The names of the pupils and the sentences of the teachers stand nowhere else, so that
a page that has one of them has it from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from cms.portal.setup import ensure_site
from documents import storage
from documents.importing.runs import commit_import
from documents.models import (
    ImportRun,
    Package,
    PackageRun,
    Record,
    SchoolClass,
    Unit,
    User,
)
from tests.actors import bring_to, make_actors
from tests.documents.importing.books import class_files
from tests.documents.importing.runs import plan
from tests.factories import (
    NOW,
    YEAR,
    give_key,
    make_class,
    make_draft,
    make_pupil,
)
from tests.workflow.services.exchange.parcels import DEPARTMENT, give_seal
from tests.workflow.services.signing_scene import issue_to, question, register
from tests.workflow.services.signing_scene import run as run_through
from workflow.models import Batch, CommentPhrase, Deadline, Group, LateRequest, Notice
from workflow.services import (
    confirm_rows,
    dispatch_record,
    lock_record,
    sign_record,
    submit_record,
)
from workflow.services.bulk.batches import start_batch
from workflow.services.comments import add_phrase
from workflow.services.exchange.receiving import receive_package
from workflow.services.exchange.sending import send_report
from workflow.services.exchange.starting import start_sending
from workflow.services.keys import providers
from workflow.services.looking import approve
from workflow.services.season.calendar import ensure_calendars
from workflow.services.season.late import request_late
from workflow.signing.certificates import describe_certificate
from workflow.signing.providers.pkcs12 import Pkcs12Provider

# Each record by where it stands, with the name of its pupil.
PUPILS = {
    "draft": "Đoàn Quỳnh Nháp",
    "confirmed": "Cung Trúc Dòng",
    "reviewed": "Mạc Thuỳ Duyệt",
    "seen": "Lại Nhung Xem",
    "asked": "Hứa Khánh Hỏi",
    "signed": "Tạ Uyên Ký",
    "summer": "Lục Bảo Hè",
    "locked": "Quách Ngân Khoá",
    "sent": "Phùng Diệp Chuyển",
}
PHRASE = "Em kể chuyện Sơn Tinh rất duyên."
MAIL = "Lớp 3B còn thiếu, thầy Bình xem giúp."
HEADER = "STT;Mã lớp;Mã học sinh;Họ tên;Ngày sinh;Giới tính;Số định danh cá nhân"
IMPORTED = "Ngạc Thảo Nhập"


@dataclass
class Scene:
    """The cast by name, the records by where they stand, and one of the rest each."""

    units: dict[str, Unit]
    cast: dict[str, User]
    school_class: SchoolClass
    records: dict[str, Record]
    batch: Batch
    imports: dict[str, ImportRun]
    package: Package
    received: Package
    run: PackageRun
    failed_run: PackageRun
    deadline: Deadline
    over: Deadline
    late: LateRequest
    phrase: CommentPhrase
    notice: Notice


def build(units: dict[str, Unit]) -> Scene:
    """Everything is made by those whose work it is, with their own keys."""
    ensure_site()
    school, school_class = units["school"], make_class(units["school"])
    records = {
        where: make_draft(school_class, make_pupil(name), **_content(where))
        for where, name in PUPILS.items()
    }
    cast = make_actors(units, records["draft"])
    for where in ("signed", "locked", "sent"):
        cast["parent"].guardianships.create(
            pupil=records[where].book.pupil, relation="Mẹ"
        )
    give_key(cast["head"])
    give_key(school)
    give_seal(units["dong-thap"], DEPARTMENT)
    _bring_on(records, cast, units)
    over, deadline = _deadlines(units["dong-thap"])
    package = send_report(school=school, school_year=YEAR, by=None).packages[0]
    received = receive_package(data=storage.get(package.sha256), by=None).package
    run = start_sending(school=school, school_year=YEAR, by=cast["registrar"])
    failed_run = start_sending(
        school=school, school_year=YEAR, class_name="3B", by=cast["registrar"]
    )
    PackageRun.objects.filter(pk=failed_run.pk).update(
        status="failed", finished_at=NOW, error="signing_unavailable"
    )
    late = request_late(
        deadline_id=over.pk,
        school=school,
        record_ids=[records["draft"].pk],
        by=cast["registrar"],
        reason="Mất điện",
    )
    phrase = add_phrase(
        record_id=records["draft"].pk,
        path="subjects.vietnamese.comment",
        level="T",
        text=PHRASE,
        by=cast["class_teacher"],
    )
    notice = Notice.objects.create(
        person=cast["head"],
        kind="urged_sign",
        subject="deny",
        data={"name": MAIL, "count": 1, "day": str(NOW.date()), "by": "Sở"},
        url="/admin/notices/",
        created_at=NOW,
    )
    return Scene(
        units=units,
        cast=cast,
        school_class=school_class,
        records={k: Record.objects.get(pk=r.pk) for k, r in records.items()},
        batch=_asking_batch(records["asked"], cast["head"]),
        imports=_imports(school, cast["registrar"]),
        package=package,
        received=received,
        run=run,
        failed_run=PackageRun.objects.get(pk=failed_run.pk),
        deadline=deadline,
        over=over,
        late=late,
        phrase=phrase,
        notice=notice,
    )


def _content(where: str) -> dict[str, Any]:
    if where != "summer":
        return {}
    return {"completed": False, "promoted": False, "result": "not_completed"}


def _bring_on(
    records: dict[str, Record], cast: dict[str, User], units: dict[str, Unit]
) -> None:
    """Submitted, signed, locked and sent, each as far as its name says."""
    for where in ("confirmed", "reviewed", "seen", "asked", "signed", "locked", "sent"):
        key = records[where].pk
        confirm_rows(record_id=key, by=cast["subject_teacher"], at=NOW)
        if where == "confirmed":
            continue
        submit_record(record_id=key, by=cast["class_teacher"], at=NOW)
    for where in ("signed", "locked", "sent"):
        sign_record(record_id=records[where].pk, by=cast["head"], at=NOW)
    for where in ("locked", "sent"):
        lock_record(record_id=records[where].pk, by=cast["officer"], at=NOW)
    dispatch_record(
        record_id=records["sent"].pk,
        to_unit=units["other"],
        by=cast["registrar"],
        reason="Chuyển trường",
    )
    bring_to(records["summer"], "signed", units)
    seen = Record.objects.get(pk=records["seen"].pk)
    approve(record_id=seen.pk, version_id=seen.current_id or 0, by=cast["head"])


def _deadlines(department: Unit) -> tuple[Deadline, Deadline]:
    """One lock that has been, one that comes; holidays and reminders with them."""
    ensure_calendars(NOW)
    make = partial(Deadline.objects.update_or_create, unit=department, school_year=YEAR)
    days = (NOW.date(), NOW.date() + timedelta(days=30))
    over, _new = make(
        group=Group.COMPLETED,
        defaults={"report_until": days[0], "lock_on": days[0], "locked_at": NOW},
    )
    deadline, _new = make(
        group=Group.REASSESSED, defaults={"report_until": days[1], "lock_on": days[1]}
    )
    return over, deadline


def _asking_batch(record: Record, head: User) -> Batch:
    """A batch that waits for the head's own token."""
    issued = issue_to(head)
    found = Pkcs12Provider(issued.path, issued.passphrase).describe()
    pem = providers.write_certificates(describe_certificate(found.leaf, found.chain))
    register(head, "agent", "a" * 64, certificates=pem, mechanism="ecdsa")
    batch = start_batch(
        step="sign", record_ids=[record.pk], by=head, unit=record.issuer, at=NOW
    )
    run_through(batch)
    question(batch)
    return batch


def _imports(school: Unit, registrar: User) -> dict[str, ImportRun]:
    """One that is looked at, one with a wrong cell, and one that was confirmed."""

    def a_list(code: str, born: str) -> dict[str, bytes]:
        row = f"1;4A;{code};{IMPORTED};{born};Nữ;"
        return {f"{code}.csv": f"{HEADER}\n{row}".encode()}

    done = plan(school, class_files(size=1, name="5A"), registrar)
    return {
        "planned": plan(school, a_list("7400009991", "05/09/2016"), registrar),
        "wrong": plan(school, a_list("7400009992", "hai ngan"), registrar),
        "committed": commit_import(run_id=done.pk, by=registrar, at=NOW),
    }
