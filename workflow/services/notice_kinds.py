"""What people can be told: a code for each kind, and its sentence.

A notice keeps the code and plain data; the sentence is made when it is read, in the
language of whoever reads. A new kind is a row here. None is ever removed or renamed:
old notices are still read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy


@dataclass(frozen=True)
class Kind:
    """``private`` names the data of a pupil, which no mail repeats.

    Such a kind has a ``mail`` sentence that does without; ``days`` are shown as dates.
    """

    code: str
    sentence: Promise | str
    mail: Promise | str = ""
    private: frozenset[str] = frozenset()
    days: frozenset[str] = frozenset()

    def text(self, data: Mapping[str, Any]) -> str:
        """The sentence for the screen, in the language that is active."""
        return str(self.sentence % self._values(data))

    def mail_text(self, data: Mapping[str, Any]) -> str:
        """The sentence for a mail: anybody may read those on the way."""
        public = {k: v for k, v in data.items() if k not in self.private}
        return str((self.mail or self.sentence) % self._values(public))

    def _values(self, data: Mapping[str, Any]) -> dict[str, Any]:
        days = {k: _day(data[k]) for k in self.days & data.keys()}
        return {**data, **days}


def _day(value: date | str) -> str:
    day = date.fromisoformat(value) if isinstance(value, str) else value
    return day.strftime("%d/%m/%Y")


def _table(kinds: Iterable[Kind]) -> dict[str, Kind]:
    return {kind.code: kind for kind in kinds}


KINDS = _table(
    [
        Kind(
            "certificate_expires",
            ngettext_lazy(
                "The signing certificate of %(owner)s ends on %(until)s, in %(days)d "
                "day. Order a new one now.",
                "The signing certificate of %(owner)s ends on %(until)s, in %(days)d "
                "days. Order a new one now.",
                "days",
            ),
            days=frozenset({"until"}),
        ),
        Kind(
            "certificate_before_deadline",
            _(
                "The signing certificate of %(owner)s ends on %(until)s, before the "
                "deadline of %(deadline)s. Order a new one in time."
            ),
            days=frozenset({"until", "deadline"}),
        ),
        Kind(
            "certificate_expired",
            _(
                "The signing certificate of %(owner)s ended on %(until)s. Nothing can "
                "be signed with it any more; register a new one."
            ),
            days=frozenset({"until"}),
        ),
        Kind(
            "canary_failed",
            _(
                "The nightly trial of signing failed for %(owner)s (%(code)s). Find "
                "out why before records are to be signed."
            ),
        ),
        Kind(
            "canary_services_failed",
            _(
                "The nightly trial of signing could not reach what every signature "
                "needs (%(code)s). Look at the time-stamping and revocation services."
            ),
        ),
        Kind(
            "renewal_failed",
            ngettext_lazy(
                "The evidence of %(count)d record could not be extended (%(code)s). "
                "Look at the calendar of renewals.",
                "The evidence of %(count)d records could not be extended (%(code)s). "
                "Look at the calendar of renewals.",
                "count",
            ),
        ),
        Kind(
            "lacks_submit",
            ngettext_lazy(
                "%(name)s: %(count)d record is not submitted yet. The reports are due "
                "on %(day)s.",
                "%(name)s: %(count)d records are not submitted yet. The reports are "
                "due on %(day)s.",
                "count",
            ),
            days=frozenset({"day"}),
        ),
        Kind(
            "lacks_sign",
            ngettext_lazy(
                "%(name)s: %(count)d record waits for the head's signature. The "
                "reports are due on %(day)s.",
                "%(name)s: %(count)d records wait for the head's signature. The "
                "reports are due on %(day)s.",
                "count",
            ),
            days=frozenset({"day"}),
        ),
        Kind(
            "lacks_lock",
            ngettext_lazy(
                "%(name)s: %(count)d record is signed and not locked. The lock is on "
                "%(day)s.",
                "%(name)s: %(count)d records are signed and not locked. The lock is "
                "on %(day)s.",
                "count",
            ),
            days=frozenset({"day"}),
        ),
        Kind(
            "urged_submit",
            ngettext_lazy(
                "%(by)s reminds you. %(name)s: %(count)d record is not "
                "submitted yet. The reports are due on %(day)s.",
                "%(by)s reminds you. %(name)s: %(count)d records are not "
                "submitted yet. The reports are due on %(day)s.",
                "count",
            ),
            days=frozenset({"day"}),
        ),
        Kind(
            "urged_sign",
            ngettext_lazy(
                "%(by)s reminds you. %(name)s: %(count)d record waits "
                "for the head's signature. The reports are due on %(day)s.",
                "%(by)s reminds you. %(name)s: %(count)d records wait "
                "for the head's signature. The reports are due on %(day)s.",
                "count",
            ),
            days=frozenset({"day"}),
        ),
        Kind(
            "superseded",
            _(
                "The school has taken back the record of school year %(year)s that you "
                "downloaded on %(day)s. Do not use that copy any more; download the "
                "new one when the school has signed it."
            ),
            days=frozenset({"day"}),
        ),
        Kind(
            "late_decided",
            _(
                "%(name)s: the department has decided on your request of %(day)s for "
                "late records."
            ),
            days=frozenset({"day"}),
        ),
        Kind(
            "late_asked",
            ngettext_lazy(
                "%(name)s asks that %(count)d late record be locked.",
                "%(name)s asks that %(count)d late records be locked.",
                "count",
            ),
        ),
        Kind(
            "batch_done_sign",
            ngettext_lazy(
                "%(unit)s: the signing is finished, %(done)d of %(count)d record is "
                "signed.",
                "%(unit)s: the signing is finished, %(done)d of %(count)d records are "
                "signed.",
                "count",
            ),
        ),
        Kind(
            "batch_done",
            ngettext_lazy(
                "%(unit)s: the work in the background is finished, %(done)d of "
                "%(count)d record is done.",
                "%(unit)s: the work in the background is finished, %(done)d of "
                "%(count)d records are done.",
                "count",
            ),
        ),
        Kind(
            "batch_waits",
            ngettext_lazy(
                "The signing waits for you: confirm %(count)d signature once more.",
                "The signing waits for you: confirm %(count)d signatures once more.",
                "count",
            ),
        ),
    ]
)
