"""A record's history as people read it: versions with differences, the ledger."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from documents.kinds.fields import Difference, differences
from documents.models import LedgerEntry, Record, Unit, Version

SENTENCES: dict[str, Promise] = {
    "import": gettext_lazy("%(who)s imported version %(version)s from files."),
    "edit": gettext_lazy("%(who)s wrote version %(version)s."),
    "confirm": gettext_lazy("%(who)s signed the own rows of version %(version)s."),
    "submit": gettext_lazy("%(who)s submitted version %(version)s to the head."),
    "return": gettext_lazy("%(who)s returned it to the class teacher."),
    "sign": gettext_lazy(
        "%(who)s signed version %(version)s, and the school's seal was applied."
    ),
    "recall": gettext_lazy("%(who)s recalled version %(version)s."),
    "lock": gettext_lazy("%(who)s locked version %(version)s: it is in effect."),
    "ask_late": gettext_lazy("%(who)s asked that it be locked late."),
    "grant_late": gettext_lazy("%(who)s granted a late lock until %(until)s."),
    "refuse_late": gettext_lazy("%(who)s refused a late lock."),
    "dispatch": gettext_lazy("%(who)s handed it over from %(from)s to %(to)s."),
    "receive": gettext_lazy("%(who)s received it at %(to)s from %(from)s."),
    "receive_packet": gettext_lazy(
        "%(who)s took version %(version)s in from %(from)s, in a package."
    ),
    "report_recall": gettext_lazy(
        "%(who)s told %(to)s of the recall of version %(recalled)s, in a package."
    ),
    "receive_recall": gettext_lazy(
        "%(from)s has recalled version %(recalled)s, as a package says."
    ),
    "withdraw": gettext_lazy("%(who)s took the dispatch to %(to)s back."),
    "renew": gettext_lazy("%(who)s renewed the time-stamps of the file."),
}
OTHERWISE = gettext_lazy("%(who)s: %(action)s.")

# What a ledger keeps as the code of a unit.
PLACES = ("from", "to")


@dataclass(frozen=True)
class Line:
    """One ledger entry as a sentence, its reason beside it."""

    entry: LedgerEntry
    sentence: str
    reason: str


@dataclass(frozen=True)
class Edition:
    """One version with what it changed; the first one has nothing before it."""

    version: Version
    changes: list[Difference]


def ledger_lines(entries: Iterable[LedgerEntry]) -> list[Line]:
    """Each entry as a sentence; one query for the names of all units in them."""
    entries = list(entries)
    codes = {e.payload[key] for e in entries for key in PLACES if key in e.payload}
    names = dict(Unit.objects.filter(code__in=codes).values_list("code", "name"))
    return [
        Line(entry, _sentence(entry, names), str(entry.payload.get("reason", "")))
        for entry in entries
    ]


def _sentence(entry: LedgerEntry, names: dict[str, str]) -> str:
    empty = {"version": "", "from": "", "to": "", "until": "", "recalled": ""}
    known: dict[str, Any] = empty | entry.payload
    places = {key: names.get(known[key], known[key]) for key in PLACES}
    who = str(entry.actor) if entry.actor else _("The calendar")
    data = known | places | {"who": who, "action": entry.action}
    sentence: str = str(SENTENCES.get(entry.action, OTHERWISE)) % data
    return sentence


def editions(record: Record, versions: Iterable[Version]) -> list[Edition]:
    """Newest first; give the versions in the order of their numbers."""
    kind = record.definition
    before: Any = None
    found: list[Edition] = []
    for version in versions:
        content = kind.parse(version.canonical)
        changes = (
            list(differences(before, content, kind.fields(content))) if before else []
        )
        found.append(Edition(version, changes))
        before = content
    return found[::-1]
