from __future__ import annotations

import io
from pathlib import Path

from django.core.management import call_command

from documents.samples import HOA_THUAN, school_workbooks


def test_the_files_of_a_school_are_written_and_named(tmp_path: Path):
    out = io.StringIO()

    call_command("write_samples", to=tmp_path / "new", school="hoa-thuan", stdout=out)

    expected = school_workbooks(HOA_THUAN)
    written = {path.name: path.read_bytes() for path in (tmp_path / "new").iterdir()}
    assert written == expected
    assert out.getvalue().split() == [str(tmp_path / "new" / n) for n in expected]
