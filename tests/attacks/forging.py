"""How a signed record is forged: each function spoils it in one way.

The changes take the writer of a new revision; what takes bytes says so.
"""

from __future__ import annotations

import re
import struct
from io import BytesIO

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name, pdf_string
from pyhanko.pdf_utils.reader import PdfFileReader

from workflow.signing.reading import RecordReader
from workflow.signing.update import RecordUpdate

DICTIONARY = generic.DictionaryObject


def updated(pdf: bytes, change) -> bytes:
    """``pdf`` with one revision more in which ``change(writer)`` was done."""
    writer = RecordUpdate(BytesIO(pdf), prev=RecordReader(pdf))
    change(writer)
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def first_page(writer):
    page = writer.root["/Pages"]["/Kids"][0].get_object()
    while page["/Type"] == "/Pages":
        page = page["/Kids"][0].get_object()
    return page


def field(writer, name):
    for reference in writer.root["/AcroForm"]["/Fields"]:
        if reference.get_object()["/T"] == name:
            return reference.get_object()
    raise LookupError(name)


def stream(data: bytes, **entries) -> generic.StreamObject:
    names = {pdf_name(f"/{key}"): value for key, value in entries.items()}
    return generic.StreamObject(names, stream_data=data)


def drawing(writer):
    box = generic.ArrayObject(map(generic.NumberObject, (0, 0, 180, 60)))
    form = {"Type": pdf_name("/XObject"), "Subtype": pdf_name("/Form"), "BBox": box}
    return writer.add_object(stream(b"0 0 180 60 re f", **form))


def repaint_page(writer):
    page = first_page(writer)
    page["/Contents"] = writer.add_object(stream(b"0 0 600 800 re f"))
    writer.update_container(page)


def repaint_content_in_place(writer):
    reference = first_page(writer).raw_get("/Contents").reference
    writer.objects[(reference.generation, reference.idnum)] = stream(b"0 0 9 9 re f")


def replace_font(writer):
    fonts = first_page(writer)["/Resources"]["/Font"]
    font = next(iter(fonts.values())).get_object()
    font["/BaseFont"] = pdf_name("/Other")
    writer.update_container(font)


def grow_page(writer):
    page = first_page(writer)
    page["/Rotate"] = generic.NumberObject(180)
    writer.update_container(page)


def add_page(writer):
    pages = writer.root["/Pages"]
    page = DICTIONARY(first_page(writer))
    pages["/Kids"].append(writer.add_object(page))
    pages["/Count"] = generic.NumberObject(int(pages["/Count"]) + 1)
    writer.update_container(pages)
    writer.update_container(pages["/Kids"])


def swap_page_tree(writer):
    writer.root["/Pages"] = writer.add_object(DICTIONARY(writer.root["/Pages"]))
    writer.update_root()


def add_note(writer):
    page = first_page(writer)
    rectangle = generic.ArrayObject(map(generic.NumberObject, (0, 0, 500, 700)))
    note = {"/Type": pdf_name("/Annot"), "/Subtype": pdf_name("/Stamp")}
    box = DICTIONARY({pdf_name(key): value for key, value in note.items()})
    box["/Rect"] = rectangle
    box["/AP"] = DICTIONARY({pdf_name("/N"): drawing(writer)})
    notes = list(page["/Annots"]) if "/Annots" in page else []
    page["/Annots"] = generic.ArrayObject([*notes, writer.add_object(box)])
    writer.update_container(page)


def repaint_block(writer):
    head = field(writer, "head")
    head["/AP"] = DICTIONARY({pdf_name("/N"): drawing(writer)})
    writer.update_container(head)


def repaint_block_in_place(writer):
    reference = field(writer, "head")["/AP"].raw_get("/N").reference
    old = reference.get_object()
    new = generic.StreamObject(dict(old), stream_data=b"0 0 9 9 re f")
    writer.objects[(reference.generation, reference.idnum)] = new


def enlarge_block(writer):
    head = field(writer, "head")
    head["/Rect"] = generic.ArrayObject(map(generic.NumberObject, (0, 0, 595, 842)))
    writer.update_container(head)


def remove_signature(writer):
    seal = field(writer, "seal")
    del seal["/V"]
    writer.update_container(seal)


