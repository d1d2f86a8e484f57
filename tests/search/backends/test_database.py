"""What every backend promises, tried on the database of this test run."""

from dataclasses import replace

import pytest
from django.db import connection

from documents.models import Record
from search.backends import base, get_backend
from search.projection import document_of
from search.query import parse

GENERATION = 7


@pytest.fixture
def backend(db):
    backend = get_backend()
    backend.create(GENERATION)
    return backend


@pytest.fixture
def put(backend, archive):
    """Index a text under a record of its own; returns the record's id."""

    def put(name, *, body="", **fields):
        document = document_of(archive.bare("Y"))
        # A name alone, so that nothing else can decide the order.
        document = replace(document, name=name, body=body, unit="", **fields)
        backend.upsert(GENERATION, [document])
        return document.record_id

    return put


@pytest.fixture
def ask(backend):
    """The names found, best first."""

    def ask(query):
        found = backend.search(GENERATION, parse(query), Record.objects.all(), limit=50)
        return [row.name for row in found.rows]

    return ask


@pytest.fixture
def hoa(put):
    for name in ("Nguyễn Thị Hòa", "Nguyễn Thị Hoa", "Nguyễn Thị Hoà"):
        put(name)


def test_right_marks_come_first_and_both_places_of_the_tone_are_right(hoa, ask):
    assert ask("Nguyễn Thị Hoà ")[2] == "Nguyễn Thị Hoa"
    assert ask("Nguyễn Thị Hòa ")[2] == "Nguyễn Thị Hoa"
    assert set(ask("Nguyễn Thị Hoà ")[:2]) == {"Nguyễn Thị Hoà", "Nguyễn Thị Hòa"}


@pytest.mark.parametrize("query", ["hoa", "hoa ", "nguyen thi hoa", "HOA"])
def test_without_marks_everything_is_found_and_the_unmarked_name_is_first(
    hoa, ask, query
):
    assert ask(query)[0] == "Nguyễn Thị Hoa"
    assert len(ask(query)) == 3


def test_a_comment_of_any_length_does_not_change_the_order_of_names(put, ask):
    put("Nguyễn Thị Hoa", body="hoa")
    put("Nguyễn Thị Hoà", body="Em học tốt và chăm chỉ. " * 200)

    assert ask("hoà") == ["Nguyễn Thị Hoà", "Nguyễn Thị Hoa"]


def test_a_name_ranks_above_a_comment(put, ask):
    put("Lê Văn Nam", body="Em vẽ hoa, tả hoa, yêu hoa.")
    put("Lê Thị Hoa", body="Em học tốt.")

    assert ask("hoa") == ["Lê Thị Hoa", "Lê Văn Nam"]


def test_the_name_by_which_one_is_called_ranks_above_the_others(put, ask):
    put("Trần Mai Anh")
    put("Trần Thị Mai")
    put("Mai Văn Anh")

    assert ask("mai ")[0] == "Trần Thị Mai"


def test_a_whole_word_ranks_above_a_beginning(put, ask):
    put("Trần Văn Hoàng")
    put("Trần Thị Hoà")

    assert ask("hoa") == ["Trần Thị Hoà", "Trần Văn Hoàng"]
    assert ask("hoa ") == ["Trần Thị Hoà"]


def test_a_beginning_is_looked_for_in_names_and_not_in_comments(put, ask):
    put("Lê Văn Nam", body="Em hoàn thành tốt.")
    put("Lê Văn Hoàng", body="Em học tốt.")
    put("Lê Văn Tú", body="Em vẽ hoa.")

    assert set(ask("hoa")) == {"Lê Văn Hoàng", "Lê Văn Tú"}
    assert set(ask("văn hoà")) == {"Lê Văn Hoàng", "Lê Văn Tú"}


def test_words_beside_each_other_rank_above_words_apart(put, ask):
    put("Hoa Thị Nguyễn")
    put("Nguyễn Thị Hoa")

    assert ask("nguyễn thị hoa")[0] == "Nguyễn Thị Hoa"


def test_d_with_stroke_is_found_by_d(put, ask):
    put("Kế hoạch tỉnh Đồng Tháp")

    assert ask("dong thap ") == ["Kế hoạch tỉnh Đồng Tháp"]
    assert ask("\u0110o\u0302\u0300ng Tha\u0301p ") == ["Kế hoạch tỉnh Đồng Tháp"]


