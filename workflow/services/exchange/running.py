"""Work on packages in the background: claimed, done, or told why not.

What is to be done stands in the database (decision 5): a worker that dies leaves its
claim to grow old, and the reconciler hands the work to another one. Every act here is
one that may run twice.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from documents import storage
from documents.errors import RecordsError
from documents.models import (
    ISSUED_STATES,
    Package,
    PackageRun,
    PackageRunStatus,
    PackageTask,
    UploadPart,
)
from documents.storage import StorageUnavailable

from ...errors import NoCredential
from ...signing.errors import SigningRefused, SigningUnavailable
from ..bulk.outcomes import UnexpectedFault
from .receipts import file_receipt
from .receiving import is_receipt, receive_package
from .refusals import NothingToSend, PacketNotTaken
from .sending import reported, send_report, unsigned

# A worker that has not shown itself for this long is taken for dead: sealing a package
# and writing the rows of one show nothing while they last.
STALE = timedelta(minutes=5)
# What a service failed at is tried again after a rest, and not for ever.
REST = timedelta(minutes=1)
MAX_ATTEMPTS = 8
# A file whose taking-in failed is kept for so long, for whoever mends the cause.
KEPT = timedelta(days=7)

logger = structlog.get_logger(__name__)


class TooManyAttempts(RecordsError):
    """Its workers die of it."""

    code = "too_many_attempts"
    user_message = _(
        "This was begun several times and never came to an end. Tell the "
        "administrator; then try again."
    )


class TakenOver(Exception):
    """Another worker has this by now; whoever hears it stops and writes nothing."""


def to_call(at: datetime) -> list[int]:
    """The work that nobody does, whoever was called for it."""
    runs = PackageRun.objects.filter(_free(at), finished_at=None)
    return list(runs.order_by("created_at").values_list("pk", flat=True))


def work_on(run_id: int) -> PackageRun | None:
    """Do it, and write down what came of it; None if somebody else has it."""
    claim = Claim(run_id)
    run = claim.begin()
    if run is None:
        return None
    if run.attempts > MAX_ATTEMPTS:
        settle(claim, run, TooManyAttempts(str(run)))
        return run
    try:
        packages = ACTS[PackageTask(run.task)](run, claim)
    except TakenOver:
        return None
    except Exception as error:
        settle(claim, run, error)
    else:
        finish(claim, run, packages)
    return run


class Claim:
    """Whoever works on a run, as long as it shows that it lives. Holds no lock."""

    def __init__(self, run_id: int) -> None:
        self.run_id = run_id
        self.name = uuid.uuid4().hex
        self._shown = 0.0

    @property
    def mine(self) -> QuerySet[PackageRun]:
        return PackageRun.objects.filter(
            pk=self.run_id, claimed_by=self.name, finished_at=None
        )

    def begin(self) -> PackageRun | None:
        """Take it; None if another worker lives, or nothing is left to do."""
        at = timezone.now()
        rows = PackageRun.objects.filter(_free(at), pk=self.run_id, finished_at=None)
        taken = rows.update(
            claimed_by=self.name, claimed_at=at, attempts=F("attempts") + 1
        )
        return self.mine.select_related("unit", "by").get() if taken else None

    def show(self, done: int, total: int) -> None:
        """It lives, and is so far; written once a second. Raises TakenOver."""
        if done < total and time.monotonic() - self._shown < 1:
            return
        self._shown, at = time.monotonic(), timezone.now()
        if not self.mine.update(claimed_at=at, done=done, total=total):
            raise TakenOver

    def hold(self) -> PackageRun:
        """Lock the row until the transaction ends. Raises TakenOver."""
        run = self.mine.select_for_update(of=("self",)).first()
        if run is None:
            raise TakenOver
        return run


def _free(at: datetime) -> Q:
    nobody = Q(claimed_by="") | Q(claimed_at__lt=at - STALE)
    return nobody & (Q(again_at=None) | Q(again_at__lte=at))


def send(run: PackageRun, claim: Claim) -> list[Package]:
    """Pack what this run has not packed yet."""
    records = reported(run.unit, run.school_year, run.class_name)
    total = records.filter(state__in=ISSUED_STATES).count()

    def entered(package: Package) -> None:
        claim.hold().packages.add(package)
        claim.show(len(_sent(run)), total)

    claim.show(len(_sent(run)), total)
    try:
        send_report(
            school=run.unit,
            school_year=run.school_year,
            class_name=run.class_name,
            by=run.by,
            apart_from=_sent(run),
            entered=entered,
        )
    except NothingToSend:
        # Its predecessor may have packed everything before it was killed.
        if not run.packages.exists():
            raise
    run.left_out = len(unsigned(records))
    return list(run.packages.all())


def _sent(run: PackageRun) -> list[int]:
    """The records in the packages that this run has made."""
    return list(run.packages.values_list("items__record", flat=True))


def take(run: PackageRun, claim: Claim) -> list[Package]:
    """Take the file in: a package that came, or the receipt for one that went."""
    pieces = run.parts.order_by("number").values_list("data", flat=True)
    data = b"".join(map(bytes, pieces))
    if is_receipt(data):
        filed = file_receipt(data=data, by=run.by)
        run.is_new = filed.is_new
        return [filed.package]
    done = receive_package(data=data, by=run.by, heard=claim.show)
    run.is_new = done.is_new
    return [done.package]


def deliver(run: PackageRun, claim: Claim) -> list[Package]:
    """Both sides work here: the department takes it, the school files the receipt."""
    data = storage.get(run.sha256)
    done = receive_package(data=data, by=None, heard=claim.show)
    return [file_receipt(data=done.receipt, by=run.by).package]


Act = Callable[[PackageRun, Claim], list[Package]]
ACTS: dict[PackageTask, Act] = {
    PackageTask.SEND: send,
    PackageTask.TAKE: take,
    PackageTask.DELIVER: deliver,
}


# -- Writing down what came of it --------------------------------------------------


@transaction.atomic
def finish(claim: Claim, run: PackageRun, packages: list[Package]) -> None:
    run.packages.set(packages)
    run.total = max(run.total, sum(package.count for package in packages))
    run.done = run.total
    _close(claim, run, PackageRunStatus.DONE)


@transaction.atomic
def settle(claim: Claim, run: PackageRun, error: Exception) -> None:
    """Refused by the rules, or failed: then it is tried again. Call it where
    ``error`` is handled: a fault of ours goes to the log.
    """
    match error:
        case SigningUnavailable() | StorageUnavailable():
            _note(run, error)
            if run.attempts < MAX_ATTEMPTS:
                again = timezone.now() + REST
                claim.mine.update(claimed_by="", again_at=again, **_said(run))
            else:
                _close(claim, run, PackageRunStatus.FAILED)
        case SigningRefused() | NoCredential() | TooManyAttempts():
            _note(run, error)
            _close(claim, run, PackageRunStatus.FAILED)
        case RecordsError():
            _note(run, error)
            _close(claim, run, PackageRunStatus.REFUSED)
        case _:
            logger.exception("package_run_failed", run=run.pk)
            _note(run, UnexpectedFault(str(run)))
            _close(claim, run, PackageRunStatus.FAILED)


def _note(run: PackageRun, error: RecordsError) -> None:
    run.error, run.message = error.code, error.for_user()[:500]
    if isinstance(error, PacketNotTaken):
        run.codes, run.message = error.codes, ""
        run.detail, run.place = error.detail[:200], error.place[:500]


def _said(run: PackageRun) -> dict[str, object]:
    names = ("error", "message", "codes", "detail", "place")
    return {name: getattr(run, name) for name in names}


def _close(claim: Claim, run: PackageRun, status: PackageRunStatus) -> None:
    """Its end, once; the file goes unless it is to be tried again."""
    run.status, run.finished_at = status, timezone.now()
    figures = {
        name: getattr(run, name) for name in ("done", "total", "left_out", "is_new")
    }
    said = _said(run) if status != PackageRunStatus.DONE else {"error": ""}
    ended = {"status": status, "finished_at": run.finished_at, "claimed_by": ""}
    if not claim.mine.update(**ended, **figures, **said):
        transaction.set_rollback(True)
    elif status != PackageRunStatus.FAILED:
        run.parts.all().delete()


def forget_files(at: datetime) -> int:
    """Files whose taking-in failed and which nobody tried again; how many pieces."""
    old = PackageRun.objects.filter(finished_at__lt=at - KEPT)
    count, _by_model = UploadPart.objects.filter(run__in=old.values("pk")).delete()
    return count
