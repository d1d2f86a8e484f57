from __future__ import annotations

import subprocess

from documents.rendering import render_stamp


def run(*command: str, pdf: bytes) -> str:
    done = subprocess.run(command, input=pdf, capture_output=True, check=True)
    return done.stdout.decode()


def test_a_stamp_has_the_size_of_its_field_and_its_lines_in_order():
    lines = [
        "Lê Văn Bình",
        "Hiệu trưởng",
        "Trường Tiểu học Mỹ Ngãi",
        "28/06/2026 09:14",
    ]

    pdf = render_stamp(lines, 227, 59)

    info = run("pdfinfo", "-", pdf=pdf)
    text = run("pdftotext", "-", "-", pdf=pdf)
    assert "Pages:           1" in info
    assert "227 x 59 pts" in info
    assert [line for line in text.strip("\f\n").split("\n") if line] == lines


def test_long_lines_are_set_smaller_and_stay_on_one_page():
    lines = ["Công Tằng Tôn Nữ Huyền Trân Nguyễn Phúc " * 2] * 5

    pdf = render_stamp(lines, 227, 59)

    text = run("pdftotext", "-", "-", pdf=pdf)
    assert "Pages:           1" in run("pdfinfo", "-", pdf=pdf)
    assert text.count("Công Tằng Tôn Nữ Huyền Trân Nguyễn Phúc") == 10


def test_the_same_stamp_has_the_same_bytes():
    effective = ["Có hiệu lực từ: 10/07/2026"]

    assert render_stamp(effective, 142, 14) == render_stamp(effective, 142, 14)
