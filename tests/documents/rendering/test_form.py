from __future__ import annotations

import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from documents.kinds.primary_year import School, SubjectMark, TraitMark
from documents.kinds.primary_year_form import tables
from documents.rendering import (
    RenderOverflow,
    SignedRows,
    UnprintableText,
    render_html,
    render_pdf,
)
from documents.typeface import unprintable

from . import sheets
from .sheets import NASTY, form_input, second_sheet, year_sheet

PROJECT = Path(__file__).parents[3]
RENDER_ELSEWHERE = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "cms.settings.test"
import django
django.setup()
from documents.rendering import render_pdf
from tests.documents.rendering.sheets import form_input, year_sheet
sys.stdout.buffer.write(render_pdf(form_input(year_sheet())))
"""


def run(*command: str | Path) -> str:
    done = subprocess.run(command, capture_output=True, check=True)
    return done.stdout.decode()


def text_of(path: Path, page: int) -> str:
    """The text of one page with every run of white space as one space."""
    text = run("pdftotext", "-f", str(page), "-l", str(page), path, "-")
    return " ".join(text.split())


def pages_of(path: Path) -> int:
    lines = run("pdfinfo", path).splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("Pages:")))


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One ordinary sheet as a file."""
    path = tmp_path_factory.mktemp("form") / "sheet.pdf"
    path.write_bytes(render_pdf(form_input(year_sheet())))
    return path


def test_names_marks_and_comments_can_be_read_back(printed):
    content = year_sheet()

    cover, personal, subjects, traits, conclusion = (
        text_of(printed, page) for page in (1, 3, 4, 5, 6)
    )

    assert "Họ và tên học sinh: Nguyễn Thị Hoà" in cover
    assert "Ngày, tháng, năm sinh: 05/01/2017" in personal
    assert "Số định danh cá nhân: 087317001234" in personal
    assert content.subjects["vietnamese"].comment in subjects
    assert "Cân nặng: 26,5 kg" in subjects
    assert content.qualities["patriotism"].comment in traits
    assert "Hoàn thành chương trình lớp 3; Được lên lớp 4" in conclusion
    assert "Mỹ Ngãi, ngày 28 tháng 6 năm 2026" in conclusion


def test_a_mark_stands_in_the_row_of_its_subject(printed):
    rows = run("pdftotext", "-layout", "-f", "4", "-l", "4", printed, "-")

    assert re.search(r"^ *Tiếng Việt +H +8 +", rows, re.MULTILINE)
    assert re.search(r"^ *Đạo đức +H +\D", rows, re.MULTILINE)


def test_every_page_has_the_code_and_its_number(printed):
    feet = [text_of(printed, page) for page in range(1, 7)]

    for number, foot in enumerate(feet, start=1):
        assert f"Mã tra cứu: {sheets.CODE}" in foot
        assert f"Trang {number}/6" in foot


@pytest.mark.parametrize("page", [3, 6])
def test_the_qr_code_is_read_from_paper(printed, tmp_path, page):
    picture = tmp_path / "page"
    run("pdftoppm", "-r", "150", "-f", str(page), "-l", str(page), "-png",
        "-singlefile", printed, picture)  # fmt: skip

    read = run("zbarimg", "--quiet", "--raw", picture.with_suffix(".png"))

    assert read.strip() == sheets.URL


def test_the_file_is_sound_and_its_fonts_are_inside(printed):
    run("qpdf", "--check", printed)  # exits with an error otherwise

    rows = run("pdffonts", printed).splitlines()[2:]

    assert rows
    for row in rows:
        assert "Hocba-Serif" in row
        assert row.split()[-5:-2] == ["yes", "yes", "yes"]  # embedded, subset, unicode


def test_the_data_is_attached_as_it_was_signed(printed, tmp_path):
    run("pdfdetach", "-savefile", "record.json", "-o", tmp_path / "out.json", printed)

    assert (tmp_path / "out.json").read_bytes() == form_input(year_sheet()).canonical


@pytest.mark.parametrize("name", list(NASTY))
def test_every_content_takes_six_pages(name, tmp_path):
    path = tmp_path / "nasty.pdf"

    path.write_bytes(render_pdf(form_input(NASTY[name])))

    assert pages_of(path) == 6
    assert NASTY[name].pupil.name in text_of(path, 1)
    for mark in NASTY[name].subjects.values():
        joined = text_of(path, 4).replace(" ", "")
        assert mark.comment.replace(" ", "") in joined


def test_each_teacher_who_signed_is_named_with_subjects_and_time(tmp_path):
    path = tmp_path / "signed.pdf"
    rows = (
        SignedRows("Trần Thị Mai", "Toán, Đạo đức", "11/06/2026 08:15"),
        SignedRows("Trần Thị Mai", "", "12/06/2026 09:30"),
    )

    path.write_bytes(render_pdf(form_input(year_sheet(), signed_rows=rows)))

    assert "Trần Thị Mai – Toán, Đạo đức (11/06/2026 08:15)." in text_of(path, 4)
    assert "Đã ký số dữ liệu học bạ: Trần Thị Mai, 12/06/2026 09:30" in text_of(path, 6)
    assert pages_of(path) == 6


