"""Packets of format 2, and those of format 1 beside them."""

from __future__ import annotations

import subprocess

import pytest

from documents.canonical import canonical_json
from documents.exchange.faults import PacketRefused
from documents.exchange.reading import open_record
from documents.exchange.trees import SCHEMAS
from documents.kinds.primary_year import PrimaryYearKind
from tests.documents.exchange.packets import packet
from tests.documents.rendering.sheets import second_sheet, year_sheet


def test_second_results_stand_in_the_row_of_the_first():
    sheet = second_sheet()

    data = packet(sheet).to_bytes()

    found = open_record(data)
    assert found.content == canonical_json(sheet)
    assert found.header.format_version == 2
    (math,) = found.target("GVBM", ["math"]).covered
    for element in (
        "<MUC_DAT>C</MUC_DAT><DIEM_KTDK>3</DIEM_KTDK>",
        "<MUC_DAT_LAI>H</MUC_DAT_LAI><DIEM_KTDK_LAI>6</DIEM_KTDK_LAI>",
        "<NHAN_XET_LAI>Đã ôn tập trong hè.</NHAN_XET_LAI></DIEM_TONG_KET>",
    ):
        assert element in math.data.decode()
    assert "<DANH_GIA_LAI><KET_QUA_GIAO_DUC>completed</KET_QUA_GIAO_DUC>" in (
        data.decode()
    )


def test_a_row_that_is_not_assessed_again_is_the_same_for_its_teacher():
    first = year_sheet(3)

    before = packet(first).target("GVBM", ["art"])
    after = packet(PrimaryYearKind().reassess(first)).target("GVBM", ["art"])

    assert before == after


def test_the_schema_of_format_2_is_its_own(tmp_path):
    file = tmp_path / "second.xml"
    file.write_bytes(packet(second_sheet()).to_bytes())

    def judged(version: int) -> int:
        schema = SCHEMAS / f"primary_year-{version}.xsd"
        words = ["xmllint", "--noout", "--nonet", "--schema", schema, file]
        return subprocess.run(words, capture_output=True, check=False).returncode

    assert judged(2) == 0
    assert judged(1) != 0


@pytest.mark.parametrize(("wrong", "right"), [("1", "2"), ("3", "2")])
def test_a_packet_passes_for_its_own_format_only(wrong: str, right: str):
    name = "<PHIEN_BAN_DINH_DANG>{}</PHIEN_BAN_DINH_DANG>".format
    data = packet(second_sheet()).to_bytes()
    forged = data.replace(name(right).encode(), name(wrong).encode())

    with pytest.raises(PacketRefused):
        open_record(forged)
