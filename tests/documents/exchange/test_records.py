"""A packet says what the version says, and nothing else is taken for a packet."""

from __future__ import annotations

import subprocess
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from documents.canonical import canonical_json
from documents.exchange.faults import PacketIncomplete, PacketRefused, SlotUnavailable
from documents.exchange.headers import RecordHeader
from documents.exchange.reading import open_record
from documents.exchange.records import RecordPacket
from documents.exchange.trees import SCHEMAS
from documents.kinds.primary_year import (
    PrimaryYear,
    Pupil,
    School,
    Stay,
    SubjectMark,
    TraitMark,
)
from tests.documents.exchange.packets import packet
from tests.documents.rendering.sheets import NASTY, year_sheet
from tests.workflow.signing.material import record_header

# What the schema lets into a content and XML can hardly or not at all hold.
ODD = [
    "a < b && c > d ]]> \"'",
    "\x00\x0b\x1f",
    "\ufffe\uffff",
    "một\r\nhai\rba\thai",
    "&amp; &#10; <!-- --> <?x?>",
    "e\u0302\u0323 \u0110 \u00d0 \u200b\u202e",
    "🙂 𠀋",
    "\u0085\u2028",
]
texts = st.one_of(st.sampled_from(ODD), st.text(max_size=40))
levels = st.sampled_from(["T", "H", "C", None])
scores = st.one_of(
    st.none(),
    st.integers(-(2**53) + 1, 2**53 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
)
keys = st.one_of(
    st.sampled_from(["math", "Ngữ văn", "a b", "\x00", "", "x", "x00"]), texts
)
contents = st.builds(
    PrimaryYear,
    school=st.builds(School, code=texts, name=texts, province=texts),
    school_year=st.just("2025-2026"),
    class_name=texts,
    grade=st.integers(1, 5),
    pupil=st.builds(
        Pupil,
        code=texts,
        name=texts,
        birth_date=st.none() | st.dates(),
        disability=texts,
    ),
    history=st.lists(
        st.builds(
            Stay,
            school_year=texts,
            class_name=texts,
            school=texts,
            entered_on=st.none() | st.dates(),
        ),
        max_size=3,
    ),
    assessed=st.booleans(),
    weight_kg=st.none() | st.floats(5, 200),
    subjects=st.dictionaries(
        keys, st.builds(SubjectMark, level=levels, score=scores, comment=texts)
    ),
    qualities=st.dictionaries(keys, st.builds(TraitMark, comment=texts)),
    awards=st.lists(texts, max_size=3),
    completed=st.sampled_from([None, True, False]),
)


def schema_of(made: RecordPacket) -> str:
    return f"primary_year-{made.header.format_version}"


def xmllint(data: bytes, schema: str) -> str:
    done = subprocess.run(
        ["xmllint", "--noout", "--nonet", "--schema", SCHEMAS / f"{schema}.xsd", "-"],
        input=data,
        capture_output=True,
        check=False,
    )
    return done.stderr.decode()


@given(contents)
@settings(max_examples=100, deadline=None)
def test_any_content_comes_back_as_the_same_canonical_json(content: PrimaryYear):
    written = canonical_json(content)

    data = RecordPacket.write(record_header(written), written).to_bytes()

    assert open_record(data).content == written


@pytest.mark.parametrize("name", NASTY)
def test_the_worst_sheets_come_back_whole_and_fit_the_schema(name: str):
    made = packet(NASTY[name])

    read = open_record(made.to_bytes())

    assert (read.content, read.header) == (made.content, made.header)
    assert "validates" in xmllint(made.to_bytes(), schema_of(made))


def test_the_same_version_gives_the_same_bytes():
    assert packet().to_bytes() == packet().to_bytes()


def test_a_version_of_the_database_comes_back_with_its_header(draft_record):
    version = draft_record.current

    read = open_record(RecordPacket.of(version).to_bytes())

    assert read.content == version.canonical.encode()
    assert read.header == RecordHeader.of(version)
    assert read.header.lookup_code == draft_record.book.lookup_code
    assert read.header.record == draft_record.uuid.hex
    assert read.header.issuer_code == draft_record.issuer.code


def test_nothing_is_written_that_does_not_come_back():
    content = canonical_json(year_sheet(1))
    more = content.replace(b'"school_year"', b'"school_colour":"red","school_year"', 1)

    with pytest.raises(PacketIncomplete):
        RecordPacket.write(record_header(more), more)
    with pytest.raises(PacketIncomplete):
        RecordPacket.write(record_header(content, sha256="0" * 64), content)


def test_a_slot_over_parts_covers_just_the_rows_that_are_named():
    target = packet().target("GVBM", ["math", "art"])

    names = [one.id for one in target.covered]
    texts = [one.data.decode() for one in target.covered]

    assert [name.rpartition("-")[2] for name in names] == ["math", "art"]
    assert all(text.startswith("<DIEM_TONG_KET Id=") for text in texts)
    assert "<MA_MON>math</MA_MON>" in texts[0]
    assert "HO_TEN" not in "".join(texts)


def test_the_class_teacher_covers_the_sheet_and_the_head_all_data():
    made = packet()

    (sheet,) = made.target("GVCN").covered
    (data,) = made.target("CBQL").covered

    assert sheet.data.startswith(b"<THONG_TIN_HOC_BA ")
    assert data.data.startswith(b"<DU_LIEU_HOC_BA ")
    assert sheet.data in data.data
    assert made.target("KY_PHAT_HANH").covered == made.target("CBQL").covered


def test_a_row_is_the_same_for_its_teacher_whatever_others_change():
    first, second = year_sheet(3), year_sheet(3, class_teacher="Lê Thị Bưởi")

    before = packet(first).target("GVBM", ["math"])
    after = packet(second, number=2).target("GVBM", ["math"])

    assert before == after


def test_an_unknown_slot_or_part_is_refused():
    with pytest.raises(KeyError):
        packet().target("KT")
    with pytest.raises(KeyError):
        packet().target("GVBM", ["alchemy"])
    with pytest.raises(SlotUnavailable):
        packet().target("GVBM", [])


def test_a_header_of_an_unknown_format_is_refused():
    content = canonical_json(year_sheet(3))

    with pytest.raises(KeyError):
        RecordPacket.write(replace(record_header(content), format_version=3), content)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (b"%PDF-1.7", "not_a_packet"),
        (b"<HOC_BA/>", "packet_rewritten"),
        (b'<?xml version="1.0" encoding="UTF-8"?>\n<HOC_BA>', "damaged"),
        (b'<?xml version="1.0" encoding="UTF-8"?>\n<GIAY></GIAY>\n', "not_a_packet"),
        (b" " * (4 * 2**20 + 1), "too_large"),
    ],
)
def test_what_is_no_packet_is_called_what_it_is(data: bytes, code: str):
    with pytest.raises(PacketRefused) as caught:
        open_record(data)

    assert caught.value.faults == (code,)
    assert code in caught.value.for_user()
