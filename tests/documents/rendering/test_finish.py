from __future__ import annotations

import json
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from documents.rendering import EFFECTIVE_DATE_SIZE, SIGNATURE_SIZE, render_pdf

from .sheets import form_input, year_sheet

PRINTED = 4
READ_ONLY = 1


@cache
def objects() -> dict[str, Any]:
    """Every object of an ordinary file as qpdf reads it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sheet.pdf"
        path.write_bytes(render_pdf(form_input(year_sheet())))
        command = ["qpdf", "--json=2", "--json-key=qpdf", str(path)]
        done = subprocess.run(command, capture_output=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)["qpdf"][1]
    return found


def resolve(reference: Any) -> Any:
    entry = objects().get(f"obj:{reference}", {})
    return entry.get("value") or entry.get("stream", {}).get("dict")


def catalog() -> Any:
    return resolve(objects()["trailer"]["value"]["/Root"])


def fields() -> dict[str, Any]:
    """The top-level fields of the form by name."""
    found = [resolve(field) for field in catalog()["/AcroForm"]["/Fields"]]
    return {field["/T"].removeprefix("u:"): field for field in found}


def catalog_pages() -> list[Any]:
    return list(resolve(catalog()["/Pages"])["/Kids"])


def test_the_signature_fields_stand_empty_on_the_last_page():
    last_page = catalog_pages()[-1]

    for name in ("head", "seal"):
        field = fields()[name]
        assert field["/FT"] == "/Sig"
        assert field["/F"] == PRINTED
        assert field["/P"] == last_page
        assert "/V" not in field
        assert "/TU" in field


def test_every_page_has_its_own_read_only_effective_date():
    kids = [resolve(kid) for kid in fields()["effective_date"]["/Kids"]]

    assert [kid["/P"] for kid in kids] == catalog_pages()
    assert [kid["/T"] for kid in kids] == [f"u:page{n}" for n in range(1, 7)]
    for kid in kids:
        assert (kid["/FT"], kid["/Ff"], kid["/V"]) == ("/Tx", READ_ONLY, "u:")
        assert "/TU" in kid


def test_an_empty_appearance_fits_its_rectangle_in_whole_points():
    signatures = [fields()["head"], fields()["seal"]]
    dates = [resolve(kid) for kid in fields()["effective_date"]["/Kids"]]
    sizes = [SIGNATURE_SIZE] * 2 + [EFFECTIVE_DATE_SIZE] * 6

    for widget, size in zip(signatures + dates, sizes, strict=True):
        left, bottom, right, top = widget["/Rect"]
        box = resolve(widget["/AP"]["/N"])["/BBox"]
        assert all(isinstance(value, int) for value in widget["/Rect"])
        assert (right - left, top - bottom) == size
        assert box == [0, top - bottom, right - left, 0]


def test_the_form_asks_no_reader_to_draw_anything():
    form = catalog()["/AcroForm"]

    assert form["/SigFlags"] == 1
    assert "/NeedAppearances" not in form
    assert "/DR" not in form


def test_each_widget_hangs_directly_below_its_structure_element():
    values = [entry.get("value") for entry in objects().values()]
    elements = [
        value
        for value in values
        if isinstance(value, dict) and value.get("/S") == "/Form"
    ]

    assert len(elements) == 8
    for element in elements:
        assert resolve(element["/K"])["/Type"] == "/OBJR"


def test_the_attachment_is_named_once_as_data():
    files = catalog()["/AF"]

    assert len(files) == 1
    assert resolve(files[0])["/AFRelationship"] == "/Data"
