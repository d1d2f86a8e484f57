"""The report to the ministry on its page: what has gone, and what was answered."""

from __future__ import annotations

import io
import time

import pytest
from openpyxl import load_workbook

from documents.models import Package
from tests import factories
from tests.workflow.services.exchange.parcels import DEPARTMENT, give_seal
from tests.workflow.services.exchange.test_ministry import MINISTRY, receipt_for

from .conftest import to, upload


@pytest.fixture
def department(units):
    give_seal(units["ministry"], MINISTRY)
    return give_seal(units["dong-thap"], DEPARTMENT)


def report(client, capture):
    with capture(execute=True):
        return client.post(to("ministry", "dong-thap"))


def test_the_report_is_packed_in_the_background_and_its_package_listed(
    sign_in, officer, department, locked_record, django_capture_on_commit_callbacks
):
    client = sign_in(officer)
    before = client.get(to("ministry", "dong-thap"))

    response = report(client, django_capture_on_commit_callbacks)

    package = Package.objects.get()
    page = client.get(response.url)
    assert before.context["to_send"] == 1
    assert page.context["packages"] == [package]
    assert page.context["standing"].waiting == 1
    assert "none yet" in page.content.decode()
    assert client.get(to("packet", package.pk)).status_code == 200
    assert client.get(to("packet-file", package.pk)).status_code == 200


def test_the_officer_files_the_receipt(
    sign_in,
    officer,
    department,
    locked_record,
    worked,
    django_capture_on_commit_callbacks,
):
    client = sign_in(officer)
    report(client, django_capture_on_commit_callbacks)
    data = receipt_for(Package.objects.get())

    page = worked(client, to("packet-take"), upload(data, "receipt.xml"))

    assert "The receipt is filed." in page.content.decode()

    found = client.get(to("ministry", "dong-thap")).context["standing"]
    assert (found.accepted, found.waiting) == (1, 0)


def test_without_a_seal_the_reason_is_said_and_nothing_begins(
    sign_in, officer, locked_record, django_capture_on_commit_callbacks
):
    client = sign_in(officer)

    response = report(client, django_capture_on_commit_callbacks)

    assert "tax code" in client.get(response.url).content.decode()
    assert not Package.objects.exists()


def test_a_run_is_watched_while_it_lives(sign_in, officer, department, locked_record):
    client = sign_in(officer)
    here = to("ministry", "dong-thap")

    running = client.get(f"{here}?since={int(time.time())}&part=1").content.decode()
    dead = client.get(f"{here}?since={int(time.time()) - 600}").content.decode()

    assert 'hx-trigger="every 3s"' in running
    assert 'hx-trigger="every 3s"' not in dead


def test_the_counts_go_into_a_workbook(sign_in, officer, department, locked_record):
    answer = sign_in(officer).get(to("ministry", "dong-thap", format="xlsx"))

    [_head, line] = load_workbook(io.BytesIO(answer.content)).active.values
    assert line == ("my-ngai", "Trường Tiểu học Mỹ Ngãi", 1, 1)


@pytest.mark.parametrize(
    "role", ["teacher", "head", "registrar", "inspector", "admin_user"]
)
def test_the_report_is_the_officers(
    request,
    sign_in,
    department,
    locked_record,
    role,
    django_capture_on_commit_callbacks,
):
    client = sign_in(request.getfixturevalue(role))

    assert client.get(to("ministry", "dong-thap")).url == "/admin/"
    assert report(client, django_capture_on_commit_callbacks).url == "/admin/"

    assert not Package.objects.exists()


@pytest.mark.parametrize("who", ["far", "commune"])
def test_who_does_not_lock_for_the_department_does_not_report(
    sign_in,
    units,
    staff_of_elsewhere,
    department,
    locked_record,
    who,
    django_capture_on_commit_callbacks,
):
    officer = (
        staff_of_elsewhere["officer"]
        if who == "far"
        else factories.make_user("commune", "officer", units["commune"])
    )
    client = sign_in(officer)

    assert client.get(to("ministry", "dong-thap")).status_code == 404
    assert report(client, django_capture_on_commit_callbacks).status_code == 404

    assert not Package.objects.exists()


def test_another_departments_package_is_not_there(
    sign_in,
    officer,
    staff_of_elsewhere,
    department,
    locked_record,
    django_capture_on_commit_callbacks,
):
    report(sign_in(officer), django_capture_on_commit_callbacks)
    package = Package.objects.get()

    client = sign_in(staff_of_elsewhere["officer"])

    assert client.get(to("packet", package.pk)).status_code == 404
    assert client.get(to("packet-file", package.pk)).status_code == 404


def test_only_a_department_reports(sign_in, officer, department):
    client = sign_in(officer)

    for code in ("my-ngai", "my-ngai-xa", "bo"):
        assert client.get(to("ministry", code)).status_code == 404


def test_the_page_asks_a_fixed_number_of_queries(
    sign_in, queries_of, officer, department, locked_record
):
    client = sign_in(officer)
    url = to("ministry", "dong-thap")
    client.get(url)

    assert queries_of(client, url) <= 19
