"""Slow work in the background: ids in, one service call."""

from __future__ import annotations

import structlog
from celery import shared_task
from django.conf import settings
from django.utils import timezone

from documents.models import Unit, User
from documents.rehash import sweep

from .models import ConsentStatus
from .services.bulk import consents, turns
from .services.bulk.batches import settle_cancelled, work_through
from .services.bulk.runs import tell_of_ends
from .services.drafts import settle_quiet
from .services.effective import fill_missing
from .services.evidence import renewing
from .services.evidence.checkpoints import make_checkpoint
from .services.exchange import ministry, running
from .services.keys import canary
from .services.keys.expiry import warn_of_certificates as warn
from .services.locking import lock_due
from .services.notices import send_mails
from .services.season.calendar import ensure_calendars
from .services.season.late import lock_late
from .services.season.lockreports import report_locks
from .services.season.reminding import remind
from .services.season.tallying import count_days
from .signals import reconciling
from .signing.errors import SigningUnavailable

logger = structlog.get_logger(__name__)


@shared_task(acks_late=True)
def run_batch(batch_id: int) -> None:
    """There is a batch to work on: a slice of the most urgent one, it or another.

    What is left goes to the back of the queue, so that nobody waits behind ten
    thousand records of somebody else. Harmless when delivered twice.
    """
    run = turns.begin_turn(batch_id)
    if run is None:
        return
    try:
        for item in work_through(run):
            logger.info("batch_item", batch=run.batch_id, item=item.pk, to=item.status)
    finally:
        if (then := turns.next_turn(batch_id, after=run.batch_id)) is not None:
            run_batch.delay(then)


@shared_task
def check_phone(consent_id: int) -> None:
    """Ask what came of a question on a phone; go on if it was answered there.

    Harmless when delivered twice: the service is asked as seldom as it wishes.
    """
    consent = consents.pending_on_phone().filter(pk=consent_id).first()
    if consent is None:
        return
    try:
        consents.check_phone(consent)
    except SigningUnavailable as error:
        logger.warning("phone_not_checked", consent=consent_id, error=error.code)
    if consent.status != ConsentStatus.PENDING:
        run_batch.delay(consent.batch_id)


@shared_task(acks_late=True)
def run_packages(run_id: int) -> None:
    """Pack, or take a file in. Harmless when delivered twice."""
    run = running.work_on(run_id)
    if run is not None:
        logger.info("package_run", run=run_id, status=run.status, error=run.error)


@shared_task
def reconcile() -> None:
    """Hand everything that stopped to a worker, and finish what a lock left.

    Phones that nobody's page asks about are asked about here. The later stages hear
    of it, robustly, and mend what is theirs.
    """
    consents.forget_what_is_over(timezone.now())
    for consent in consents.pending_on_phone():
        check_phone.delay(consent.pk)
    for batch_id in turns.to_call(timezone.now()):
        logger.warning("batch_resumed", batch=batch_id)
        run_batch.delay(batch_id)
    for run_id in running.to_call(timezone.now()):
        run_packages.delay(run_id)
    running.forget_files(timezone.now())
    settle_cancelled(timezone.now())
    tell_of_ends(timezone.now())
    fill_missing()
    reconciling.send_robust(sender=None)


@shared_task
def settle_what_is_quiet() -> None:
    """What is typed becomes a version when its author rests. Harmless twice."""
    settle_quiet(at=timezone.now())


@shared_task(
    acks_late=True,
    autoretry_for=(SigningUnavailable,),
    retry_backoff=True,
    max_retries=8,
)
def report_year(department_id: int, school_year: str, user_id: int) -> None:
    """Report a year's locked records to the ministry. Harmless when delivered twice."""
    for package in ministry.report_to_ministry(
        department=Unit.objects.get(pk=department_id),
        school_year=school_year,
        by=User.objects.get(pk=user_id),
    ):
        logger.info("reported", package=package.pk, records=package.count)


@shared_task
def lock_what_is_due() -> None:
    """The calendar's lock. Harmless when it runs twice."""
    for record_id, error in lock_due():
        outcome = error.code if error else "locked"
        logger.info("calendar_lock", record=record_id, outcome=outcome)


@shared_task
def run_calendar() -> None:
    """What the calendar does by itself besides the lock. Harmless when it runs twice.

    The dates of a new school year, the late records that were granted, and the reports
    of the locks that have been.
    """
    for deadline in ensure_calendars():
        logger.info("calendar_begun", deadline=deadline.pk, year=deadline.school_year)
    for record_id, error in lock_late():
        outcome = error.code if error else "locked"
        logger.info("late_lock", record=record_id, outcome=outcome)
    for run in report_locks():
        logger.info("lock_reported", run=run.pk, locked=run.locked, out=run.left_out)


@shared_task
def count_ledgers() -> None:
    """Past days are counted once, for the forecasts. Harmless when it runs twice."""
    if days := count_days():
        logger.info("days_counted", days=len(days), newest=str(max(days)))


@shared_task
def remind_people() -> None:
    """Tell people what is lacking before a date. Each reminder is given once."""
    if told := remind():
        logger.info("people_reminded", notices=told)


@shared_task
def mail_notices() -> None:
    """Mail what people are to know. Harmless when it runs twice."""
    if sent := send_mails():
        logger.info("notices_mailed", mails=sent)


@shared_task
def try_signing() -> None:
    """The nightly trial of every key in use, told to those who can mend it."""
    findings = list(canary.try_all())
    for one in findings:
        logger.info("canary", trial=one.trial, owner=one.owner, error=one.code)
    canary.report_failures(findings)


@shared_task
def warn_of_certificates() -> None:
    """Certificates that end soon. Each warning is given once."""
    for one in warn():
        logger.info("certificate_ends", until=str(one.until), stage=one.stage)


@shared_task
def renew_what_is_due() -> None:
    """Extend the evidence of files before it ends; what fails is told."""
    renewals = list(renewing.renew_by_night())
    for one in renewals:
        error = one.error.code if one.error else ""
        logger.info("renewed", record=one.record.pk, until=str(one.until), error=error)
    renewing.report_failures(renewals)


@shared_task(autoretry_for=(SigningUnavailable,), retry_backoff=60, max_retries=8)
def seal_chains() -> None:
    """The nightly checkpoint. Twice makes two, which harms nothing."""
    made = make_checkpoint()
    logger.info("checkpoint", number=made.number, digest=made.digest)
    for code, where in made.findings:
        logger.error("integrity", code=code, where=where)


@shared_task
def rehash_files() -> None:
    """The next share of the stored files, read again. What fails stays to be done."""
    done = sweep(at=timezone.now(), nights=settings.REHASH_NIGHTS)
    logger.info("files_read_again", files=done.files, until=done.last)
    for finding in done.findings:
        logger.error("integrity", code=finding["code"], where=finding["sha256"])
