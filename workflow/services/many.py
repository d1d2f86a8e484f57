"""A step on many records at once, in a fixed number of queries.

The step on one record is the step on a list of one, so that every rule stands once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from django.db.models import Prefetch, QuerySet

from documents.errors import RecordsError
from documents.models import Record, SchoolClass, Signature, Unit, User, Version

from ..errors import NotVisible
from .steps import check, rows_visible_to

# What a lock or a return looks at of a version: not the content, nor the certificates.
HEADS = Version.objects.defer("canonical", "lineage")
SLOTS = Signature.objects.only("version_id", "slot")


@dataclass
class Taken:
    """What a step did: the records that took it, and why the others did not."""

    records: list[Record] = field(default_factory=list)
    refused: dict[int, RecordsError] = field(default_factory=dict)

    def only(self) -> Record:
        """The one record of a step on one. Raises its refusal."""
        for error in self.refused.values():
            raise error
        (record,) = self.records
        return record


def claim_many(
    record_ids: Iterable[int],
    *,
    step: str,
    by: User | None,
    versions: QuerySet[Version] = HEADS,
    signatures: QuerySet[Signature] = SLOTS,
) -> Taken:
    """Lock the rows in the order of their keys, then check each.

    Everybody takes rows in that order, so nobody waits in a circle. The records come
    with the current version and its signatures, read after the lock: a join would
    show what stood there before it. The number of queries is fixed. A refusal is
    NotVisible, NotAllowed or IllegalTransition.

    What ``by`` may do is read anew here and held for all of the records until the
    commit: an end of the role that was committed before counts for each of them, a
    later one waits. So none of them takes the step after the role has ended.
    """
    if by is not None:
        by.hold_standing()
    wanted = sorted(set(record_ids))
    rows = rows_visible_to(by).filter(pk__in=wanted).order_by("pk")
    # `of` keeps the locks to the records: their neighbours may be shared.
    found = {record.pk: record for record in rows.select_for_update(of=("self",))}
    _attach(
        list(found.values()),
        versions.prefetch_related(Prefetch("signatures", signatures)),
    )
    taken = Taken()
    for record_id in wanted:
        if error := _refusal(found.get(record_id), record_id, step=step, by=by):
            taken.refused[record_id] = error
        else:
            taken.records.append(found[record_id])
    return taken


def sift(taken: Taken, rule: Callable[[Record], None]) -> None:
    """Take out the records on which ``rule`` raises a RecordsError."""
    left = []
    for record in taken.records:
        try:
            rule(record)
        except RecordsError as error:
            taken.refused[record.pk] = error
        else:
            left.append(record)
    taken.records = left


def refuse(taken: Taken, refusals: Mapping[int, RecordsError]) -> None:
    """Take out the records that have a refusal here, by their keys."""
    taken.refused.update(refusals)
    taken.records = [one for one in taken.records if one.pk not in refusals]


def _refusal(
    record: Record | None, record_id: int, *, step: str, by: User | None
) -> RecordsError | None:
    if record is None:
        return NotVisible(f"record {record_id}")
    try:
        check(record, step=step, by=by)
    except RecordsError as error:
        return error
    return None


def _attach(records: list[Record], versions: QuerySet[Version]) -> None:
    """What the checks ask of each record; a school and a class are read once for all.

    Django's own prefetch of a OneToOneField compares keys by OR: SQLite refuses more
    than a thousand.
    """
    units = Unit.objects.in_bulk(
        {key for record in records for key in (record.issuer_id, record.custodian_id)}
    )
    classes = SchoolClass.objects.in_bulk({r.school_class_id for r in records})
    keys = [record.current_id for record in records if record.current_id]
    found = {version.pk: version for version in versions.filter(pk__in=keys)}
    for record in records:
        record.issuer = units[record.issuer_id]
        record.custodian = units[record.custodian_id]
        record.school_class = classes[record.school_class_id]
        if record.current_id:
            record.current = found[record.current_id]
            record.current.record = record
