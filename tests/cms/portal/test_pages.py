from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.utils import translation
from django.utils.text import capfirst

from cms.pages import GuidePage, HomePage, NewsIndexPage, NewsPage
from cms.portal.setup import ensure_site
from documents.models import ISSUED_STATES

pytestmark = pytest.mark.django_db


def news(**more: str) -> NewsPage:
    page = NewsPage(
        title="Lịch chốt dữ liệu", slug="lich", date=date(2026, 6, 1), **more
    )
    NewsIndexPage.objects.get().add_child(instance=page)
    return page


def test_a_fresh_site_has_a_home_page_guides_and_a_place_for_news():
    home = ensure_site()

    response = Client().get("/")

    assert response.status_code == 200
    assert response.context["page"] == home
    assert 'name="code"' in response.text
    assert 'name="password"' in response.text
    for guide in GuidePage.objects.all():
        assert Client().get(guide.url).status_code == 200
    assert Client().get("/tin-tuc/").status_code == 200


def test_making_the_site_again_changes_nothing_that_people_wrote():
    home = ensure_site()
    home.body = "<p>Của chúng tôi</p>"
    home.save()
    GuidePage.objects.first().delete()
    count = GuidePage.objects.count()

    ensure_site()

    assert HomePage.objects.get().body == "<p>Của chúng tôi</p>"
    assert GuidePage.objects.count() == count


@pytest.mark.parametrize(
    ("language", "heading"),
    [
        ("vi", "Cách kiểm tra học bạ"),
        ("en", "How to check a record"),
        ("zh-hans", "如何查验学籍档案"),
    ],
)
def test_a_page_speaks_the_language_of_the_reader(language, heading):
    ensure_site()

    response = Client(headers={"accept-language": language}).get("/huong-dan-kiem-tra/")

    assert f"<h1>{heading}</h1>" in response.text
    assert f'class="card text" lang="{language}"' in response.text


@pytest.mark.parametrize("language", ["vi", "zh-hans"])
def test_the_guide_for_parents_calls_the_states_as_the_screens_do(language):
    ensure_site()

    response = Client(headers={"accept-language": language}).get(
        GuidePage.objects.get(title="Dành cho phụ huynh").url
    )

    with translation.override(language):
        words = [capfirst(str(state.label)) for state in ISSUED_STATES]
    assert [word for word in words if word not in response.text] == []


def test_what_is_not_translated_is_shown_in_vietnamese_and_marked_so():
    ensure_site()
    page = news(body="<p>Ngày 10/07</p>", title_en="Day of the lock")

    response = Client(headers={"accept-language": "en"}).get(page.url)

    assert "<h1>Day of the lock</h1>" in response.text
    assert 'lang="vi"' in response.text
    assert "Ngày 10/07" in response.text


def test_the_language_is_switched_without_a_script_and_one_stays_on_the_page():
    ensure_site()
    client = Client()

    response = client.post(
        "/i18n/setlang/",
        {"language": "zh-hans", "next": "/huong-dan-kiem-tra/"},
        follow=True,
    )

    assert response.request["PATH_INFO"] == "/huong-dan-kiem-tra/"
    assert "如何查验学籍档案" in response.text


def test_the_newest_news_stands_on_the_home_page():
    ensure_site()
    news()

    response = Client().get("/")

    assert "Lịch chốt dữ liệu" in response.text
    assert "01/06/2026" in response.text


def test_a_page_that_does_not_exist_says_so_in_our_own_words(client):
    ensure_site()

    response = client.get("/khong-co/")

    assert response.status_code == 404
    assert "This page does not exist" in response.text


def test_pages_cost_few_queries(client, django_assert_max_num_queries):
    ensure_site()
    news()
    client.get("/")

    for address in ("/", "/huong-dan-kiem-tra/", "/tin-tuc/"):
        with django_assert_max_num_queries(12):
            assert client.get(address).status_code == 200


def test_the_stylesheet_is_small_and_loads_nothing():
    text = Path(finders.find("portal/portal.css") or "").read_text(encoding="utf-8")

    assert len(text.encode()) <= 20_000
    assert "url(" not in text
    assert "@import" not in text


@pytest.mark.parametrize("address", ["/", "/verify/", "/account/sign-in/"])
def test_the_pages_need_no_script_and_nothing_from_elsewhere(client, address):
    ensure_site()

    text = client.get(address).text

    assert "<script" not in text
    assert 'src="http' not in text
    assert 'rel="stylesheet" href="/static/portal/portal.css"' in text
