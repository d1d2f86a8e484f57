"""Every address of ours and who may open it: whoever is not named here is refused.

``opens`` is who gets the page (GET); ``does`` whose POST does what it is for; ``told``
who is answered by a sentence, with nothing done: they see what it is about, and the
step is another's. None: the address does not take that method.
"""

from __future__ import annotations

from dataclasses import dataclass

from documents.models import Role

from .cast import (
    CLASS_TEACHER,
    COMMUNE,
    DEPARTMENT,
    GRID,
    HEAD,
    INSIDE,
    ISSUED,
    NEXT_DOOR,
    NOBODY,
    OFFICE,
    OFFICERS,
    PARENT,
    RECEIVING,
    REGISTRAR,
    REGISTRARS,
    SCHOOL,
    SCHOOLS,
    SIGNED_IN,
    STAFF,
    SUBJECT_TEACHER,
    WATCHERS,
    People,
    every,
    people,
)


@dataclass(frozen=True)
class Door:
    """``at`` names what of the scene it leads to, as ``posted.places`` knows it."""

    route: str
    at: str = ""
    opens: People | None = None
    does: People | None = None
    told: People = NOBODY
    deletes: People | None = None

    def __str__(self) -> str:
        return f"{self.route} {self.at}".strip()


RECORD = "admin/records/<uuid:uuid>/"
CLASS = "admin/classes/<int:class_id>/"
BATCH = "admin/batches/<uuid:uuid>/"
CONSENT = "admin/consents/<uuid:uuid>/"
UNIT = "admin/units/<slug:code>/"
IMPORT = "admin/imports/<uuid:uuid>/"
PACKAGE = "admin/packages/<int:pk>/"
RUN = "admin/packages/runs/<uuid:uuid>/"
CHILD = "children/<uuid:uuid>"
# Head and registrar of the receiving school see what is on its way to them.
ON_ITS_WAY = people(ISSUED, RECEIVING)
WORKING = people(SCHOOLS, OFFICERS)
TAKERS = people(REGISTRARS, OFFICERS)
READERS = STAFF - every(Role.ADMIN)

