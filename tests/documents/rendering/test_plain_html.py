from __future__ import annotations

import pytest
from weasyprint import HTML

from documents.rendering import form, render_pdf
from documents.rendering.plain_html import PlainHTML, _plain_style
from tests.documents.rendering.sheets import form_input, year_sheet


def test_a_form_without_the_marks_of_notes_and_lists_has_the_same_bytes(
    monkeypatch: pytest.MonkeyPatch,
):
    plain = render_pdf(form_input(year_sheet()))

    monkeypatch.setattr(form, "PlainHTML", HTML)

    assert render_pdf(form_input(year_sheet())) == plain


def test_only_what_stands_alone_is_left_out():
    element = PlainHTML(string="<p>a<br>b</p>").wrapper_element
    pseudo = {
        found[2]
        for one in element.iter_subtree()
        for found in _plain_style().matcher.match(one)
    }

    assert pseudo == {None, "before"}  # a line break is the content of br::before
