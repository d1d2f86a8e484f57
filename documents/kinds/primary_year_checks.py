"""The consistency checks of a primary year sheet before review (domain.md §3).

Each rule is a generator over one content and its class; each finding has a stable
code. What the law does not forbid warns, what the sheet cannot be signed with blocks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ..text import fold, repair_name, syllable_key
from ..typeface import unprintable
from .base import Finding, Severity
from .primary_year_class import (
    ClassContext,
    NamePattern,
    comment_key,
    patterns_of,
    person,
    words_of,
)
from .primary_year_form import tables
from .primary_year_marks import (
    commented,
    expected_result,
    missing_levels,
    subject_marks,
)

if TYPE_CHECKING:
    from .primary_year import PrimaryYear, SubjectMark

__all__ = ["FINDINGS", "RULES", "ClassContext", "check", "expected_result"]

BLOCK, WARN = Severity.BLOCK, Severity.WARN
# Every code that a check can give: whether it blocks, and the sentence.
FINDINGS: dict[str, tuple[Severity, Promise]] = {
    "pupil_duplicate": (BLOCK, _("%(name)s stands in this class twice.")),
    "name_needs_repair": (
        WARN,
        _("The name has wrong characters; it should be “%(name)s”."),
    ),
    "personal_number_missing": (WARN, _("The personal number is missing.")),
    "personal_number_form": (WARN, _("The personal number does not have 12 digits.")),
    "personal_number_gender": (
        WARN,
        _("Digit 4 of the personal number does not fit sex and century of birth."),
    ),
    "personal_number_birth_year": (
        WARN,
        _("Digits 5 and 6 of the personal number are not the year of birth."),
    ),
    "text_unprintable": (
        BLOCK,
        _("The printed form has no letters for: %(characters)s"),
    ),
    "subject_level_missing": (BLOCK, _("%(label)s has no level.")),
    "trait_level_missing": (BLOCK, _("%(label)s has no level.")),
    "score_invalid": (
        BLOCK,
        _("%(label)s: %(score)s is not a whole number from 1 to 10."),
    ),
    "score_untested": (
        WARN,
        _("%(label)s has a score, but no test in this grade."),
    ),
    "score_missing": (WARN, _("%(label)s has no score of the final test.")),
    "score_low_for_t": (
        WARN,
        _("%(label)s: score %(score)s is below 7 beside level T."),
    ),
    "score_low_for_h": (
        WARN,
        _("%(label)s: score %(score)s is below 5 beside level H."),
    ),
    "score_high_for_c": (
        WARN,
        _("%(label)s: score %(score)s is 5 or more beside level C."),
    ),
    "comment_contradicts_level": (
        WARN,
        _("%(label)s: the comment contradicts the level %(level)s."),
    ),
    "comment_names_other": (
        WARN,
        _("%(label)s: the comment names another pupil, %(name)s."),
    ),
    "comment_repeated": (
        WARN,
        _("%(label)s: %(count)s pupils have this same comment."),
    ),
    "result_missing": (BLOCK, _("There is no overall result.")),
    "result_not_by_rule": (
        BLOCK,
        _(
            "The overall result is “%(result)s”, by the rules it is "
            "“%(expected)s”. Correct it or write the reason."
        ),
    ),
    # Allowed, and the head reads it.
    "result_by_reason": (
        WARN,
        _(
            "The overall result is “%(result)s” for a written reason; "
            "by the rules it is “%(expected)s”."
        ),
    ),
    "second_completion_missing": (
        BLOCK,
        _("It is not said whether the programme is completed after the summer."),
    ),
    "award_without_result": (
        BLOCK,
        _("The award “%(award)s” needs the overall result “%(needs)s”."),
    ),
}

# More pupils than five with one comment in one subject: it was pasted.
PASTED_FROM = 6


def check(content: PrimaryYear, context: ClassContext) -> list[Finding]:
    """Every finding on ``content``, whose class (with it) is ``context``."""
    return [finding for rule in RULES for finding in rule(content, context)]


def _result_label(code: str) -> str:
    return next(item.label for item in tables().results if item.code == code)


def _finding(code: str, path: str, **params: Any) -> Finding:
    severity, message = FINDINGS[code]
    return Finding(code, severity, path, message, params)


# -- Levels and scores -----------------------------------------------------------


def levels_are_complete(
    content: PrimaryYear, _context: ClassContext
) -> Iterator[Finding]:
    """A required subject, quality or competency has a level.

    The last two are not named in domain.md §3; without them no result follows.
    """
    if not content.assessed:
        return
    for path, item in missing_levels(content):
        code = "subject" if path.startswith("subjects.") else "trait"
        yield _finding(f"{code}_level_missing", f"{path}.level", label=item.label)


def scores_are_whole_numbers(
    content: PrimaryYear, _context: ClassContext
) -> Iterator[Finding]:
    for subject, mark in subject_marks(content):
        score, path = mark.score, f"subjects.{subject.code}.score"
        if score is None or (1 <= score <= 10 and score == int(score)):
            continue
        yield _finding("score_invalid", path, label=subject.label, score=f"{score:g}")


def scores_are_of_tests(
    content: PrimaryYear, _context: ClassContext
) -> Iterator[Finding]:
    """A score stands where the grade has a test, and only there."""
    for subject in tables().subjects:
        mark = content.subjects.get(subject.code)
        path = f"subjects.{subject.code}.score"
        if not mark:
            continue
        tested = content.grade in subject.scored
        if mark.score is not None and not tested:
            yield _finding("score_untested", path, label=subject.label)
        required = tested and content.grade in subject.grades and content.assessed
        if mark.score is None and mark.level and required:
            yield _finding("score_missing", path, label=subject.label)


def scores_fit_levels(
    content: PrimaryYear, _context: ClassContext
) -> Iterator[Finding]:
    for subject, mark in subject_marks(content):
        code = _misfit(mark)
        if code and content.grade in subject.scored:
            path = f"subjects.{subject.code}.score"
            yield _finding(code, path, label=subject.label, score=f"{mark.score:g}")


def _misfit(mark: SubjectMark) -> str | None:
    if mark.level is None or mark.score is None:
        return None
    if mark.level == "T":
        return "score_low_for_t" if mark.score < 7 else None
    if mark.level == "H":
        return "score_low_for_h" if mark.score < 5 else None
    return "score_high_for_c" if mark.score >= 5 else None


# -- Result and awards -----------------------------------------------------------


def result_follows_the_rules(
    content: PrimaryYear, _context: ClassContext
) -> Iterator[Finding]:
    """A written reason turns the block into a warning."""
    if not content.assessed:
        return
    if content.result is None:
        yield _finding("result_missing", "result")
        return
    expected = expected_result(content)
    if expected is None or expected == content.result:
        return
    code = "result_by_reason" if content.result_reason.strip() else "result_not_by_rule"
    result, by_rule = _result_label(content.result), _result_label(expected)
    yield _finding(code, "result", result=result, expected=by_rule)


def awards_have_their_result(
    content: PrimaryYear, _context: ClassContext
) -> Iterator[Finding]:
    """Awards by other names are ad hoc and need no result."""
    for index, text in enumerate(content.awards):
        for award in tables().awards:
            known = fold(text).rstrip(".") in map(fold, award.all_labels)
            if known and content.result != award.needs:
                yield _finding(
                    "award_without_result",
                    f"awards.{index}",
                    award=award.label,
                    needs=_result_label(award.needs),
                )


# -- Comments --------------------------------------------------------------------


def comments_name_nobody_else(
    content: PrimaryYear, context: ClassContext
) -> Iterator[Finding]:
    own = set(patterns_of(content.pupil.name))
    for path, label, mark in commented(content):
        names = dict.fromkeys(_named_in(mark.comment, own, context))
        for name in names:
            yield _finding(
                "comment_names_other", f"{path}.comment", label=label, name=name
            )


def _named_in(
    comment: str, own: set[NamePattern], context: ClassContext
) -> Iterator[str]:
    words = words_of(comment)
    keys = [syllable_key(word) for word in words]
    for start, key in enumerate(keys):
        for pattern, name in context.names.get(key, ()):
            end = start + len(pattern.keys)
            capitals = words[end - pattern.capitals : end]
            if (
                pattern not in own
                and tuple(keys[start:end]) == pattern.keys
                and all(word[0].isupper() for word in capitals)
            ):
                yield name


def comments_are_not_pasted(
    content: PrimaryYear, context: ClassContext
) -> Iterator[Finding]:
    for path, label, mark in commented(content):
        count = context.comments.get((path, comment_key(mark.comment)), 0)
        if count >= PASTED_FROM:
            yield _finding(
                "comment_repeated", f"{path}.comment", label=label, count=count
            )


# What a comment says against the level beside it. "Chưa hoàn thành tốt" is true of H.
_SUBJECT_CONTRADICTIONS = {
    "T": re.compile(r"\bchưa hoàn thành\b"),
    "H": re.compile(r"\bchưa hoàn thành\b(?! tốt| xuất sắc)"),
    "C": re.compile(r"(?<!chưa )\bhoàn thành (?:tốt|xuất sắc)\b"),
}
_TRAIT_CONTRADICTIONS = {
    "T": re.compile(r"\bchưa đạt\b"),
    "Đ": re.compile(r"\bchưa đạt\b"),
}


def comments_fit_levels(
    content: PrimaryYear, _context: ClassContext
) -> Iterator[Finding]:
    for path, label, mark in commented(content):
        subject = path.startswith("subjects.")
        table = _SUBJECT_CONTRADICTIONS if subject else _TRAIT_CONTRADICTIONS
        pattern = table.get(mark.level or "")
        if pattern and pattern.search(comment_key(mark.comment)):
            yield _finding(
                "comment_contradicts_level",
                f"{path}.comment",
                label=label,
                level=mark.level,
            )


# -- The pupil -------------------------------------------------------------------


def personal_number_fits(
    content: PrimaryYear, _context: ClassContext
) -> Iterator[Finding]:
    """Digit 4 is sex and century, digits 5–6 the year; the province never rejects."""
    pupil, path = content.pupil, "pupil.personal_number"
    number = pupil.personal_number
    if not number:
        yield _finding("personal_number_missing", path)
        return
    if not re.fullmatch(r"[0-9]{12}", number):
        yield _finding("personal_number_form", path)
        return
    # 0/1 in the 20th century, 2/3 in the 21st, and so on; even is male.
    century = (pupil.birth_date.year if pupil.birth_date else 2000) // 100
    if pupil.gender and int(number[3]) != (century - 19) * 2 + pupil.gender - 1:
        yield _finding("personal_number_gender", path)
    if pupil.birth_date and int(number[4:6]) != pupil.birth_date.year % 100:
        yield _finding("personal_number_birth_year", path)


def name_needs_no_repair(
    content: PrimaryYear, _context: ClassContext
) -> Iterator[Finding]:
    """Import repairs names; one that came another way is at least seen."""
    name, codes = repair_name(content.pupil.name)
    if codes:
        yield _finding("name_needs_repair", "pupil.name", name=name)


def pupil_is_in_the_class_once(
    content: PrimaryYear, context: ClassContext
) -> Iterator[Finding]:
    """One code, one personal number, one child of that name and birth date.

    Two children may share name and birth date if their personal numbers differ.
    """
    pupil = content.pupil
    twins = (
        number
        for code, number in context.namesakes.get(person(pupil), ())
        if code != pupil.code
    )
    if (
        context.codes.get(pupil.code, 0) > 1
        or len(context.numbers.get(pupil.personal_number, ())) > 1
        or any(not (number and pupil.personal_number) for number in twins)
    ):
        yield _finding("pupil_duplicate", "pupil", name=pupil.name)


def text_is_printable(content: PrimaryYear, context: ClassContext) -> Iterator[Finding]:
    """An emoji would only be found out when somebody signs."""
    for path, text in texts(content.model_dump()):
        if missing := unprintable(text):
            yield _finding("text_unprintable", path, characters=missing)


def texts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text in nested values, with its path."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from texts(part, f"{path}.{key}" if path else key)
    elif isinstance(value, (list, tuple)):
        for index, part in enumerate(value):
            yield from texts(part, f"{path}.{index}")


RULES: tuple[Callable[[PrimaryYear, ClassContext], Iterator[Finding]], ...] = (
    pupil_is_in_the_class_once,
    name_needs_no_repair,
    text_is_printable,
    personal_number_fits,
    levels_are_complete,
    scores_are_whole_numbers,
    scores_are_of_tests,
    scores_fit_levels,
    comments_fit_levels,
    comments_name_nobody_else,
    comments_are_not_pasted,
    result_follows_the_rules,
    awards_have_their_result,
)
