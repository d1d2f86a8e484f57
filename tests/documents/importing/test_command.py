"""`manage.py import_records`: the contract that scripts rely on."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from documents.models import ImportRun, Record

from .books import LIST, RESULTS, YEAR, class_files, edited

FILES = class_files()


@pytest.fixture
def folder(tmp_path):
    for name, data in FILES.items():
        (tmp_path / name).write_bytes(data)
    return tmp_path


def command(folder, *more, files=tuple(FILES), unit="my-ngai", year=YEAR):
    """The JSON on standard output, and the exit code."""
    out, err = StringIO(), StringIO()
    paths = [str(folder / name) for name in files]
    arguments = [*paths, "--unit", unit, "--year", year, "--json", *more]
    try:
        with translation.override("en"):
            call_command("import_records", *arguments, stdout=out, stderr=err)
    except CommandError as error:
        return json.loads(out.getvalue() or "null"), error.returncode
    return json.loads(out.getvalue()), 0


def test_without_commit_it_is_a_dry_run(school, folder):
    report, code = command(folder)

    assert code == 0
    assert report.pop("run") == str(ImportRun.objects.get().uuid)
    assert report == {
        "committed": False,
        "new": 6,
        "changed": 0,
        "unchanged": 0,
        "moved": 0,
        "missing": 0,
        "wrong": 0,
        "left_alone": 0,
        "errors": [],
        "warnings": [],
        "repairs": [],
    }
    assert not Record.objects.exists()


def test_with_commit_it_writes_and_the_second_time_nothing(school, folder):
    first, first_code = command(folder, "--commit")
    again, again_code = command(folder, "--commit")

    assert (first["committed"], first["new"], first_code) == (True, 6, 0)
    assert (again["committed"], again["unchanged"], again_code) == (True, 6, 0)
    assert Record.objects.count() == 6


def test_a_wrong_row_blocks_and_is_named_and_skipped_on_demand(school, folder):
    wrong = edited(FILES[RESULTS], {("Sheet1", "G4"): 11})
    (folder / RESULTS).write_bytes(wrong)

    blocked, blocked_code = command(folder, "--commit")
    assert (blocked["committed"], blocked_code) == (False, 1)
    assert Record.objects.count() == 0

    skipped, skipped_code = command(folder, "--commit", "--skip-wrong")
    assert (skipped["committed"], skipped["new"], skipped_code) == (True, 5, 1)
    assert Record.objects.count() == 5

    (error,) = skipped["errors"]
    assert {key: error[key] for key in error if key != "params"} == {
        "file": RESULTS,
        "sheet": "Sheet1",
        "row": 4,
        "column": "G",
        "code": "score_out_of_range",
        "message": "The score 11 is not between 1 and 10.",
    }


def test_a_file_that_is_no_workbook_is_an_error_and_nothing_is_written(school, folder):
    (folder / LIST).write_bytes(b"%PDF-1.7 not a workbook")

    report, code = command(folder, "--commit", "--skip-wrong")

    assert (report["committed"], code) == (False, 1)
    assert [error["code"] for error in report["errors"]] == ["file_not_a_spreadsheet"]
    assert not Record.objects.exists()


def test_as_a_user_it_has_the_rights_of_that_user(
    school, folder, registrar, registrar2
):
    allowed, allowed_code = command(folder, "--as", "registrar")
    refused, refused_code = command(folder, "--as", "registrar2")

    assert (allowed["new"], allowed_code) == (6, 0)
    assert (refused, refused_code) == (None, 1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"unit": "nowhere"},
        {"unit": "dong-thap"},
        {"year": "2025"},
        {"files": ("no-such-file.xlsx",)},
    ],
)
def test_wrong_use_ends_with_2(units, folder, wrong):
    report, code = command(folder, **wrong)

    assert (report, code) == (None, 2)
    assert not ImportRun.objects.exists()


def test_without_json_each_finding_is_a_line(school, folder):
    (folder / RESULTS).write_bytes(edited(FILES[RESULTS], {("Sheet1", "G4"): 11}))
    out = StringIO()

    with pytest.raises(CommandError):
        call_command(
            "import_records",
            *[str(folder / name) for name in FILES],
            unit="my-ngai",
            year=YEAR,
            stdout=out,
            stderr=StringIO(),
        )

    lines = out.getvalue().splitlines()
    assert lines[0].startswith(f"error\tscore_out_of_range\t{RESULTS} · Sheet1 · G4\t")
    assert lines[-1].endswith("wrong 1; nothing was written")
