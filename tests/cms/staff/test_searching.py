from __future__ import annotations

import pytest

from documents.models import ReadLog, State
from search.indexing import reconcile_index
from tests import factories

from .conftest import MOST_QUERIES, fill, to


@pytest.fixture
def indexed(signed_record):
    reconcile_index()
    return signed_record


def test_a_name_is_found_without_marks_and_marked(sign_in, inspector, indexed):
    page = sign_in(inspector).get(to("search", q="nguyen+thi+hoa"))

    [hit] = page.context["results"].hits
    assert hit.uuid == str(indexed.uuid)
    text = page.content.decode()
    assert "<mark>" in text
    assert to("record", indexed.uuid) + "?q=nguyen+thi+hoa" in text


def test_who_is_shown_words_of_a_comment_has_read_the_record(
    sign_in, inspector, indexed
):
    client = sign_in(inspector)

    for typed in ("hoc+tot", "hoc+tot+mon"):  # as somebody goes on typing
        [hit] = client.get(to("search", q=typed)).context["results"].hits
        assert "<mark>" in hit.snippet

    [line] = indexed.reads.all()
    assert (line.user, line.access) == (inspector, "view")


def test_who_is_shown_a_name_alone_has_read_nothing(sign_in, inspector, indexed):
    page = sign_in(inspector).get(to("search", q="nguyen"))

    assert [hit.snippet for hit in page.context["results"].hits] == [""]
    assert not indexed.reads.exists()


def test_the_class_teacher_finds_the_own_comments_unlogged(sign_in, teacher, indexed):
    page = sign_in(teacher).get(to("search", q="hoc+tot"))

    assert page.context["results"].total == 1
    assert not indexed.reads.exists()


def test_the_reads_of_20_hits_are_entered_together(
    sign_in, queries_of, head, school_class
):
    fill(school_class, 20)
    reconcile_index()
    client = sign_in(head)
    client.get(to("search"))

    queries = queries_of(client, to("search", q="hoc+tot"))

    assert ReadLog.objects.count() == 20
    assert queries <= MOST_QUERIES + 5


def test_an_empty_field_shows_how_to_search(sign_in, inspector):
    page = sign_in(inspector).get(to("search"))

    assert page.context["results"] is None
    assert "lớp:3B" in page.content.decode()


def test_a_count_narrows_the_same_query(sign_in, inspector, indexed):
    page = sign_in(inspector).get(to("search", q="hoa"))

    [link] = page.context["facets"][0].links
    assert link.count == 1
    assert State.SIGNED in link.url
    narrowed = sign_in(inspector).get(to("search") + link.url)
    assert [hit.uuid for hit in narrowed.context["results"].hits] == [str(indexed.uuid)]


def test_nothing_is_found_of_what_is_not_seen(
    sign_in, staff_of_elsewhere, indexed, school_class
):
    for role in ("inspector", "officer", "head"):
        page = sign_in(staff_of_elsewhere[role]).get(to("search", q="hoa"))
        assert page.context["results"].total == 0
        assert indexed.book.pupil.name not in page.content.decode()


def test_an_administrator_does_not_search_records(sign_in, admin_user, indexed):
    assert sign_in(admin_user).get(to("search", q="hoa")).url == "/admin/"


def test_more_hits_come_in_pages(sign_in, head, school_class):
    fill(school_class, 25)
    reconcile_index()
    client = sign_in(head)

    first = client.get(to("search", q="tran"))
    more = client.get(
        to("search") + first.context["more"], headers={"hx-request": "true"}
    )

    assert len(first.context["results"].hits) == 20
    assert len(more.context["results"].hits) == 5
    assert "<html" not in more.content.decode()


def test_a_search_asks_as_much_for_40_hits_as_for_3(
    sign_in, queries_of, head, school_class
):
    client = sign_in(head)
    fill(school_class, 3)
    reconcile_index()
    url = to("search", q="tran")
    client.get(url)
    few = queries_of(client, url)
    fill(factories.make_class(school_class.school, "3C"), 37)
    reconcile_index()

    assert queries_of(client, url) == few <= MOST_QUERIES
