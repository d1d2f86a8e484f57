import pytest

from documents.models import Guardianship, Record
from search.indexing import index_records
from search.services import search_records


@pytest.fixture
def indexed(archive):
    """Three signed records of two schools, one with words in a comment."""
    records = [
        archive.add("Nguyễn Thị Hoà", comment="Em viết <b>đẹp</b>, chăm chỉ."),
        archive.add("Nguyễn Thị Hoa", class_name="3A"),
        archive.add("Trần Văn Hoà", school="hoa-thuan", state="locked"),
    ]
    index_records(record.pk for record in records)
    return records


def found(query, user):
    return [hit.record_id for hit in search_records(query, user).hits]


def test_an_inspector_finds_a_pupil_without_marks(indexed, inspector):
    results = search_records("nguyen thi hoa", inspector)

    assert [hit.record_id for hit in results.hits] == [indexed[1].pk, indexed[0].pk]
    assert results.hits[1].name == (
        "<mark>Nguyễn</mark> <mark>Thị</mark> <mark>Hoà</mark>"
    )
    assert results.hits[0].uuid == str(indexed[1].uuid)


def test_words_of_a_comment_are_shown_marked_and_escaped(indexed, inspector):
    (hit,) = search_records("viet dep", inspector).hits

    assert hit.snippet == (
        "Em <mark>viết</mark> &lt;b&gt;<mark>đẹp</mark>&lt;/b&gt;, chăm chỉ."
    )


def test_a_beginning_is_marked_in_names_only(archive, inspector):
    index_records([archive.add("Lê Hoàng", comment="Em hoàn thành.").pk])

    (hit,) = search_records("hoa", inspector).hits

    assert (hit.name, hit.snippet) == ("Lê <mark>Hoàng</mark>", "")


def test_every_code_finds_its_record(archive, inspector):
    record = archive.add("Lan", personal_number="082318000123")
    index_records([record.pk, archive.add("Mai").pk])

    book = record.book
    for code in (book.lookup_code, str(book.code), book.pupil.code, "082318000123"):
        assert found(code, inspector) == [record.pk]


def test_a_head_counts_the_own_school_only(indexed, archive, make_user):
    head = make_user("head", "head", archive.schools["hoa-thuan"])

    results = search_records("hoa", head)

    assert [hit.record_id for hit in results.hits] == [indexed[2].pk]
    assert results.total == 1
    assert {f.value: f.count for f in results.facets["unit"]} == {"hoa-thuan": 1}


def test_a_guardian_finds_the_own_child_only(indexed, make_user, archive):
    parent = make_user(
        "parent",
        "subject_teacher",
        archive.department,
        **{
            "school_class": indexed[2].school_class,
            "subject": "math",
        },
    )
    Guardianship.objects.create(
        user=parent, pupil=indexed[0].book.pupil, relation="mother"
    )

    assert found("", parent) == [indexed[0].pk]
    assert search_records("hoa", parent).total == 1


def test_the_tables_decide_who_sees_it_though_the_index_is_behind(indexed, inspector):
    Record.objects.filter(pk=indexed[0].pk).update(state="draft")

    assert found("nguyen thi hoa", inspector) == [indexed[1].pk]


def test_who_is_no_longer_active_finds_nothing(indexed, inspector):
    inspector.is_active = False

    results = search_records("", inspector)

    assert (results.hits, results.total, results.next_offset) == ([], 0, None)


def test_the_count_of_a_facet_is_what_its_term_finds(indexed, inspector):
    facets = search_records("hoa ", inspector).facets

    assert {name: len(counts) for name, counts in facets.items()} == {
        "state": 2,
        "school_year": 1,
        "class": 2,
        "unit": 2,
    }
    for facet in (facet for counts in facets.values() for facet in counts):
        assert search_records(f"hoa {facet.term}", inspector).total == facet.count


def test_pages_are_followed_by_offset(indexed, inspector):
    first = search_records("", inspector, limit=2)
    last = search_records("", inspector, limit=2, offset=2)

    assert len({hit.record_id for hit in first.hits + last.hits}) == 3
    assert (first.next_offset, last.next_offset) == (2, None)


@pytest.mark.parametrize(("limit", "offset"), [(0, -5), (10**9, 10**9), (-1, 0)])
def test_limits_are_brought_into_bounds(indexed, inspector, limit, offset):
    results = search_records("", inspector, limit=limit, offset=offset)

    assert results.total == 3


@pytest.mark.parametrize("more", [0, 15])
def test_the_number_of_queries_does_not_depend_on_the_data(
    indexed, archive, inspector, django_assert_num_queries, more
):
    index_records(archive.add(f"Lê Hoà {n}", comment="hoà").pk for n in range(more))

    # The index's generation, the user's assignments, the figures, the page.
    with django_assert_num_queries(4):
        results = search_records("hoa lớp:3", inspector)

    assert results.total == 3 + more
