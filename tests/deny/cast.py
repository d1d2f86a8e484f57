"""Groups of the people of tests/actors.py, by what they are at the school of the scene.

"" is somebody who has not signed in.
"""

from __future__ import annotations

from documents.models import Role

People = frozenset[str]


def people(*names: str | People) -> People:
    found: set[str] = set()
    for name in names:
        found |= {str(name)} if isinstance(name, str) else name
    return frozenset(found)


NOBODY = people()
ANYBODY = people("")

# Where the records are.
HEAD, REGISTRAR = people("head"), people("registrar")
CLASS_TEACHER, SUBJECT_TEACHER = people("class_teacher"), people("subject_teacher")
DEPARTMENT, COMMUNE = people("officer"), people("officer of the commune")
INSPECTOR, ADMIN = people("inspector"), people("admin")
OFFICE = people(HEAD, REGISTRAR)
SCHOOL = people(OFFICE, CLASS_TEACHER)
GRID = people(SCHOOL, SUBJECT_TEACHER)
WATCHERS = people(DEPARTMENT, COMMUNE)
# Who sees a record that is not issued yet, and one that is.
INSIDE = people(SCHOOL, WATCHERS)
ISSUED = people(INSIDE, INSPECTOR)
RECEIVING = people("registrar receiving", "head receiving")

# The same roles somewhere else, who find what is here nowhere.
ABROAD = frozenset(f"{role} abroad" for role in Role)
NEXT_DOOR = people("class_teacher next door")
STAFF = people(GRID, WATCHERS, INSPECTOR, ADMIN, ABROAD, RECEIVING, NEXT_DOOR)

# Who may sign in and holds no role.
PARENT = people("parent")
ACCOUNTS = people(
    PARENT, "parent of another", "nobody", "former head", "coming head", "superuser"
)
SIGNED_IN = people(STAFF, ACCOUNTS)
EVERYBODY = people(SIGNED_IN, "dismissed head", ANYBODY)


def every(*roles: Role) -> People:
    """The holders of these roles, wherever they hold them."""
    names = {str(role) for role in roles}
    found = {one for one in STAFF if one.split(" ")[0] in names}
    return frozenset(found)


REGISTRARS = every(Role.REGISTRAR)
OFFICERS = every(Role.OFFICER)
TEACHERS = every(Role.CLASS_TEACHER, Role.SUBJECT_TEACHER)
SCHOOLS = people(REGISTRARS, every(Role.HEAD), TEACHERS)
