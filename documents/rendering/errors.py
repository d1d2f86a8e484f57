"""Why a form cannot be printed."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from documents.errors import RecordsError


class RenderOverflow(RecordsError):
    """A page is full even at the smallest type that people can read."""

    code = "render.overflow"
    user_message = _(
        "Page %(page)s of the form holds too much text. Shorten the texts on it."
    )

    def __init__(self, page: int) -> None:
        self.page = page
        super().__init__(f"page {page} overflows at the smallest size")


class UnprintableText(RecordsError):
    """The form's typeface lacks a character, so paper and record would differ."""

    code = "render.unprintable"
    user_message = _("The form cannot print these characters: %(characters)s")

    def __init__(self, characters: str) -> None:
        self.characters = characters
        super().__init__(f"no glyph for {characters!r}")
