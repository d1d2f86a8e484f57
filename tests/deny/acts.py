"""Every service that acts for a person, and who may have it done in the scene.

Whoever is not named is refused by the service itself, whatever a screen has asked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import time, timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from documents import storage
from documents.importing import runs
from documents.importing import undoing as importing_undoing
from documents.models import Unit, User
from tests.documents.importing.books import uploads
from tests.factories import NOW, YEAR
from workflow.services import (
    comments,
    confirming,
    editing,
    grid,
    locking,
    looking,
    reassessing,
    recalling,
    returning,
    signing,
    submitting,
    transferring,
    undoing,
)
from workflow.services.bulk.works import Desk
from workflow.services.exchange import (
    dispatching,
    ministry,
    receipts,
    receiving,
    sending,
    starting,
)
from workflow.services.keys import registering
from workflow.services.many import Taken
from workflow.services.season import calendar, late, urging, waiting

from .cast import (
    CLASS_TEACHER,
    DEPARTMENT,
    GRID,
    HEAD,
    NEXT_DOOR,
    OFFICE,
    REGISTRAR,
    SCHOOL,
    SUBJECT_TEACHER,
    WATCHERS,
    People,
    people,
)
from .doors import TAKERS
from .scene import HEADER, Scene

Doing = Callable[[Scene, User], Any]
REASON = "Sai tên môn"


@dataclass(frozen=True)
class Act:
    """``does`` is one call of ``service``; ``may`` has the right to it."""

    service: Callable[..., Any]
    may: People
    does: Doing

    def __str__(self) -> str:
        return f"{self.service.__module__}.{self.service.__name__}"


def of_record(service: Callable[..., Any], where: str, may: People, **more: Any) -> Act:
    """A service of one record, by its key."""

    def does(scene: Scene, by: User) -> Any:
        return service(record_id=scene.records[where].pk, by=by, **more)

    return Act(service, may, does)


def of_records(
    service: Callable[..., Taken], where: str, may: People, **more: Any
) -> Act:
    """A service of many, whose refusals are data."""

    def does(scene: Scene, by: User) -> Any:
        return service(record_ids=[scene.records[where].pk], by=by, **more).only()

    return Act(service, may, does)


def of_calendar(service: Callable[..., Any], **more: Any) -> Act:
    def does(scene: Scene, by: User) -> Any:
        change = calendar.Change(by, "Mùa hè", NOW)
        return service(unit=scene.units["dong-thap"], change=change, **more)

    return Act(service, DEPARTMENT, does)


def _save_cells(scene: Scene, by: User) -> None:
    key = scene.records["draft"].pk
    (row,) = grid.save_cells(
        edits={key: [grid.CellEdit("height_cm", 125, 131)]}, by=by
    ).values()
    for error in row.refused.values():
        raise error


def _approve(scene: Scene, by: User) -> None:
    record = scene.records["reviewed"]
    looking.approve(record_id=record.pk, version_id=record.current_id or 0, by=by)


def _request_late(scene: Scene, by: User) -> None:
    late.request_late(
        deadline_id=scene.over.pk,
        school=scene.units["school"],
        record_ids=[scene.records["reviewed"].pk],
        by=by,
        reason="Mất điện",
    )


def _change_deadline(scene: Scene, by: User) -> None:
    row = scene.deadline
    calendar.change_deadline(
        deadline_id=row.pk,
        report_until=row.report_until,
        lock_on=row.lock_on + timedelta(days=1),
        change=calendar.Change(by, "Mùa hè", NOW),
    )


def _switch_rule(scene: Scene, by: User) -> None:
    rule = scene.units["dong-thap"].reminder_rules.first()
    change = calendar.Change(by, "Mùa hè", NOW)
    calendar.switch_rule(rule_id=rule.pk, is_active=False, change=change)


def _named(scene: Scene, owner: User | Unit, by: User) -> None:
    registering.register_key(owner, provider="csc", reference="x", by=by)


def _take(scene: Scene, by: User) -> None:
    file = SimpleUploadedFile("goi.xml", b"<GOI/>")
    starting.start_taking(file=file, name="goi.xml", by=by)


def _plan(scene: Scene, by: User) -> None:
    row = "1;4A;7400009993;Tôn Nữ Mới;05/09/2016;Nữ;"
    runs.plan_import(
        files=uploads({"4A.csv": f"{HEADER}\n{row}".encode()}),
        unit=scene.units["school"],
        school_year=YEAR,
        by=by,
        at=NOW,
    )


def _of_import(service: Callable[..., Any], which: str, **more: Any) -> Act:
    def does(scene: Scene, by: User) -> Any:
        return service(run_id=scene.imports[which].pk, by=by, at=NOW, **more)

    return Act(service, REGISTRAR, does)


def _school(scene: Scene) -> dict[str, Any]:
    return {"school": scene.units["school"], "school_year": YEAR}


def _unit(scene: Scene) -> dict[str, Any]:
    return {"unit": scene.units["school"], "school_year": YEAR}


TEACHER_OR_REGISTRAR = people(CLASS_TEACHER, REGISTRAR)
# A subject teacher may write the own subject; elsewhere the field is refused.
WRITERS = people(TEACHER_OR_REGISTRAR, SUBJECT_TEACHER)
SIGNERS_OF_ROWS = people(CLASS_TEACHER, SUBJECT_TEACHER)
PHRASE = {"path": "subjects.math.comment", "level": "T", "text": "Em tính nhanh."}

ACTS = [
    of_record(comments.add_phrase, "draft", WRITERS, **PHRASE),
    Act(
        comments.delete_phrase,
        people(GRID, NEXT_DOOR),
        lambda s, by: comments.delete_phrase(phrase_id=s.phrase.pk, by=by),
    ),
    of_record(confirming.confirm_rows, "draft", SIGNERS_OF_ROWS),
    of_record(
        confirming.confirm_work, "draft", SIGNERS_OF_ROWS, at=NOW, desk=Desk.plain()
    ),
    of_record(
        editing.edit_record,
        "draft",
        WRITERS,
        base=1,
        changes={"subjects.math.comment": "Em tính nhanh."},
    ),
    Act(grid.save_cells, WRITERS, _save_cells),
    Act(looking.approve, HEAD, _approve),
    of_record(looking.take_back, "seen", HEAD),
    of_record(submitting.submit_record, "confirmed", CLASS_TEACHER),
    of_records(submitting.submit_records, "confirmed", CLASS_TEACHER),
    of_record(
        submitting.submit_work, "confirmed", CLASS_TEACHER, at=NOW, desk=Desk.plain()
    ),
    of_record(returning.return_record, "reviewed", HEAD, reason=REASON),
    of_records(returning.return_records, "reviewed", HEAD, reason=REASON),
    of_record(signing.sign_record, "reviewed", HEAD),
    of_record(signing.sign_work, "reviewed", HEAD, at=NOW, desk=Desk.plain()),
    of_record(recalling.recall_record, "signed", HEAD, reason=REASON),
    of_record(reassessing.open_reassessment, "summer", HEAD),
    of_record(locking.lock_record, "signed", DEPARTMENT),
    of_records(locking.lock_records, "signed", DEPARTMENT),
    Act(
        transferring.dispatch_record,
        REGISTRAR,
        lambda s, by: transferring.dispatch_record(
            record_id=s.records["locked"].pk, to_unit=s.units["far"], by=by
        ),
    ),
    of_record(transferring.receive_record, "sent", people("registrar receiving")),
    of_record(transferring.withdraw_transfer, "sent", REGISTRAR),
    # The season
    Act(late.request_late, OFFICE, _request_late),
    Act(
        late.decide_late,
        DEPARTMENT,
        lambda s, by: late.decide_late(
            request_id=s.late.pk, by=by, until=None, answer="Đủ"
        ),
    ),
    Act(
        urging.plan_urging,
        WATCHERS,
        lambda s, by: urging.plan_urging(by=by, **_unit(s)),
    ),
    Act(urging.urge, WATCHERS, lambda s, by: urging.urge(by=by, **_unit(s))),
    Act(
        waiting.remind_holder,
        SCHOOL,
        lambda s, by: waiting.remind_holder(
            school_class=s.school_class, state="reviewed", by=by
        ),
    ),
    Act(calendar.change_deadline, DEPARTMENT, _change_deadline),
    of_calendar(calendar.set_holiday, day=NOW.date(), name="Nghỉ bão"),
    of_calendar(calendar.remove_holiday, day=NOW.date()),
    of_calendar(calendar.set_quiet_hours, begins=time(20), ends=time(6)),
    Act(calendar.switch_rule, DEPARTMENT, _switch_rule),
    # Keys: the own, and the seal of the own school
    Act(
        registering.register_key,
        REGISTRAR,
        lambda s, by: _named(s, s.units["school"], by),
    ),
    Act(
        registering.register_key,
        CLASS_TEACHER,
        lambda s, by: _named(s, s.cast["class_teacher"], by),
    ),
    # Packages
    Act(
        starting.start_sending,
        REGISTRAR,
        lambda s, by: starting.start_sending(by=by, class_name="3B", **_school(s)),
    ),
    Act(starting.start_taking, TAKERS, _take),
    Act(
        starting.start_delivery,
        REGISTRAR,
        lambda s, by: starting.start_delivery(package=s.package, by=by),
    ),
    Act(
        sending.send_report,
        REGISTRAR,
        lambda s, by: sending.send_report(by=by, **_school(s)),
    ),
    Act(
        dispatching.dispatch_book,
        REGISTRAR,
        lambda s, by: dispatching.dispatch_book(
            record_id=s.records["locked"].pk, to_unit=s.units["far"], by=by
        ),
    ),
    Act(
        receiving.receive_package,
        DEPARTMENT,
        lambda s, by: receiving.receive_package(
            data=storage.get(s.package.sha256), by=by
        ),
    ),
    Act(
        receipts.file_receipt,
        REGISTRAR,
        lambda s, by: receipts.file_receipt(
            data=storage.get(s.received.receipt), by=by
        ),
    ),
    Act(
        ministry.report_to_ministry,
        DEPARTMENT,
        lambda s, by: list(
            ministry.report_to_ministry(
                department=s.units["dong-thap"], school_year=YEAR, by=by
            )
        ),
    ),
    # Imports
    Act(runs.plan_import, REGISTRAR, _plan),
    _of_import(runs.commit_import, "planned"),
    _of_import(runs.discard_import, "planned"),
    _of_import(runs.mend_import, "wrong", mends=()),
    _of_import(undoing.undo_import, "committed"),
    _of_import(importing_undoing.undo_import, "committed"),
]
# What a batch can take, record by record.
BATCHES = {
    "confirm": ("draft", SIGNERS_OF_ROWS),
    "submit": ("confirmed", CLASS_TEACHER),
    "return": ("reviewed", HEAD),
    "sign": ("reviewed", HEAD),
    "recall": ("signed", HEAD),
    "lock": ("signed", DEPARTMENT),
}
