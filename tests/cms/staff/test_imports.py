from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from cms.staff import imports
from documents.models import ImportRow, ImportRun, Pupil, Record
from documents.models.imports import ImportStatus
from tests import factories

from .conftest import MOST_QUERIES, to

HEADER = "STT;Mã lớp;Mã học sinh;Họ tên;Ngày sinh;Giới tính;Số định danh cá nhân"


def a_list(*names: str, first: int = 1, birth_date: str = "05/09/2017") -> bytes:
    """A pupil list as a school's program writes it."""
    rows = [
        f"{n};3B;74000000{n:02d};{name};{birth_date};Nữ;"
        for n, name in enumerate(names, first)
    ]
    return "\n".join([HEADER, *rows]).encode()


@pytest.fixture
def upload(sign_in, registrar, school) -> Callable[..., Any]:
    """Send files as the registrar; each is a name and its bytes."""

    def send(**files: bytes) -> Any:
        data = {
            "unit": school.pk,
            "school_year": factories.YEAR,
            "workbooks": [
                SimpleUploadedFile(f"{name}.csv", content)
                for name, content in files.items()
            ],
        }
        return sign_in(registrar).post(to("imports"), data)

    return send


def close(client: Any, run: ImportRun, act: str) -> Any:
    return client.post(to("close-import", run.uuid), {"act": act})


def test_files_that_are_too_much_together_are_not_read(upload, monkeypatch):
    monkeypatch.setattr(imports, "MAX_TOGETHER", 500)

    response = upload(one=b"x" * 300, two=b"x" * 300)

    assert response.status_code == 422
    assert "Together at most" in response.content.decode()
    assert not ImportRun.objects.exists()


def test_nothing_is_written_before_the_confirmation(client, upload):
    response = upload(pupils=a_list("Nguyễn Thị Hoà", "Trần Thị Mai"))

    run = ImportRun.objects.get()
    assert response.url == to("import", run.uuid)
    assert not Pupil.objects.exists()
    page = client.get(response.url)
    text = page.content.decode()
    assert [(tab.value, n) for tab, n in page.context["tabs"] if n] == [("new", 2)]
    assert "Nguyễn Thị Hoà" in text
    assert "pupils.csv" in text


def test_confirming_writes_the_drafts(client, upload):
    upload(pupils=a_list("Nguyễn Thị Hoà"))
    run = ImportRun.objects.get()

    response = close(client, run, "commit")

    assert response.url == to("import", run.uuid)
    record = Record.objects.get()
    assert (record.book.pupil.name, record.state) == ("Nguyễn Thị Hoà", "draft")
    run.refresh_from_db()
    assert run.status == ImportStatus.COMMITTED
    assert 'name="act"' not in client.get(response.url).content.decode()


def test_a_wrong_row_is_shown_with_its_cell_and_left_out_on_demand(client, upload):
    good, bad = a_list("Nguyễn Thị Hoà"), a_list("Trần Thị Mai", first=2)
    wrong = bad.replace(b"05/09/2017", b"hai ngan").splitlines()[1]
    upload(pupils=good + b"\n" + wrong)
    run = ImportRun.objects.get()

    page = client.get(to("import", run.uuid))

    text = page.content.decode()
    assert page.context["tab"].value == "wrong"
    assert "pupils.csv" in text
    assert "hai ngan" in text
    assert "E3" in text

    close(client, run, "commit")

    assert not Record.objects.exists()

    close(client, run, "skip_wrong")

    assert [r.book.pupil.name for r in Record.objects.all()] == ["Nguyễn Thị Hoà"]


def test_a_dry_run_can_be_thrown_away(client, upload):
    upload(pupils=a_list("Nguyễn Thị Hoà"))
    run = ImportRun.objects.get()

    response = close(client, run, "discard")

    assert response.url == to("imports")
    run.refresh_from_db()
    assert run.status == ImportStatus.DISCARDED
    assert not Pupil.objects.exists()


def test_a_file_that_is_no_workbook_is_named(client, upload):
    response = upload(report=b"%PDF-1.7 nothing")

    page = client.get(response.url)
    text = page.content.decode()
    assert page.context["errors"][0][1] in text
    assert "report.csv" in text
    assert page.context["is_open"] is False


def test_without_a_file_the_form_comes_back(sign_in, registrar, school):
    data = {"unit": school.pk, "school_year": factories.YEAR}

    response = sign_in(registrar).post(to("imports"), data)

    assert response.status_code == 422
    assert "workbooks" in response.context["form"].errors
    assert not ImportRun.objects.exists()


def test_another_school_cannot_be_chosen(sign_in, registrar, other_school):
    data = {
        "unit": other_school.pk,
        "school_year": factories.YEAR,
        "workbooks": [SimpleUploadedFile("p.csv", a_list("Nguyễn Thị Hoà"))],
    }

    response = sign_in(registrar).post(to("imports"), data)

    assert response.status_code == 422
    assert not ImportRun.objects.exists()


@pytest.mark.parametrize(
    "role", ["teacher", "head", "officer", "inspector", "admin_user"]
)
def test_import_is_the_registrar_s(request, sign_in, upload, role):
    upload(pupils=a_list("Nguyễn Thị Hoà"))
    run = ImportRun.objects.get()
    client = sign_in(request.getfixturevalue(role))

    for url in (to("imports"), to("import", run.uuid)):
        assert client.get(url).url == "/admin/"
    assert client.post(to("imports"), {}).url == "/admin/"
    assert close(client, run, "commit").status_code == 404
    assert not Record.objects.exists()


def test_an_import_of_another_school_is_not_there(sign_in, registrar2, upload):
    upload(pupils=a_list("Nguyễn Thị Hoà"))
    run = ImportRun.objects.get()
    client = sign_in(registrar2)

    assert client.get(to("import", run.uuid)).status_code == 404
    assert close(client, run, "commit").status_code == 404
    assert client.get(to("imports")).context["runs"] == []
    assert not Record.objects.exists()


def test_the_dry_run_asks_as_much_for_40_pupils_as_for_3(client, queries_of, upload):
    counts = []
    for size in (3, 40):
        names = [f"Trần Thị {chr(65 + n % 26)} Mai" for n in range(size)]
        upload(pupils=a_list(*names))
        run = ImportRun.objects.first()
        assert ImportRow.objects.filter(run=run, outcome="new").count() == size
        client.get(to("import", run.uuid))
        counts.append(queries_of(client, to("import", run.uuid)))

    assert counts[0] == counts[1] <= MOST_QUERIES
    assert queries_of(client, to("imports")) <= MOST_QUERIES


def test_the_same_files_again_have_nothing_to_confirm(client, upload):
    upload(pupils=a_list("Nguyễn Thị Hoà"))
    close(client, ImportRun.objects.get(), "commit")

    page = client.get(upload(pupils=a_list("Nguyễn Thị Hoà")).url)

    text = page.content.decode()
    assert page.context["writes"] == 0
    assert 'value="commit"' not in text
    assert 'value="discard"' in text