WORKSPACE = [
    # Wagtail's own that everybody in the workspace has
    Door("admin/", opens=STAFF),
    Door("admin/account/", opens=STAFF, does=NOBODY, told=STAFF),
    Door("admin/logout/", does=NOBODY, told=STAFF),
    Door("admin/dismissibles/", opens=STAFF),
    Door("admin/test404/", opens=STAFF),
    Door("admin/role/", does=NOBODY),  # it leads to the first page, as refusals do
    # Classes
    Door(f"{CLASS}nudge/<slug:state>/", "class", does=SCHOOL),
    Door("admin/classes/", opens=SCHOOLS),
    Door(CLASS, "class", opens=GRID),
    # The head writes nothing into the grid.
    Door(f"{CLASS}cells/", "class", does=people(CLASS_TEACHER, REGISTRAR), told=GRID),
    Door(
        f"{CLASS}phrases/",
        "class",
        opens=GRID,
        does=people(CLASS_TEACHER, REGISTRAR),
        told=GRID,
    ),
    # The bank is the school's, its next class's too.
    Door("admin/phrases/<int:phrase_id>/", "phrase", deletes=people(GRID, NEXT_DOOR)),
    Door(f"{CLASS}submit/", "class", does=CLASS_TEACHER),
    Door(f"{CLASS}review/", "class", opens=HEAD),
    Door(f"{CLASS}sign/", "class", opens=HEAD, does=HEAD),
    Door("admin/sign/", "all", opens=HEAD, does=HEAD, told=every(Role.HEAD)),
    Door(f"{CLASS}print/", "class", opens=SCHOOL, does=SCHOOL),
    Door("admin/subjects/", opens=every(Role.SUBJECT_TEACHER)),
    Door(
        "admin/subjects/<int:class_id>/sign/",
        "class",
        opens=SUBJECT_TEACHER,
        does=SUBJECT_TEACHER,
    ),
    # One record
    Door(RECORD, "draft", opens=INSIDE),
    Door(RECORD, "signed", opens=ISSUED),
    Door(RECORD, "sent", opens=ON_ITS_WAY),
    Door(f"{RECORD}form/", "draft", opens=INSIDE),
    Door(f"{RECORD}form/", "locked", opens=ISSUED),
    Door(f"{RECORD}file/", "locked", opens=ISSUED),
    Door(f"{RECORD}file/", "sent", opens=ON_ITS_WAY),
    Door(f"{RECORD}verdict/", "signed", opens=ISSUED),
    Door(
        f"{RECORD}edit/",
        "draft",
        opens=people(CLASS_TEACHER, REGISTRAR, SUBJECT_TEACHER),
        does=NOBODY,
        told=people(CLASS_TEACHER, REGISTRAR, SUBJECT_TEACHER),
    ),
    Door(f"{RECORD}submit/", "confirmed", does=CLASS_TEACHER, told=INSIDE),
    Door(f"{RECORD}review/", "reviewed", opens=HEAD, does=HEAD),
    Door(f"{RECORD}return/", "reviewed", opens=INSIDE, does=HEAD, told=INSIDE),
    Door(f"{RECORD}return/reasons/", "reviewed", opens=HEAD),
    Door(f"{RECORD}look/back/", "seen", opens=INSIDE, does=HEAD, told=INSIDE),
    Door(f"{RECORD}sign/", "reviewed", opens=HEAD, does=HEAD),
    Door(f"{RECORD}recall/", "signed", does=HEAD, told=ISSUED),
    Door(f"{RECORD}dispatch/", "locked", opens=REGISTRAR, does=REGISTRAR),
    Door(f"{RECORD}schools/", "locked", opens=REGISTRAR),
    Door(
        f"{RECORD}receive/",
        "sent",
        does=people("registrar receiving"),
        told=ON_ITS_WAY,
    ),
    Door(f"{RECORD}withdraw/", "sent", does=REGISTRAR, told=ON_ITS_WAY),
    Door(f"{RECORD}dispatch-file/", "locked", opens=REGISTRAR, does=REGISTRAR),
    Door(f"{RECORD}reassess/", "summer", opens=INSIDE, does=HEAD, told=INSIDE),
    Door("admin/transfers/", opens=REGISTRARS),
    # Work in the background
    Door("admin/batches/", opens=WORKING),
    Door(BATCH, "batch", opens=people(OFFICE, WATCHERS)),
    Door(f"{BATCH}progress/", "batch", opens=people(OFFICE, WATCHERS)),
    Door(f"{BATCH}items/", "batch", opens=people(OFFICE, WATCHERS)),
    Door(f"{BATCH}report/", "batch", opens=people(OFFICE, WATCHERS)),
    Door(f"{BATCH}<str:act>/", "pause", does=HEAD),
    Door(f"{BATCH}<str:act>/", "cancel", does=HEAD),
    Door(f"{CONSENT}answer/", "consent", does=HEAD),
    Door(f"{CONSENT}request/", "consent", does=HEAD),
    Door(f"{CONSENT}signatures/", "consent", does=NOBODY, told=HEAD),
    # Keys: each has an own one
    Door("admin/key/", opens=SCHOOLS, does=NOBODY, told=SCHOOLS),
    Door("admin/key/agent/", does=NOBODY, told=SCHOOLS),
    Door("admin/key/trial/", does=NOBODY, told=SCHOOLS),
    Door("admin/key/trial/answer/", does=NOBODY, told=SCHOOLS),
    Door("admin/key/<str:whose>/try/", "seal", does=NOBODY, told=REGISTRARS),
    Door("admin/key/<str:whose>/try/", "mine", does=NOBODY, told=SCHOOLS),
    Door("admin/seal/", opens=REGISTRARS, does=NOBODY, told=REGISTRARS),
    # Department
    Door("admin/units/", opens=OFFICERS, does=NOBODY, told=OFFICERS),
    *[
        Door(f"{UNIT}{page}", "school", opens=WATCHERS)
        for page in (
            "",
            "branch/",
            "branch/<int:class_id>/",
            "tree.xlsx",
            "rows/",
            "rows/<int:class_id>/",
            "season/",
            "locks/<int:deadline_id>/",
        )
    ],
    Door(UNIT, "department", opens=DEPARTMENT),
    Door(UNIT, "commune", opens=WATCHERS),
    Door(f"{UNIT}remind/", "school", opens=WATCHERS, does=WATCHERS),
    Door(f"{UNIT}lock/", "school", opens=DEPARTMENT, does=DEPARTMENT),
    Door(
        f"{UNIT}ministry/", "department", opens=DEPARTMENT, does=NOBODY, told=DEPARTMENT
    ),
    Door(
        "admin/calendar/",
        opens=OFFICERS - COMMUNE,
        does=NOBODY,
        told=OFFICERS - COMMUNE,
    ),
    Door(
        "admin/calendar/<slug:code>/", "department", opens=DEPARTMENT, does=DEPARTMENT
    ),
    # After the lock
    Door("admin/late/", opens=people(every(Role.HEAD), REGISTRARS, OFFICERS)),
    Door(
        "admin/late/<uuid:uuid>/",
        "late",
        opens=people(OFFICE, WATCHERS),
        does=DEPARTMENT,
    ),
    Door(
        "admin/late/<slug:code>/<int:deadline_id>/", "over", opens=OFFICE, does=OFFICE
    ),
    # Registrar
    Door("admin/imports/", opens=REGISTRARS, does=REGISTRAR, told=REGISTRARS),
    Door(IMPORT, "planned", opens=REGISTRAR),
    Door(f"{IMPORT}mend/", "wrong", does=REGISTRAR),
    Door(f"{IMPORT}undo/", "committed", does=REGISTRAR),
    Door(f"{IMPORT}close/", "planned", does=REGISTRAR),
    # What people are told: each the own
    Door("admin/notices/", opens=STAFF),
    Door("admin/notices/seen/", does=STAFF),
    Door("admin/notices/mails/", opens=STAFF, does=STAFF),
    Door("admin/notices/<int:pk>/", "notice", opens=HEAD),
    Door("admin/renewals/", opens=people(OFFICERS, every(Role.ADMIN))),
    Door("admin/renewals/<str:month>.csv", "month", opens=OFFICERS),
    # Packages
    Door("admin/packages/", opens=TAKERS),
    Door("admin/packages/send/", opens=REGISTRARS, does=REGISTRAR, told=REGISTRARS),
    Door("admin/packages/take/", opens=TAKERS, does=TAKERS),
    Door(RUN, "run", opens=REGISTRAR),
    Door(f"{RUN}retry/", "failed run", does=REGISTRAR),
    Door(PACKAGE, "package", opens=REGISTRAR),
    Door(f"{PACKAGE}file/", "package", opens=REGISTRAR),
    Door(f"{PACKAGE}receipt/", "received", opens=DEPARTMENT),
    Door(f"{PACKAGE}file/", "received", opens=DEPARTMENT),
    Door(f"{PACKAGE}deliver/", "package", does=REGISTRAR),
    Door("admin/search/", opens=READERS),
]
PORTAL = [
    Door("account/password/", opens=SIGNED_IN, does=SIGNED_IN),
    Door("children/", opens=SIGNED_IN),
    Door("children/notices/", does=SIGNED_IN),
    Door(f"{CHILD}/", "locked", opens=PARENT),
    Door(f"{CHILD}/sheet", "locked", opens=PARENT),
    Door(f"{CHILD}/pdf", "locked", opens=PARENT),
    Door(f"{CHILD}/readers", "locked", opens=PARENT),
    Door(f"{CHILD}/", "draft", opens=NOBODY),
    Door(f"{CHILD}/sheet", "draft", opens=NOBODY),
    Door(f"{CHILD}/pdf", "draft", opens=NOBODY),
    Door(f"{CHILD}/readers", "draft", opens=NOBODY),
]
# With a key of the person as with the session of a browser.
INTERFACE = [
    Door("api/v1/records", opens=SIGNED_IN),
    Door("api/v1/records/<uuidstr:uuid>", "draft", opens=INSIDE),
    Door("api/v1/records/<uuidstr:uuid>", "signed", opens=people(ISSUED, PARENT)),
    Door("api/v1/records/<uuidstr:uuid>", "sent", opens=people(ON_ITS_WAY, PARENT)),
]
# Wagtail's own screens, by how their addresses begin: an administrator's alone.
SITE = (
    "admin/api/main/",
    "admin/block-preview/",
    "admin/bulk/",
    "admin/choose-",
    "admin/collections/",
    "admin/documents/",
    "admin/editing-sessions/",
    "admin/failwhale/",
    "admin/groups/",
    "admin/images/",
    "admin/locales/",
    "admin/pages/",
    "admin/reports/",
    "admin/sites/",
    "admin/snippets/",
    "admin/tag-autocomplete/",
    "admin/users/",
    "admin/workflows/",
)
# No page at all.
NO_PAGE = "admin/^.*/$"
