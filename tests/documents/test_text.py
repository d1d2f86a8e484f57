"""Names as they are stored, labels as they are matched, lists as they are sorted."""

from __future__ import annotations

import random
import string
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.text import (
    SORT_KEY_LENGTH,
    fold,
    nfc,
    repair_name,
    vietnamese_sort_key,
)


@pytest.mark.parametrize(
    "name",
    ["Nguyễn Thị Hoà", "Nguyễn Thị Hòa", "H'Hen Niê", "Y", "Lý A Páo", "Anne-Marie D."],
)
def test_a_right_name_stays_letter_for_letter(name):
    assert repair_name(name) == (name, [])


@pytest.mark.parametrize(
    ("raw", "name", "codes"),
    [
        (unicodedata.normalize("NFD", "Đỗ Thị Ngọc"), "Đỗ Thị Ngọc", ["nfc"]),
        ("Nguye\u0301\u0302n", "Nguyến", ["nfc"]),
        ("\u00d0ỗ \u00d0ình An", "Đỗ Đình An", ["d_stroke"]),
        ("\u0189ỗ An, \u00f0", "Đỗ An đ", ["d_stroke", "symbols"]),
        ("H\u2019Hen Niê", "H'Hen Niê", ["apostrophe"]),
        ("H\u02bcHen Niê", "H'Hen Niê", ["apostrophe"]),
        ("Anne\u2013Marie", "Anne-Marie", ["hyphen"]),
        ("Lê\u200b An", "Lê An", ["invisible"]),
        ("Trần Văn An 2", "Trần Văn An", ["digits", "spaces"]),
        ("Trần Văn An (nữ)", "Trần Văn An nữ", ["symbols"]),
        ("  Trần\u00a0Văn  An\n", "Trần Văn An", ["spaces"]),
        ("\u00a0 123 -", "", ["digits", "spaces"]),
        ("", "", []),
    ],
)
def test_a_name_is_repaired_and_each_repair_is_named(raw, name, codes):
    assert repair_name(raw) == (name, codes)


@given(
    st.text(
        alphabet=st.characters(codec="utf-8") | st.sampled_from(" '-.Ðđ\u0301\u0302")
    )
)
def test_a_repaired_name_needs_no_repair_and_is_nfc(raw):
    name, _ = repair_name(raw)

    assert repair_name(name) == (name, [])
    assert nfc(name) == name


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Hoàn thành\nchương trình  lớp học", "HOÀN THÀNH CHƯƠNG TRÌNH LỚP HỌC"),
        (unicodedata.normalize("NFD", "Điểm KTĐK"), "diem ktdk"),
        ("TH - CN\u00a0(Tin học) *", "TH–CN (tin học)"),
        ("Họ và tên (*)", "họ và tên:"),
        ("Ngày nhập học/ chuyển đến", "Ngày nhập học /chuyển đến"),
        ("H\u2019Hen", "h'hen"),
    ],
)
def test_labels_meet_whatever_the_marks_spaces_and_capitals(written, meant):
    assert fold(written) == fold(meant)


def test_labels_of_different_words_stay_apart():
    labels = ["Tin học", "TH-CN (Tin học)", "Khoa học", "Toán", "x", "+", "Đ", "T"]

    assert len({fold(label) for label in labels}) == len(labels)


@given(st.text())
def test_folding_twice_is_folding_once(text):
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize(
    "names",
    [
        # The given name first, then the family name, then the middle.
        ["Trần Văn An", "Lê Thị Bình", "Trần Thị Bình", "Trần Văn Bình", "Bùi Cúc"],
        ["Lê An", "Lê Bảo An", "Lê Văn An", "Lý An"],
        # The letters of the alphabet are letters, not marks.
        ["Lê An", "Lê Ăn", "Lê Ân", "Lê Bân", "Lê Dân", "Lê Đan", "Lê Em", "Lê Êm"],
        ["Lê On", "Lê Ôn", "Lê Ơn", "Lê Un", "Lê Ưn", "Lê Vy", "Lê Y"],
        # ngang < huyền < hỏi < ngã < sắc < nặng, after the letters of the word.
        ["A Ma", "A Mà", "A Mả", "A Mã", "A Má", "A Mạ", "A Mai"],
        ["Võ Hoa", "Bùi Hoà", "An Hoá", "Bùi Hoan"],
        # The tones of the middle count after all of its letters.
        ["Lê Thị An Hoa", "Lê Thi Bình Hoa", "Lê Thị Bình Hoa"],
        # One word, apostrophes, and other scripts last.
        ["H'Hen", "Lê Hen", "Y", "Lê Y", "Zoe", "王小明"],
    ],
)
def test_names_sort_as_in_a_class_list(names):
    shuffled = random.Random(1).sample(names, len(names))

    assert sorted(shuffled, key=vietnamese_sort_key) == names


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Nguyễn Thị Hoà", "Nguyễn Thị Hòa"),
        ("Nguyễn Thị Hoà", "NGUYỄN  THỊ HOÀ"),
        ("Đỗ Thuý", unicodedata.normalize("NFD", "Đỗ Thúy")),
    ],
)
def test_spellings_of_one_name_stand_together(one, other):
    assert vietnamese_sort_key(one) == vietnamese_sort_key(other)


@given(st.text(max_size=120))
def test_a_sort_key_is_short_and_hexadecimal(name):
    key = vietnamese_sort_key(name)

    assert set(key) <= set(string.hexdigits.lower())
    assert len(key) <= SORT_KEY_LENGTH
