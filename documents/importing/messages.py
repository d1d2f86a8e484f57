"""What an import has to say: a stable code, a sentence, and the cell it is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

MESSAGES: dict[str, Promise] = {
    # -- the whole file: nothing of the import can be committed
    "file_empty": _("The file “%(file)s” is empty."),
    "file_too_big": _(
        "The file “%(file)s” has %(size)s MB; at most %(limit)s MB are read."
    ),
    "file_unpacks_too_big": _(
        "The file “%(file)s” unpacks to far more than it shows, as no school's"
        " workbook does. It was not opened."
    ),
    "file_too_large_inside": _(
        "The file “%(file)s” needs more memory or time than one file may take."
        " Delete unused rows and columns, save it and try again."
    ),
    "file_truncated": _(
        "The file “%(file)s” is damaged or was cut off. Save it again in Excel and"
        " upload it anew."
    ),
    "file_encrypted": _(
        "The file “%(file)s” is protected by a password. Save it without a password."
    ),
    "file_unsafe": _(
        "The file “%(file)s” holds XML with its own entities, which no spreadsheet"
        " program writes. It was not opened."
    ),
    "file_not_a_spreadsheet": _(
        "The file “%(file)s” is %(found)s, not a workbook. Save it as .xlsx in Excel."
    ),
    "file_unreadable": _(
        "The file “%(file)s” cannot be read. Save it as .xlsx in Excel and try again."
    ),
    "too_many_files": _("%(count)s files at once; at most %(limit)s are read."),
    "too_many_sheets": _(
        "The file “%(file)s” has %(count)s sheets; at most %(limit)s are read."
    ),
    "too_many_rows": _(
        "The sheet “%(sheet)s” of “%(file)s” has %(count)s rows; at most %(limit)s"
        " are read."
    ),
    "too_many_columns": _(
        "The sheet “%(sheet)s” of “%(file)s” has %(count)s columns; at most %(limit)s"
        " are read."
    ),
    "nothing_recognised": _(
        "The file “%(file)s” holds no pupil list, results or comments that are"
        " recognised: no header row with a pupil code and a name was found."
    ),
    "other_school_year": _(
        "“%(file)s” says school year %(found)s, and the import is for %(wanted)s."
        " Choose the files of %(wanted)s."
    ),
    "other_year_class": _(
        "Class %(class_name)s in “%(file)s” looks like a class of another school"
        " year: %(count)s of its %(total)s pupils do not fit grade %(grade)s in"
        " %(wanted)s. Choose the files of %(wanted)s."
    ),
    "no_pupils": _("There is no pupil in these files."),
    # -- a sheet or a column
    "subject_unknown": _(
        "The sheet “%(sheet)s” of “%(file)s” has comments, but its name is no"
        " subject. Give it the name of the subject."
    ),
    "column_twice": _(
        "Two columns of the sheet “%(sheet)s” say the same: %(first)s and %(second)s."
        " Keep one of them."
    ),
    "column_unknown": _("The column “%(heading)s” is not known and was not read."),
    "sheet_hidden": _("The sheet “%(sheet)s” is hidden and was not read."),
    "sheet_unknown": _("The sheet “%(sheet)s” is not recognised and was not read."),
    "file_twice": _("“%(file)s” is the same as “%(other)s” and was read once."),
    # -- a row or a cell
    "code_missing": _("%(name)s has no pupil code."),
    "code_temporary": _(
        "%(name)s has no pupil code yet and gets the temporary code %(pupil_code)s."
    ),
    "code_assigned": _(
        "%(name)s had the temporary code %(old)s and now gets the code %(pupil_code)s."
    ),
    "code_bad": _("“%(value)s” is not a pupil code."),
    "pupil_twice": _(
        "%(name)s (%(pupil_code)s) stands twice in this sheet; first in row %(first)s."
    ),
    "name_missing": _("The pupil with the code %(pupil_code)s has no name."),
    "name_bad": _("“%(value)s” holds no name."),
    "date_bad": _("“%(value)s” is not a date. Write it as 05/09/2019."),
    "birth_date_implausible": _(
        "The date of birth %(value)s does not fit a pupil of this school year."
    ),
    "birth_date_missing": _("%(name)s has no date of birth."),
    "gender_bad": _("“%(value)s” is not a gender. Write Nam or Nữ."),
    "status_unknown": _("“%(value)s” is not a known status of a pupil."),
    "class_bad": _("“%(value)s” is not the name of a class. Write it as 3B."),
    "class_missing": _("%(name)s has no class."),
    "class_not_primary": _("Class %(value)s is not a class of primary school."),
    "personal_number_bad": _("“%(value)s” is not a personal number of 12 digits."),
    "personal_number_twice": _(
        "The personal number %(value)s stands also at %(other)s. Each child has one."
    ),
    "personal_number_known": _(
        "The personal number %(value)s belongs already to another pupil."
    ),
    "text_too_long": _("This text has %(count)s characters; at most %(limit)s fit."),
    "level_bad": _("“%(value)s” is not a level here. Write one of %(allowed)s."),
    "score_bad": _("“%(value)s” is not a score."),
    "score_not_whole": _("The score %(value)s is not a whole number."),
    "score_out_of_range": _("The score %(value)s is not between 1 and 10."),
    "result_bad": _("“%(value)s” is not an overall result."),
    "tick_bad": _("“%(value)s” is not a tick. Write x, or leave the cell empty."),
    "number_bad": _("“%(value)s” is not a number that fits here."),
    "value_bad": _("“%(value)s” does not fit here."),
    # -- between files
    "values_conflict": _(
        "%(name)s: %(label)s is “%(new)s” here and “%(old)s” in %(other)s."
    ),
    "name_conflict": _("The name here is “%(new)s”, and “%(old)s” in %(other)s."),
    "name_spelling": _(
        "The name here is spelled “%(new)s”, and “%(old)s” in %(other)s; the second"
        " was taken."
    ),
    "birth_date_conflict": _(
        "The date of birth of %(name)s is %(new)s here and %(old)s in %(other)s."
    ),
    "class_conflict": _(
        "%(name)s is in class %(new)s here and in class %(old)s in %(other)s."
    ),
    "not_in_list": _(
        "%(name)s (%(pupil_code)s) is not in the pupil list of class %(class_name)s."
    ),
    "pupil_unknown": _(
        "%(name)s (%(pupil_code)s) is in no pupil list and not known to the school."
        " Upload the pupil list too."
    ),
    "no_results": _("%(name)s (%(pupil_code)s) has no row in the year results."),
    # -- between files and database
    "pupil_elsewhere": _(
        "%(name)s (%(pupil_code)s) belongs to another school. Ask that school to"
        " hand over the record first."
    ),
    "record_locked": _(
        "The record of %(name)s (%(pupil_code)s) is locked and was left alone."
    ),
    "record_not_draft": _(
        "The record of %(name)s (%(pupil_code)s) is no longer a draft and was left"
        " alone. To change it, have it returned or recalled first."
    ),
    "pupil_missing": _(
        "%(name)s (%(pupil_code)s) is in class %(class_name)s but not in the files."
    ),
    "pupil_left": _("%(name)s (%(pupil_code)s): %(status)s. No record is drafted."),
}

FOUND: dict[str, Promise] = {
    "pdf": _("a PDF"),
    "image": _("an image"),
    "web page": _("a web page"),
    "word": _("a document of a word processor"),
    "archive": _("an archive"),
    "program": _("a program"),
    "unknown": _("a file of another kind"),
}


@dataclass(frozen=True)
class Place:
    """A cell, as people find it: ``column`` is a letter, ``row`` starts at 1."""

    file: str = ""
    sheet: str = ""
    row: int | None = None
    column: str = ""

    def __str__(self) -> str:
        cell = f"{self.column}{self.row or ''}"
        return " · ".join(filter(None, (self.file, self.sheet, cell)))


@dataclass(frozen=True)
class Note:
    """One error, warning or repair. ``params`` keep it translatable once stored."""

    code: str
    place: Place
    params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_fatal(self) -> bool:
        """Whether it speaks of more than one row, so that no row can be skipped."""
        return self.place.row is None

    def as_json(self) -> dict[str, Any]:
        """The contract of `import_records`, with the parameters added."""
        plain = {key: _plain(value) for key, value in self.params.items()}
        return {
            "file": self.place.file,
            "sheet": self.place.sheet,
            "row": self.place.row,
            "column": self.place.column,
            "code": self.code,
            "message": sentence(self.code, self.place, plain),
            "params": plain,
        }


@dataclass(frozen=True)
class Repair:
    """A value that was put right: what stood in the cell, and what was taken."""

    code: str
    place: Place
    before: str
    after: str

    def as_json(self) -> dict[str, Any]:
        return {
            "file": self.place.file,
            "sheet": self.place.sheet,
            "row": self.place.row,
            "column": self.place.column,
            "code": self.code,
            "before": self.before,
            "after": self.after,
        }


def sentence(code: str, place: Place, params: Mapping[str, Any]) -> str:
    """The sentence in the reader's language, also for a note that was stored."""
    words = {"file": place.file, "sheet": place.sheet, **params}
    if "found" in words:
        words["found"] = FOUND.get(words["found"], words["found"])
    return str(MESSAGES[code]) % words


def sentence_of(stored: Mapping[str, Any]) -> str:
    """The sentence of a note as ``as_json`` wrote it."""
    place = Place(stored["file"], stored["sheet"], stored["row"], stored["column"])
    return sentence(stored["code"], place, stored.get("params", {}))


def _plain(value: Any) -> Any:
    return value if isinstance(value, int | float | str | bool) else str(value)
