import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.query import MAX_WORDS, Query, parse
from search.text import Word

LAN = Word(("lan",), ("lan",))
MAI = Word(("mai",), ("mai",))


def test_free_words_are_words_and_the_last_may_be_a_beginning():
    assert parse("Lan mai") == Query(words=(LAN, MAI), prefix=True)


@pytest.mark.parametrize("typed", ["lan ", '"lan"', "lan,", "lan lớp:"])
def test_a_word_that_is_ended_is_no_beginning(typed):
    assert not parse(typed).prefix


def test_words_in_quotes_are_one_phrase():
    assert parse('"Lan Mai"').words == (Word(("lan", "mai"), ("lan", "mai")),)


def test_a_quote_that_is_never_closed_still_holds_its_words():
    assert parse('"lan mai').words == (Word(("lan", "mai"), ("lan", "mai")),)


@pytest.mark.parametrize("typed", ["lớp:3B", "lop:3b", "LỚP: 3 b".replace(" b", "b")])
def test_a_class_is_a_filter_with_or_without_marks(typed):
    assert parse(typed) == Query(classes=("3b",))


@pytest.mark.parametrize(
    ("typed", "year"),
    [
        ("năm:2025", "2025-2026"),
        ("nam:2025-2026", "2025-2026"),
        ("năm: 2024/2025", "2024-2025"),
        ("学年:2025", "2025-2026"),
    ],
)
def test_a_school_year_is_known_by_its_first_half(typed, year):
    assert parse(typed) == Query(years=(year,))


@pytest.mark.parametrize(
    ("typed", "state"),
    [
        ("trạng thái:đã ký", "signed"),
        ("trang thai:da khoa", "locked"),
        ("Trạng Thái: nháp", "draft"),
        ('trạng thái:"Đã duyệt"', "reviewed"),
        ("state:transferred", "transferred"),
    ],
)
def test_a_state_is_known_by_its_word_or_code(typed, state):
    assert parse(typed) == Query(states=(state,))


def test_a_school_may_stand_in_quotes():
    assert parse('trường:"Mỹ Ngãi" lan') == Query(
        words=(LAN,), prefix=True, schools=(Word(("mỹ", "ngãi"), ("my", "ngai")),)
    )


def test_several_values_of_one_filter_are_kept_once_each():
    assert parse("lớp:3B lop:3b lớp:3A").classes == ("3b", "3a")


def test_a_filter_ends_where_free_words_go_on():
    parsed = parse("trạng thái:đã ký lan năm:2025")

    assert parsed == Query(words=(LAN,), states=("signed",), years=("2025-2026",))


def test_a_value_that_says_nothing_is_searched_for():
    parsed = parse("năm:mai ")

    assert parsed == Query(words=(Word(("năm", "mai"), ("nam", "mai")),))


def test_a_lookup_code_is_known_with_hyphens_and_capitals():
    code = "550e8400e29b41d4a716446655440000"

    assert parse("550E8400-E29B-41D4-A716-446655440000") == Query(codes=(code,))
    assert parse(f"lan {code}") == Query(words=(LAN,), codes=(code,))


def test_twelve_digits_are_a_personal_number_and_fewer_are_a_word():
    assert parse("082318000123") == Query(codes=("082318000123",))
    assert parse("7900000001").codes == ()


@given(st.text(max_size=300))
def test_any_text_is_a_query_of_bounded_size(typed):
    parsed = parse(typed)

    assert len(parsed.words) <= MAX_WORDS
    assert all(word.exact and word.folded for word in parsed.words)


@pytest.mark.parametrize("typed", ["a" * 100_000, "lớp:1 " * 10_000, '"' * 10_001])
def test_long_input_is_cut(typed):
    parsed = parse(typed)

    assert len(parsed.words) + len(parsed.classes) <= 2 * MAX_WORDS
