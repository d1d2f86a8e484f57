import re
from html import unescape

from hypothesis import given
from hypothesis import strategies as st

from search.snippets import WIDTH, marked, snippet
from search.text import folded_tokens, nfc

HOA = ("hoa",)


def test_the_original_text_is_marked_by_folded_words():
    assert marked("Nguyễn Thị Hòa", {HOA, ("nguyen",)}) == (
        "<mark>Nguyễn</mark> Thị <mark>Hòa</mark>"
    )


def test_a_phrase_is_marked_as_one_and_only_where_it_stands_together():
    content = "Mỹ Ngãi và Ngãi Mỹ"

    assert marked(content, {("my", "ngai")}) == "<mark>Mỹ Ngãi</mark> và Ngãi Mỹ"


def test_a_beginning_marks_the_whole_word():
    assert marked("Hoàng Hà", {("ho",)}, ("ho",)) == "<mark>Hoàng</mark> Hà"
    assert marked("Hoàng Hà", {("ho",)}) == "Hoàng Hà"
    assert marked("Thị Hoàng", {("thi", "ho")}, ("thi", "ho")) == (
        "<mark>Thị Hoàng</mark>"
    )


def test_chinese_is_marked_inside_a_run():
    assert marked("教育信息化", {("信", "息")}) == "教育<mark>信息</mark>化"


def test_markup_in_the_text_is_escaped():
    content = '<script>alert("hoa")</script> & <mark>'

    assert marked(content, {HOA}) == (
        "&lt;script&gt;alert(&quot;<mark>hoa</mark>&quot;)&lt;/script&gt; &amp; "
        "&lt;mark&gt;"
    )


def test_a_snippet_is_cut_at_spaces_around_the_densest_hits():
    content = "đầu hoa " + "x " * 200 + "em vẽ hoa và tả hoa " + "y " * 200

    shown = snippet(content, {HOA})

    assert shown.count("<mark>hoa</mark>") == 2
    assert shown.startswith("… ")
    assert shown.endswith(" …")
    assert len(re.sub("</?mark>", "", shown)) <= WIDTH + 50


def test_a_text_without_a_hit_has_no_snippet():
    assert snippet("em học tốt", {HOA}) == ""


@given(st.text(alphabet="aáh<>&\"' o信息", max_size=400))
def test_a_mark_adds_nothing_to_the_text_and_loses_nothing(content):
    html = marked(content, {("a",), ("信", "息"), ("ho",)}, ("ho",))

    assert unescape(re.sub("</?mark>", "", html)) == nfc(content)
    assert ("<mark>" in html) == bool(
        re.search("(^| )(a|ho[aho]*)( |$)|信 息", " ".join(folded_tokens(content)))
    )


@given(st.text(max_size=600))
def test_a_snippet_is_part_of_its_text(content):
    shown = unescape(re.sub("</?mark>", "", snippet(content, {("a",), ("1",)})))

    assert shown.removeprefix("… ").removesuffix(" …") in nfc(content)
