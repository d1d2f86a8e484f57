"""Work on packages, watched: who may ask for it, who sees it, what it says."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from documents.exchange.trees import Limits
from documents.models import Package, PackageRun, Record, State, UploadPart
from tests.factories import NOW, YEAR, give_key, make_user
from tests.workflow.services.exchange.parcels import (
    DEPARTMENT,
    HOA_THUAN,
    give_seal,
    parcel,
    record_xml,
)
from workflow.services.exchange.running import Claim, work_on
from workflow.services.exchange.starting import start_sending, start_taking

from .conftest import MOST_QUERIES, to, upload

RECORD = "1f8fad5bd9cb469fa16570867728950e"
OTHER = "4" * 32
ASKING = ("packet-send", "packet-take")


@pytest.fixture
def department(units):
    return give_seal(units["dong-thap"], DEPARTMENT)


@pytest.fixture
def run(department, officer) -> PackageRun:
    """A file that waits for its worker."""
    return keep(parcel(record_xml(RECORD)), officer)


def keep(data: bytes, by) -> PackageRun:
    file = SimpleUploadedFile("3B.xml", data)
    return start_taking(file=file, name="3B.xml", by=by)


def test_the_request_returns_before_anything_is_read(sign_in, officer, department):
    client = sign_in(officer)

    response = client.post(to("packet-take"), upload(parcel(record_xml(RECORD))))

    run = PackageRun.objects.get()
    assert response.url == to("packet-run", run.uuid)
    assert (run.status, run.name, run.unit) == ("waiting", "packet.xml", department)
    assert not Package.objects.exists()
    page = client.get(response.url).content.decode()
    assert "You may close this page" in page and "hx-get" in page
    assert run.name in client.get(to("packets")).content.decode()


def test_its_page_says_how_far_it_is_and_at_the_end_what_came_of_it(
    sign_in, officer, run
):
    client = sign_in(officer)
    claim = Claim(run.pk)
    claim.begin()
    claim.show(0, 1)
    half = client.get(to("packet-run", run.uuid, part="1")).content.decode()
    PackageRun.objects.update(claimed_by="")
    work_on(run.pk)

    whole = client.get(to("packet-run", run.uuid, part="1"))

    assert "0 of 1 records" in half and "hx-get" in half
    text = whole.content.decode()
    assert "1 of 1 records" in text and "hx-get" not in text
    assert "The package is received." in text
    assert whole.context["packages"] == [Package.objects.get()]
    assert Record.objects.get().state == State.SIGNED


def test_each_record_that_was_refused_is_named_with_its_reason(
    sign_in, officer, department
):
    foreign = record_xml(OTHER, school="hoa-thuan", tax_code=HOA_THUAN)
    run = keep(parcel(record_xml(RECORD), foreign), officer)
    work_on(run.pk)

    text = sign_in(officer).get(to("packet-run", run.uuid)).content.decode()

    assert OTHER in text and "not_the_senders" in text
    assert "neither issued nor keeps this record" in text
    assert RECORD not in text


def test_a_broken_file_is_named_with_the_place_and_the_reason(
    sign_in, officer, department
):
    torn = keep(parcel(record_xml(RECORD))[:500], officer)
    forged = keep(parcel(record_xml(RECORD), seal=HOA_THUAN), officer)
    for one in (torn, forged):
        work_on(one.pk)
    client = sign_in(officer)

    first = client.get(to("packet-run", torn.uuid)).content.decode()
    second = client.get(to("packet-run", forged.uuid)).content.decode()

    assert "3B.xml" in first and "Place in the file: 2:" in first
    assert "Nothing of this file was kept." in first
    assert "seal is that of another school" in second
    assert "wrong_school" in second
    assert not Package.objects.exists() and not UploadPart.objects.exists()


def test_what_failed_is_tried_again_by_a_button(sign_in, officer, run, worked):
    run.unit.credentials.update(is_active=False)
    work_on(run.pk)
    client = sign_in(officer)
    page = client.get(to("packet-run", run.uuid)).content.decode()
    give_key(run.unit)

    again = worked(client, to("packet-run-retry", run.uuid))

    assert "Try again" in page and "no_credential" in page
    assert "The package is received." in again.content.decode()
    assert Package.objects.count() == 1


def test_what_failed_is_not_tried_again_beside_the_same_that_runs(
    sign_in, officer, run
):
    data = parcel_of(run)
    run.unit.credentials.update(is_active=False)
    work_on(run.pk)
    running = keep(data, officer)

    response = sign_in(officer).post(to("packet-run-retry", run.uuid))

    assert response.url == to("packet-run", run.uuid)
    states = dict(PackageRun.objects.values_list("pk", "status"))
    assert states == {run.pk: "failed", running.pk: "waiting"}


def test_the_same_file_twice_leads_to_the_same_page(sign_in, officer, run):
    client = sign_in(officer)

    again = client.post(to("packet-take"), upload(parcel_of(run)))

    assert again.url == to("packet-run", run.uuid)
    assert PackageRun.objects.count() == 1


def parcel_of(run: PackageRun) -> bytes:
    return b"".join(bytes(part.data) for part in run.parts.all())


def test_a_file_that_is_too_large_is_refused_before_it_is_kept(
    sign_in, officer, department, monkeypatch
):
    small = Limits(size=100, elements=100)
    monkeypatch.setattr("cms.staff.packets.PACKAGE_LIMITS", small)

    page = sign_in(officer).post(to("packet-take"), upload(b"<" * 101))

    assert page.status_code == 422
    assert "too large" in page.context["refusal"]
    assert not PackageRun.objects.exists()


@pytest.mark.parametrize("reader", ["vi", "zh-hans"])
def test_the_reason_is_said_in_the_readers_language(
    sign_in, officer, department, reader
):
    run = keep(parcel(record_xml(RECORD))[:500], officer)
    work_on(run.pk)
    client = sign_in(officer)
    officer.wagtail_userprofile.preferred_language = reader
    officer.wagtail_userprofile.save()

    text = client.get(to("packet-run", run.uuid)).content.decode()

    place = {"vi": "Vị trí trong tệp", "zh-hans": "文件中的位置"}[reader]
    assert f"{place}" in text


# -- Who may -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "role", ["teacher", "subject_teacher", "head", "inspector", "admin_user", "parent"]
)
def test_others_ask_for_nothing_and_see_nothing(
    request, sign_in, run, school, units, role, school_class
):
    somebody = somebody_as(role, request, school, school_class)
    client = sign_in(somebody)
    before = PackageRun.objects.count()
    form = {"unit": str(school.pk), "school_year": YEAR, "class_name": ""}

    asked = [client.post(to(name), form) for name in ASKING]
    sent = client.post(to("packet-take"), upload(parcel(record_xml(OTHER))))
    seen = client.get(to("packet-run", run.uuid))
    retried = client.post(to("packet-run-retry", run.uuid))

    away = "/admin/login" if role == "parent" else "/admin/"
    for response in (*asked, sent, seen, retried):
        assert response.status_code == 302
        assert response.url.startswith(away)
    assert PackageRun.objects.count() == before
    assert UploadPart.objects.count() == 1


def somebody_as(role, request, school, school_class):
    if role == "subject_teacher":
        return make_user("s1", role, school, school_class, subject="math")
    if role == "parent":
        return make_user("parent1")
    return request.getfixturevalue(role)


def test_offices_elsewhere_do_not_find_it(sign_in, staff_of_elsewhere, registrar, run):
    for somebody in (
        staff_of_elsewhere["registrar"],
        staff_of_elsewhere["officer"],
        registrar,
    ):
        client = sign_in(somebody)
        assert client.get(to("packet-run", run.uuid)).status_code == 404
        assert client.post(to("packet-run-retry", run.uuid)).status_code == 404
        assert list(client.get(to("packets")).context["runs"]) == []


def test_a_colleague_to_whom_the_address_is_sent_sees_it(sign_in, department, run):
    colleague = make_user("officer2", "officer", department)

    page = sign_in(colleague).get(to("packet-run", run.uuid))

    assert page.status_code == 200


def test_a_stranger_is_asked_to_sign_in(client, run):
    response = client.get(to("packet-run", run.uuid))

    assert response.status_code == 302
    assert response.url.startswith(reverse("wagtailadmin_login"))


def test_the_page_asks_a_fixed_number_of_queries(
    sign_in, queries_of, registrar, signed_record, school
):
    runs = [start_sending(school=school, school_year=YEAR, by=registrar)]
    work_on(runs[0].pk)
    client = sign_in(registrar)
    client.get(to("packet-run", runs[0].uuid))
    alone = queries_of(client, to("packet-run", runs[0].uuid))
    several = [
        PackageRun.objects.create(
            task="send",
            status="failed",
            error="no_credential",
            unit=school,
            by=registrar,
            school_year=f"20{number}-20{number + 1}",
            created_at=NOW,
            finished_at=NOW - timedelta(hours=1),
        )
        for number in range(30, 40)
    ]

    page = queries_of(client, to("packets"))

    assert alone <= MOST_QUERIES
    assert page <= MOST_QUERIES + 3
    assert len(client.get(to("packets")).context["runs"]) == len(several)
