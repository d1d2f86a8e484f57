"""The nightly trial: what will be needed tomorrow is tried while nobody waits for it.

A key that signs without anybody signs a small document for good: time-stamp, proof of
non-revocation, evidence for the long term, and then the same judgement as for any
record. A key whose holder must confirm is only looked at: its certificate, and
whether the service that keeps it answers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from time import perf_counter

import structlog
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from documents.errors import RecordsError
from documents.models import Role, Unit, User
from documents.rendering import (
    SIGNATURE_SIZE,
    ReportInput,
    Row,
    Section,
    render_report,
    render_stamp,
)

from ...errors import NotVerified
from ...models import Credential
from ...signing.pades import sign_pdf
from ...signing.preflight import check_timestamper
from ...verification.reasons import Reason
from ...verification.signatures import Slot
from ...verification.verifier import verify_pdf
from ..notices import notify, staff_above
from . import credentials
from .expiry import credentials_in_use, keepers_of, owner_of, units_of
from .providers import answers_alone

logger = structlog.get_logger(__name__)

FIELD = "seal"
# What nobody foresaw: the log says more.
UNEXPECTED = "unexpected"
# The trial document is none of ours and holds no record; all else must be right.
EXPECTED = (Reason.RECORD_MISSING,)


class Trial(StrEnum):
    """What was done: a document signed and judged, or the certificate looked at."""

    SIGNED = "signed"
    DESCRIBED = "described"
    SERVICES = "services"


@dataclass(frozen=True)
class Finding:
    """One trial. ``code`` is empty where all went well; ``credential`` for a key.

    ``message`` is for logs and operators, in English.
    """

    trial: Trial
    seconds: float
    credential: Credential | None = None
    code: str = ""
    message: str = ""

    @property
    def owner(self) -> str:
        return str(owner_of(self.credential)) if self.credential else ""

    @property
    def provider(self) -> str:
        return self.credential.provider if self.credential else ""


def try_all(at: datetime | None = None) -> Iterator[Finding]:
    """Try the services, then every key in use; one that fails stops no other."""
    yield _tried(Trial.SERVICES, None, at, b"")
    pdf = trial_document(at or timezone.now())
    for credential in credentials_in_use():
        trial = Trial.SIGNED if answers_alone(credential) else Trial.DESCRIBED
        yield _tried(trial, credential, at, pdf)


def report_failures(findings: Sequence[Finding], at: datetime | None = None) -> None:
    """Tell those who keep the key, and the administrators: once a day for each."""
    at = at or timezone.now()
    day = timezone.localdate(at).isoformat()
    for one in findings:
        if not one.code:
            continue
        kind = "canary_failed" if one.credential else "canary_services_failed"
        key = one.credential.pk if one.credential else ""
        data = {"code": one.code} | ({"owner": one.owner} if one.credential else {})
        notify(_told(one), kind, subject=f"{key}:{one.code}:{day}", data=data, at=at)


def trial_document(at: datetime) -> bytes:
    """A page that says what it is, with one field to sign."""
    with override("vi"):
        return render_report(
            ReportInput(
                language="vi",
                title=_("Trial of signing"),
                verdict=_("This document is a trial and has no legal effect."),
                advice=(),
                sections=(
                    Section(_("The trial"), (Row(_("Made at"), at.isoformat()),)),
                ),
                issuer="Hocba",
                seal_label=_("Trial of signing"),
                created_at=at,
                data={},
            )
        )


def sign_and_judge(owner: User | Unit, pdf: bytes, at: datetime) -> None:
    """Sign as a record is signed, for the long term, and judge as anybody would.

    Raises what signing raises, and NotVerified with the reasons of the judgement.
    """
    provider, _certificate = credentials.signer_of(owner, at=at)
    keeper = credentials.keeper(at)
    signed = sign_pdf(
        pdf,
        field=FIELD,
        provider=provider,
        stamp_pdf=render_stamp(["Hocba"], *SIGNATURE_SIZE),
        reason="Hocba",
        location="",
        at=at,
        timestamper=keeper.timestamper,
    )
    complete = keeper.complete(signed, at=at)
    report = verify_pdf(complete, keeper.trust, timezone.now(), slots=[_slot(owner)])
    faults = [reason.value for reason in report.reasons if reason not in EXPECTED]
    if faults:
        raise NotVerified(faults)


def _slot(owner: User | Unit) -> Slot:
    if isinstance(owner, User):
        return Slot(FIELD, personal_number=owner.personal_number)
    return Slot(FIELD, tax_code=owner.tax_code)


def _tried(
    trial: Trial, credential: Credential | None, at: datetime | None, pdf: bytes
) -> Finding:
    """Each begins at its own time: time-stamps have to agree with it."""
    begun, code, message = perf_counter(), "", ""
    try:
        _try(trial, credential, at or timezone.now(), pdf)
    except RecordsError as error:
        code, message = error.code, str(error)
    except Exception as error:  # a driver may fail in any way; the others still count
        logger.exception("canary_broke", credential=credential and credential.pk)
        code, message = UNEXPECTED, repr(error)
    return Finding(trial, round(perf_counter() - begun, 3), credential, code, message)


def _try(trial: Trial, credential: Credential | None, at: datetime, pdf: bytes) -> None:
    if credential is None:
        check_timestamper(credentials.keeper(at), at=at)
    elif trial is Trial.SIGNED:
        sign_and_judge(owner_of(credential), pdf, at)
    else:
        credentials.signer_of(owner_of(credential), at=at)


def _told(one: Finding) -> list[User]:
    if one.credential is None:
        roots = Unit.get_root_nodes()
        return [p for root in roots for p in staff_above(root, (Role.ADMIN,))]
    units = units_of(one.credential)
    admins = [p for unit in units for p in staff_above(unit, (Role.ADMIN,))]
    return [*keepers_of(one.credential), *admins]
