from __future__ import annotations

import pytest

from documents import storage
from documents.exchange.packages import open_package
from documents.models import (
    Package,
    PackageOutcome,
    PackageRun,
    ReadLog,
    Record,
    State,
    Transfer,
)
from tests.factories import YEAR, make_draft, make_pupil
from tests.workflow.services.exchange.parcels import (
    CHAU_DOC,
    DEPARTMENT,
    HOA_THUAN,
    give_seal,
    parcel,
    record_xml,
)
from workflow.services import recall_record
from workflow.services.exchange.dispatching import dispatch_book
from workflow.services.exchange.receiving import receive_package
from workflow.services.exchange.sending import send_report

from .conftest import MOST_QUERIES, to, upload

RECORD = "1f8fad5bd9cb469fa16570867728950e"


@pytest.fixture
def department(units):
    return give_seal(units["dong-thap"], DEPARTMENT)


@pytest.fixture
def sent(signed_record, school) -> Package:
    return send_report(school=school, school_year=YEAR, by=None).packages[0]


@pytest.fixture
def received(department) -> Package:
    return receive_package(data=parcel(record_xml(RECORD)), by=None).package


def form(school, year: str = YEAR) -> dict[str, str]:
    return {"unit": str(school.pk), "school_year": year, "class_name": ""}


def test_the_registrar_has_the_year_packed_and_is_told_what_is_left_out(
    sign_in, registrar, signed_record, school, school_class, worked
):
    make_draft(school_class, make_pupil("Lê Thị Bé"))

    page = worked(sign_in(registrar), to("packet-send"), form(school))

    package = Package.objects.get()
    assert page.context["packages"] == [package]
    assert package.items.get().record == signed_record
    text = page.content.decode()
    assert "1 record is packed and sealed." in text
    assert "1 record is not signed yet and was left out." in text
    assert package.receiver.name in text


def test_the_file_that_is_downloaded_is_the_sealed_one(sign_in, registrar, sent):
    response = sign_in(registrar).get(to("packet-file", sent.pk))

    assert response.content == storage.get(sent.sha256)
    assert open_package(response.content).header.package == sent.uuid.hex
    assert f"{sent.uuid.hex}.xml" in response["Content-Disposition"]
    assert ReadLog.objects.get(access="export").user == registrar


def test_a_line_that_recalls_says_so(
    sign_in, registrar, head, signed_record, school, sent
):
    recall_record(record_id=signed_record.pk, by=head, reason="Sai điểm Toán")
    (package,) = send_report(school=school, school_year=YEAR, by=None).packages
    client = sign_in(registrar)

    brings, recalls = (
        client.get(to("packet", one.pk)).content.decode() for one in (sent, package)
    )

    assert "(recall)" in recalls and "(recall)" not in brings


def test_what_cannot_be_sent_is_said_and_the_form_stays(sign_in, registrar, school):
    page = sign_in(registrar).post(to("packet-send"), form(school, "2019-2020"))

    assert page.status_code == 422
    assert page.context["refusal"] == "There is no signed record to send."
    assert 'value="2019-2020"' in page.content.decode()


def test_a_department_in_the_same_installation_gets_it_at_once(
    sign_in, registrar, sent, department, worked
):
    client = sign_in(registrar)
    assert (
        "Deliver to the department"
        in client.get(to("packet", sent.pk)).content.decode()
    )

    page = worked(client, to("packet-deliver", sent.pk))

    sent.refresh_from_db()
    assert sent.receipt != ""
    assert sent.items.get().outcome == PackageOutcome.ACCEPTED
    assert "its receipt is filed" in page.content.decode()
    own_page = client.get(to("packet", sent.pk)).content.decode()
    assert "Download the receipt" in own_page
    receipt = client.get(to("packet-receipt", sent.pk))
    assert receipt.content == storage.get(sent.receipt)


def test_without_a_seal_of_the_department_nothing_is_delivered(
    sign_in, registrar, sent
):
    client = sign_in(registrar)

    assert "Deliver to" not in client.get(to("packet", sent.pk)).content.decode()
    assert client.post(to("packet-deliver", sent.pk)).status_code == 404
    assert client.get(to("packet-receipt", sent.pk)).status_code == 404


def test_the_officer_takes_a_package_in_and_gives_its_receipt(
    sign_in, officer, department, worked
):
    client = sign_in(officer)
    foreign = record_xml("4" * 32, school="hoa-thuan", tax_code=HOA_THUAN)
    data = parcel(record_xml(RECORD), foreign)

    page = worked(client, to("packet-take"), upload(data))

    package = Package.objects.get()
    assert page.context["packages"] == [package]
    assert "not_the_senders" in page.content.decode()
    assert "neither issued nor keeps this record" in page.content.decode()
    receipt = client.get(to("packet-receipt", package.pk))
    assert receipt.content == storage.get(package.receipt)
    assert Record.objects.get().state == State.SIGNED