def swap_signatures(writer):
    head, seal = field(writer, "head"), field(writer, "seal")
    mine, theirs = head.raw_get("/V"), seal.raw_get("/V")
    head["/V"], seal["/V"] = theirs, mine
    writer.update_container(head)
    writer.update_container(seal)


def remove_field(writer):
    form = writer.root["/AcroForm"]
    form["/Fields"] = generic.ArrayObject(list(form["/Fields"])[1:])
    writer.update_container(form)
    writer.update_root()


def rename_holder(writer):
    seal = field(writer, "seal")["/V"]
    seal["/Name"] = pdf_string("Trường khác")
    writer.update_container(seal)


def swap_attachment(writer):
    names = writer.root["/Names"]["/EmbeddedFiles"]["/Names"]
    reference = names[1].get_object()["/EF"].raw_get("/F").reference
    writer.objects[(reference.generation, reference.idnum)] = stream(b'{"forged":1}')


def add_attachment(writer):
    names = writer.root["/Names"]["/EmbeddedFiles"]
    copy = DICTIONARY(names["/Names"][1].get_object())
    content = stream(b'{"forged":1}', Type=pdf_name("/EmbeddedFile"))
    copy["/EF"] = DICTIONARY({pdf_name("/F"): writer.add_object(content)})
    names["/Names"] = generic.ArrayObject(
        [*names["/Names"], pdf_string("zzz"), writer.add_object(copy)]
    )
    writer.update_container(names)
    writer.update_root()


def act_on_opening(writer):
    action = DICTIONARY({pdf_name("/S"): pdf_name("/JavaScript")})
    action["/JS"] = pdf_string("app.alert(1)")
    writer.root["/OpenAction"] = action
    writer.update_root()


def add_metadata(writer):
    writer.root["/Metadata"] = writer.add_object(stream(b"<x/>"))
    writer.update_root()


def need_appearances(writer):
    form = writer.root["/AcroForm"]
    form["/NeedAppearances"] = generic.BooleanObject(True)
    writer.update_container(form)
    writer.update_root()


def change_date(writer):
    date = field(writer, "effective_date")["/Kids"][0].get_object()
    date["/V"] = pdf_string("Có hiệu lực từ: 10/07/2020")
    writer.update_container(date)


def other_information(writer):
    title = DICTIONARY({pdf_name("/Title"): pdf_string("Another record")})
    writer.set_info(title)


def unused_object(writer):
    writer.add_object(stream(b"nothing shows this"))


# ── what no writer would write ──────────────────────────────────────────────────────


def appended(
    pdf: bytes, entries: dict[int, bytes], *, prev: int, body: bytes = b""
) -> bytes:
    """``pdf`` with a table by hand: ``entries`` say where objects stand from now on.

    An entry is seven bytes: type, place, index (ISO 32000-1 §7.5.8).
    """
    reader = PdfFileReader(BytesIO(pdf))
    size = int(reader.trailer["/Size"])
    root = reader.trailer.raw_get("/Root").reference
    one, two = reader.trailer["/ID"][0].original_bytes, b"\0" * 16
    place = len(pdf) + len(body)
    entries = entries | {size: in_use(place)}
    rows = b"".join(entries[number] for number in sorted(entries))
    index = b" ".join(b"%d 1" % number for number in sorted(entries))
    table: bytes = (
        b"%d 0 obj\n<</Type/XRef/Size %d/W[1 4 2]/Index[%s]/Root %d 0 R/Prev %d"
        b"/ID[<%s><%s>]/Length %d>>\nstream\n%s\nendstream\nendobj\n"
        % (
            size,
            size + 1,
            index,
            root.idnum,
            prev,
            one.hex().encode(),
            two.hex().encode(),
            len(rows),
            rows,
        )
    )
    return pdf + body + table + b"startxref\n%d\n%%%%EOF\n" % place


def in_use(place: int) -> bytes:
    return struct.pack(">BIH", 1, place, 0)


def states(pdf: bytes) -> list[int]:
    """Where the tables of all saved states stand, the first state first."""
    return [int(place) for place in re.findall(rb"startxref\s+(\d+)", pdf)]


