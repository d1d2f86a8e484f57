"""What every page of the portal shows: the links at its foot."""

from __future__ import annotations

from django import template

from cms.pages import GuidePage, NewsIndexPage, TranslatedPage

register = template.Library()


@register.simple_tag
def foot_pages() -> list[TranslatedPage]:
    """The guides, then the news, as far as they are published and wanted in menus."""
    guides = GuidePage.objects.live().in_menu().order_by("path")
    news = NewsIndexPage.objects.live().in_menu()
    return [*guides, *news]