def test_without_a_file_nothing_is_begun(sign_in, officer, department):
    page = sign_in(officer).post(to("packet-take"), {})

    assert (page.status_code, page.context["refusal"]) == (422, "Choose a file.")
    assert 'aria-invalid="true" aria-describedby="hb-refusal"' in page.content.decode()
    assert not PackageRun.objects.exists()


def test_the_receipt_that_comes_back_is_filed(
    sign_in, registrar, sent, department, worked
):
    receipt = receive_package(data=storage.get(sent.sha256), by=None).receipt

    page = worked(sign_in(registrar), to("packet-take"), upload(receipt))

    sent.refresh_from_db()
    assert storage.get(sent.receipt) == receipt
    assert "The receipt is filed." in page.content.decode()


def test_a_book_is_handed_over_by_file(sign_in, registrar, locked_record, units):
    far = give_seal(units["far"], CHAU_DOC)
    client = sign_in(registrar)
    data = {"school": far.code, "reason": "Chuyển chỗ ở"}

    form_page = client.get(to("dispatch-file", locked_record.uuid, q="chau doc"))
    page = client.post(to("dispatch-file", locked_record.uuid), data, follow=True)

    assert [one.code for one in form_page.context["schools"]] == ["chau-doc"]
    package = Package.objects.get()
    assert page.context["package"] == package
    assert (package.purpose, package.receiver) == ("transfer", far)
    assert Transfer.objects.get().reason == "Chuyển chỗ ở"


def test_without_a_school_no_book_goes(sign_in, registrar, locked_record):
    data = {"reason": "Chuyển chỗ ở", "q": "hoa"}

    response = sign_in(registrar).post(to("dispatch-file", locked_record.uuid), data)

    assert response.status_code == 422
    assert "Chuyển chỗ ở" in response.content.decode()
    assert not Package.objects.exists()


def test_a_dispatch_that_nobody_answers_stands_on_top(
    sign_in, registrar, locked_record, units
):
    far = give_seal(units["far"], CHAU_DOC)
    dispatch_book(record_id=locked_record.pk, to_unit=far, by=registrar)
    Transfer.objects.update(dispatched_at="2026-01-05T00:00:00Z")

    page = sign_in(registrar).get(to("packets"))

    assert [row.to_unit for row in page.context["late"]] == [far]
    assert "no receipt has come" in page.content.decode()


@pytest.mark.parametrize("role", ["teacher", "head", "inspector", "admin_user"])
def test_only_registrars_and_officers_see_packages(
    request, sign_in, sent, school, locked_record, role
):
    client = sign_in(request.getfixturevalue(role))
    before = Package.objects.count()

    for name in ("packet", "packet-file", "packet-receipt"):
        assert client.get(to(name, sent.pk)).url == "/admin/"
    assert client.get(to("packets")).url == "/admin/"
    assert client.get(to("dispatch-file", locked_record.uuid)).url == "/admin/"
    client.post(to("packet-send"), form(school))
    client.post(to("packet-take"), upload(b"<BIEN_NHAN>"))
    client.post(to("packet-deliver", sent.pk))
    client.post(to("dispatch-file", locked_record.uuid), {"school": "chau-doc"})

    assert Package.objects.count() == before
    assert not PackageRun.objects.exists()
    assert not Transfer.objects.exists()


def test_an_officer_sends_nothing(sign_in, officer, signed_record, school):
    client = sign_in(officer)

    response = client.post(to("packet-send"), form(school))

    assert response.url == "/admin/"
    assert not PackageRun.objects.exists()


def test_a_registrar_sends_nothing_of_another_school(
    sign_in, registrar2, signed_record, school
):
    page = sign_in(registrar2).post(to("packet-send"), form(school))

    assert page.status_code == 422
    assert not PackageRun.objects.exists()


def test_offices_elsewhere_see_nothing_of_it(
    sign_in, staff_of_elsewhere, sent, received, locked_record
):
    for role in ("registrar", "officer"):
        client = sign_in(staff_of_elsewhere[role])
        page = client.get(to("packets"))
        assert page.context["sent"] == page.context["received"] == []
        for name in ("packet", "packet-file", "packet-receipt"):
            for package in (sent, received):
                assert client.get(to(name, package.pk)).status_code == 404
    client = sign_in(staff_of_elsewhere["registrar"])
    assert client.post(to("packet-deliver", sent.pk)).status_code == 404
    assert client.get(to("dispatch-file", locked_record.uuid)).status_code == 404


def test_the_lists_ask_a_fixed_number_of_queries(
    sign_in, queries_of, registrar, officer, sent, received
):
    client = sign_in(registrar)
    client.get(to("packets"))
    # Three more than a list alone: the schools and the year in the form, and the work.
    assert queries_of(client, to("packets")) <= MOST_QUERIES + 3
    assert queries_of(client, to("packet", sent.pk)) <= MOST_QUERIES

    client = sign_in(officer)
    client.get(to("packets"))
    assert queries_of(client, to("packets")) <= MOST_QUERIES + 1
    assert queries_of(client, to("packet", received.pk)) <= MOST_QUERIES
