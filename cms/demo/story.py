"""What happened in the demo so far, told by calling the real services."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cms.portal.setup import editors, ensure_site
from documents.errors import RecordsError
from documents.importing.cells import Upload
from documents.importing.runs import commit_import, plan_import
from documents.models import Guardianship, Pupil, Record, State, Unit, User
from documents.samples import MY_NGAI, school_workbooks
from workflow.models import ItemStatus
from workflow.services import (
    dispatch_record,
    edit_record,
    receive_record,
    record_pdf,
)
from workflow.services.bulk.batches import run_batch, start_batch

from . import world

Progress = Callable[[str], None]


class DemoRefused(RecordsError):
    code = "demo_refused"
    user_message = _("The demo is for trials only: it is refused when DEBUG is off.")


class StoryBroken(RecordsError):
    code = "demo_broken"
    user_message = _("The demo stopped at %(step)s: %(message)s")

    def __init__(self, step: str, message: str) -> None:
        self.step, self.message = step, message
        super().__init__(f"{step}: {message}")


def load_demo(say: Progress) -> bool:
    """Load the demo; return whether there was anything to do.

    A run that was stopped goes on where it was. Raises DemoRefused.
    """
    if not settings.DEBUG:
        raise DemoRefused
    if Guardianship.objects.filter(user__username=world.PARENT.username).exists():
        return False  # the last thing that the demo makes
    at = timezone.now()
    ensure_site()
    say("units, people, keys")
    units = world.make_units()
    users = world.make_people(units)
    users["admin"].groups.add(editors())
    world.make_keys(users, units, at)
    world.make_deadlines(units["so-gddt-dong-thap"], world.today())
    say("workbooks of three classes")
    _import_workbooks(units["my-ngai"], users["registrar"], at)
    for message in _live(units, users):
        say(message)
    return True


def _import_workbooks(school: Unit, registrar: User, at: datetime) -> None:
    if Record.objects.filter(issuer=school).exists():
        return
    books = school_workbooks(MY_NGAI)
    files = [Upload(name, data) for name, data in books.items()]
    run = plan_import(
        files=files, unit=school, school_year=world.YEAR, by=registrar, at=at
    )
    commit_import(run_id=run.pk, by=registrar, at=at)


def _live(units: dict[str, Unit], users: dict[str, User]) -> Iterator[str]:
    """1A waits for the head, 3B is issued, 4B is being mended."""
    yield "1A: submitted, two returned"
    first = _records("1A")
    _take("submit", first[:-3], users["teacher1a"])
    _take("return", first[:2], users["head"], "Xem lại nhận xét môn Toán.")
    yield "3B: submitted and signed with real signatures (38 records)"
    third = _records("3B")
    _take("confirm", third, users["english"])
    _take("submit", third, users["teacher3b"])
    _take("sign", third, users["head"])
    yield "3B: one recalled and replaced, most locked, two handed over"
    _replace(third[0], users)
    _take("lock", third[:-6], users["officer"])
    _hand_over(third[1:3], units["hoa-thuan"], users)
    yield "4B: some submitted, three of them signed"
    fourth = _records("4B")
    # What the checks found is in rows of others: mending them leaves these signed.
    _take("confirm", fourth, users["english"])
    _take("submit", fourth[6:16], users["teacher4b"], tolerant=True)
    _take("sign", fourth[6:9], users["head"], tolerant=True)
    yield "the parent's children"
    for record in Record.objects.filter(state__in=("locked", "transferred")):
        record_pdf(record)
    world.make_guardian(
        users["parent"], [_child(third[3:-6], "Nguyễn Thị Hoà"), _child(first, "")]
    )


def _records(class_name: str) -> list[Record]:
    records = Record.objects.filter(
        issuer__code="my-ngai", school_class__name=class_name
    )
    # The parent's child comes late in the list, so that it is neither handed over
    # nor left unlocked.
    together = records.select_related("book__pupil", "issuer")
    by_name = list(together.order_by("book__pupil__sort_key"))
    by_name.sort(key=lambda record: record.book.pupil.name == "Nguyễn Thị Hoà")
    if class_name == "3B":
        by_name.insert(5, by_name.pop())
    return by_name


def _child(records: list[Record], name: str) -> Pupil:
    named = [r for r in records if name in r.book.pupil.name]
    return (named or records)[0].book.pupil


def _take(
    step: str,
    records: list[Record],
    by: User,
    reason: str = "",
    *,
    tolerant: bool = False,
) -> None:
    """One step for several records, as the screens do it.

    A record that has gone further in an earlier, stopped run refuses the step, which
    is no fault then; any other refusal ends the demo unless ``tolerant``.
    """
    batch = start_batch(
        step=step,
        record_ids=[r.pk for r in records],
        by=by,
        unit=records[0].issuer,
        reason=reason,
    )
    for item in run_batch(batch.pk):
        fine = item.status == ItemStatus.DONE or item.error == "illegal_transition"
        if not fine and not tolerant:
            raise StoryBroken(step, item.message)


def _replace(record: Record, users: dict[str, User]) -> None:
    """Recall an issued record, correct it, and issue it again."""
    fresh = Record.objects.get(pk=record.pk)
    if fresh.state != State.SIGNED or fresh.versions.count() > 1:
        return
    _take("recall", [record], users["head"], "Sai chiều cao, cân nặng của học sinh.")
    fresh = Record.objects.select_related("current").get(pk=record.pk)
    assert fresh.current is not None
    edit_record(
        record_id=record.pk,
        by=users["teacher3b"],
        base=fresh.current.number,
        changes={"height_cm": 131, "weight_kg": 28.5},
    )
    _take("submit", [record], users["teacher3b"])
    _take("sign", [record], users["head"])


def _hand_over(records: list[Record], to_unit: Unit, users: dict[str, User]) -> None:
    """The first is received by the second school, the second still on its way."""
    for record in records:
        fresh = Record.objects.get(pk=record.pk)
        if fresh.state == State.LOCKED and fresh.open_transfer() is None:
            dispatch_record(
                record_id=record.pk,
                to_unit=to_unit,
                by=users["registrar"],
                reason="Gia đình chuyển nơi ở.",
            )
    first = Record.objects.get(pk=records[0].pk)
    if first.open_transfer() is not None:
        receive_record(record_id=first.pk, by=users["registrar2"])
