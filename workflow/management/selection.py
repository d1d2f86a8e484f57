"""Which records a command is about: the same words for every command."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import CommandError
from rich.console import Console

from documents.models import Unit, User
from documents.querysets import RecordQuerySet
from workflow.services.confirming import within_reach

WRONG_USE = 2
# Progress goes to standard error: standard output is for the findings.
progress_console = Console(stderr=True)


def add_selection(parser: ArgumentParser) -> None:
    """--as, --unit, --year, --class, --code, --json."""
    parser.add_argument("--as", dest="username", required=True)
    parser.add_argument("--unit", help="code of a unit; units below it count")
    parser.add_argument("--year", help="school year, 2025-2026")
    parser.add_argument("--class", dest="class_name", help="name of a class, 3B")
    parser.add_argument("--code", nargs="+", default=[], help="look-up codes")
    parser.add_argument("--json", action="store_true", dest="as_json")


def selected(options: dict[str, Any], user: User, step: str = "") -> RecordQuerySet:
    """What the words select of what ``user`` may see, or may begin ``step`` on."""
    records = within_reach(user, step)
    if options["unit"]:
        records = records.in_unit(unit_named(options["unit"]))
    if options["year"]:
        records = records.filter(school_year=options["year"])
    if options["class_name"]:
        records = records.filter(school_class__name=options["class_name"])
    if options["code"]:
        records = records.filter(book__code__in=_codes(options["code"]))
    return records.order_by("pk")


def missing_codes(options: dict[str, Any], found: RecordQuerySet) -> list[str]:
    """Look-up codes that were named and select nothing."""
    codes = (
        set(found.values_list("book__code", flat=True)) if options["code"] else set()
    )
    return [c for c in options["code"] if UUID(c) not in codes]


def user_named(username: str) -> User:
    """Raises CommandError with exit code 2."""
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        raise CommandError(f"There is no user {username}.", returncode=WRONG_USE)
    return user


def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, default=str)


def unit_named(code: str) -> Unit:
    """Raises CommandError with exit code 2."""
    unit: Unit | None = Unit.objects.filter(code=code).first()
    if unit is None:
        raise CommandError(f"There is no unit {code}.", returncode=WRONG_USE)
    return unit


def _codes(codes: list[str]) -> list[UUID]:
    try:
        return [UUID(code) for code in codes]
    except ValueError as error:
        message = "A look-up code has 32 hexadecimal characters."
        raise CommandError(message, returncode=WRONG_USE) from error
