"""In which of their roles a person works now, and how the role is called."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import HttpRequest

from documents.models import Assignment, Role, User

SESSION_KEY = "staff_assignment"
_ORDER = [role.value for role in Role]


class StaffRequest(HttpRequest):
    """A request behind Wagtail's guard: somebody with an assignment has signed in."""

    user: User


def offices(user: User) -> list[Assignment]:
    """The assignments in force, in the order of ``Role``.

    Whoever teaches a subject in many classes of a school does so in one office.
    """
    mine = sorted(
        user.standing,
        key=lambda a: (_ORDER.index(a.role), a.unit.name, str(a.school_class or "")),
    )
    taught: set[int] = set()
    return [a for a in mine if not _is_repeated(a, taught)]


def _is_repeated(assignment: Assignment, taught: set[int]) -> bool:
    if assignment.role != Role.SUBJECT_TEACHER:
        return False
    repeated = assignment.unit_id in taught
    taught.add(assignment.unit_id)
    return repeated


def acting(request: StaffRequest) -> Assignment | None:
    """The role that the person chose in this session, else the first one.

    It decides what is shown first, never what is allowed.
    """
    mine = offices(request.user)
    chosen = request.session.get(SESSION_KEY)
    return next((a for a in mine if a.pk == chosen), mine[0] if mine else None)


def choose(request: StaffRequest, assignment_id: int) -> None:
    """Work in another of the own roles; one that is not held is ignored."""
    if any(a.pk == assignment_id for a in request.user.standing):
        request.session[SESSION_KEY] = assignment_id


def has_role(user: User, roles: Iterable[str]) -> bool:
    """Whether the person holds one of ``roles`` anywhere today."""
    wanted = set(roles)
    return any(a.role in wanted for a in user.standing)


def acts_as(request: StaffRequest, roles: Iterable[str]) -> bool:
    """Whether the role that the person acts in is one of ``roles``."""
    office = acting(request)
    return office is not None and office.role in set(roles)


def office_label(assignment: Assignment) -> str:
    """ "Head · Trường Tiểu học Mỹ Ngãi", for a class teacher with the class."""
    parts = [assignment.get_role_display().capitalize(), assignment.unit.name]
    if assignment.role == Role.CLASS_TEACHER and assignment.school_class:
        parts.insert(1, assignment.school_class.name)
    return " · ".join(parts)
