"""The command-line contract: words, JSON on standard output, exit codes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from asn1crypto import pem, x509
from django.db import connection

from documents import triggers
from documents.models import ReadLog, Record, SchoolClass, Unit, User
from tests.actors import bring_to, make_record
from tests.factories import make_class, make_draft, make_pupil
from workflow.models import Batch
from workflow.services import recall_record, record_pdf

CODE = "0f8fad5bd9cb469fa16570867728950e"


def code(record: Record) -> str:
    return record.book.lookup_code


def test_advance_takes_the_step_for_all_that_are_selected(
    command, school_class: SchoolClass, teacher: User
):
    for name in ("Lê An", "Lê Bình"):
        make_draft(school_class, make_pupil(name))

    answer = command("advance", "submit", "--as", "teacher3b", "--json")

    assert answer.status == 0
    assert set(answer.json) == {"done", "refused", "seconds"}
    assert (answer.json["done"], answer.json["refused"]) == (2, [])
    assert isinstance(answer.json["seconds"], float)
    assert set(Record.objects.values_list("state", flat=True)) == {"reviewed"}


def test_advance_called_again_has_nothing_to_do(
    command, reviewed_record: Record, teacher: User
):
    answer = command("advance", "submit", "--as", "teacher3b", "--json")

    assert (answer.status, answer.json["done"], answer.json["refused"]) == (0, 0, [])


def test_advance_names_what_is_refused(
    command, school_class: SchoolClass, teacher: User
):
    good = make_draft(school_class)
    bad = make_draft(school_class, make_pupil("Lê Sai"), result=None)

    answer = command("advance", "submit", "--as", "teacher3b", "--json")

    (row,) = answer.json["refused"]
    assert (answer.status, answer.json["done"]) == (1, 1)
    assert (row["code"], row["error"]) == (code(bad), "checks_failed")
    assert row["message"]
    assert Record.objects.get(pk=good.pk).state == "reviewed"


def test_advance_signs_and_locks(
    command, reviewed_record: Record, head: User, seal: Unit, officer: User
):
    assert command("advance", "sign", "--as", "head", "--json").json["done"] == 1
    assert command("advance", "lock", "--as", "officer", "--json").json["done"] == 1

    assert Record.objects.get(pk=reviewed_record.pk).state == "locked"


def test_a_dead_time_stamper_is_named_for_each_record_and_nothing_is_begun(
    command, reviewed_record: Record, head: User, seal: Unit, settings: Any
):
    settings.TSA_URL = "http://127.0.0.1:9/tsa"

    answer = command("advance", "sign", "--as", "head", "--json")

    [row] = answer.json["refused"]
    assert (answer.status, answer.json["done"]) == (1, 0)
    assert (row["code"], row["error"]) == (
        code(reviewed_record),
        "timestamp_unavailable",
    )
    assert not Batch.objects.exists()


def test_what_stands_too_early_for_a_step_is_refused(
    command, draft_record: Record, head: User
):
    answer = command("advance", "sign", "--as", "head", "--json")

    assert answer.status == 1
    assert [row["error"] for row in answer.json["refused"]] == ["illegal_transition"]


@pytest.mark.parametrize("step", ["return", "recall"])
def test_a_step_back_wants_its_reason(
    command, reviewed_record: Record, head: User, step: str
):
    answer = command("advance", step, "--as", "head", "--json")

    assert (answer.status, answer.text) == (2, "")
    assert answer.error.strip()
    assert Record.objects.get(pk=reviewed_record.pk).state == "reviewed"


def test_a_step_back_is_taken_where_it_can_be(
    command, reviewed_record: Record, head: User, school_class: SchoolClass
):
    make_draft(school_class, make_pupil("Lê An"))
    reason = ["--reason", "Sai tên môn"]

    answer = command("advance", "return", "--as", "head", *reason, "--json")

    assert (answer.status, answer.json["done"], answer.json["refused"]) == (0, 1, [])
    assert reviewed_record.ledger.last().payload["reason"] == "Sai tên môn"


@pytest.mark.parametrize(
    ("words", "chosen"),
    [
        ([], {"3B", "3C", "3D"}),
        (["--unit", "my-ngai"], {"3B", "3C"}),
        (["--unit", "dong-thap"], {"3B", "3C", "3D"}),
        (["--year", "2024-2025"], {"3C"}),
        (["--class", "3B"], {"3B"}),
        (["--unit", "my-ngai", "--class", "3D"], set()),
    ],
)
def test_the_words_select(
    command,
    units: dict[str, Unit],
    officer: User,
    words: list[str],
    chosen: set[str],
):
    for name, unit, year in (
        ("3B", "school", "2025-2026"),
        ("3C", "school", "2024-2025"),
        ("3D", "other", "2025-2026"),
    ):
        make_record(make_class(units[unit], name, year), "signed", units)

    answer = command("advance", "lock", "--as", "officer", *words, "--json")

    locked = Record.objects.filter(state="locked")
    assert set(locked.values_list("school_class__name", flat=True)) == chosen
    assert answer.json["done"] == len(chosen)


def test_codes_select_and_one_that_is_unknown_is_named(
    command, draft_record: Record, school_class: SchoolClass, teacher: User
):
    make_draft(school_class, make_pupil("Lê An"))
    wanted = code(draft_record).upper()

    answer = command(
        "advance", "submit", "--as", "teacher3b", "--code", wanted, CODE, "--json"
    )

    assert (answer.status, answer.json["done"]) == (1, 1)
    assert [r["code"] for r in answer.json["refused"]] == [CODE]
    assert [r["error"] for r in answer.json["refused"]] == ["not_found"]


def test_a_record_of_another_school_is_as_unknown_as_none(
    command, units: dict[str, Unit], teacher: User
):
    foreign = make_draft(make_class(units["other"]))

    answer = command(
        "advance", "submit", "--as", "teacher3b", "--code", code(foreign), "--json"
    )

    (row,) = answer.json["refused"]
    assert (row["error"], answer.json["done"]) == ("not_found", 0)
    assert Record.objects.get(pk=foreign.pk).state == "draft"


@pytest.mark.parametrize(
    "words",
    [
        ["advance", "dance", "--as", "teacher3b"],
        ["advance", "submit"],
        ["advance", "submit", "--as", "ghost"],
        ["advance", "submit", "--as", "teacher3b", "--unit", "nowhere"],
        ["advance", "submit", "--as", "teacher3b", "--code", "abc"],
        ["export_records", "--as", "teacher3b"],
        ["export_records", "--as", "ghost", "--to", "/nonexistent"],
        ["verify_records"],
        ["export_trust"],
    ],
)
def test_wrong_use_is_2_and_changes_nothing(
    command, draft_record: Record, teacher: User, words: list[str]
):
    answer = command(*words)

    assert (answer.status, answer.text) == (2, "")
    assert Record.objects.get(pk=draft_record.pk).state == "draft"


def test_export_writes_a_file_for_each_record_and_says_who_read_it(
    command, signed_record: Record, inspector: User, tmp_path: Path
):
    to = tmp_path / "out" / "here"

    answer = command("export_records", "--to", str(to), "--as", "inspector", "--json")

    path = to / f"{code(signed_record)}-2025-2026.pdf"
    assert (answer.status, answer.json["exported"]) == (0, 1)
    assert (answer.json["files"], answer.json["refused"]) == ([str(path)], [])
    assert path.read_bytes() == record_pdf(signed_record)
    read = ReadLog.objects.get()
    assert (read.user, read.access, read.record) == (
        inspector,
        "export",
        signed_record,
    )


def test_export_names_what_has_no_file(
    command, draft_record: Record, registrar: User, tmp_path: Path
):
    to = ["--to", str(tmp_path), "--as", "registrar", "--json"]

    answer = command("export_records", *to)

    assert (answer.status, answer.json["exported"]) == (1, 0)
    assert [r["error"] for r in answer.json["refused"]] == ["not_issued"]
    assert list(tmp_path.iterdir()) == []
    assert not ReadLog.objects.exists()


def test_verify_answers_for_files_and_codes(
    command, signed_record: Record, tmp_path: Path
):
    good, bad, other = (tmp_path / f"{n}.pdf" for n in ("good", "bad", "other"))
    pdf = record_pdf(signed_record)
    good.write_bytes(pdf)
    bad.write_bytes(pdf + b"\nmore")
    other.write_text("not a PDF")
    asked = [str(good), str(bad), str(other), code(signed_record), CODE, "gone.pdf"]

    answer = command("verify_records", *asked, "--json")

    rows = {row["path"]: row for row in answer.json}
    assert answer.status == 1
    assert [row["path"] for row in answer.json] == asked
    assert {tuple(row) for row in answer.json} == {
        ("path", "verdict", "reasons", "signatures", "sentences")
    }
    assert [row["verdict"] for row in answer.json] == [
        "authentic",
        "altered",
        "unreadable",
        "authentic",
        "unknown",
        "unreadable",
    ]
    assert rows["gone.pdf"]["reasons"] == ["file_not_found"]
    assert rows[CODE]["reasons"] == ["code_unknown"]
    assert rows[str(other)]["reasons"] == ["not_a_pdf"]
    in_file = [s["slot"] for s in rows[str(good)]["signatures"]]
    assert in_file[:2] == ["head", "seal"]
    assert in_file[-1] == "KY_PHAT_HANH"  # of the data inside
    assert [s["slot"] for s in rows[code(signed_record)]["signatures"]] == [
        "head",
        "seal",
    ]


def test_verify_is_0_when_all_is_authentic(command, signed_record: Record):
    answer = command("verify_records", code(signed_record), "--json")

    assert (answer.status, answer.json[0]["verdict"]) == (0, "authentic")


def test_verify_says_superseded(
    command, signed_record: Record, head: User, tmp_path: Path
):
    path = tmp_path / "old.pdf"
    path.write_bytes(record_pdf(signed_record))
    recall_record(record_id=signed_record.pk, by=head, reason="Sai tên môn")

    answer = command("verify_records", str(path), code(signed_record), "--json")

    assert answer.status == 1
    assert [row["verdict"] for row in answer.json] == ["superseded"] * 2
    assert [row["reasons"] for row in answer.json] == [["superseded"]] * 2


def test_a_folder_is_not_readable_as_a_file(command, db: None, tmp_path: Path):
    answer = command("verify_records", str(tmp_path), "--json")

    assert answer.json[0]["verdict"] == "unreadable"


def test_check_integrity_is_silent_when_all_is_well(command, db: None):
    answer = command("check_integrity", "--json")

    assert (answer.status, answer.json) == (0, {"ok": True, "findings": []})


def test_check_integrity_names_each_finding(
    command, units: dict[str, Unit], draft_record: Record
):
    bring_to(draft_record, "signed", units)

    answer = command("check_integrity", "--json")

    assert (answer.status, answer.json["ok"]) == (1, False)
    codes = {finding["code"] for finding in answer.json["findings"]}
    assert {"state_altered", "file_not_recorded"} <= codes
    assert set(answer.json["findings"][0]) == {
        "code",
        "where",
        "message",
        "since",
        "until",
    }


def test_check_integrity_in_plain_words_is_a_line_for_each(command, db: None):
    connection.check_constraints()
    triggers.remove()

    answer = command("check_integrity")

    triggers.install()
    lines = answer.text.splitlines()
    assert (answer.status, len(lines)) == (1, len(triggers.expected()))
    assert all(line.startswith("trigger_missing\t") for line in lines)


def test_export_trust_writes_the_anchors(command, db: None, tmp_path: Path):
    answer = command("export_trust", "--to", str(tmp_path / "trust"))

    names = []
    for path in sorted((tmp_path / "trust").glob("*.pem")):
        _kind, _headers, der = pem.unarmor(path.read_bytes())
        names.append(x509.Certificate.load(der).subject.native["common_name"])
        assert str(path) in answer.text
    assert answer.status == 0
    assert sorted(names) == ["Hocba Development Issuing CA", "Hocba Development Root"]
