"""Who is told what, once, in which language, and what never goes by mail."""

from __future__ import annotations

import smtplib
from datetime import UTC, datetime, time, timedelta

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.utils import translation

from documents.models import Unit, User
from tests import factories
from workflow.models import MailChoice, Notice, NoticePreference, QuietHours
from workflow.services.notice_kinds import KINDS, Kind
from workflow.services.notices import (
    mark_seen,
    notify,
    send_mails,
    staff_above,
    staff_of,
    text_of,
    unseen,
)

# A Tuesday, 9:00 in Viet Nam: after the hour of the daily mail.
TUESDAY = datetime(2026, 11, 24, 2, tzinfo=UTC)
DATA = {"owner": "Lê Văn Bình", "code": "token_absent"}


class Refusing(EmailBackend):
    """A mail server that is down."""

    def send_messages(self, messages):
        raise smtplib.SMTPServerDisconnected


def tell(person: User, subject: str = "1", at: datetime = TUESDAY) -> None:
    notify([person], "canary_failed", subject=subject, data=DATA, at=at)


def choose(person: User, choice: str, language: str = "en") -> None:
    person.email = f"{person.username}@example.vn"
    person.save()
    NoticePreference.objects.create(person=person, mail=choice, language=language)


def test_the_same_is_told_once(head: User):
    tell(head)
    tell(head)
    tell(head, "2")

    assert [n.subject for n in unseen(head).order_by("pk")] == ["1", "2"]


def test_the_sentence_is_made_in_the_language_of_the_reader(head: User):
    tell(head)
    notice = unseen(head).get()

    with translation.override("en"):
        english = text_of(notice)

    assert "Lê Văn Bình (token_absent)" in english
    assert "sentence" not in notice.data


def test_a_kind_without_a_sentence_or_data_that_do_not_fill_it_are_bugs(head: User):
    with pytest.raises(KeyError):
        notify([head], "unheard_of", subject="1")
    with pytest.raises(KeyError):
        notify([head], "canary_failed", subject="1", data={})

    assert not Notice.objects.exists()


def test_who_has_left_is_told_nothing(head: User):
    head.is_active = False

    tell(head)

    assert not Notice.objects.exists()


def test_what_has_been_looked_at_is_not_new(head: User, registrar: User):
    tell(head)
    tell(registrar)

    assert mark_seen(unseen(head)) == 1

    assert not unseen(head).exists()
    assert unseen(registrar).exists()


def test_at_once_is_sent_at_the_next_run_and_never_again(head: User):
    choose(head, MailChoice.AT_ONCE)
    tell(head)

    assert (send_mails(TUESDAY), send_mails(TUESDAY)) == (1, 0)

    [message] = mail.outbox
    assert message.to == ["head@example.vn"]
    assert message.subject == "Hocba: 1 new notice"
    assert "Lê Văn Bình (token_absent)" in message.body


def test_the_daily_mail_gathers_what_came_before_its_hour(head: User):
    choose(head, MailChoice.DIGEST)
    tell(head, "1", TUESDAY - timedelta(hours=3))
    tell(head, "2", TUESDAY - timedelta(hours=12))
    tell(head, "3", TUESDAY - timedelta(hours=1))  # 8:00, after the hour

    assert send_mails(TUESDAY) == 1

    assert mail.outbox[0].subject == "Hocba: 2 new notices"
    assert send_mails(TUESDAY + timedelta(hours=20)) == 0
    assert send_mails(TUESDAY + timedelta(days=1)) == 1


def test_who_never_chose_gets_the_daily_mail_in_vietnamese(head: User):
    head.email = "head@example.vn"
    head.save()
    tell(head, at=TUESDAY - timedelta(days=1))

    assert send_mails(TUESDAY) == 1


@pytest.mark.parametrize("choice", [MailChoice.NEVER, None])
def test_no_mail_without_wish_or_address(head: User, choice: str | None):
    if choice:
        choose(head, choice)
    tell(head, at=TUESDAY - timedelta(days=1))

    assert send_mails(TUESDAY) == 0

    assert unseen(head).exists()


def test_what_was_seen_meanwhile_or_is_old_is_not_mailed(head: User):
    choose(head, MailChoice.AT_ONCE)
    tell(head, "seen")
    mark_seen(unseen(head))
    tell(head, "old", TUESDAY - timedelta(days=30))

    assert send_mails(TUESDAY) == 0


def test_in_quiet_hours_and_on_free_days_mails_wait(head: User, units: dict[str, Unit]):
    QuietHours.objects.create(
        unit=units["dong-thap"], begins=time(20), ends=time(6, 30)
    )
    choose(head, MailChoice.AT_ONCE)
    tell(head)
    night, sunday = TUESDAY + timedelta(hours=13), TUESDAY + timedelta(days=5)

    assert send_mails(night) == 0
    assert send_mails(sunday) == 0
    assert send_mails(TUESDAY + timedelta(hours=22)) == 1  # 7:00


def test_a_mail_that_the_server_did_not_take_is_tried_again(head: User, settings):
    choose(head, MailChoice.AT_ONCE)
    tell(head)
    good = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = f"{__name__}.Refusing"

    assert send_mails(TUESDAY) == 0

    settings.EMAIL_BACKEND = good
    assert send_mails(TUESDAY) == 1


def test_each_person_gets_one_mail_in_the_own_language(head: User, registrar: User):
    choose(head, MailChoice.AT_ONCE, "en")
    choose(registrar, MailChoice.AT_ONCE, "en")
    for subject in ("1", "2"):
        tell(head, subject)
        tell(registrar, subject)

    assert send_mails(TUESDAY) == 2

    assert {m.to[0] for m in mail.outbox} == {
        "head@example.vn",
        "registrar@example.vn",
    }


def test_the_name_of_a_pupil_never_stands_in_a_mail():
    kind = Kind(
        "came_back",
        "The record of %(pupil)s came back.",
        mail="A record of class %(class)s came back.",
        private=frozenset({"pupil"}),
    )
    data = {"pupil": "Nguyễn Thị Hoà", "class": "3B"}

    assert kind.text(data) == "The record of Nguyễn Thị Hoà came back."
    assert kind.mail_text(data) == "A record of class 3B came back."


def test_a_kind_with_private_data_must_have_words_for_the_mail():
    kind = Kind("x", "The record of %(pupil)s.", private=frozenset({"pupil"}))

    with pytest.raises(KeyError):
        kind.mail_text({"pupil": "Nguyễn Thị Hoà"})


@pytest.mark.parametrize("code", KINDS)
def test_every_kind_is_known_by_its_own_code(code: str):
    assert KINDS[code].code == code


def test_the_staff_of_a_unit_are_those_of_today(
    registrar: User, head: User, units: dict[str, Unit]
):
    admin = factories.make_user("admin", "admin", units["ministry"])
    school = units["school"]

    assert staff_of(school, ["registrar"]) == [registrar]
    assert staff_above(school, ["admin"]) == [admin]
    registrar.assignments.update(valid_until=TUESDAY.date() - timedelta(days=400))
    assert staff_of(school, ["registrar"]) == []
