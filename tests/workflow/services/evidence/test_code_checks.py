"""A code is checked to the last byte: the register and the stored files."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings

from documents.models import Artifact, Record
from workflow.services import recall_record
from workflow.services.evidence.code_checks import check_code
from workflow.verification.trust import TrustStore


def path_of(record: Record, purpose: str = "issued") -> Path:
    sha256 = Artifact.objects.get(version=record.current, purpose=purpose).sha256
    [path] = Path(settings.DATA_DIR, "files").rglob(f"*{sha256[4:]}*")
    return path


def test_each_slot_of_the_register_is_borne_out_by_the_file(signed_record: Record):
    checked = check_code(signed_record.book.lookup_code)

    rows = {one.row.slot: one.as_json() for one in checked.slots}
    assert checked.answer.verdict == "authentic"
    assert {"head", "seal"} <= rows.keys()
    for slot in ("head", "seal"):
        assert (rows[slot]["field"], rows[slot]["level"]) == (slot, "B-LTA")
    assert {row["indication"] for row in rows.values()} == {"TOTAL-PASSED"}
    assert {row["time_source"] for row in rows.values()} == {"timestamp"}


def test_which_teachers_signed_is_not_told(signed_record: Record):
    checked = check_code(signed_record.book.lookup_code)

    fields = {one.field for one in checked.answer.signatures}
    assert fields == {"head", "seal", "CBQL", "KY_PHAT_HANH"}
    assert [one.row.slot for one in checked.slots] == ["head", "seal"]


def test_a_stored_file_that_was_altered_makes_the_answer_so(signed_record: Record):
    path = path_of(signed_record)
    path.chmod(0o600)
    path.write_bytes(path.read_bytes() + b" ")

    checked = check_code(signed_record.book.lookup_code)

    assert checked.answer.verdict == "altered"
    assert "stored_file_altered" in [r.code for r in checked.answer.reasons]
    assert "administrator" in str(checked.answer.reasons[0].sentence)


def test_a_stored_file_that_is_gone_leaves_the_answer_open(signed_record: Record):
    path_of(signed_record).unlink()

    checked = check_code(signed_record.book.lookup_code)

    head = next(one for one in checked.slots if one.row.slot == "head")
    assert checked.answer.verdict == "unknown"
    assert [r.code for r in checked.answer.reasons] == ["stored_file_missing"]
    assert head.found is not None  # the data still bear that signature
    assert head.found.field == "CBQL"


def test_what_nobody_trusts_is_not_authentic_by_its_code(signed_record: Record):
    nobody = TrustStore.of([], crls=[], name="empty")

    checked = check_code(signed_record.book.lookup_code, store=nobody)

    assert checked.answer.verdict == "unknown"
    assert "certificate_not_trusted" in [r.code for r in checked.answer.reasons]


def test_a_recalled_record_is_superseded_and_its_signatures_are_whole(
    signed_record: Record, head
):
    recall_record(record_id=signed_record.pk, by=head, reason="Sai tên")

    checked = check_code(signed_record.book.lookup_code)

    assert checked.answer.verdict == "superseded"
    assert {one.found.indication for one in checked.slots if one.found} == {
        "TOTAL-PASSED"
    }


@pytest.mark.django_db
def test_an_unknown_code_has_no_signatures():
    checked = check_code("f" * 32)

    assert (checked.answer.verdict, checked.slots) == ("unknown", ())
