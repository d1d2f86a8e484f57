"""Django looks for models here; the site's own are its pages and a count."""

from __future__ import annotations

from .pages import GuidePage, HomePage, NewsIndexPage, NewsPage
from .portal.tries import Tries

__all__ = ["GuidePage", "HomePage", "NewsIndexPage", "NewsPage", "Tries"]
