"""Tell people what happened, in the workspace and by mail, each in their language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time, timedelta
from itertools import groupby
from operator import attrgetter
from smtplib import SMTPException
from typing import Any

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from documents.models import Assignment, Unit, User

from ..models import MailChoice, Notice, NoticePreference
from .notice_kinds import KINDS
from .season.workdays import is_quiet

logger = structlog.get_logger(__name__)

# What lay longer is no news; it stands in the workspace.
MAIL_WITHIN = timedelta(days=7)


def notify(
    people: Iterable[User],
    kind: str,
    *,
    subject: str,
    data: Mapping[str, Any] | None = None,
    url: str = "",
    at: datetime | None = None,
) -> None:
    """Tell each of ``people`` once: again with the same kind and subject does nothing.

    ``data`` fills the sentence of the kind (``notice_kinds``), plain values and dates;
    ``url`` is a path of this site. Mails are sent later, by ``send_mails``. Raises
    KeyError for a kind that has no sentence or data that does not fill it.
    """
    values = dict(data or {})
    KINDS[kind].text(values)
    KINDS[kind].mail_text(values)
    at = at or timezone.now()
    keys = {person.pk for person in people if person.is_active}
    Notice.objects.bulk_create(
        [
            Notice(
                person_id=key,
                kind=kind,
                subject=subject,
                data=values,
                url=url,
                created_at=at,
            )
            for key in sorted(keys)
        ],
        ignore_conflicts=True,
    )


def text_of(notice: Notice) -> str:
    """The sentence in the language that is active."""
    return KINDS[notice.kind].text(notice.data)


def unseen(person: User) -> QuerySet[Notice]:
    """What the person has not looked at, newest first."""
    return Notice.objects.filter(person=person, seen_at=None)


def mark_seen(notices: QuerySet[Notice], *, at: datetime | None = None) -> int:
    """Return how many of them were new."""
    return notices.filter(seen_at=None).update(seen_at=at or timezone.now())


def preference_of(person: User) -> NoticePreference:
    """What the person chose; not saved when they never did."""
    found = NoticePreference.objects.filter(person=person).first()
    return found or NoticePreference(person=person)


def staff_of(unit: Unit, roles: Sequence[str]) -> list[User]:
    """Who holds one of ``roles`` at exactly this unit today."""
    held = Assignment.objects.in_force().filter(unit=unit, role__in=roles)
    return _people(held)


def staff_above(unit: Unit, roles: Sequence[str]) -> list[User]:
    """Who holds one of ``roles`` at this unit or above it today."""
    step: int = Unit.steplen
    paths = [unit.path[:end] for end in range(step, len(unit.path) + 1, step)]
    held = Assignment.objects.in_force().filter(unit__path__in=paths, role__in=roles)
    return _people(held)


def send_mails(at: datetime | None = None) -> int:
    """Mail what is due to those who want mail; return how many mails left.

    "At once" is sent at the next run; one mail a day at DIGEST_HOUR with all that came
    before it. In the quiet hours and on the holidays of a person's unit both wait. A
    mail that was handed to the server is never sent twice.
    """
    at = at or timezone.now()
    waiting = (
        _due(at)
        .select_related("person", "person__notice_preference")
        .order_by("person", "created_at", "pk")
    )
    sent = 0
    for person, notices in groupby(waiting, key=attrgetter("person")):
        if not _is_disturbed(person, at):
            sent += _send(person, list(notices), at)
    return sent


def _people(held: QuerySet[Assignment]) -> list[User]:
    keys = held.values("user")
    return list(User.objects.filter(pk__in=keys, is_active=True).order_by("pk"))


def _due(at: datetime) -> QuerySet[Notice]:
    digest = _last_digest(at)
    chosen = "person__notice_preference__mail"
    by_digest = Q(**{chosen: MailChoice.DIGEST}) | Q(person__notice_preference=None)
    return Notice.objects.filter(
        Q(**{chosen: MailChoice.AT_ONCE}) | by_digest & Q(created_at__lte=digest),
        person__is_active=True,
        seen_at=None,
        mailed_at=None,
        created_at__gt=at - MAIL_WITHIN,
    ).exclude(person__email="")


def _last_digest(at: datetime) -> datetime:
    """The moment of the newest digest that has passed."""
    local = timezone.localtime(at)
    hour = time(settings.NOTICES_DIGEST_HOUR)
    today = timezone.make_aware(datetime.combine(local.date(), hour))
    return today if today <= at else today - timedelta(days=1)


def _is_disturbed(person: User, at: datetime) -> bool:
    units = {assignment.unit_id: assignment.unit for assignment in person.standing}
    return any(is_quiet(unit, at) for unit in units.values())


def _send(person: User, notices: list[Notice], at: datetime) -> bool:
    """Claim the notices, then send: who dies in between has sent nothing twice."""
    keys = [notice.pk for notice in notices]
    if not _claim(keys, at):
        return False
    try:
        _message(person, notices).send()
    except (OSError, SMTPException) as error:
        Notice.objects.filter(pk__in=keys).update(mailed_at=None)
        logger.warning("mail_not_sent", person=person.pk, error=type(error).__name__)
        return False
    return True


@transaction.atomic
def _claim(keys: list[int], at: datetime) -> bool:
    """All of them or, when another worker has some, none."""
    waiting = Notice.objects.filter(pk__in=keys, mailed_at=None)
    complete = waiting.update(mailed_at=at) == len(keys)
    transaction.set_rollback(not complete)
    return complete


def _message(person: User, notices: list[Notice]) -> EmailMessage:
    preference = getattr(person, "notice_preference", None)
    language = preference.language if preference else ""
    with translation.override(language or settings.LANGUAGE_CODE):
        count = len(notices)
        title = ngettext(
            "Hocba: %(count)d new notice", "Hocba: %(count)d new notices", count
        ) % {"count": count}
        return EmailMessage(
            subject=title, body=_body(person, notices), to=[person.email]
        )


def _body(person: User, notices: list[Notice]) -> str:
    greeting = _("Dear %(name)s,") % {"name": person}
    foot = _("You can choose which mails you get in the workspace, under Notices.")
    return "\n\n".join([greeting, *map(_paragraph, notices), f"-- \n{foot}"]) + "\n"


def _paragraph(notice: Notice) -> str:
    text = KINDS[notice.kind].mail_text(notice.data)
    return f"{text}\n{settings.SITE_URL}{notice.url}" if notice.url else text
