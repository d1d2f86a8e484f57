"""A record that came as signed data alone: what is given out as its file."""

from __future__ import annotations

import subprocess
from io import BytesIO
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from pikepdf import Pdf

from documents.exchange.reading import open_record
from documents.exchange.records import RecordPacket
from documents.models import Artifact, Record, Unit
from documents.printing import form_input
from documents.rendering import CopyNote, render_pdf
from tests.factories import NOW, make_guardian
from tests.workflow.services.exchange.parcels import (
    DEPARTMENT,
    give_seal,
    parcel,
    record_xml,
)
from workflow.services import lock_record, record_pdf
from workflow.services.effective import NotIssued
from workflow.services.evidence.verdicts import verdict_of_file
from workflow.services.exchange.receiving import receive_package
from workflow.services.printing import Pages, printable, printed

RECORD = "1f8fad5bd9cb469fa16570867728950e"
TODAY = timezone.localtime(NOW).strftime("%d/%m/%Y")
OTHER = "2f8fad5bd9cb469fa16570867728950e"


@pytest.fixture
def record(units: dict[str, Unit]) -> Record:
    """As the department has it: the data, and no page."""
    give_seal(units["dong-thap"], DEPARTMENT)
    receive_package(data=parcel(record_xml(RECORD)), by=None, at=NOW)
    return Record.objects.get()


def text_of(pdf: bytes) -> str:
    done = subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True
    )
    return " ".join(done.stdout.decode().split())


def attached(pdf: bytes) -> dict[str, bytes]:
    with Pdf.open(BytesIO(pdf)) as file:
        return {
            name: file.attachments[name].get_file().read_bytes()
            for name in file.attachments
        }


def test_the_copy_says_on_each_sheet_that_it_is_one_and_who_signed_the_data(record):
    pdf = record_pdf(record)

    text = text_of(pdf)
    with Pdf.open(BytesIO(pdf)) as file:
        sheets, form = len(file.pages), "/AcroForm" in file.Root
    notice = f"BẢN SAO do Sở GDĐT dong-thap lập ngày {TODAY} từ dữ liệu học bạ"
    assert text.count(notice) == sheets == text.count("các trang in không mang chữ ký")
    assert not form
    assert f"Đã ký số dữ liệu học bạ: Nguyễn Thị Hòa, {TODAY}" in text
    assert f"Đã đóng dấu số dữ liệu học bạ: Trường, {TODAY}" in text
    assert "Lê Thị Bé" in text


def test_the_copy_carries_the_signed_data_byte_for_byte(record):
    found = attached(record_pdf(record))

    assert found["hoc-ba.xml"] == record_xml(RECORD)
    assert found["record.json"] == record.current.canonical.encode()


def test_the_copy_of_a_record_in_effect_says_since_when(record, officer):
    lock_record(record_id=record.pk, by=officer, at=NOW)
    record.refresh_from_db()

    text = text_of(record_pdf(record))

    assert f"Có hiệu lực từ: {TODAY}" in text


def test_the_verifier_says_that_the_pages_are_a_copy_and_who_signed_the_data(record):
    answer = verdict_of_file(record_pdf(record), NOW)

    assert answer.verdict == "unknown"
    assert [reason.code for reason in answer.reasons] == ["pages_not_signed"]
    assert "Nobody has signed these pages" in str(answer.reasons[0].sentence)
    assert {one.field for one in answer.signatures if one.intact and one.trusted} == {
        "GVBM",
        "GVCN",
        "CBQL",
        "KY_PHAT_HANH",
    }
    assert all(one.in_packet for one in answer.signatures)


def copy_with(record: Record, packet: bytes) -> bytes:
    note = CopyNote(made_by="Trường", made_on=timezone.localdate(NOW))
    assert record.current is not None
    return render_pdf(form_input(record.current, packet=packet, copy=note))


def unsigned(data: bytes) -> bytes:
    signed = open_record(data)
    return RecordPacket.write(signed.header, signed.content).to_bytes()


def spoilt(data: bytes) -> bytes:
    return data.replace(b"<MUC_DAT>H<", b"<MUC_DAT>T<", 1)


@pytest.mark.parametrize(
    ("packet", "code"),
    [
        (lambda: spoilt(record_xml(RECORD)), "record_digest_wrong"),
        (lambda: record_xml(OTHER, comment="khác"), "packet_differs"),
        (lambda: record_xml(RECORD)[:900], "packet_unreadable"),
        (lambda: unsigned(record_xml(RECORD)), "not_signed"),
    ],
)
def test_a_copy_of_anything_else_is_never_authentic(record, packet, code):
    answer = verdict_of_file(copy_with(record, packet()), NOW)

    assert answer.verdict != "authentic"
    assert code in {reason.code for reason in answer.reasons}


def test_the_copy_is_made_anew_and_kept_nowhere(record):
    first = record_pdf(record)

    assert first == record_pdf(record)
    assert list(Artifact.objects.values_list("purpose", flat=True)) == ["packet"]


def test_what_is_no_record_any_more_has_no_copy(record):
    Record.objects.filter(pk=record.pk).update(state="draft")

    with pytest.raises(NotIssued):
        record_pdf(Record.objects.get())


def test_officer_and_parent_get_the_copy_where_they_ask_for_the_file(
    record, officer, client
):
    parent = make_guardian("parent", record.book.pupil)
    found: dict[str, Any] = {}
    for user, name in ((officer, "staff:file"), (parent, "portal:record-pdf")):
        client.force_login(user)
        found[name] = client.get(reverse(name, args=[record.uuid]))
    client.force_login(officer)
    verdict = client.get(reverse("staff:verdict", args=[record.uuid]))

    for response in found.values():
        assert response.status_code == 200
        assert response["Content-Type"] == "application/pdf"
        assert "BẢN SAO" in text_of(response.content)
    assert verdict.context["answer"].reasons[0].code == "pages_not_signed"


def test_paper_copies_of_a_class_are_copies_too(record):
    pdf = printed(
        printable(Record.objects.all()), pages=Pages.ALL, both_sides=False, copies=1
    )

    assert "BẢN SAO" in text_of(pdf)
