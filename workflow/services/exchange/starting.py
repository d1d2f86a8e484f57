"""Work on packages: asked for here, done by a worker (``running``)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any, Protocol

from django.db import IntegrityError, transaction
from django.utils import timezone

from documents.models import (
    ISSUED_STATES,
    Package,
    PackageRun,
    PackageRunStatus,
    PackageTask,
    Role,
    Unit,
    UploadPart,
    User,
)

from ...errors import NotAllowed
from .envelopes import seal_of
from .refusals import NothingToSend, PacketNotTaken
from .sending import department_of, reported, require_registrar

# So much of a file is in memory at once, and in one row.
PIECE = 4 * 2**20


class Chunked(Protocol):
    """An uploaded file: it can be read more than once, and never whole."""

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]: ...


def start_sending(
    *, school: Unit, school_year: str, class_name: str = "", by: User
) -> PackageRun:
    """Ask for a report to be packed; the same twice is one while it runs.

    What would stop the worker is said now. Raises NotAllowed, NoReceiver,
    NothingToSend, and what the seal refuses.
    """
    require_registrar(by, school)
    department_of(school)
    records = reported(school, school_year, class_name)
    if not records.filter(state__in=ISSUED_STATES).exists():
        raise NothingToSend
    seal_of(school, at=timezone.now())
    what = {"school_year": school_year, "class_name": class_name}
    return _ask(PackageTask.SEND, unit=school, by=by, **what)[0]


@transaction.atomic
def start_taking(*, file: Chunked, name: str, by: User) -> PackageRun:
    """Keep a file piece by piece until a worker takes it in.

    The same file twice is one while it is in work. Raises NotAllowed for who holds no
    office that receives anything; whether it is the right one, the file says.
    """
    digest, size = hashlib.sha256(), 0
    for chunk in file.chunks(PIECE):
        digest.update(chunk)
        size += len(chunk)
    facts = {"sha256": digest.hexdigest(), "size": size, "name": name[:200]}
    run, is_new = _ask(PackageTask.TAKE, unit=office_of(by), by=by, **facts)
    if is_new:
        for number, chunk in enumerate(file.chunks(PIECE)):
            UploadPart.objects.create(run=run, number=number, data=chunk)
    return run


def office_of(user: User) -> Unit:
    """Where the person keeps or receives records. Raises NotAllowed."""
    for one in user.standing:
        if one.role in (Role.REGISTRAR, Role.OFFICER):
            return one.unit
    raise NotAllowed(user, "receive a package")


def start_delivery(*, package: Package, by: User) -> PackageRun:
    """Ask for a report to be handed to a department that works here.

    Raises NotAllowed.
    """
    require_registrar(by, package.sender)
    facts = {"sha256": package.sha256, "size": package.size}
    return _ask(PackageTask.DELIVER, unit=package.sender, by=by, **facts)[0]


def _ask(
    task: PackageTask, *, unit: Unit, by: User, **what: Any
) -> tuple[PackageRun, bool]:
    """The work that runs, or a new one, and whether it is new."""
    key = {"school_year": "", "class_name": "", "sha256": ""} | what
    same = {name: key.pop(name) for name in ("school_year", "class_name", "sha256")}
    return PackageRun.objects.get_or_create(
        task=task,
        unit=unit,
        finished_at=None,
        **same,
        defaults={"by": by, "created_at": timezone.now(), **key},
    )


def retry(run: PackageRun) -> bool:
    """Begin again what has failed; False if it did not, or its file is gone, or the
    same was asked for once more meanwhile and runs.
    """
    if not can_retry(run):
        return False
    failed = PackageRun.objects.filter(pk=run.pk, status=PackageRunStatus.FAILED)
    fresh = {"finished_at": None, "attempts": 0, "again_at": None, "error": ""}
    waiting = PackageRunStatus.WAITING
    try:
        with transaction.atomic():
            return bool(
                failed.update(status=waiting, claimed_at=None, claimed_by="", **fresh)
            )
    except IntegrityError:  # package_run_is_one_while_it_runs
        return False


def can_retry(run: PackageRun) -> bool:
    failed = run.status == PackageRunStatus.FAILED
    return failed and (run.task != PackageTask.TAKE or run.parts.exists())


def refusal_of(run: PackageRun) -> str:
    """Why it was not done, in the reader's language; empty if nothing went wrong."""
    if not run.codes:
        return run.message
    return PacketNotTaken(run.codes, run.detail, place=run.place).for_user()
