"""Certificates that end: told in time to whoever can order a new one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from documents.errors import RecordsError
from documents.models import Role, Unit, User
from documents.models.units import UnitKind

from ...models import Credential, Deadline
from ...signing.certificates import CertificateInfo
from ..notices import notify, staff_above, staff_of
from ..season.workdays import paths_above
from . import credentials

# Days before the end at which people are told, each once.
THRESHOLDS = (7, 30, 60)


@dataclass(frozen=True)
class Expiry:
    """A certificate in use that ends soon. ``stage`` names the warning that is due.

    ``deadline`` is the next date of the calendar, where the certificate does not last
    until then.
    """

    credential: Credential
    certificate: CertificateInfo
    until: date
    days: int
    stage: str
    deadline: date | None = None

    @property
    def kind(self) -> str:
        if self.days < 0:
            return "certificate_expired"
        # The date of the calendar matters more the farther away the end is.
        early = self.deadline is not None and self.days > THRESHOLDS[0]
        return "certificate_before_deadline" if early else "certificate_expires"


def credentials_in_use() -> Iterator[Credential]:
    """With their owners, in a fixed order."""
    rows = Credential.objects.filter(is_active=True).select_related("user", "unit")
    yield from rows.order_by("pk").iterator()


def owner_of(credential: Credential) -> User | Unit:
    owner = credential.user or credential.unit
    assert owner is not None  # credential_belongs_to_a_person_or_a_unit
    return owner


def units_of(credential: Credential) -> list[Unit]:
    """Where it is used: the unit of the seal, or those where the person serves."""
    if credential.user is not None:
        return list({a.unit_id: a.unit for a in credential.user.standing}.values())
    return [credential.unit] if credential.unit else []


def keepers_of(credential: Credential) -> list[User]:
    """Who can do something about it: the owner, the registrars, for a seal the head.

    A unit that is no school has no registrar: then it is those who administer it.
    """
    people = [credential.user] if credential.user else []
    for unit in units_of(credential):
        seal = (Role.HEAD,) if credential.unit_id else ()
        if unit.kind == UnitKind.SCHOOL:
            people += staff_of(unit, (Role.REGISTRAR, *seal))
        else:
            people += staff_above(unit, (Role.ADMIN,))
    return people


def expiring(at: datetime | None = None) -> Iterator[Expiry]:
    """Every certificate in use that calls for a warning.

    One that cannot be read is not among them: the trial of signing finds it.
    """
    at = at or timezone.now()
    coming = list(_coming(timezone.localdate(at)))
    for credential in credentials_in_use():
        try:
            certificate = credentials.provider_of(owner_of(credential)).describe()
        except RecordsError:
            continue
        if found := _judge(credential, certificate, at, coming):
            yield found


def warn_of_certificates(at: datetime | None = None) -> list[Expiry]:
    """Tell of each what it is time for; the same warning is given once."""
    at = at or timezone.now()
    found = list(expiring(at))
    for one in found:
        notify(
            keepers_of(one.credential),
            one.kind,
            subject=f"{one.credential.pk}:{one.certificate.serial}:{one.stage}",
            data=_data(one),
            at=at,
        )
    return found


def _coming(today: date) -> Iterator[tuple[str, date]]:
    """The path of a unit and a date of its calendar that is still ahead."""
    rows = Deadline.objects.filter(lock_on__gte=today).select_related("unit")
    for deadline in rows:
        for day in (deadline.report_until, deadline.lock_on):
            if day >= today:
                yield deadline.unit.path, day


def _judge(
    credential: Credential,
    certificate: CertificateInfo,
    at: datetime,
    coming: Sequence[tuple[str, date]],
) -> Expiry | None:
    until = timezone.localdate(certificate.valid_until)
    days = (until - timezone.localdate(at)).days
    if certificate.valid_until < at:
        days = min(days, -1)
    deadline = _next(credential, coming)
    missed = deadline if deadline and deadline >= until else None
    stage = _stage(days, missed)
    if not stage:
        return None
    return Expiry(credential, certificate, until, days, stage, missed)


def _next(credential: Credential, coming: Sequence[tuple[str, date]]) -> date | None:
    above = {path for unit in units_of(credential) for path in paths_above(unit)}
    return min((day for path, day in coming if path in above), default=None)


def _stage(days: int, missed: date | None) -> str:
    if days < 0:
        return "expired"
    for threshold in THRESHOLDS:
        if days <= threshold:
            return str(threshold)
    return f"before {missed}" if missed else ""


def _data(one: Expiry) -> dict[str, Any]:
    data = {"owner": str(owner_of(one.credential)), "until": one.until}
    if one.kind == "certificate_before_deadline":
        return data | {"deadline": one.deadline}
    return data | {"days": one.days} if one.kind == "certificate_expires" else data
