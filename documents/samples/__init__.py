"""Invented schools in the three workbook layouts that real ones have (domain.md §7)."""

from __future__ import annotations

from .sheets import school_sheets
from .specs import HOA_THUAN, MY_NGAI, ClassSpec, SchoolSpec, Slip, Special
from .workbooks import school_workbooks

__all__ = [
    "HOA_THUAN",
    "MY_NGAI",
    "ClassSpec",
    "SchoolSpec",
    "Slip",
    "Special",
    "school_sheets",
    "school_workbooks",
]
