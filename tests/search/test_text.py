import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search import text


def test_a_document_number_is_split_at_everything_but_letters_and_digits():
    assert text.exact_tokens("12/QĐ-UBND") == ("12", "qđ", "ubnd")
    assert text.folded_tokens("12/QĐ-UBND") == ("12", "qd", "ubnd")


@pytest.mark.parametrize(
    ("older", "newer"),
    [("hòa", "hoà"), ("Thúy", "Thuý"), ("khỏe", "khoẻ"), ("ủy", "uỷ"), ("LỌA", "loạ")],
)
def test_both_places_of_the_tone_are_one_exact_token(older, newer):
    assert text.exact_tokens(older) == text.exact_tokens(newer)
    assert text.exact_tokens(older) == (newer.lower(),)


@pytest.mark.parametrize("word", ["qúy", "hoàng", "toán", "mùa", "tuyết", "quý"])
def test_the_tone_stays_after_q_and_in_closed_syllables(word):
    assert text.exact_tokens(word) == (word,)


def test_the_streams_differ_in_marks_only():
    assert text.exact_tokens("Đồng Tháp") == ("đồng", "tháp")
    assert text.folded_tokens("Đồng Tháp") == ("dong", "thap")


def test_eth_is_read_as_d_with_stroke():
    assert text.exact_tokens("\u00d0ồng") == ("đồng",)


def test_chinese_is_bigrams_exactly_and_single_characters_folded():
    assert text.exact_tokens("教育信息化") == ("教育", "育信", "信息", "息化")
    assert text.folded_tokens("教育信息化") == ("教", "育", "信", "息", "化")
    assert text.exact_tokens("教") == ("教",)


def test_scripts_are_parted_without_a_space():
    assert text.folded_tokens("教科技厅〔2020〕1号") == (*"教科技厅", "2020", "1", "号")


@given(st.text(alphabet="aăâbcdđeêghiklmnoôơpqrstuưvxyàáảãạằắẳẵặòóỏõọùúủũụ ỳýỷỹỵĐÀ"))
def test_decomposed_input_gives_the_same_tokens(content):
    decomposed = unicodedata.normalize("NFD", content)

    assert text.exact_tokens(decomposed) == text.exact_tokens(content)
    assert text.folded_tokens(decomposed) == text.folded_tokens(content)


@given(st.text())
def test_tokens_hold_letters_digits_and_marks_only_and_are_never_empty(content):
    for token in text.exact_tokens(content) + text.folded_tokens(content):
        assert token
        # Cn: ideographs that are newer than this Python's tables.
        assert all(
            unicodedata.category(c)[0] in "LNM" or unicodedata.category(c) == "Cn"
            for c in token
        )


@given(st.text())
def test_places_of_tokens_cover_the_text_that_they_were_made_from(content):
    whole = text.nfc(content)

    found = list(text.tokens_in(whole))

    assert tuple(token.folded for token in found) == text.folded_tokens(content)
    for token in found:
        assert text.folded_tokens(whole[token.start : token.end]) == (token.folded,)


@given(st.text())
def test_the_folded_shadow_of_a_text_is_as_long_as_the_text(content):
    assert len(text.fold_length_kept(content)) == len(content)


def test_given_name_and_initials_are_fields_of_their_own():
    assert text.given_name("Nguyễn Thị Hòa") == "hoa"
    assert text.initials("Nguyễn Thị Đào") == "ntd"
    assert text.initials("Y") == ""
    assert text.given_name("…") == ""


def test_a_very_long_word_is_cut():
    assert text.exact_tokens("a" * 10_000) == ("a" * text.MAX_TOKEN,)