def test_the_last_word_may_be_a_beginning_in_either_spelling(put, ask):
    put("Đồng Thoà")
    put("Đồng Thòa")
    put("Đồng Nai")

    assert set(ask("đồng th")) == {"Đồng Thoà", "Đồng Thòa"}


@pytest.mark.parametrize("query", ["信息", "教育", "息", "教育信息化 ", "育信"])
def test_chinese_is_found_inside_a_run(put, ask, query):
    put("教育信息化")

    assert ask(query) == ["教育信息化"]


def test_chinese_characters_in_another_order_are_not_found(put, ask):
    put("教育信息化")

    assert ask("息信") == []


def test_every_word_must_be_there(put, ask):
    put("Nguyễn Thị Hoà", body="chăm chỉ")

    assert ask("hoà chăm") == ["Nguyễn Thị Hoà"]
    assert ask("hoà lười") == []


def test_words_in_quotes_stand_together(put, ask):
    put("Lan", body="chăm học, ngoan")
    put("Mai", body="học chăm")

    assert ask('"chăm học"') == ["Lan"]


def test_initials_find_a_name(put, ask):
    put("Nguyễn Thị Hoà")
    put("Nguyễn Văn Hoà")

    assert ask("nth ") == ["Nguyễn Thị Hoà"]


def test_codes_are_compared_as_a_whole(put, ask):
    put("Lan", codes="550e8400e29b41d4a716446655440000 7900000001 082318000123")
    put("Mai", codes="650e8400e29b41d4a716446655440000 7900000002 082318000124")

    assert ask("550E8400-E29B-41D4-A716-446655440000") == ["Lan"]
    assert ask("082318000124") == ["Mai"]
    assert ask("7900000002") == ["Mai"]
    assert ask("550e8400e29b41d4a716446655440001") == []
    assert ask("08231800012") == []
    assert ask("550e") == []


def test_filters_narrow_what_is_found(put, ask):
    put("Lan", class_name="3B", state="signed", school_year="2025-2026")
    put("Mai", class_name="3A", state="locked", school_year="2025-2026")
    put("Tú", class_name="1A", state="locked", school_year="2024-2025")

    assert ask("lớp:3B") == ["Lan"]
    assert set(ask("lop:3")) == {"Lan", "Mai"}
    assert set(ask("năm:2025")) == {"Lan", "Mai"}
    assert set(ask("trạng thái:đã khoá")) == {"Mai", "Tú"}
    assert ask("mai lop:3b") == []
    assert ask('lớp:3B lớp:1A "trạng thái"') == []


def test_a_school_is_found_by_words_of_its_name_or_code(backend, archive, ask):
    for name, school in (("Lan", "my-ngai"), ("Mai", "hoa-thuan")):
        backend.upsert(GENERATION, [document_of(archive.bare(name, school=school))])

    assert ask('trường:"Mỹ Ngãi"') == ["Lan"]
    assert ask("truong:hoa-thuan") == ["Mai"]
    assert ask("đơn vị:my-ngai") == ["Lan"]


def test_without_words_the_newest_come_first(put, ask):
    put("Lan")
    put("Mai")

    assert ask("") == ["Mai", "Lan"]


def test_a_late_message_never_overwrites_a_newer_state(backend, archive, ask):
    newer = replace(document_of(archive.bare("Lan")), revision=5, state="locked")
    backend.upsert(GENERATION, [newer])

    backend.upsert(GENERATION, [replace(newer, revision=4, state="signed", name="X")])

    assert list(backend.revisions(GENERATION)) == [(newer.record_id, 5)]
    assert ask("x") == []
    assert ask("lan trạng thái:locked") == ["Lan"]


def test_of_two_documents_of_one_record_in_one_write_the_newer_stays(backend, archive):
    old = replace(document_of(archive.bare("Lan")), revision=1)

    backend.upsert(GENERATION, [replace(old, revision=2), old])

    assert list(backend.revisions(GENERATION)) == [(old.record_id, 2)]


def test_a_changed_or_deleted_text_is_no_longer_found(backend, archive, ask):
    document = document_of(archive.bare("Lan"))
    backend.upsert(GENERATION, [document])
    backend.upsert(GENERATION, [replace(document, name="Mai", revision=1)])
    assert (ask("lan"), ask("mai")) == ([], ["Mai"])

    backend.delete(GENERATION, [document.record_id])
    backend.delete(GENERATION, [])

    assert ask("mai") == []
    assert backend.faults(GENERATION) == []


