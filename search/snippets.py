"""What a hit shows: the original text, with the words that were looked for marked."""

from __future__ import annotations

from collections.abc import Collection

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from . import text

# Around the densest hits of a long text.
WIDTH = 180
_BEFORE = 40

Terms = Collection[tuple[str, ...]]
Span = tuple[int, int]


def marked(content: str, terms: Terms, prefix: tuple[str, ...] = ()) -> SafeString:
    """The whole text as safe HTML with ``<mark>`` around each hit.

    Compared by the folded stream, so "hoa" marks Hòa. Each of ``terms`` is a phrase
    of folded tokens; ``prefix`` is the one whose last token may be a beginning.
    """
    whole = text.nfc(content)
    return _html(whole, _spans(whole, terms, prefix))


def snippet(content: str, terms: Terms) -> SafeString:
    """The part of a long text that has most hits, marked; empty if there is none."""
    whole = text.nfc(content)
    spans = _spans(whole, terms, ())
    if not spans:
        return SafeString("")
    start, end = _window(whole, spans)
    inside = [(a - start, b - start) for a, b in spans if start <= a and b <= end]
    before = "… " if start else ""
    after = " …" if end < len(whole) else ""
    return mark_safe(f"{before}{_html(whole[start:end], inside)}{after}")


def _spans(whole: str, terms: Terms, prefix: tuple[str, ...]) -> list[Span]:
    """The places of the hits, in order; those that touch or overlap are one."""
    tokens = list(text.tokens_in(whole))
    by_first: dict[str, list[tuple[str, ...]]] = {}
    for term in {*terms, prefix} - {()}:
        by_first.setdefault(term[0], []).append(term)
    found: list[Span] = []
    for at, token in enumerate(tokens):
        candidates = by_first.get(token.folded, [])
        if len(prefix) == 1 and token.folded.startswith(prefix[0]):
            candidates = [*candidates, prefix]
        for term in candidates:
            if _stands_at(term, tokens[at : at + len(term)], term == prefix):
                found.append((token.start, tokens[at + len(term) - 1].end))
    return _joined(found)


def _stands_at(term: tuple[str, ...], tokens: list[text.Token], begun: bool) -> bool:
    folded = tuple(token.folded for token in tokens)
    if len(folded) != len(term) or folded[:-1] != term[:-1]:
        return False
    return folded[-1] == term[-1] or (begun and folded[-1].startswith(term[-1]))


def _joined(spans: list[Span]) -> list[Span]:
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _window(whole: str, spans: list[Span]) -> Span:
    """From a space before the hit that has most others after it, to a space."""
    first = max(
        range(len(spans)),
        key=lambda i: sum(spans[i][0] <= a < spans[i][0] + WIDTH for a, _ in spans),
    )
    hit_start, hit_end = spans[first]
    start = max(0, hit_start - _BEFORE)
    if start:
        space = whole.find(" ", start, hit_start)
        start = space + 1 if space >= 0 else hit_start
    end = min(len(whole), max(start + WIDTH, hit_end))
    if end < len(whole):
        space = whole.rfind(" ", hit_end, end)
        end = space if space >= 0 else end
    return start, end


def _html(whole: str, spans: list[Span]) -> SafeString:
    parts, last = [], 0
    for start, end in spans:
        parts += [escape(whole[last:start]), f"<mark>{escape(whole[start:end])}</mark>"]
        last = end
    parts.append(escape(whole[last:]))
    return mark_safe("".join(parts))
