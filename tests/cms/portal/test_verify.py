from __future__ import annotations

import json
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from cms.portal.limits import CODES, FILES
from cms.portal.verdict_page import masked
from cms.portal.verify import MAX_BODY, MAX_FILE
from documents import storage
from documents.models import Record
from workflow.services import recall_record
from workflow.services.effective import record_pdf

NOBODY = "f" * 32


def code_of(record: Record) -> str:
    return record.book.lookup_code


def send(client: Client, data: bytes, name: str = "hoc-ba.pdf"):
    file = SimpleUploadedFile(name, data, content_type="application/pdf")
    return client.post("/verify/", {"code": "", "file": file})


def secrets_of(record: Record) -> list[str]:
    """What must never be shown to a stranger: taken from the content itself."""
    assert record.current is not None
    content = json.loads(record.current.canonical)
    pupil = content["pupil"]
    marks = [*content["subjects"].values(), *content["qualities"].values()]
    comments = [mark["comment"] for mark in marks if mark["comment"]]
    year, month, day = pupil["birth_date"].split("-")
    birth = [pupil["birth_date"], f"{day}/{month}/{year}"]
    words = [pupil["name"], pupil["name"].split()[-1], pupil["code"]]
    found = [*comments, *birth, *words, pupil["personal_number"]]
    assert len(comments) > 5
    return [word for word in found if word]


def assert_nothing_private(response, record: Record) -> None:
    text = response.content.decode()
    # What is random may hold anything: the token of the form, codes, digests.
    text = re.sub(r"[0-9A-Za-z_-]{24,}|[0-9a-f]{4}( [0-9a-f]{4})+", "", text)
    assert [secret for secret in secrets_of(record) if secret in text] == []
    assert record.school_class.name not in text


def test_a_locked_record_is_official_and_nothing_private_is_shown(
    client, locked_record
):
    response = client.get(f"/verify/{code_of(locked_record)}")

    assert response.status_code == 200
    assert response.context["page"].mark == "authentic"
    assert "This code belongs to an official record." in response.text
    assert "Lê Văn Bình" in response.text
    assert "Trường Tiểu học Mỹ Ngãi" in response.text
    assert "N. T. H***" in response.text
    assert_nothing_private(response, locked_record)


def test_before_the_lock_the_page_says_that_it_is_not_yet_in_effect(
    client, signed_record
):
    response = client.get(f"/verify/{code_of(signed_record)}")

    assert response.context["page"].mark == "authentic"
    assert "Not yet in effect" in response.text


def test_a_recalled_record_was_withdrawn_and_its_file_as_well(
    client, signed_record, head
):
    pdf = record_pdf(signed_record)
    recall_record(record_id=signed_record.pk, by=head, reason="Sai tên")

    by_code = client.get(f"/verify/{code_of(signed_record)}")
    by_file = send(client, pdf)

    for response in (by_code, by_file):
        assert response.context["page"].mark == "superseded"
        assert "This version was withdrawn on" in response.text
        assert "Sai tên" not in response.text
        assert_nothing_private(response, signed_record)


def test_the_file_of_a_locked_record_is_official_and_unchanged(client, locked_record):
    response = send(client, record_pdf(locked_record))

    assert response.status_code == 200
    assert "This record is official and has not been changed." in response.text
    assert "N. T. H***" in response.text
    assert_nothing_private(response, locked_record)


def test_a_file_with_one_flipped_byte_is_altered(client, locked_record, head):
    pdf = bytearray(record_pdf(locked_record))
    pdf[pdf.index(b"stream") + 40] ^= 1

    response = send(client, bytes(pdf))

    assert response.context["page"].mark == "altered"
    assert "This file was changed after it was signed. Do not use it." in response.text
    assert response.context["page"].signers == []
    assert head.personal_number not in response.text
    assert_nothing_private(response, locked_record)


@pytest.mark.django_db
@pytest.mark.parametrize("data", [b"hello", b"%PDF-1.7\n%%EOF", b"PK\x03\x04"])
def test_what_is_no_pdf_is_unreadable(client, data):
    response = send(client, data)

    assert response.status_code == 200
    assert response.context["page"].mark == "unreadable"


def test_the_data_packet_of_a_record_is_checked_like_its_pdf(client, locked_record):
    packet = locked_record.current.artifacts.get(purpose="packet")

    response = send(client, storage.get(packet.sha256), "hoc-ba.xml")

    assert response.context["page"].mark == "authentic"
    assert_nothing_private(response, locked_record)