def test_total_and_facets_count_only_what_is_visible(backend, archive):
    seen = archive.bare("Lan", class_name="3B")
    hidden = archive.bare("Lan", class_name="3A", school="hoa-thuan")
    backend.upsert(GENERATION, [document_of(seen), document_of(hidden)])

    found = backend.search(
        GENERATION, parse("lan"), Record.objects.filter(pk=seen.pk), limit=10
    )

    assert [row.record_id for row in found.rows] == [seen.pk]
    assert found.total == 1
    assert found.facets == {
        "state": [base.FacetCount("draft", "draft", 1)],
        "school_year": [base.FacetCount("2025-2026", "2025-2026", 1)],
        "class": [base.FacetCount("3b", "3B", 1)],
        "unit": [base.FacetCount("my-ngai", "Trường Tiểu học Mỹ Ngãi", 1)],
    }


def test_who_sees_nothing_finds_nothing(backend, put):
    put("Lan")

    found = backend.search(GENERATION, parse("lan"), Record.objects.none(), limit=10)

    assert found == base.Found()


def test_more_than_the_cap_is_neither_ranked_nor_counted(backend, put, monkeypatch):
    module = type(backend).__module__
    for name in (module, "search.backends.sql"):
        monkeypatch.setattr(f"{name}.CAP", 2)
    ids = [put("Lan") for _ in range(4)]

    found = backend.search(GENERATION, parse("lan"), Record.objects.all(), limit=2)

    assert (found.total, found.capped) == (2, True)
    assert [row.record_id for row in found.rows] == ids[:1:-1]


def test_pages_follow_each_other(backend, put):
    ids = [put("Lan") for _ in range(5)]
    everything = Record.objects.all()

    pages = [
        backend.search(GENERATION, parse("lan"), everything, limit=2, offset=at)
        for at in (0, 2, 4)
    ]

    assert [row.record_id for page in pages for row in page.rows] == ids[::-1]
    assert {page.total for page in pages} == {5}


HOSTILE = [
    '"',
    "'",
    '""',
    '"" ""',
    "*",
    "a* b*",
    "^lan",
    "lan AND",
    "OR NOT",
    "NEAR(a b)",
    "name_folded: x",
    "{name_folded} : x",
    "lan & | ! <-> (",
    "'lan':*A",
    "\x00lan\x00",
    "\\",
    "%s %(x)s %",
    "; DROP TABLE documents_record; --",
    "x" * 10_000,
    "a " * 5_000,
    '" ' * 5_000,
    "lớp:" * 2_000,
    "lớp:",
    'trường:"',
    'trường:"" năm:"x" trạng thái:',
    "năm:9999 năm:0000",
    "\ud800",
    "đơn vị:\ud800 đơn vị:\x00",
    "🙂 lan",
    "\u0301\u0302",
    "½ ² Ⅷ",
    "𠀀 \U0002ebe1",
    "ǅ ß İ ŉ",
    "\u202e\u200b\ufeff",
]


@pytest.mark.parametrize("query", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_input_is_only_another_query(put, ask, query):
    put("Lan")

    assert set(ask(query)) <= {"Lan"}


@pytest.mark.parametrize("content", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_can_be_indexed(backend, put, content):
    # PostgreSQL stores neither NUL nor lone surrogates, and JSON content has none.
    put("Lan", body=content.replace("\x00", "").replace("\ud800", ""))

    assert backend.faults(GENERATION) == []


def test_generations_stand_beside_each_other_until_dropped(backend, put, ask):
    put("Lan")
    backend.create(GENERATION + 1)
    assert backend.generations()[-2:] == [GENERATION, GENERATION + 1]

    backend.drop(GENERATION + 1)
    backend.drop(GENERATION + 1)

    assert backend.generations()[-1] == GENERATION
    assert ask("lan") == ["Lan"]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="FTS5's own check")
def test_an_index_that_differs_from_its_table_is_a_fault(backend, put):
    put("Lan")
    table = f"search_records_g{GENERATION}"

    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {table}_update")
        cursor.execute(f"UPDATE {table} SET name_folded = ' mai '")

    assert backend.faults(GENERATION) == ["damaged"]
