"""Every sentence of the program is there in Vietnamese and in Chinese."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import wagtail

ROOT = Path(__file__).resolve().parents[2]
WAGTAIL = Path(wagtail.__file__).parent
LANGUAGES = ("vi", "zh_Hans")
SOURCES = ("documents", "workflow", "search", "cms", "templates")
# What makes a difference between two runs over the same sources: nothing.
COLLECT = [
    *("makemessages", "--extension=html,txt,py,svg"),
    *("--no-location", "--no-wrap", "--no-obsolete", "--keep-pot"),
]
# Wagtail's own Vietnamese joins two words in these.
MISSPELLED = {
    ("", "Enter your %(username_field_name)s"),
    ("", "Your %(username_field)s and password didn't match. Please try again."),
}
TOOLS = ("xgettext", "msguniq", "msgmerge", "msgattrib")

KEYWORD = re.compile(r'(msgctxt|msgid_plural|msgid|msgstr(?:\[\d\])?) "(.*)"$')
ESCAPE = re.compile(r"\\(.)")
PLACEHOLDER = re.compile(r"%(?:\(\w+\))?[-+#0 ]*\d*(?:\.\d+)?[sdifr%]")


@dataclass
class Message:
    """One entry of a catalogue, by the keywords of the PO format."""

    parts: dict[str, str] = field(default_factory=dict)
    fuzzy: bool = False

    @property
    def key(self) -> tuple[str, str]:
        return self.parts.get("msgctxt", ""), self.parts.get("msgid", "")

    @property
    def originals(self) -> list[str]:
        plural = self.parts.get("msgid_plural")
        return [self.parts["msgid"]] + ([plural] if plural is not None else [])

    @property
    def translations(self) -> list[str]:
        return [text for key, text in self.parts.items() if key.startswith("msgstr")]


def unescaped(text: str) -> str:
    return ESCAPE.sub(
        lambda found: {"n": "\n", "t": "\t"}.get(found[1], found[1]), text
    )


def message(block: str) -> Message:
    found, last = Message(), ""
    for line in block.splitlines():
        if line.startswith("#,"):
            found.fuzzy = "fuzzy" in line
        elif keyword := KEYWORD.match(line):
            last = keyword[1]
            found.parts[last] = unescaped(keyword[2])
        elif line.startswith('"'):
            found.parts[last] += unescaped(line[1:-1])
    return found


def messages(path: Path) -> Iterator[Message]:
    """The entries without the header, nor those that no source uses any more."""
    for block in re.split(r"\n\s*\n", path.read_text(encoding="utf-8")):
        found = message(block)
        if found.key[1]:
            yield found


def catalogues() -> list[Path]:
    """django.po of every language, and what we add to Wagtail's words."""
    found = sorted((ROOT / "locale").rglob("*.po"))
    assert {path.parents[1].name for path in found} == set(LANGUAGES)
    return found


def name(path: Path) -> str:
    return str(path.relative_to(ROOT / "locale"))


@pytest.mark.parametrize("path", catalogues(), ids=name)
def test_nothing_is_untranslated_or_only_guessed(path):
    found = list(messages(path))

    assert found
    assert [m.key for m in found if not m.translations or "" in m.translations] == []
    assert [m.key for m in found if m.fuzzy] == []
    assert len({m.key for m in found}) == len(found)


@pytest.mark.parametrize("path", catalogues(), ids=name)
def test_a_translation_has_the_placeholders_of_its_original(path):
    wrong = []
    for found in messages(path):
        # The singular may do without the number ("one day late"), the plural may not.
        wanted = sorted(PLACEHOLDER.findall(found.originals[-1]))
        for text in found.translations:
            if text and sorted(PLACEHOLDER.findall(text)) != wanted:
                wrong.append((found.originals[-1], text))

    assert wrong == []


@pytest.mark.skipif(
    not all(map(shutil.which, TOOLS)), reason="GNU gettext is not installed"
)
def test_no_sentence_of_the_sources_is_missing(tmp_path):
    # A copy, because makemessages writes beside what it reads.
    ignore = shutil.ignore_patterns("__pycache__", "*.mo")
    for folder in (*SOURCES, "locale"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=ignore)
    shutil.copy(ROOT / "manage.py", tmp_path)

    subprocess.run(
        [sys.executable, "manage.py", *COLLECT, "--locale=vi"],
        cwd=tmp_path,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "cms.settings.test"},
        check=True,
        capture_output=True,
        timeout=60,
    )

    used = {found.key for found in messages(tmp_path / "locale" / "django.pot")}
    assert used
    for language in LANGUAGES:
        catalogue = ROOT / "locale" / language / "LC_MESSAGES" / "django.po"
        assert used - {found.key for found in messages(catalogue)} == set(), language


def in_formatted_strings(source: str) -> Iterator[str]:
    """What is translated inside an f-string, where xgettext does not look."""
    for outer in ast.walk(ast.parse(source)):
        if isinstance(outer, ast.JoinedStr):
            for call in ast.walk(outer):
                match call:
                    case ast.Call(ast.Name("_" | "gettext"), [ast.Constant(str(text))]):
                        yield text


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_hides_in_a_formatted_string_is_translated_too(language):
    files = [p for folder in SOURCES for p in (ROOT / folder).rglob("*.py")]
    # The first screen of the demo speaks English to everybody.
    sources = [p.read_text("utf-8") for p in files if "demo" not in p.parts]

    used = {("", text) for one in sources for text in in_formatted_strings(one)}

    assert used
    assert used - translated(ROOT / "locale", language, "django") == set()


@pytest.mark.parametrize("domain", ["django", "djangojs"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_we_add_to_wagtail_only_what_it_asks_for_and_lacks(language, domain):
    added = translated(ROOT / "locale/wagtail", language, domain)

    assert added - keys(WAGTAIL, "en", domain) == set()
    assert added & translated(WAGTAIL, language, domain) - MISSPELLED == set()


@pytest.mark.parametrize("domain", ["django", "djangojs"])
def test_no_word_of_wagtail_is_vietnamese_among_chinese_ones(domain):
    # Django falls back to the site's language, which is Vietnamese, not to English.
    vietnamese, chinese = (
        translated(WAGTAIL, language, domain)
        | translated(ROOT / "locale", language, domain)
        for language in LANGUAGES
    )

    assert vietnamese - chinese == set()


def catalogue_messages(folder: Path, language: str, domain: str) -> Iterator[Message]:
    for path in folder.rglob(f"{language}/LC_MESSAGES/{domain}.po"):
        yield from messages(path)


def keys(folder: Path, language: str, domain: str) -> set[tuple[str, str]]:
    return {found.key for found in catalogue_messages(folder, language, domain)}


def translated(folder: Path, language: str, domain: str) -> set[tuple[str, str]]:
    return {
        found.key
        for found in catalogue_messages(folder, language, domain)
        if any(found.translations) and not found.fuzzy
    }
