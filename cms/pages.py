"""Pages of the portal that people write: home, guide, news."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.fields import RichTextField
from wagtail.models import Page

TEXT_FEATURES = ["h2", "h3", "bold", "italic", "ol", "ul", "link", "hr"]
NEWS_ON_HOME = 3


class TranslatedPage(Page):
    """One page with its text in each language of the site, under one address.

    One tree, not one for each language: the address on paper stays the same, and a
    text that is not translated yet is shown in Vietnamese (ADR 8).
    """

    body = RichTextField(_("text"), blank=True, features=TEXT_FEATURES)
    title_en = models.CharField(_("title"), max_length=255, blank=True)
    body_en = RichTextField(_("text"), blank=True, features=TEXT_FEATURES)
    title_zh_hans = models.CharField(_("title"), max_length=255, blank=True)
    body_zh_hans = RichTextField(_("text"), blank=True, features=TEXT_FEATURES)

    content_panels = [
        *Page.content_panels,
        FieldPanel("body"),
        MultiFieldPanel([FieldPanel("title_en"), FieldPanel("body_en")], "English"),
        MultiFieldPanel(
            [FieldPanel("title_zh_hans"), FieldPanel("body_zh_hans")], "简体中文"
        ),
    ]

    class Meta:
        abstract = True

    @property
    def heading(self) -> str:
        return self._in_language("title")

    @property
    def text(self) -> str:
        return self._in_language("body")

    @property
    def text_language(self) -> str:
        """The language that ``text`` is in: the reader's, or Vietnamese."""
        language = get_language() or "vi"
        return language if getattr(self, _field("body", language), "") else "vi"

    def _in_language(self, field: str) -> str:
        translated = getattr(self, _field(field, get_language() or "vi"), "")
        return str(translated or getattr(self, field))


def _field(name: str, language: str) -> str:
    return name if language == "vi" else f"{name}_{language.replace('-', '_')}"


class HomePage(TranslatedPage):
    """The two questions that bring people here; guide and news stand below."""

    template = "cms/pages/home.html"
    max_count = 1
    parent_page_types = ["wagtailcore.Page"]
    subpage_types = ["cms.GuidePage", "cms.NewsIndexPage"]

    class Meta:
        verbose_name = _("home page")

    def get_context(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        guides = GuidePage.objects.child_of(self).live().order_by("path")
        return context | {
            "guides": guides,
            "news": newest(self)[:NEWS_ON_HOME],
            "news_index": NewsIndexPage.objects.child_of(self).live().first(),
        }


class GuidePage(TranslatedPage):
    """How to do something, in plain words."""

    template = "cms/pages/text.html"
    parent_page_types = ["cms.HomePage"]
    subpage_types: list[str] = []

    class Meta:
        verbose_name = _("guide")


class NewsIndexPage(TranslatedPage):
    """All news, the newest first."""

    template = "cms/pages/news_index.html"
    max_count = 1
    parent_page_types = ["cms.HomePage"]
    subpage_types = ["cms.NewsPage"]

    class Meta:
        verbose_name = _("news index")

    def get_context(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        return context | {"news": newest(self)}


class NewsPage(TranslatedPage):
    """One piece of news of the department or the school."""

    template = "cms/pages/text.html"
    parent_page_types = ["cms.NewsIndexPage"]
    subpage_types: list[str] = []

    date = models.DateField(_("date"))

    content_panels = [FieldPanel("date"), *TranslatedPage.content_panels]

    class Meta:
        verbose_name = _("news")


def newest(above: Page) -> models.QuerySet[NewsPage]:
    """The published news below a page, the newest first."""
    news: models.QuerySet[NewsPage] = NewsPage.objects.descendant_of(above).live()
    return news.order_by("-date", "-pk")
