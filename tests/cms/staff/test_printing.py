from __future__ import annotations

import subprocess

import pytest

from documents.models import ReadLog, Record
from tests import factories

from .conftest import MOST_QUERIES, fill, to


def pages_of(pdf: bytes) -> list[str]:
    """What pdftotext reads, page by page."""
    done = subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True
    )
    return done.stdout.decode().split("\f")[:-1]


def ask(client, school_class, *, pages="needed", both_sides=True, copies="1"):
    answers = {"pages": pages, "copies": copies}
    if both_sides:  # a box that is not ticked sends nothing
        answers["both_sides"] = "on"
    return client.post(to("print", school_class.pk), answers)


def test_the_file_for_the_printer_holds_what_was_signed(
    sign_in, registrar, signed_record, school_class
):
    response = ask(sign_in(registrar), school_class)

    pages = pages_of(response.content)
    assert response["Content-Type"] == "application/pdf"
    assert len(pages) == 6
    assert signed_record.book.pupil.name in pages[3]
    # Drawn on the page: the block of the head's signature.
    assert "Thời gian ký" in pages[5]
    assert subprocess.run(
        ["qpdf", "--check", "-"], input=response.content, capture_output=True
    ).returncode in (0, 2)


@pytest.mark.parametrize(
    ("answers", "count"),
    [
        ({"pages": "all"}, 6),
        ({"pages": "year"}, 4),  # three, and a blank back
        ({"pages": "year", "both_sides": False}, 3),
        ({"pages": "year", "copies": "2"}, 8),
    ],
)
def test_pages_sides_and_copies_are_chosen(
    sign_in, registrar, signed_record, school_class, answers, count
):
    response = ask(sign_in(registrar), school_class, **answers)

    assert len(pages_of(response.content)) == count


def test_the_cover_is_printed_only_with_the_first_sheet_of_a_book(
    sign_in, registrar, signed_record, school_class
):
    earlier = factories.make_class(school_class.school, "2B", "2024-2025")
    factories.make_draft(earlier, signed_record.book.pupil)

    response = ask(sign_in(registrar), school_class)

    pages = pages_of(response.content)
    assert len(pages) == 4
    assert "BỘ GIÁO DỤC VÀ ĐÀO TẠO" not in pages[0]


def test_who_printed_is_entered(sign_in, registrar, signed_record, school_class):
    ask(sign_in(registrar), school_class)

    line = ReadLog.objects.get(access="print")
    assert (line.record, line.user) == (signed_record, registrar)


def test_what_is_not_signed_is_left_out_and_named(
    sign_in, registrar, draft_record, school_class
):
    client = sign_in(registrar)

    page = client.get(to("print", school_class.pk)).content.decode()
    answer = ask(client, school_class)

    assert draft_record.book.pupil.name in page
    assert "No record of this class is signed yet." in page
    assert answer["Content-Type"].startswith("text/html")


def test_the_class_leads_to_its_paper_copies_once_a_record_is_signed(
    sign_in, registrar, school, school_class
):
    record = factories.make_draft(school_class)
    english = factories.make_user(
        "english", "subject_teacher", school, school_class, subject="foreign_language"
    )
    page, link = to("class", school_class.pk), f'href="{to("print", school_class.pk)}"'

    before = sign_in(registrar).get(page).content.decode()
    Record.objects.filter(pk=record.pk).update(state="signed")
    after = sign_in(registrar).get(page).content.decode()
    without_right = sign_in(english).get(page).content.decode()

    assert link not in before
    assert link in after
    assert link not in without_right


@pytest.mark.parametrize("copies", ["0", "6", "many"])
def test_a_wrong_number_of_copies_is_said_beside_the_field(
    sign_in, registrar, signed_record, school_class, copies
):
    response = ask(sign_in(registrar), school_class, copies=copies)

    assert response["Content-Type"].startswith("text/html")
    assert response.context["form"].errors.keys() == {"copies"}


@pytest.mark.parametrize("role", ["officer", "inspector", "registrar2"])
def test_paper_copies_are_for_the_school(
    request, sign_in, signed_record, school_class, role
):
    response = ask(sign_in(request.getfixturevalue(role)), school_class)

    assert response.status_code in (302, 403, 404)
    assert not ReadLog.objects.filter(access="print").exists()


def test_the_page_asks_the_same_number_of_queries_however_many_pupils(
    sign_in, registrar, school_class, queries_of
):
    client, page = sign_in(registrar), to("print", school_class.pk)
    counts = []
    for size in (3, 40):
        fill(school_class, size)
        client.get(page)
        counts.append(queries_of(client, page))

    assert counts[0] == counts[1] <= MOST_QUERIES
