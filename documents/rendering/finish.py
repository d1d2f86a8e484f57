"""What WeasyPrint's PDF/A-3a lacks for PDF/UA-1 and for fields that are signed later.

Found by trying; veraPDF and pyHanko's difference policy are the judges.
"""

from __future__ import annotations

from collections.abc import Iterator

import pydyf
from weasyprint import Document

PRINTED = 4  # the annotation flag Print; all others off
READ_ONLY = 1
SIGNATURES_EXIST = 1
STAMP_TEXT = "/HocbaSerif 9 Tf 0 g"

# PDF/A-3 accepts a property outside its own schemas only with a description.
UA_METADATA = b"""\
<rdf:Description xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" rdf:about="" \
pdfuaid:part="1"/>\
<rdf:Description xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/" \
xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" \
xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#" rdf:about="">\
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">\
<pdfaSchema:schema>PDF/UA identification</pdfaSchema:schema>\
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>\
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>\
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">\
<pdfaProperty:name>part</pdfaProperty:name>\
<pdfaProperty:valueType>Integer</pdfaProperty:valueType>\
<pdfaProperty:category>internal</pdfaProperty:category>\
<pdfaProperty:description>Part of PDF/UA</pdfaProperty:description>\
</rdf:li></rdf:Seq></pdfaSchema:property></rdf:li></rdf:Bag>\
</pdfaExtension:schemas></rdf:Description>"""


def finish(document: Document, pdf: pydyf.PDF) -> None:
    """Make the file PDF/UA-1 too, and its check boxes what they stand for.

    A check box is the only input for which WeasyPrint builds name, description and
    structure but no font. One named ``head`` becomes the empty signature field of
    that name; one named ``effective_date.page3`` a read-only text field inside the
    field ``effective_date``. Fields must exist before the first signature: one that
    is added later makes the earlier signatures look changed.
    """
    _declare_accessibility(pdf)
    _unique_associated_files(pdf)
    if "AcroForm" in pdf.catalog:
        _make_fields(pdf)
        _link_structure(pdf)


def _object(pdf: pydyf.PDF, reference: bytes) -> pydyf.Object:
    return pdf.objects[int(reference.split()[0])]


def _declare_accessibility(pdf: pydyf.PDF) -> None:
    stream = _object(pdf, pdf.catalog["Metadata"]).stream
    end = b"</rdf:RDF>"
    stream[0] = stream[0].replace(end, UA_METADATA + end)


def _unique_associated_files(pdf: pydyf.PDF) -> None:
    """WeasyPrint names an attachment twice."""
    if "AF" in pdf.catalog:
        pdf.catalog["AF"] = pydyf.Array(dict.fromkeys(pdf.catalog["AF"]))


def _make_fields(pdf: pydyf.PDF) -> None:
    form = pdf.catalog["AcroForm"]
    fields = [_object(pdf, reference) for reference in form["Fields"]]
    form.clear()
    form["SigFlags"] = SIGNATURES_EXIST
    form["Fields"] = pydyf.Array()
    parents: dict[str, pydyf.Dictionary] = {}
    for field in fields:
        _empty_appearance(pdf, field)
        parent, _, name = field["T"].string.rpartition(".")
        if parent:
            _make_text(field, name)
            _adopt(pdf, parents, parent, field)
        else:
            field["FT"] = "/Sig"
            form["Fields"].append(field.reference)


def _empty_appearance(pdf: pydyf.PDF, field: pydyf.Dictionary) -> None:
    """An appearance that shows nothing, in integers.

    The box is exactly ``[0 h w 0]``, the order in which pyHanko writes it: else a
    validator sees a change when the next person signs.
    """
    checked = _object(pdf, field["AP"]["N"]["on"])
    for key in ("AS", "V", "MK", "Border"):
        del field[key]
    x1, y2, x2, y1 = field["Rect"]
    left, bottom, width, height = (round(v) for v in (x1, y1, x2 - x1, y2 - y1))
    field["Rect"] = pydyf.Array((left, bottom, left + width, bottom + height))
    field["F"] = PRINTED
    field["AP"]["N"] = checked.reference
    checked.stream.clear()
    del checked.extra["Resources"]
    checked.extra["BBox"] = pydyf.Array((0, height, width, 0))


def _make_text(field: pydyf.Dictionary, name: str) -> None:
    field["FT"] = "/Tx"
    field["Ff"] = READ_ONLY
    field["T"] = pydyf.String(name)
    field["V"] = pydyf.String("")
    field["DA"] = pydyf.String(STAMP_TEXT)


def _adopt(
    pdf: pydyf.PDF,
    parents: dict[str, pydyf.Dictionary],
    name: str,
    field: pydyf.Dictionary,
) -> None:
    """Put ``field`` below the field ``name``, which is made at its first child.

    Each page's widget is a field with a name of its own: of widgets without one the
    difference policy allows no change at all.
    """
    if name not in parents:
        parents[name] = pydyf.Dictionary(
            {"T": pydyf.String(name), "Kids": pydyf.Array()}
        )
        pdf.add_object(parents[name])
        pdf.catalog["AcroForm"]["Fields"].append(parents[name].reference)
    parents[name]["Kids"].append(field.reference)
    field["Parent"] = parents[name].reference


def _link_structure(pdf: pydyf.PDF) -> None:
    """pyHanko's difference policy knows a widget at ``…K.Obj`` only, not ``K[0]``."""
    for element in _form_elements(pdf):
        (element["K"],) = element["K"]


def _form_elements(pdf: pydyf.PDF) -> Iterator[pydyf.Dictionary]:
    for candidate in pdf.objects:
        if isinstance(candidate, pydyf.Dictionary) and candidate.get("S") == "/Form":
            yield candidate
