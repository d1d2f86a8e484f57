"""A school in a database of its own, and what processes do there at once."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from documents.errors import RecordsError
from documents.models import (
    Artifact,
    Assignment,
    LedgerEntry,
    Record,
    Signature,
    Transfer,
    Unit,
    User,
    Version,
)
from tests.factories import (
    TEACHERS,
    give_key,
    make_class,
    make_draft,
    make_pupil,
    make_tree,
    make_user,
)
from tests.workflow.services.signing_scene import PIN, remote
from workflow import tasks
from workflow.integrity import flaws
from workflow.models import Batch, JournalEntry
from workflow.services import (
    dispatch_record,
    edit_record,
    lock_record,
    receive_record,
    sign_record,
    submit_record,
)
from workflow.services.bulk import chunks, consents
from workflow.services.bulk.batches import (
    cancel_batch,
    run_batch,
    start_batch,
    work_through,
)
from workflow.services.bulk.runs import STALE
from workflow.services.bulk.turns import begin_turn
from workflow.signing.providers.csc_client import Secrets

A_MOMENT = 1.0  # seconds, in which another process goes on if nothing holds it
STATE_LINES = ("submit", "sign", "lock", "dispatch", "receive")


def build() -> None:
    """The tree, two heads who may both sign, and everybody whom a step needs."""
    units = make_tree()
    school = units["school"]
    give_key(school)
    for name in ("head", "head2"):
        head = make_user(name, "head", school, full_name=f"Người {name}")
        give_key(head)
    make_user("officer", "officer", units["dong-thap"])
    make_user("registrar", "registrar", school)
    make_user("registrar2", "registrar", units["other"])
    give_key(make_user("teacher"), office=TEACHERS["class_teacher"])


def reviewed(class_name: str, count: int) -> list[int]:
    """A class of records that the head may sign."""
    drafts = drafted(class_name, count)
    teacher = User.objects.get(username="teacher")
    return [submit_record(record_id=pk, by=teacher).pk for pk in drafts]


def drafted(class_name: str, count: int) -> list[int]:
    school = Unit.objects.get(code="my-ngai")
    school_class = make_class(school, class_name)
    User.objects.get(username="teacher").assignments.create(
        unit=school, role="class_teacher", school_class=school_class
    )
    codes = [f"{class_name}-{number}" for number in range(count)]
    pupils = [make_pupil(f"Lê Văn {code}", code=code) for code in codes]
    return [make_draft(school_class, pupil).pk for pupil in pupils]


def signed(class_name: str, count: int) -> list[int]:
    """A class of records that the department may lock."""
    records = reviewed(class_name, count)
    run(batch_of(records))
    return records


def batch_of(
    record_ids: list[int], username: str = "head", *, step: str = "sign"
) -> int:
    by = User.objects.get(username=username)
    return start_batch(step=step, record_ids=record_ids, by=by).pk


def run(batch_id: int) -> list[str]:
    return [str(item.status) for item in run_batch(batch_id)]


def run_in_slices(batch_id: int) -> list[str]:
    """One record a slice; between two of them the batch is nobody's."""
    found: list[str] = []
    while (turn := begin_turn(batch_id, seconds=0)) is not None:
        assert turn.batch_id == batch_id
        found += [str(item.status) for item in work_through(turn)]
    return found


def one_done(batch_id: int) -> int:
    """The batch after its first slice."""
    turn = begin_turn(batch_id, seconds=0)
    assert turn is not None
    list(work_through(turn))
    return batch_id


def cancel(batch_id: int) -> bool:
    return cancel_batch(Batch.objects.get(pk=batch_id))


def resume(batch_id: int) -> dict[str, Any]:
    """What the reconciler does once the dead run has been silent for long enough."""
    batch = Batch.objects.filter(pk=batch_id)
    age(batch)
    tasks.reconcile.delay()
    return report(batch_id)


def resume_all() -> list[dict[str, Any]]:
    unfinished = Batch.objects.filter(finished_at=None)
    keys = list(unfinished.values_list("pk", flat=True))
    age(unfinished)
    tasks.reconcile.delay()
    return [report(key) for key in keys]


def age(batches: QuerySet[Batch]) -> None:
    long_ago = timezone.now() - STALE - timedelta(seconds=1)
    batches.filter(claimed_at__isnull=False).update(claimed_at=long_ago)
    # Never later than it was: what a batch did, it did after its beginning.
    batches.filter(created_at__gt=long_ago).update(created_at=long_ago)


