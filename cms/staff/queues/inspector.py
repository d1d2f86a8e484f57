"""The inspector: one field to search with."""

from __future__ import annotations

from django.utils.translation import gettext as _

from .base import Desk, Queue


def fill(queue: Queue, desk: Desk) -> None:
    queue.searches = True
    queue.empty = _("Search the archive: by name, code, class, school or words.")