def number_of(pdf: bytes, name: str) -> int:
    """The object number of a field."""
    reader = PdfFileReader(BytesIO(pdf))
    for reference in list(reader.root["/AcroForm"]["/Fields"]):
        if reference.get_object()["/T"] == name:
            return int(reference.idnum)
    raise LookupError(name)


def hide_all_signatures(pdf: bytes) -> bytes:
    """The newest state follows the printed form; the signed states are skipped."""
    return appended(pdf, {}, prev=states(pdf)[0])


def hide_the_last_state(pdf: bytes) -> bytes:
    return appended(pdf, {}, prev=states(pdf)[-2])


def bring_back_the_unsigned_field(pdf: bytes) -> bytes:
    """The object of the seal is again the one of the printed form."""
    number = number_of(pdf, "seal")
    reader = PdfFileReader(BytesIO(pdf))
    old = reader.xrefs.get_historical_ref(generic.Reference(number, 0), 0)
    entry = struct.pack(">BIH", 2, old.obj_stream_id, old.ix_in_stream)
    return appended(pdf, {number: entry}, prev=states(pdf)[-1])


def show_what_was_prepared(pdf: bytes) -> bytes:
    """A shadow: the page's content was there twice, now the other one counts."""
    reader = PdfFileReader(BytesIO(pdf))
    page = first_page(reader)
    number = page.raw_get("/Contents").idnum
    shadow = b"%d 0 obj\n<</Length 15>>\nstream\n0 0 600 800 re f\nendstream\nendobj\n"
    body = shadow.replace(b"Length 15", b"Length 16") % number
    return appended(pdf, {number: in_use(len(pdf))}, prev=states(pdf)[-1], body=body)


def free_the_seal(pdf: bytes) -> bytes:
    """The object of the seal's field is declared not to exist."""
    number = number_of(pdf, "seal")
    entry = struct.pack(">BIH", 0, 0, 1)
    return appended(pdf, {number: entry}, prev=states(pdf)[-1])


def cover_with_a_layer(writer):
    """A shadow: something that hides the page is switched on by the catalogue."""
    group = DICTIONARY({pdf_name("/Type"): pdf_name("/OCG")})
    group["/Name"] = pdf_string("cover")
    reference = writer.add_object(group)
    shown = DICTIONARY({pdf_name("/ON"): generic.ArrayObject([reference])})
    properties = DICTIONARY({pdf_name("/D"): shown})
    properties["/OCGs"] = generic.ArrayObject([reference])
    writer.root["/OCProperties"] = properties
    writer.update_root()


def replace_shared_font(writer):
    """A shadow: the letters are the same, their shapes are others."""
    fonts = first_page(writer)["/Resources"]["/Font"]
    font = next(iter(fonts.values())).get_object()
    descendant = font["/DescendantFonts"][0].get_object()
    descriptor = descendant["/FontDescriptor"]
    for key in ("/FontFile2", "/FontFile3"):
        if key in descriptor:
            descriptor[key] = writer.add_object(stream(b"other shapes"))
    writer.update_container(descriptor)


def submit_the_form(writer):
    """A field that does something when it is clicked."""
    seal = field(writer, "seal")
    action = DICTIONARY({pdf_name("/S"): pdf_name("/SubmitForm")})
    seal["/A"] = action
    writer.update_container(seal)


def name_a_page_action(writer):
    page = first_page(writer)
    action = DICTIONARY({pdf_name("/S"): pdf_name("/JavaScript")})
    action["/JS"] = pdf_string("app.alert(1)")
    page["/AA"] = DICTIONARY({pdf_name("/O"): action})
    writer.update_container(page)


def loosen_the_certification(writer):
    """Pretend that the head allowed annotations too."""
    transform = writer.root["/Perms"]["/DocMDP"]["/Reference"][0].get_object()
    transform["/TransformParams"]["/P"] = generic.NumberObject(3)
    writer.update_container(transform)


def drop_the_certification(writer):
    del writer.root["/Perms"]
    writer.update_root()


def empty_the_evidence(writer):
    """The store of validation data becomes something else."""
    writer.root["/DSS"] = writer.add_object(
        DICTIONARY({pdf_name("/JavaScript"): pdf_string("app.alert(1)")})
    )
    writer.update_root()
