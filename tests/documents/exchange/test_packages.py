from __future__ import annotations

import subprocess

import pytest

from documents.exchange.faults import PacketRefused
from documents.exchange.headers import Recalled
from documents.exchange.packages import Package, entries, open_package
from documents.exchange.trees import SCHEMAS
from tests.documents.exchange.packets import OTHER, package_header, packet
from tests.workflow.signing.material import NOW

RECALLED = {OTHER: Recalled(1, "a" * 64, "Nhầm tên", NOW)}


def pair() -> Package:
    return Package.write(package_header(count=2), [packet(), packet(record=OTHER)])


def telling() -> Package:
    """With a recall beside a record."""
    return Package.write(package_header(recalled=RECALLED), [packet()])


def test_records_come_out_of_a_package_byte_for_byte():
    alone = [packet().to_bytes(), packet(record=OTHER).to_bytes()]

    package = open_package(pair().to_bytes())
    found = list(entries(package))

    assert [one.data for one in found] == alone
    assert [one.packet.header.record for one in found if one.packet][1] == OTHER
    assert package.header == package_header(count=2)


@pytest.mark.parametrize("version", [1, 2])
def test_xmllint_accepts_the_package(tmp_path, version):
    path = tmp_path / "package.xml"
    package = pair() if version == 1 else telling()
    path.write_bytes(package.to_bytes())
    schema = SCHEMAS / f"package-{version}.xsd"

    done = subprocess.run(
        ["xmllint", "--noout", "--nonet", "--schema", schema, path],
        capture_output=True,
        text=True,
        check=False,
    )

    assert "validates" in done.stderr


def test_a_record_stands_in_a_package_once():
    with pytest.raises(PacketRefused) as caught:
        Package.write(package_header(count=2), [packet(), packet()])

    assert caught.value.faults == ("id_duplicated",)


def test_a_bad_record_does_not_hide_the_good_one():
    package = pair()
    first = package.elements()[0]
    next(first.iter("MUC_DAT")).text = "C"

    found = list(entries(open_package(package.to_bytes())))

    assert found[0].packet is None
    assert found[0].faults == ("record_digest_wrong",)
    assert found[1].packet is not None


@pytest.mark.parametrize(
    ("element", "text", "code"),
    [
        ("SO_LUONG", "3", "packet_invalid"),
        ("PHIEN_BAN_DINH_DANG", "9", "packet_version_unknown"),
        ("THOI_DIEM_LAP", "2026-99-99T00:00:00+07:00", "packet_invalid"),
        ("MA_GOI", OTHER, "another_record"),
    ],
)
def test_a_header_that_does_not_fit_is_refused(element, text, code):
    package = pair()
    package.root.find(f".//THONG_TIN_GOI/{element}").text = text

    with pytest.raises(PacketRefused) as caught:
        open_package(package.to_bytes())

    assert caught.value.faults == (code,)


def test_a_package_says_how_many_records_it_holds():
    with pytest.raises(PacketRefused):
        Package.write(package_header(count=2), [packet()])


def test_a_record_alone_is_no_package():
    with pytest.raises(PacketRefused) as caught:
        open_package(packet().to_bytes())

    assert caught.value.faults == ("not_a_packet",)


def test_only_a_package_with_a_recall_is_of_format_2():
    plain = Package.write(package_header(), [packet()])
    data = telling().to_bytes()
    number = b"<PHIEN_BAN_DINH_DANG>%d<"

    read = open_package(data).header

    assert (plain.header.format_version, plain.header.recalled) == (1, {})
    assert b"THU_HOI" not in plain.to_bytes()
    assert (read.format_version, read.recalled) == (2, RECALLED)
    with pytest.raises(PacketRefused):
        open_package(data.replace(number % 2, number % 1, 1))
