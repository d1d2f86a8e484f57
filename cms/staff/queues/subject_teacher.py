"""The subject teacher: each class whose rows wait for the own signature."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from ..subjects import Taught, classes_of
from .base import Desk, Queue, Task


def fill(queue: Queue, desk: Desk) -> None:
    mine = [
        one
        for one in classes_of(desk.user)
        if one.school_class.school_id == desk.unit.pk
    ]
    queue.waiting = [_to_sign(one) for one in mine]
    signed = sum(one.signed for one in mine)
    text = _("signed by you; their class teachers submit them")
    queue.sent = [Task(signed, text, reverse("staff:subjects"))]
    queue.measure(signed, sum(one.total for one in mine))
    queue.empty = _(
        "Every row of yours is signed. The class teacher submits the records."
    )
    if not any(one.total for one in mine):
        queue.empty = _("Your classes have no records yet: the registrar imports them.")


def _to_sign(one: Taught) -> Task:
    return Task(
        len(one.waiting),
        _("to confirm and sign · class %s") % one.name,
        reverse("staff:confirm-class", args=[one.school_class.pk]),
        _("Look"),
    )
