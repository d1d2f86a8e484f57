"""Hostile and broken workbooks: one clear sentence each, and nothing is written."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.conf import settings

from documents.importing.cells import Upload
from documents.importing.errors import FileProblem, PlanIsClosed
from documents.importing.reading import read_one
from documents.importing.runs import commit_import, plan_import
from documents.models import Pupil, Record, SchoolClass, Version
from documents.models.imports import ImportStatus
from tests.documents.importing.books import (
    YEAR,
    class_files,
    edited,
    ods,
    reworked,
    with_part,
    workbook,
)

NOON = datetime(2026, 5, 28, 5, tzinfo=UTC)
GOOD = workbook({"Sheet1": [["Mã học sinh", "Họ tên"], ["7400000001", "Trần Thị Ý"]]})
SHEET = "xl/worksheets/sheet1.xml"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def bomb() -> bytes:
    """300 MB of zeros in 300 kB."""
    return with_part(GOOD, SHEET, lambda xml: b"0" * 300_000_000)


def lying_bomb() -> bytes:
    """The same, with a directory that says the sheet is small."""
    data = bytearray(with_part(GOOD, SHEET, lambda xml: b"0" * 30_000_000))
    size = struct.pack("<I", 30_000_000)
    while (at := data.find(size)) >= 0:
        data[at : at + 4] = struct.pack("<I", 1000)
    return bytes(data)


def overlapping_bomb() -> bytes:
    """Many parts that are one and the same stretch of bytes."""
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr("xl/workbook.xml", b"0" * 9_000_000)
        first = target.infolist()[0]
        for number in range(50):
            twin = zipfile.ZipInfo(f"xl/part{number}.xml")
            for name in ("header_offset", "compress_size", "file_size", "CRC"):
                setattr(twin, name, getattr(first, name))
            twin.compress_type = first.compress_type
            target.filelist.append(twin)
            target.NameToInfo[twin.filename] = twin
    return output.getvalue()


def declaring(text: str, encoding: str = "utf-8") -> Callable[[bytes], bytes]:
    def change(xml: bytes) -> bytes:
        body = xml.decode().partition("?>")[2]
        return f"<?xml version='1.0'?>{text}{body}".encode(encoding)

    return change


def with_entities(encoding: str = "utf-8") -> bytes:
    laughs = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))
    text = f'<!DOCTYPE lolz [<!ENTITY l0 "lol">{laughs}]>'
    return with_part(GOOD, SHEET, declaring(text, encoding))


def with_external_entity() -> bytes:
    text = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    return with_part(GOOD, "xl/workbook.xml", declaring(text))


def encrypted_zip() -> bytes:
    """A zip whose parts say that they need a password."""
    data = bytearray(GOOD)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = -1
        while (at := data.find(mark, at + 1)) >= 0:
            data[at + offset] |= 1
    return bytes(data)


def zipped(*names: str) -> bytes:
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w") as target:
        for name in names:
            target.writestr(name, "<x/>")
    return output.getvalue()


def ole(*streams: str) -> bytes:
    names = b"".join(name.encode("utf-16-le") for name in streams)
    return OLE + bytes(504) + names + bytes(1024)


def repeated_ods() -> bytes:
    """A few bytes that ask for 16 thousand million cells."""
    cell = '<table:table-cell table:number-columns-repeated="16"'
    cell += ' office:value-type="string"><text:p>x</text:p></table:table-cell>'
    return ods(
        f'<table:table-row table:number-rows-repeated="1000000000">{cell}'
        "</table:table-row>"
    )


ATTACKS: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", "file_empty"),
    "blank": (lambda: b"\xef\xbb\xbf \r\n\0\0", "file_empty"),
    "pdf": (lambda: b"%PDF-1.7\n" + bytes(100), "file_not_a_spreadsheet"),
    "image": (lambda: b"\x89PNG\r\n\x1a\n" + bytes(100), "file_not_a_spreadsheet"),
    "web page": (lambda: b"<html><table><tr><td>1", "file_not_a_spreadsheet"),
    "program": (lambda: b"MZ" + bytes(100), "file_not_a_spreadsheet"),
    "random bytes": (lambda: bytes(range(256)) * 9, "file_not_a_spreadsheet"),
    "word": (lambda: zipped("word/document.xml"), "file_not_a_spreadsheet"),
    "old word": (lambda: ole("WordDocument"), "file_not_a_spreadsheet"),
    "archive": (lambda: zipped("a.txt", "b.txt"), "file_not_a_spreadsheet"),
    "encrypted workbook": (lambda: ole("EncryptedPackage"), "file_encrypted"),
    "encrypted zip": (encrypted_zip, "file_encrypted"),
    "truncated": (lambda: GOOD[: len(GOOD) // 2], "file_truncated"),
    "cut by a byte": (lambda: GOOD[:-1], "file_truncated"),
    "damaged": (
        lambda: GOOD.replace(b"PK\x01\x02", b"PK\x01\x03"),
        "file_truncated",
    ),
    "truncated old workbook": (lambda: OLE + bytes(100), "file_truncated"),
    "hollow old workbook": (lambda: ole("Workbook"), "file_unreadable"),
    "hollow workbook": (lambda: zipped("xl/workbook.xml"), "file_unreadable"),
    "zip bomb": (bomb, "file_unpacks_too_big"),
    "zip bomb that lies": (lying_bomb, "file_truncated"),
    "overlapping zip bomb": (overlapping_bomb, "file_unpacks_too_big"),
    "too many parts": (
        lambda: zipped(*(f"xl/{number}.xml" for number in range(2001))),
        "file_unpacks_too_big",
    ),
    "billion laughs": (with_entities, "file_unsafe"),
    "billion laughs in UTF-16": (lambda: with_entities("utf-16"), "file_unsafe"),
    "external entity": (with_external_entity, "file_unsafe"),
    "far corner": (
        lambda: edited(GOOD, {("Sheet1", "XFD1048576"): "x"}),
        "file_too_large_inside",
    ),
    "repeated cells": (repeated_ods, "file_too_large_inside"),
    "too many rows": (
        lambda: edited(GOOD, {("Sheet1", "A20001"): "x"}),
        "too_many_rows",
    ),
    "too many columns": (
        lambda: edited(GOOD, {("Sheet1", "IW1"): "x"}),
        "too_many_columns",
    ),
    "too many sheets": (
        lambda: workbook({f"S{number}": [["x"]] for number in range(65)}),
        "too_many_sheets",
    ),
    "too many lines of text": (lambda: b"a,b\r\n" * 20_001, "too_many_rows"),
    "too long a line of text": (lambda: b"a," * 300, "too_many_columns"),
    "too long a cell of text": (lambda: b"a," + b"b" * 200_000, "file_unreadable"),
    "too big": (lambda: bytes(11_000_000), "file_too_big"),
    "nothing of a school": (
        lambda: workbook({"S": [["a", "b"]]}),
        "nothing_recognised",
    ),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_hostile_file_is_one_sentence_and_nothing_is_written(school, attack):
    make, code = ATTACKS[attack]
    hostile = Upload("Kết quả (1).xlsx", make())
    good = [Upload(name, data) for name, data in class_files().items()]

    run = plan_import(
        files=[*good, hostile], unit=school, school_year=YEAR, by=None, at=NOON
    )

    (error,) = run.report["errors"]
    assert error["code"] == code
    assert "Kết quả (1).xlsx" in error["message"]
    assert run.status == ImportStatus.DISCARDED
    with pytest.raises(PlanIsClosed):
        commit_import(run_id=run.pk, by=None, at=NOON, skip_wrong=True)
    for model in (Pupil, SchoolClass, Record, Version):
        assert not model.objects.exists()
    assert not list((settings.DATA_DIR / "files").rglob(hostile.sha256))


def test_the_reader_runs_out_of_time_before_the_server_does(monkeypatch):
    monkeypatch.setattr("documents.importing.reading.MAX_SECONDS", 0)
    monkeypatch.setattr("documents.importing.reading.MAX_MEMORY_BYTES", 2**33)
    rows = "<table:table-row>" + '<table:table-cell office:value-type="string">'
    rows += "<text:p>x</text:p></table:table-cell></table:table-row>"

    with pytest.raises(FileProblem) as caught:
        read_one(Upload("slow.ods", ods(rows * 1_000_000)))

    assert caught.value.code in ("file_too_large_inside", "file_unpacks_too_big")


def test_text_that_looks_like_a_formula_or_a_script_stays_text(school):
    files = class_files(size=2)
    evil = '=HYPERLINK("http://x") <script>alert(1)</script>'

    def write_text(page):
        page["I2"] = evil
        page["I2"].data_type = "s"

    name = "NhanXet-3B.xlsx"
    changed = reworked(files[name], write_text, sheet="Toán")
    uploads = [Upload(n, d) for n, d in (files | {name: changed}).items()]

    run = plan_import(files=uploads, unit=school, school_year=YEAR, by=None, at=NOON)
    commit_import(run_id=run.pk, by=None, at=NOON)

    comments = {v.content.subjects["math"].comment for v in Version.objects.all()}
    assert evil in comments


def test_a_name_of_a_file_cannot_leave_the_folder(school):
    files = [Upload("../../../etc/cron.d/x", data) for data in class_files().values()]

    run = plan_import(files=files, unit=school, school_year=YEAR, by=None, at=NOON)

    assert {file["name"] for file in run.files} == {"x"}
