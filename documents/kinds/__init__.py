"""The kinds of record that this installation knows."""

from __future__ import annotations

from .base import Finding, Kind, Owner, Severity, Slot
from .primary_year import PrimaryYearKind

KINDS: dict[str, Kind] = {kind.code: kind for kind in (PrimaryYearKind(),)}


def get_kind(code: str) -> Kind:
    """Return the kind with that code. Raises KeyError."""
    return KINDS[code]


__all__ = ["KINDS", "Finding", "Kind", "Owner", "Severity", "Slot", "get_kind"]
