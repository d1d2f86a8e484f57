"""What anybody is told of a code or a file, and what nobody is told."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import timedelta

import pytest
from django.db import connection

from documents import storage, triggers
from documents.models import Artifact, Record, Unit, User
from tests.actors import make_record
from tests.factories import NOW, TODAY, make_class, make_draft
from workflow.services import (
    dispatch_record,
    lock_record,
    recall_record,
    receive_record,
    record_pdf,
    sign_record,
    submit_record,
)
from workflow.services.evidence.verdicts import (
    Answer,
    parse_code,
    verdict_of_code,
    verdict_of_file,
)

CODE = "0f8fad5bd9cb469fa16570867728950e"


def reasons(answer: Answer) -> list[str]:
    return [reason.code for reason in answer.reasons]


def issued(record: Record) -> bytes:
    return storage.get(record.current.artifacts.get(purpose="issued").sha256)


@pytest.mark.parametrize(
    "text",
    [
        CODE,
        CODE.upper(),
        "0f8fad5b-d9cb-469f-a165-70867728950e",
        f"  {CODE[:16]} {CODE[16:]}\n",
    ],
)
def test_a_code_is_read_as_people_type_it(text: str):
    parsed = parse_code(text)

    assert parsed is not None and parsed.hex == CODE


@pytest.mark.parametrize(
    "text", ["", "abc", CODE[:-1], CODE + "0", "g" * 32, "{" + CODE + "}", "../etc"]
)
def test_what_is_no_code_is_no_code(text: str):
    assert parse_code(text) is None


def test_a_code_of_a_signed_record_is_authentic(signed_record: Record):
    answer = verdict_of_code(signed_record.book.lookup_code.upper(), NOW)

    (sheet,) = answer.sheets
    assert (answer.verdict, answer.checked_at) == ("authentic", NOW)
    assert (sheet.issuer, sheet.school_year) == (
        signed_record.issuer.name,
        signed_record.school_year,
    )
    assert [s.slot for s in sheet.signatures] == ["head", "seal"]
    assert (sheet.issued_at, sheet.locked_at, sheet.superseded_at) == (NOW, None, None)


def test_the_custodian_is_named_beside_the_issuer(
    locked_record: Record,
    registrar: User,
    registrar2: User,
    other_school: Unit,
):
    pk = locked_record.pk
    dispatch_record(record_id=pk, to_unit=other_school, by=registrar)
    receive_record(record_id=pk, by=registrar2)

    answer = verdict_of_code(locked_record.book.lookup_code)

    (sheet,) = answer.sheets
    assert (answer.verdict, sheet.state) == ("authentic", "transferred")
    assert (sheet.issuer, sheet.custodian) == (
        locked_record.issuer.name,
        other_school.name,
    )
    assert sheet.locked_at == NOW


@pytest.mark.parametrize("situation", ["draft", "reviewed"])
def test_what_was_never_issued_answers_as_unknown(
    units: dict[str, Unit], school_class, situation: str
):
    record = make_record(school_class, situation, units)

    answer = verdict_of_code(record.book.lookup_code)

    assert (answer.verdict, reasons(answer), answer.sheets) == (
        "unknown",
        ["not_issued"],
        (),
    )


@pytest.mark.parametrize("text", [CODE, "nonsense", "", "' OR 1=1 --"])
def test_a_code_that_nobody_has_is_unknown(db: None, text: str):
    answer = verdict_of_code(text)

    assert (answer.verdict, reasons(answer)) == ("unknown", ["code_unknown"])
    assert str(answer.reasons[0].sentence)


def test_a_recalled_record_answers_as_superseded_since_then(
    signed_record: Record, head: User
):
    pdf = issued(signed_record)
    recall_record(record_id=signed_record.pk, by=head, reason="Sai tên môn", at=NOW)

    by_code = verdict_of_code(signed_record.book.lookup_code)
    by_file = verdict_of_file(pdf)

    for answer in (by_code, by_file):
        assert (answer.verdict, reasons(answer)) == ("superseded", ["superseded"])
        assert answer.sheets[0].superseded_at == NOW


def test_after_a_replacement_the_new_file_counts_and_the_old_does_not(
    signed_record: Record, head: User, teacher: User
):
    old = issued(signed_record)
    pk = signed_record.pk
    recall_record(record_id=pk, by=head, reason="Sai tên môn")
    submit_record(record_id=pk, by=teacher)
    sign_record(record_id=pk, by=head)

    assert verdict_of_code(signed_record.book.lookup_code).verdict == "authentic"
    assert verdict_of_file(old).verdict == "superseded"
    new = issued(Record.objects.get(pk=pk))
    assert verdict_of_file(new).verdict == "authentic"


def test_the_newest_sheet_speaks_for_the_book(
    units: dict[str, Unit], signed_record: Record
):
    pupil = signed_record.book.pupil
    next_year = make_class(units["school"], "4B", "2026-2027")
    make_draft(next_year, pupil)

    answer = verdict_of_code(signed_record.book.lookup_code)

    assert answer.verdict == "authentic"
    assert [sheet.school_year for sheet in answer.sheets] == ["2025-2026"]


def test_the_file_of_a_locked_record_is_authentic_with_and_without_its_date(
    locked_record: Record,
):
    for pdf in (issued(locked_record), record_pdf(locked_record)):
        answer = verdict_of_file(pdf)
        assert (answer.verdict, reasons(answer)) == ("authentic", [])
        assert answer.lookup_code == locked_record.book.lookup_code
        assert {s.field for s in answer.signatures} >= {"head", "seal"}


def test_a_file_that_is_not_in_the_register_is_unknown(signed_record: Record):
    """Signed with true keys, past the register: nobody can tell what it is."""
    pdf = record_pdf(signed_record)
    remove_from_register(signed_record)

    answer = verdict_of_file(pdf)

    assert (answer.verdict, reasons(answer)) == ("unknown", ["not_registered"])


def remove_from_register(record: Record) -> None:
    connection.check_constraints()  # PostgreSQL drops no trigger with checks pending
    triggers.remove()
    Artifact.objects.filter(version=record.current).update(sha256="a" * 64)
    triggers.install()


def test_no_answer_tells_of_the_pupil(locked_record: Record):
    content = locked_record.current.content
    answers = [
        verdict_of_code(locked_record.book.lookup_code),
        verdict_of_file(record_pdf(locked_record)),
    ]

    for answer in answers:
        told = json.dumps(asdict(answer), default=str, ensure_ascii=False)
        assert content.pupil.name not in told
        assert content.pupil.code not in told
        assert content.class_teacher not in told
        assert "học tốt" not in told
        assert "class_teacher" not in told


def test_a_code_costs_the_same_however_many_sheets(
    signed_record: Record, head: User, officer: User, django_assert_max_num_queries
):
    lock_record(record_id=signed_record.pk, by=officer)

    with django_assert_max_num_queries(3):
        answer = verdict_of_code(signed_record.book.lookup_code)

    assert answer.verdict == "authentic"


def test_who_did_not_hold_the_office_that_day_signed_nothing_official(
    signed_record: Record, head: User
):
    pdf = issued(signed_record)
    assert verdict_of_file(pdf, NOW).verdict == "authentic"

    head.assignments.update(valid_from=TODAY + timedelta(days=2))

    answer = verdict_of_file(pdf, NOW)
    assert (answer.verdict, reasons(answer)) == ("unknown", ["signer_without_role"])


def test_who_leaves_the_office_later_has_signed_well(signed_record: Record, head: User):
    head.assignments.update(valid_until=TODAY + timedelta(days=1))

    later = NOW + timedelta(days=30)

    assert verdict_of_file(issued(signed_record), later).verdict == "authentic"
