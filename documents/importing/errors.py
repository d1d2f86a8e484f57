"""Why an import does not go on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from ..errors import RecordsError
from .messages import Note, Place, sentence


class ImportProblem(RecordsError):
    """The import as a whole is refused; nothing was written."""

    code = "import_refused"


class FileProblem(ImportProblem):
    """A file that is not read. ``code`` is one of the ``file_…`` messages."""

    def __init__(self, code: str, file: str, **params: Any) -> None:
        self.code = code
        self.file = file
        self.params = params
        super().__init__(f"{file}: {code}")

    def note(self) -> Note:
        place = Place(self.file, str(self.params.get("sheet", "")))
        return Note(self.code, place, self.params)

    def for_user(self) -> str:
        return sentence(self.code, Place(self.file), self.params)


class PlanHasErrors(ImportProblem):
    code = "plan_has_errors"
    user_message = _("%(count)s places in the files are wrong. Nothing was written.")

    def __init__(self, count: int) -> None:
        self.count = count
        super().__init__(f"{count} errors")


class PlanIsStale(ImportProblem):
    code = "plan_is_stale"
    user_message = _(
        "The records have changed since this dry run. Nothing was written; upload the"
        " files again to see what they would change now."
    )


class PlanIsClosed(ImportProblem):
    code = "plan_is_closed"
    user_message = _("This import has been committed, discarded or undone already.")


class ImportMovedOn(ImportProblem):
    code = "import_moved_on"
    user_message = _(
        "%(count)s records of this import have been changed or submitted since, the"
        " first is %(name)s's. Nothing was undone."
    )

    def __init__(self, names: Sequence[str]) -> None:
        self.count = len(names)
        self.name = names[0]
        super().__init__(f"{self.count} records moved on")


class NotAllowedToImport(ImportProblem):
    code = "not_allowed"
    user_message = _(
        "Only the registrar of the school may import, or the class teacher for the"
        " own class."
    )


class UnitIsNoSchool(ImportProblem):
    code = "unit_is_no_school"
    user_message = _("%(unit)s is not a school.")

    def __init__(self, unit: str) -> None:
        self.unit = unit
        super().__init__(f"{unit} is not a school")


class SchoolYearIsWrong(ImportProblem):
    code = "school_year_is_wrong"
    user_message = _("“%(school_year)s” is not a school year. Write it as 2025-2026.")

    def __init__(self, school_year: str) -> None:
        self.school_year = school_year
        super().__init__(f"{school_year!r} is not a school year")
