"""Who works on the site, signed in since the morning, and what each of them opens."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import import_module
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

from django.conf import settings
from django.contrib.auth import (
    BACKEND_SESSION_KEY,
    HASH_SESSION_KEY,
    SESSION_KEY,
)
from django.urls import reverse
from django.utils.http import urlencode

from documents.models import Assignment, Record, Role, State, Unit, User

from ..province import CODE

# Of a hundred people. Teachers are the most; an officer's page costs the most.
MIX = {
    Role.CLASS_TEACHER: 62,
    Role.SUBJECT_TEACHER: 14,
    Role.HEAD: 12,
    Role.REGISTRAR: 8,
    Role.OFFICER: 4,
}
WORDS = ("nguyen thi hoa", "le van an", "trần bảo", "lan lớp:3B", "trạng thái:nháp mai")
REASON = "Nhận xét môn Toán chưa khớp với mức đạt được."
Act = dict[str, Any]


def write_people(path: Path, count: int) -> None:
    """A session and a list of weighted acts for each of ``count`` people."""
    chance = Random(27)
    people = [
        {"role": role, "session": _session(office.user), "acts": _acts(office, chance)}
        for role, offices in _chosen(count).items()
        for office in offices
    ]
    path.write_text(json.dumps(people), encoding="utf-8")


def _chosen(count: int) -> dict[str, list[Assignment]]:
    """Assignments of different people, spread over the province."""
    return {
        role.value: list(_spread(role, max(1, round(count * share / 100))))
        for role, share in MIX.items()
    }


def _spread(role: Role, count: int) -> Iterator[Assignment]:
    offices = Assignment.objects.filter(role=role).select_related(
        "user", "unit", "school_class"
    )
    if role == Role.OFFICER:
        offices = offices.order_by("unit__path")
        return islice(offices, count)
    keys = list(offices.order_by("pk").values_list("pk", flat=True))
    chosen = keys[:: max(1, len(keys) // count)][:count]
    return iter(offices.filter(pk__in=chosen).order_by("pk"))


def _session(user: User) -> str:
    """The cookie of somebody who has signed in."""
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)


def _acts(office: Assignment, chance: Random) -> list[Act]:
    home = _get("queue", 3, reverse("wagtailadmin_home"))
    return [home, *_own_acts(office), _search(chance)]


def _own_acts(office: Assignment) -> list[Act]:
    match office.role:
        case Role.CLASS_TEACHER:
            return _teacher(office)
        case Role.HEAD:
            return _head(office)
        case Role.REGISTRAR:
            return [
                _get("classes", 2, reverse("staff:classes")),
                _get("imports", 1, reverse("staff:imports")),
                _get("transfers", 1, reverse("staff:transfers")),
            ]
        case Role.OFFICER:
            return _officer(office)
    return []


def _teacher(office: Assignment) -> list[Act]:
    records = Record.objects.filter(school_class=office.school_class).order_by("pk")
    return [
        _get("class", 5, reverse("staff:class", args=[office.school_class_id])),
        _get("record", 3, *_pages(records, "record")),
        _get("batches", 1, reverse("staff:batches")),
    ]


def _head(office: Assignment) -> list[Act]:
    records = Record.objects.filter(issuer=office.unit).order_by("pk")
    waiting = records.filter(state=State.REVIEWED)
    acts = [
        _get("classes", 2, reverse("staff:classes")),
        _get("record", 3, *_pages(records, "record")),
    ]
    if count := waiting.count():
        # What has been returned waits no more: the review leads back to the queue.
        middle = waiting[count // 2].pk
        looked_at, sent_back = (
            waiting.filter(pk__lt=middle),
            waiting.filter(pk__gte=middle),
        )
        acts.append(_get("review", 5, *_pages(looked_at, "review")))
        acts.append(_post("return", 1, _pages(sent_back, "return")))
    return acts


def _officer(office: Assignment) -> list[Act]:
    below = Unit.objects.filter(path__startswith=office.unit.path).exclude(code=CODE)
    tree = [
        reverse("staff:unit", args=[unit.code]) for unit in below.order_by("?")[:20]
    ]
    own = reverse("staff:unit", args=[office.unit.code])
    return [_get("tree, own unit", 3, own), _get("tree, below", 3, *tree)]


def _search(chance: Random) -> Act:
    queries = [urlencode({"q": words}) for words in chance.sample(WORDS, 3)]
    address = reverse("staff:search")
    return _get("search", 1, *(f"{address}?{query}" for query in queries))


def _pages(records: Any, name: str) -> list[str]:
    uuids = records.values_list("uuid", flat=True)[:30]
    return [reverse(f"staff:{name}", args=[uuid]) for uuid in uuids]


def _get(name: str, weight: int, *addresses: str) -> Act:
    return {"name": name, "weight": weight, "addresses": addresses, "post": None}


def _post(name: str, weight: int, addresses: list[str]) -> Act:
    """Each address is used once."""
    act = _get(name, weight, *addresses)
    return act | {"post": {"reason": REASON}}
