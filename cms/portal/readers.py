"""The log of reads, as sentences for the guardian."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from itertools import groupby

from django.db.models import Prefetch
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from documents.models import Assignment, ReadLog, Record, User
from documents.models.access import Access

# A page that a person reads; beyond it the school gives the whole list.
SHOWN = 200

SENTENCES: dict[str, Promise] = {
    Access.VIEW: _("%(who)s viewed it on %(when)s."),
    Access.DOWNLOAD: _("%(who)s downloaded the file on %(when)s."),
    Access.API: _("%(who)s read it through a connected program on %(when)s."),
    Access.EXPORT: _("%(who)s exported the file on %(when)s."),
    Access.PRINT: _("%(who)s made a paper copy on %(when)s."),
}


def sentences_of(record: Record, *, reader: User) -> tuple[list[str], bool]:
    """Who but the ``reader`` looked and when, the last first, a sentence for each
    person and day.

    The second value says whether there are older reads than the ``SHOWN`` last ones.
    """
    in_force = Assignment.objects.in_force().select_related("unit")
    prefetch = Prefetch("user__assignments", in_force, to_attr="offices")
    reads = record.reads.exclude(user=reader).select_related("user")
    last = list(reads.prefetch_related(prefetch)[: SHOWN + 1])
    grouped = groupby(last[:SHOWN], key=_occasion)
    return [_sentence(list(same)) for _key, same in grouped], len(last) > SHOWN


def _occasion(read: ReadLog) -> tuple[int, str, date]:
    return read.user_id, read.access, timezone.localdate(read.at)


def _sentence(reads: list[ReadLog]) -> str:
    last = reads[0]
    when = timezone.localtime(last.at).strftime("%d/%m/%Y %H:%M")
    text = str(SENTENCES[last.access]) % {"who": _who(last), "when": when}
    if len(reads) == 1:
        return text
    times = ngettext("%(count)d time that day", "%(count)d times that day", len(reads))
    return f"{text} ({times % {'count': len(reads)}})"


def _who(read: ReadLog) -> str:
    """The name with the office that the person holds today."""
    offices: Iterable[Assignment] = read.user.offices  # type: ignore[attr-defined]
    for office in offices:
        role, unit = office.get_role_display(), office.unit.name
        return gettext("%(name)s (%(role)s, %(unit)s)") % {
            "name": read.user,
            "role": role,
            "unit": unit,
        }
    return str(read.user)