def report(batch_id: int) -> dict[str, Any]:
    """How a batch and its records stand: everything that must be there once."""
    batch = Batch.objects.get(pk=batch_id)
    items = batch.items.order_by("pk")
    records = [item.record_id for item in items]
    return {
        "finished": batch.finished_at is not None,
        "statuses": [str(item.status) for item in items],
        "records": [history(pk) for pk in records],
        "made": [signatures_made(pk) for pk in records],
    }


def signatures_made(record_id: int) -> dict[str, int]:
    """How many signatures were ever made for a record, by slot."""
    entries = JournalEntry.objects.filter(item__record=record_id).exclude(slot="tsa")
    issuing = entries.filter(slot__in=("head", "seal"))
    return dict(Counter(issuing.values_list("slot", flat=True)))


@contextmanager
def remote_head() -> Iterator[None]:
    """A head whose key is at a service that this process runs for its children."""
    school = Unit.objects.get(code="my-ngai")
    head = make_user("remote", "head", school, full_name="Người remote")
    with remote(head, settings):
        yield


def confirmed(batch_id: int) -> int:
    """The first question of the batch is answered; its worker is yet to go on."""
    run(batch_id)
    (question,) = consents.open_consents(batch_id)
    consents.answer(question, Secrets(PIN))
    return batch_id


def history(record_id: int) -> dict[str, Any]:
    record = Record.objects.get(pk=record_id)
    lines = LedgerEntry.objects.filter(record=record, action__in=STATE_LINES)
    rows = Signature.objects.filter(version__record=record)
    files = Artifact.objects.filter(version__record=record, purpose="issued")
    return {
        "state": record.state,
        "lines": list(lines.order_by("sequence").values_list("action", flat=True)),
        "slots": sorted(rows.values_list("slot", flat=True)),
        "files": files.count(),
    }


def found_flaws() -> list[str]:
    return [f"{flaw.code} {flaw.where}" for flaw in flaws()]


def outcome(step: str, record_id: int, username: str) -> str:
    """Take one step, once; "done" or the code of the refusal."""
    by = User.objects.get(username=username)
    try:
        take(step, record_id, by)
    except RecordsError as error:
        return error.code
    return "done"


def take(step: str, record_id: int, by: User) -> None:
    match step:
        case "sign":
            sign_record(record_id=record_id, by=by)
        case "lock":
            lock_record(record_id=record_id, by=by)
        case "edit":
            score = {"height_cm": 100 + by.pk % 100}
            edit_record(record_id=record_id, by=by, base=1, changes=score)
        case "dispatch":
            other = Unit.objects.get(code="hoa-thuan")
            dispatch_record(record_id=record_id, to_unit=other, by=by)
        case "receive":
            receive_record(record_id=record_id, by=by)


def counts(record_ids: Iterable[int]) -> dict[str, int]:
    """How many versions and dispatches there are of some records."""
    ids = list(record_ids)
    return {
        "versions": Version.objects.filter(record__in=ids).count(),
        "transfers": Transfer.objects.filter(record__in=ids).count(),
    }


def new_officer(username: str) -> None:
    make_user(username, "officer", Unit.objects.get(code="dong-thap"))


def lock_in_twos(batch_id: int, tell: Callable[[], object]) -> list[str]:
    """Run a batch that locks, two records a chunk; ``tell`` is called in each.

    There the chunk waits a moment, its rows written and not committed. After each
    record it waits as well: on SQLite nobody stands in line, who waits looks again
    now and then.
    """

    def dawdle(execute: Any, sql: str, *rest: Any) -> Any:
        found = execute(sql, *rest)
        if sql.startswith('UPDATE "documents_record"'):
            tell()
            time.sleep(A_MOMENT)
        return found

    chunks.CHUNK = 2
    found = []
    with connection.execute_wrapper(dawdle):
        for item in run_batch(batch_id):
            found.append(str(item.status))
            time.sleep(A_MOMENT)
    return found


def end_roles(username: str, tell: Callable[[], object] | None = None) -> int:
    """End the roles of a person; return how many records they had locked by then.

    With ``tell`` the end is told, and committed a moment later.
    """
    yesterday = timezone.localdate() - timedelta(days=1)
    with transaction.atomic():
        mine = Assignment.objects.filter(user__username=username)
        mine.update(valid_until=yesterday)
        if tell is not None:
            tell()
            time.sleep(A_MOMENT)
    return locked_by(username)


def locked_by(username: str) -> int:
    lines = LedgerEntry.objects.filter(action="lock", actor__username=username)
    return lines.count()
