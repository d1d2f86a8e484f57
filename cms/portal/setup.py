"""The pages that every site starts with: a home page, guides, a place for news."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from wagtail.models import GroupPagePermission, Locale, Page, Site

from cms.pages import GuidePage, HomePage, NewsIndexPage, TranslatedPage

TEXTS = Path(__file__).parent / "texts"
EDITORS = "Biên tập trang"
LANGUAGES = ("vi", "en", "zh-hans")


@dataclass(frozen=True)
class Start:
    """A page to begin with; its text stands in ``texts/<text>.<language>.html``."""

    slug: str
    titles: tuple[str, str, str]
    text: str = ""


HOME = Start(
    "trang-chu", ("Học bạ số", "Digital school record", "电子学籍档案"), "home"
)
GUIDES = (
    Start(
        "huong-dan-kiem-tra",
        ("Cách kiểm tra học bạ", "How to check a record", "如何查验学籍档案"),
        "check",
    ),
    Start(
        "huong-dan-phu-huynh",
        ("Dành cho phụ huynh", "For parents", "家长指南"),
        "parents",
    ),
)
NEWS = Start("tin-tuc", ("Tin tức", "News", "新闻"))


@transaction.atomic
def ensure_site() -> HomePage:
    """Give a fresh site its pages. What people have made or changed stays as it is."""
    home: HomePage | None = HomePage.objects.first()
    if home is not None:
        return home
    home = _page(HomePage, HOME)
    _root().add_child(instance=home)
    _replace_welcome(home)
    for guide in GUIDES:
        home.add_child(instance=_page(GuidePage, guide, show_in_menus=True))
    home.add_child(instance=_page(NewsIndexPage, NEWS, show_in_menus=True))
    return home


def editors() -> Group:
    """The group whose members keep the site's pages; it opens no pupil's record."""
    group, _created = Group.objects.get_or_create(name=EDITORS)
    for codename in ("add_page", "change_page", "publish_page"):
        permission = Permission.objects.get(
            content_type__app_label="wagtailcore", codename=codename
        )
        GroupPagePermission.objects.get_or_create(
            group=group, page=ensure_site(), permission=permission
        )
    return group


def _page(model: type[TranslatedPage], start: Start, **more: object) -> TranslatedPage:
    vi, en, zh = (_text(start, language) for language in LANGUAGES)
    return model(
        slug=start.slug,
        title=start.titles[0],
        title_en=start.titles[1],
        title_zh_hans=start.titles[2],
        body=vi,
        body_en=en,
        body_zh_hans=zh,
        **more,
    )


def _text(start: Start, language: str) -> str:
    if not start.text:
        return ""
    path = TEXTS / f"{start.text}.{language}.html"
    return path.read_text(encoding="utf-8").strip()


def _root() -> Page:
    """Wagtail's migrations make the root; a database without them has none."""
    Locale.objects.get_or_create(language_code=settings.LANGUAGE_CODE)
    root = Page.get_first_root_node()
    return root or Page.add_root(title="Root", slug="root")


def _replace_welcome(home: HomePage) -> None:
    """Let the site begin at ``home``; Wagtail's own welcome page goes."""
    site = Site.objects.filter(is_default_site=True).first()
    before = site.root_page if site else None
    Site.objects.update_or_create(
        is_default_site=True,
        defaults={"hostname": "localhost", "root_page": home, "site_name": "Hocba"},
    )
    if before is not None and before.specific_class is Page:
        before.delete()
