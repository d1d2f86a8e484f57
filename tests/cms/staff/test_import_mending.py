"""Cells set right in the dry run, and imports taken back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from documents.models import Enrolment, ImportRun, Record
from documents.models.imports import ImportStatus
from documents.versions import Draft, add_version
from tests import factories
from workflow.models import WorkingCopy
from workflow.services import submit_record

from .conftest import to

HEADER = "STT;Mã lớp;Mã học sinh;Họ tên;Ngày sinh;Giới tính;Số định danh cá nhân"


def a_list(name: str = "Nguyễn Thị Hoà", born: str = "05/09/2017", number: str = ""):
    return f"{HEADER}\n1;3B;7400000001;{name};{born};Nữ;{number}".encode()


@pytest.fixture
def upload(sign_in, registrar, school) -> Callable[..., ImportRun]:
    """Send one pupil list as the registrar; the dry run that it makes."""

    def send(content: bytes) -> ImportRun:
        data = {
            "unit": school.pk,
            "school_year": factories.YEAR,
            "workbooks": [SimpleUploadedFile("list.csv", content)],
        }
        sign_in(registrar).post(to("imports"), data)
        return ImportRun.objects.latest("pk")

    return send


@pytest.fixture
def imported(client, upload) -> Callable[..., ImportRun]:
    def send(content: bytes) -> ImportRun:
        run: ImportRun = upload(content)
        client.post(to("close-import", run.uuid), {"act": "commit"})
        run.refresh_from_db()
        assert run.status == ImportStatus.COMMITTED
        return run

    return send


def content_of(record: Record) -> Any:
    return record.definition.parse(record.current.canonical)


def test_a_wrong_cell_is_set_right_in_the_dry_run(client, upload):
    run = upload(a_list(born="hai ngan"))
    page = client.get(to("import", run.uuid))
    [cell] = page.context["cells"]

    response = client.post(
        to("mend-import", run.uuid), {cell.name: "05/09/2017"}, follow=True
    )

    old, new = ImportRun.objects.get(pk=run.pk), ImportRun.objects.first()
    assert (cell.value, cell.place) == ("hai ngan", "list.csv · list · E2")
    assert (old.status, new.status) == ("discarded", "planned")
    assert new.report["errors"] == []
    assert new.files == old.files
    assert "05/09/2017" in response.content.decode()


def test_what_was_mended_is_written_and_says_who_did_it(client, upload, registrar):
    run = upload(a_list(born="hai ngan"))
    client.post(to("mend-import", run.uuid), {"cell-0": "05/09/2017"})
    new = ImportRun.objects.first()

    client.post(to("close-import", new.uuid), {"act": "commit"})

    record = Record.objects.get()
    assert str(content_of(record).pupil.birth_date) == "2017-09-05"
    source = record.current.lineage["pupil.birth_date"]
    assert (source["row"], source["column"]) == (2, "E")
    assert source["mended_by"] == registrar.pk
    assert "mended_by" not in record.current.lineage["pupil.name"]


def test_a_cell_mended_wrongly_is_still_wrong(client, upload):
    run = upload(a_list(born="hai ngan"))

    client.post(to("mend-import", run.uuid), {"cell-0": "mười hai"})

    new = ImportRun.objects.first()
    assert new.pk != run.pk
    assert [error["column"] for error in new.report["errors"]] == ["E"]


@pytest.mark.parametrize("posted", [{}, {"cell-0": "hai ngan"}, {"cell-7": "x"}])
def test_nothing_changes_where_no_cell_was_changed(client, upload, posted):
    run = upload(a_list(born="hai ngan"))

    client.post(to("mend-import", run.uuid), posted)

    assert [(r.pk, r.status) for r in ImportRun.objects.all()] == [(run.pk, "planned")]


def test_an_undone_import_leaves_no_record_and_keeps_its_history(
    client, imported, registrar
):
    run = imported(a_list())

    client.post(to("undo-import", run.uuid))

    run.refresh_from_db()
    record = Record.objects.get()
    assert (run.status, run.undone_by) == ("undone", registrar)
    assert record.current is None and record.versions.count() == 1
    assert not Record.objects.visible_to(registrar).exists()
    assert not Enrolment.objects.exists()
    assert [e.action for e in record.ledger.all()] == ["import", "undo_import"]


def test_an_undone_change_brings_the_old_content_back_as_a_new_version(
    client, imported
):
    imported(a_list())
    run = imported(a_list(name="Nguyễn Thị Hoa"))

    client.post(to("undo-import", run.uuid))

    record = Record.objects.get()
    assert record.current.number == 3
    assert content_of(record).pupil.name == "Nguyễn Thị Hoà"
    assert record.book.pupil.name == "Nguyễn Thị Hoà"
    assert record.current.lineage == record.versions.get(number=1).lineage
    assert Enrolment.objects.count() == 1


def test_the_same_file_can_be_imported_again_after_the_undo(client, imported):
    run = imported(a_list())
    client.post(to("undo-import", run.uuid))

    imported(a_list())

    record = Record.objects.get()
    assert record.current.number == 2
    assert Enrolment.objects.get().pupil == record.book.pupil


def an_edit(record: Record, teacher: Any) -> None:
    add_version(Draft(record, content_of(record)), by=teacher, at=factories.NOW)


def typing(record: Record, teacher: Any) -> None:
    WorkingCopy.objects.create(record=record, author=teacher, saved_at=factories.NOW)


@pytest.mark.parametrize("what", [an_edit, typing], ids=["edited", "being typed in"])
def test_what_somebody_built_upon_is_not_undone(client, imported, teacher, what):
    run = imported(a_list())
    what(Record.objects.get(), teacher)

    page = client.post(to("undo-import", run.uuid), follow=True)

    run.refresh_from_db()
    assert run.status == "committed"
    assert Record.objects.get().current is not None
    assert "Nguyễn Thị Hoà" in page.content.decode()


def test_what_was_submitted_is_not_undone(
    client, sign_in, registrar, imported, teacher, school_class, head
):
    run = imported(a_list())
    imported_record = Record.objects.get()
    sheet = factories.make_content(imported_record.book.pupil, school_class)
    add_version(Draft(imported_record, sheet), by=teacher, at=factories.NOW)
    submit_record(record_id=imported_record.pk, by=teacher)

    client.post(to("undo-import", run.uuid))

    run.refresh_from_db()
    assert run.status == "committed"
    assert Record.objects.get().state == "reviewed"


@pytest.mark.parametrize("act", ["mend-import", "undo-import"])
@pytest.mark.parametrize("who", ["teacher", "head", "officer", "registrar2"])
def test_only_the_registrar_of_the_school_mends_and_undoes(
    request, sign_in, upload, act, who
):
    run = upload(a_list(born="hai ngan"))
    client = sign_in(request.getfixturevalue(who))

    response = client.post(to(act, run.uuid), {"cell-0": "05/09/2017"})

    assert response.status_code in (302, 403, 404)
    assert [(r.pk, r.status) for r in ImportRun.objects.all()] == [(run.pk, "planned")]
