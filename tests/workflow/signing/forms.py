"""A two-page form with the fields of a record, made as signing.md says.

For what must be seen without the printed form: unit tests of signing and verifying.
The end-to-end test uses the real one.
"""

from __future__ import annotations

from typing import Any

import pydyf
from weasyprint import Attachment, HTML

PAGE = """<section><h1>Trang {number}</h1>
<form><label for=d{number}>Ngày hiệu lực</label>
<input class=date type=checkbox id=d{number} name=effective_date_{number}></form>
{signatures}</section>"""
SIGNATURES = """<form><label for=head>Hiệu trưởng</label>
<input class=sig type=checkbox id=head name=head></form>
<form><label for=seal>Con dấu</label>
<input class=sig type=checkbox id=seal name=seal></form>"""
STYLE = """<style>
@page { size: A4; margin: 20mm }
section { break-after: page }
input { appearance: auto; display: inline-block }
.sig { width: 180pt; height: 60pt }
.date { width: 120pt; height: 14pt }
</style>"""
RECORD_JSON = '{"name":"Nguyễn Thị Hòa","overall":"T"}'.encode()


def make_form(*, pages: int = 2, record: bytes = RECORD_JSON) -> bytes:
    """A PDF/A-3a with the fields ``head``, ``seal`` and a date on each page."""
    body = "".join(
        PAGE.format(number=number, signatures=SIGNATURES if number == pages else "")
        for number in range(1, pages + 1)
    )
    html = f"<html lang=vi><head><title>Học bạ</title>{STYLE}</head><body>{body}</body>"
    attachment = Attachment(string=record, name="record.json", relationship="Data")
    pdf = HTML(string=html).write_pdf(
        pdf_variant="pdf/a-3a",
        pdf_forms=True,
        attachments=[attachment],
        finisher=reserve_fields,
    )
    return bytes(pdf)


def make_stamp(text: str, *, width: int = 180, height: int = 60) -> bytes:
    """A one-page PDF as large as the field that shows it."""
    style = f"@page {{ size: {width}pt {height}pt; margin: 2pt }} body {{ margin: 0; "
    html = f"<style>{style} font: 8pt serif }}</style><body>{text}"
    return bytes(HTML(string=html).write_pdf())


def reserve_fields(document: Any, pdf: pydyf.PDF) -> None:
    form = pdf.catalog["AcroForm"]
    form.pop("NeedAppearances", None)
    form.pop("DR", None)
    form["SigFlags"] = 1
    for item in [one for one in pdf.objects if isinstance(one, pydyf.Dictionary)]:
        if item.get("Subtype") == "/Widget":
            reserve_field(pdf, item)
        if item.get("S") == "/Form":
            item["K"] = unwrapped(item["K"])


def unwrapped(kids: Any) -> Any:
    return kids[0] if isinstance(kids, list) and len(kids) == 1 else kids


def reserve_field(pdf: pydyf.PDF, field: pydyf.Dictionary) -> None:
    for key in ("AS", "V", "MK", "Border", "DA", "DV", "Ff", "Opt"):
        field.pop(key, None)
    left, bottom, right, top = (round(float(edge)) for edge in field["Rect"])
    field["Rect"] = pydyf.Array([left, bottom, right, top])
    appearance = pydyf.Stream(
        [],
        {
            "Type": "/XObject",
            "Subtype": "/Form",
            "BBox": pydyf.Array([0, abs(top - bottom), abs(right - left), 0]),
            "Resources": pydyf.Dictionary(),
        },
    )
    pdf.add_object(appearance)
    field["AP"] = pydyf.Dictionary({"N": appearance.reference})
    if b"effective" in field["T"].data:
        field.update({"FT": "/Tx", "F": 4, "Ff": 1})
    else:
        field.update({"FT": "/Sig", "F": 132})
