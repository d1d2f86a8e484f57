"""Findings of a year sheet: none if it is complete; each blocks or warns, in words."""

from __future__ import annotations

import pytest

from documents.kinds.base import Severity
from documents.kinds.primary_year import SubjectMark
from documents.kinds.primary_year_checks import FINDINGS, ClassContext, check

from .sheets import codes, sheet


@pytest.mark.parametrize("grade", [1, 2, 3, 4, 5])
def test_a_complete_sheet_has_no_findings(grade):
    assert codes(sheet(grade=grade)) == []


def test_every_sentence_can_be_read_with_its_data():
    content = sheet(
        subjects={"math": SubjectMark(level="T", score=6)}, result="excellent"
    )

    findings = check(content, ClassContext.of([content]))

    assert [finding.text() for finding in findings] == [
        "Toán: score 6 is below 7 beside level T.",
        "The overall result is “Hoàn thành xuất sắc”, by the rules it is "
        "“Hoàn thành”. Correct it or write the reason.",
    ]


@pytest.mark.parametrize(
    ("code", "severity"),
    [
        ("subject_level_missing", Severity.BLOCK),
        ("score_invalid", Severity.BLOCK),
        ("score_untested", Severity.WARN),
        ("score_low_for_t", Severity.WARN),
        ("score_low_for_h", Severity.WARN),
        ("score_high_for_c", Severity.WARN),
        ("result_not_by_rule", Severity.BLOCK),
        ("award_without_result", Severity.BLOCK),
        ("comment_names_other", Severity.WARN),
        ("comment_repeated", Severity.WARN),
        ("comment_contradicts_level", Severity.WARN),
        ("personal_number_gender", Severity.WARN),
        ("personal_number_birth_year", Severity.WARN),
        ("personal_number_missing", Severity.WARN),
        ("name_needs_repair", Severity.WARN),
        ("pupil_duplicate", Severity.BLOCK),
    ],
)
def test_a_finding_blocks_or_warns_as_the_rules_say(code, severity):
    assert FINDINGS[code][0] is severity
