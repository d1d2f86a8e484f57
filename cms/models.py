"""Django looks for models here; the site's own are its pages."""

from __future__ import annotations

from .pages import GuidePage, HomePage, NewsIndexPage, NewsPage

__all__ = ["GuidePage", "HomePage", "NewsIndexPage", "NewsPage"]
