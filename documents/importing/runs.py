"""An import in two acts: a dry run that is stored, and its confirmation.

The confirmation reads the bytes that the dry run read, plans again under locks, and
refuses unless the plan is still the one that somebody looked at.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction

from .. import storage
from ..models import Book, ImportRow, ImportRun, Record, Role, Unit, User
from ..models.imports import ImportStatus
from ..models.units import UnitKind
from .cells import Upload, UploadLike
from .committing import write_plan
from .errors import (
    NotAllowedToImport,
    PlanHasErrors,
    PlanIsClosed,
    PlanIsStale,
    SchoolYearIsWrong,
    UnitIsNoSchool,
)
from .joining import join
from .mending import Mend, mended, sign_lineage, together
from .planning import make_plan
from .plans import Plan
from .proposals import Joined
from .reading import read_all

_SCHOOL_YEAR = re.compile(r"(20\d\d)-(20\d\d)")


def plan_import(
    *,
    files: Sequence[UploadLike],
    unit: Unit,
    school_year: str,
    by: User | None,
    at: datetime,
    mends: Sequence[Mend] = (),
) -> ImportRun:
    """Read the files, say what importing them would do, and keep that for later.

    No pupil and no record is written. ``mends`` stand for the cells that they name. A
    run with an error that no row can be
    blamed for is stored as discarded, without the bytes of its files. ``by`` is None
    only for the operator at the command line. Raises SchoolYearIsWrong,
    UnitIsNoSchool or NotAllowedToImport.
    """
    _check_year(school_year)
    if unit.kind != UnitKind.SCHOOL:
        raise UnitIsNoSchool(unit.name)
    if not _may_import_something(by, unit):
        raise NotAllowedToImport(f"{by} at {unit.code}")
    uploads = [Upload.of(file) for file in files]
    plan = make_plan(_join(uploads, unit, school_year, mends), unit)
    _check_names(plan.class_names(), plan, by)
    return _store(plan, uploads, mends, by=by, at=at)


def mend_import(
    *, run_id: int, mends: Sequence[Mend], by: User | None, at: datetime
) -> ImportRun:
    """Make the dry run again with these cells set right; the old one is closed.

    Raises what ``plan_import`` raises, PlanIsClosed, and PlanHasErrors when the whole
    could not be imported any more; then the old one stays open.
    """
    with transaction.atomic():
        old = discard_import(run_id=run_id, by=by, at=at)
        run = plan_import(
            files=[Upload(f["name"], storage.get(f["sha256"])) for f in old.files],
            unit=old.unit,
            school_year=old.school_year,
            by=by,
            at=at,
            mends=together(_mends(old), mends),
        )
        if run.status != ImportStatus.PLANNED:
            raise PlanHasErrors(len(run.report["errors"]))
    return run


def commit_import(
    *, run_id: int, by: User | None, at: datetime, skip_wrong: bool = False
) -> ImportRun:
    """Write what the dry run said, all of it or nothing.

    One wrong row refuses the whole unless ``skip_wrong`` leaves those pupils out; an
    error of a whole file always does. Raises ImportRun.DoesNotExist, PlanIsClosed,
    PlanHasErrors, PlanIsStale or NotAllowedToImport.
    """
    run = ImportRun.objects.select_related("unit").get(pk=run_id)
    # Reading the files takes a while, so no lock is held yet.
    joined = _join(_stored_files(run), run.unit, run.school_year, _mends(run))
    try:
        with transaction.atomic():
            run = _claim(run_id, by)
            return _commit(run, joined, by=by, at=at, skip_wrong=skip_wrong)
    except IntegrityError as error:
        # Another import wrote the same pupils between our reading and our writing.
        raise PlanIsStale(f"run {run_id}: {error}") from error


@transaction.atomic
def discard_import(*, run_id: int, by: User | None, at: datetime) -> ImportRun:
    """Close a dry run without writing anything.

    Raises PlanIsClosed, and NotAllowedToImport for who could not confirm it.
    """
    run = _claim(run_id, by)
    names = run.rows.exclude(class_name="").values_list("class_name", flat=True)
    _check_names(set(names), run, by)
    run.status = ImportStatus.DISCARDED
    run.save(update_fields=["status"])
    return run


def _mends(run: ImportRun) -> list[Mend]:
    return [Mend(**mend) for mend in run.mends]


def _stored_files(run: ImportRun) -> list[Upload]:
    """The bytes of the dry run; none for a run that can no longer be committed."""
    if run.status != ImportStatus.PLANNED:
        return []
    return [Upload(f["name"], storage.get(f["sha256"])) for f in run.files]


def _commit(
    run: ImportRun, joined: Joined, *, by: User | None, at: datetime, skip_wrong: bool
) -> ImportRun:
    # One import at a time in a school, so that two cannot make the same pupils.
    unit = Unit.objects.select_for_update(no_key=True).get(pk=run.unit_id)
    _lock_records(run)
    plan = make_plan(joined, unit)
    if plan.fingerprint() != run.report["fingerprint"]:
        raise PlanIsStale(f"run {run.pk}")
    _check_names(plan.class_names(), run, by)
    if plan.is_blocked or (plan.errors and not skip_wrong):
        raise PlanHasErrors(len(plan.errors))
    sign_lineage(plan, _mends(run))
    write_plan(plan, run, by=by, at=at)
    run.status, run.committed_at = ImportStatus.COMMITTED, at
    run.report = run.report | {"committed": True}
    run.save(update_fields=["status", "committed_at", "report"])
    return run


def _claim(run_id: int, by: User | None) -> ImportRun:
    run = ImportRun.objects.select_for_update().get(pk=run_id)
    if not _may_import_something(by, run.unit):
        raise NotAllowedToImport(f"{by} at {run.unit.code}")
    if run.status != ImportStatus.PLANNED:
        raise PlanIsClosed(f"run {run_id} is {run.status}")
    return run


def _lock_records(run: ImportRun) -> None:
    """Lock in primary-key order, before the plan is made again and compared."""
    books = Book.objects.filter(pupil__in=run.rows.values("pupil"))
    records = Record.objects.filter(
        book__in=books.values("pk"), school_year=run.school_year
    )
    list(records.order_by("pk").select_for_update().values_list("pk"))


def _join(
    uploads: Sequence[Upload], unit: Unit, school_year: str, mends: Sequence[Mend]
) -> Joined:
    books, problems = read_all(uploads)
    joined = join(mended(books, mends), school=unit.code, school_year=school_year)
    if problems:
        joined.errors = [problem.note() for problem in problems] + [
            note for note in joined.errors if note.code != "no_pupils"
        ]
    return joined


def _store(
    plan: Plan,
    uploads: Sequence[Upload],
    mends: Sequence[Mend],
    *,
    by: User | None,
    at: datetime,
) -> ImportRun:
    status = ImportStatus.DISCARDED if plan.is_blocked else ImportStatus.PLANNED
    if status == ImportStatus.PLANNED:
        for upload in uploads:
            storage.put(upload.data)
    with transaction.atomic():
        run = ImportRun.objects.create(
            unit=plan.unit,
            school_year=plan.school_year,
            by=by,
            status=status,
            files=[
                {"name": u.name, "sha256": u.sha256, "size": len(u.data)}
                for u in uploads
            ],
            mends=[mend.as_json() for mend in mends],
            report=plan.report(),
            created_at=at,
        )
        ImportRow.objects.bulk_create(_rows(plan, run), batch_size=200)
    return run


def _rows(plan: Plan, run: ImportRun) -> list[ImportRow]:
    return [
        ImportRow(
            run=run,
            outcome=row.outcome,
            class_name=row.class_name,
            pupil_code=row.code,
            pupil_name=row.name[:120],
            pupil=row.pupil,
            record=row.record,
            detail=row.detail(),
        )
        for row in plan.rows
    ]


# -- Who may -----------------------------------------------------------------------


def _may_import_something(by: User | None, unit: Unit) -> bool:
    if by is None:
        return True
    return by.holds(Role.REGISTRAR, unit) or any(
        a.role == Role.CLASS_TEACHER and a.unit_id == unit.pk for a in by.standing
    )


def _check_names(names: set[str], of: Plan | ImportRun, by: User | None) -> None:
    """A class teacher imports the own class only. Raises NotAllowedToImport."""
    if by is None or by.holds(Role.REGISTRAR, of.unit):
        return
    own = {
        assignment.school_class.name
        for assignment in by.standing
        if assignment.role == Role.CLASS_TEACHER
        and assignment.unit_id == of.unit.pk
        and assignment.school_class is not None
        and assignment.school_class.school_year == of.school_year
    }
    if others := names - own:
        raise NotAllowedToImport(f"{by} for {', '.join(sorted(others))}")


def _check_year(school_year: str) -> None:
    found = _SCHOOL_YEAR.fullmatch(school_year)
    if not found or int(found[2]) != int(found[1]) + 1:
        raise SchoolYearIsWrong(school_year)
