"""A page that is kept for the next one who asks is never older than the record."""

from __future__ import annotations

import pytest
from django.test import Client

from tests import factories
from workflow.services import lock_record, recall_record


def address(record) -> str:
    return f"/verify/{record.book.lookup_code}"


def test_the_second_one_who_asks_costs_one_query(
    signed_record, django_assert_num_queries
):
    first = Client().get(address(signed_record))

    with django_assert_num_queries(1):
        second = Client().get(address(signed_record))

    assert (first.status_code, second.content) == (200, first.content)
    assert second.headers["Cache-Control"] == first.headers["Cache-Control"]
    assert "no-store" in second.headers["Cache-Control"]


def test_a_recall_shows_at_once(signed_record, head):
    assert "superseded" not in Client().get(address(signed_record)).text

    recall_record(record_id=signed_record.pk, by=head, reason="Sai tên môn")

    assert 'class="verdict superseded"' in Client().get(address(signed_record)).text


def test_the_lock_shows_at_once(signed_record, officer):
    before = Client().get(address(signed_record)).text

    lock_record(record_id=signed_record.pk, by=officer)

    after = Client().get(address(signed_record)).text
    assert "●" in after and "●" not in before


def test_the_next_year_s_sheet_shows_at_once(signed_record):
    before = Client().get(address(signed_record)).content
    next_class = factories.make_class(signed_record.issuer, "4B", "2026-2027")
    factories.make_draft(next_class, signed_record.book.pupil)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("cms.portal.verify.verdict_of_code", lambda code: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            Client().get(address(signed_record))

    assert before


def test_each_language_has_its_own(signed_record):
    pages = {
        language: Client(headers={"accept-language": language}).get(
            address(signed_record)
        )
        for language in ("vi", "en", "zh-hans")
    }

    assert len({page.content for page in pages.values()}) == 3
    assert 'lang="vi"' in pages["vi"].text


def test_the_name_of_who_is_signed_in_reaches_nobody_else(signed_record, head):
    inside = Client()
    inside.force_login(head)

    own = inside.get(address(signed_record)).text
    other = Client().get(address(signed_record)).text

    assert "account/sign-out/" in own
    assert "account/sign-out/" not in other


def test_a_code_that_nobody_knows_is_not_kept(db):
    code = "0" * 32

    first, second = (Client().get(f"/verify/{code}") for _ in range(2))

    assert (first.status_code, second.status_code) == (404, 404)