def test_fourteen_signers_fit_beside_the_longest_comments(tmp_path):
    path = tmp_path / "many.pdf"
    content = NASTY["fourteen subjects with 400 characters each"]
    labels = [subject.label for subject in tables().subjects_of(5)]
    rows = [SignedRows(sheets.LONG_NAME, one, "11/06/2026 08:15") for one in labels]

    form = form_input(content, signed_rows=(*rows, SignedRows("Mai", "", "12/06/2026")))
    path.write_bytes(render_pdf(form))

    assert pages_of(path) == 6
    assert text_of(path, 4).count("11/06/2026 08:15") == len(labels) == 13


def test_without_signatures_nothing_is_said_of_them(printed):
    assert "ký số" not in text_of(printed, 4).replace("Chữ ký số", "")


def test_the_same_version_gives_the_same_bytes():
    form = form_input(year_sheet())

    first = render_pdf(form)
    render_pdf(form_input(NASTY["one word"]))

    assert render_pdf(form) == first


def test_another_process_gives_the_same_bytes():
    here = render_pdf(form_input(year_sheet()))

    there = subprocess.run(
        [sys.executable, "-c", RENDER_ELSEWHERE],
        cwd=PROJECT,
        capture_output=True,
        check=True,
    )

    assert there.stdout == here


def test_the_district_is_named_on_the_old_form_only():
    content = year_sheet()

    old = render_html(form_input(content, form_version="2020"))
    new = render_html(form_input(content))

    assert "Huyện (Thành phố, Quận, Thị xã)" in old
    assert "Thành phố Cao Lãnh" in old
    assert "Huyện (Thành phố, Quận, Thị xã)" not in new
    assert "Thành phố Cao Lãnh" not in new


def test_an_unknown_form_version_is_refused():
    with pytest.raises(KeyError):
        render_pdf(form_input(year_sheet(), form_version="1999"))


def test_a_page_that_is_too_full_is_named():
    subjects = year_sheet(5).subjects
    full = {code: SubjectMark(comment="W" * 400) for code in subjects}

    with pytest.raises(RenderOverflow) as caught:
        render_pdf(form_input(year_sheet(5, subjects=full)))

    assert caught.value.page == 4
    assert caught.value.code == "render.overflow"


def test_a_character_without_a_glyph_is_refused():
    school = School(code="x", name="Trường 👍")

    with pytest.raises(UnprintableText) as caught:
        render_pdf(form_input(year_sheet(school=school)))

    assert caught.value.characters == "👍"


def test_vietnamese_and_the_names_of_minorities_are_printable():
    assert unprintable("Đặng Ngọc Ẩn, H'Hen Niê, Y’ Bhiao, Krông Ƀúk, Ŭ ƀĭ 12,5") == ""


def test_what_people_wrote_is_text_and_never_markup():
    school = School(code="x", name="<b>Trường</b> & <img src='file:///etc/passwd'>")

    html = render_html(form_input(year_sheet(school=school)))

    assert "&lt;b&gt;Trường&lt;/b&gt; &amp; &lt;img" in html
    assert "<img" not in html


def test_the_screen_shows_the_same_pages_with_the_effective_date():
    html = render_html(form_input(year_sheet()), effective_on=date(2026, 7, 10))

    assert html.count('<section class="sheet') == 6
    assert html.count("Có hiệu lực từ: 10/07/2026") == 6
    assert "<input" not in html


def test_a_pupil_who_is_not_assessed_is_told_so_in_place_of_levels():
    html = render_html(form_input(NASTY["not assessed"]))

    assert '<th scope="row">Toán</th><td>Không đánh giá</td>' in html
    assert '<p class="answer">Không đánh giá</p>' in html


def test_second_results_stand_beside_the_first():
    html = render_html(form_input(second_sheet()))

    assert "Điểm KTĐK sau đánh giá lại" in html
    row = html.partition('<th scope="row">Toán</th>')[2].partition("</tr>")[0]
    assert row.startswith("<td>C</td><td>3</td><td>H</td><td>6</td>")
    assert row.endswith("<br>Đánh giá lại: Đã ôn tập trong hè.</td>")
    assert "Sau khi đánh giá lại trong hè: Hoàn thành</p>" in html
    assert "chương trình lớp 3; Được lên lớp 4</p>" in html
    assert "đánh giá lại" not in render_html(form_input(year_sheet()))


def test_one_comment_for_a_whole_table_is_printed_once():
    marks = {
        code: TraitMark(level="T", comment="Chăm ngoan.")
        for code in year_sheet().qualities
    }

    html = render_html(form_input(year_sheet(qualities=marks)))

    assert html.count("Chăm ngoan.") == 1
    assert '<td class="comment" rowspan="5">Chăm ngoan.</td>' in html
