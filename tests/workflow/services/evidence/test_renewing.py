from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from documents import ledger, storage
from documents.models import Artifact, Record
from documents.models.signatures import Purpose
from tests.factories import NOW
from workflow.integrity import flaws
from workflow.services import record_pdf
from workflow.services.evidence.renewing import (
    needing_renewal,
    renew_due,
    renew_evidence,
)
from workflow.services.evidence.verdicts import verdict_of_file
from workflow.services.keys import credentials

LATER = NOW + timedelta(days=365 * 11)


def test_files_last_as_long_as_the_certificate_of_their_time_stamp(
    locked_record: Record,
):
    record_pdf(locked_record)

    files = {one.purpose: one for one in locked_record.current.artifacts.all()}
    issued, effective = files["issued"], files["effective"]

    end = credentials.development_ca().tsa.certificate.not_valid_after_utc
    assert (issued.evidence_until, effective.evidence_until) == (end, end)
    assert list(needing_renewal(end)) == []
    assert list(needing_renewal(end + timedelta(seconds=1))) == [locked_record]


def test_renewing_extends_the_newest_file_and_enters_the_ledger(
    locked_record: Record,
):
    before = record_pdf(locked_record)

    first = renew_evidence(record_id=locked_record.pk)
    second = renew_evidence(record_id=locked_record.pk)

    assert (first.purpose, first.number, second.number) == (Purpose.RENEWED, 1, 2)
    after = record_pdf(locked_record)
    assert after == storage.get(second.sha256)
    assert after.startswith(storage.get(first.sha256))
    assert storage.get(first.sha256).startswith(before)
    answer = verdict_of_file(after)
    assert (answer.verdict, answer.reasons) == ("authentic", ())
    on_pages = [one for one in answer.signatures if one.coverage != "elements"]
    assert {one.level for one in on_pages} == {"B-LTA"}
    assert {one.level for one in answer.signatures} == {"B-LTA", "B-LT"}
    lines = locked_record.ledger.order_by("sequence").select_related("record")
    assert [line.action for line in lines][-2:] == ["renew", "renew"]
    assert lines.last().payload["renewed"] == second.sha256
    assert ledger.first_break(lines) is None
    assert [flaw for flaw in flaws() if not flaw.code.startswith("index_")] == []


def test_a_record_renewed_before_its_lock_still_gets_its_date(
    signed_record: Record, officer: Any
):
    renew_evidence(record_id=signed_record.pk)
    renewed = record_pdf(signed_record)

    Record.objects.get(pk=signed_record.pk)
    from_lock = lock(signed_record, officer)

    assert from_lock.startswith(renewed)
    assert verdict_of_file(from_lock).verdict == "authentic"


def lock(record: Record, officer: Any) -> bytes:
    call_command("advance", "lock", "--as", officer.username, stdout=StringIO())
    return record_pdf(Record.objects.get(pk=record.pk))


def test_a_file_that_was_not_made_to_last_is_due_at_once(signed_record: Record):
    version = signed_record.current
    assert version is not None
    pdf = storage.get(version.artifacts.get(purpose="issued").sha256)
    Artifact.objects.create(
        version=version,
        purpose=Purpose.RENEWED,
        sha256=storage.put(pdf),
        size=len(pdf),
        created_at=NOW,
    )

    due = list(needing_renewal(datetime(2000, 1, 1, tzinfo=UTC)))

    assert due == [signed_record]
    assert due[0].evidence_until is None


def test_a_service_that_is_down_stops_one_record_and_names_it(
    signed_record: Record, settings: Any
):
    settings.TSA_URL = "http://127.0.0.1:9/"

    (renewal,) = renew_due(LATER)

    assert renewal.error is not None
    assert renewal.error.code == "timestamp_unavailable"
    assert signed_record.current.artifacts.count() == 2  # with the packet


def run(*arguments: str) -> tuple[int, Any]:
    out = StringIO()
    try:
        call_command("renew_evidence", *arguments, "--json", stdout=out, verbosity=0)
    except SystemExit as error:
        return int(error.code or 0), json.loads(out.getvalue())
    return 0, json.loads(out.getvalue())


def test_the_command_lists_and_renews_what_ends_before_a_day(signed_record: Record):
    day = f"{LATER:%Y-%m-%d}"

    listed = run("--list", "--before", day)
    early = run()
    renewed = run("--before", day)

    code = signed_record.book.lookup_code
    assert (listed[0], [row["code"] for row in listed[1]]) == (0, [code])
    assert early == (0, [])
    assert (renewed[0], [row["error"] for row in renewed[1]]) == (0, [""])
    assert signed_record.current.artifacts.filter(purpose="renewed").count() == 1


@pytest.mark.parametrize("day", ["tomorrow", "2027-02-30"])
def test_a_day_that_is_none_is_a_wrong_use(db: Any, day: str):
    with pytest.raises(Exception) as caught:
        call_command("renew_evidence", "--before", day)

    assert getattr(caught.value, "returncode", None) == 2