def test_a_packet_in_which_a_letter_was_changed_is_altered(client, locked_record):
    packet = locked_record.current.artifacts.get(purpose="packet")
    name = locked_record.book.pupil.name.encode()
    changed = storage.get(packet.sha256).replace(name, b"X" + name[1:], 1)

    response = send(client, changed, "hoc-ba.xml")

    assert response.context["page"].mark == "altered"
    assert_nothing_private(response, locked_record)


@pytest.mark.django_db
def test_an_empty_form_says_what_is_wanted(client):
    response = client.post("/verify/", {"code": " "})

    assert response.status_code == 400
    assert "Write the code, or choose the file (PDF or XML)." in response.text


@pytest.mark.django_db
@pytest.mark.parametrize("size", [MAX_FILE + 1, MAX_BODY])
def test_a_file_over_the_limit_is_refused(client, size):
    response = send(client, bytes(size))

    assert response.status_code == 413
    assert "larger than 10 MB" in response.text


@pytest.mark.django_db
def test_an_unknown_code_is_shown_back_and_not_found(client):
    response = client.get(f"/verify/{NOBODY}")

    assert response.status_code == 404
    assert "No record has this code." in response.text
    assert f'value="{NOBODY}"' in response.text


@pytest.mark.django_db
def test_a_mistyped_code_is_answered_with_the_mistake_and_the_way_on(client):
    response = client.post("/verify/", {"code": "O" + NOBODY[1:]})

    assert response.status_code == 400
    assert "Character 1 is “o”" in response.text
    assert f'href="/verify/0{NOBODY[1:]}"' in response.text


@pytest.mark.django_db
def test_what_was_typed_is_escaped(client):
    response = client.post("/verify/", {"code": "<script>alert(1)</script>"})

    assert "<script>" not in response.text


def test_the_code_of_a_draft_says_that_nothing_has_been_issued(client, draft_record):
    response = client.get(f"/verify/{code_of(draft_record)}")

    assert response.status_code == 404
    assert "This record has not been issued yet." in response.text
    assert_nothing_private(response, draft_record)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "written", [NOBODY.upper(), "ffffffff-ffff-ffff-ffff-ffffffffffff", f"{NOBODY}/"]
)
def test_hyphens_capitals_and_a_slash_lead_to_the_one_address(client, written):
    response = client.get(f"/verify/{written}")

    assert response.status_code == 301
    assert response.headers["Location"] == f"/verify/{NOBODY}"


@pytest.mark.django_db
def test_the_form_leads_to_the_address_of_the_code(client):
    response = client.post("/verify/", {"code": NOBODY.upper()})

    assert response.status_code == 302
    assert response.headers["Location"] == f"/verify/{NOBODY}"


@pytest.mark.django_db
def test_the_form_works_without_cookies_and_without_a_token(client):
    strict = Client(enforce_csrf_checks=True)

    response = strict.post("/verify/", {"code": NOBODY})

    assert response.status_code == 302


@pytest.mark.django_db
def test_who_asks_too_often_is_asked_to_wait(client):
    for _time in range(CODES.count):
        client.get(f"/verify/{NOBODY}")
    for _time in range(FILES.count):
        client.post("/verify/", {"code": NOBODY})

    by_code = client.get(f"/verify/{NOBODY}")
    by_form = client.post("/verify/", {"code": NOBODY})

    for response in (by_code, by_form):
        assert response.status_code == 429
        assert 0 < int(response.headers["Retry-After"]) <= 60
        assert "Please wait a little" in response.text


def test_a_verdict_costs_few_queries_however_many_years_there_are(
    client, locked_record, django_assert_max_num_queries
):
    with django_assert_max_num_queries(12):
        response = client.get(f"/verify/{code_of(locked_record)}")

    assert response.context["page"].mark == "authentic"


def test_a_verdict_is_not_kept_by_caches_or_search_engines(client, signed_record):
    response = client.get(f"/verify/{code_of(signed_record)}")

    assert "no-store" in response.headers["Cache-Control"]
    assert 'name="robots" content="noindex"' in response.text


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Nguyễn Thị Hoà", "N. T. H***"),
        ("Y", "Y***"),
        ("H'Hen Niê", "H. N***"),
        ("", "***"),
    ],
)
def test_a_name_is_masked_to_its_initials(name, shown):
    assert masked(name) == shown
