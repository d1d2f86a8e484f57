from __future__ import annotations

from pathlib import Path

from documents.management.commands.print_machine import lines

PAGE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "machine.md"


def test_the_page_shows_the_machine_as_it_is() -> None:
    assert PAGE.read_text(encoding="utf-8").splitlines() == lines()
