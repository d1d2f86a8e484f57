from __future__ import annotations

import pytest

from documents.models import Record, State, Transfer
from tests import factories
from workflow.services import dispatch_record

from .conftest import MOST_QUERIES, to


@pytest.fixture
def on_its_way(locked_record, registrar, other_school):
    dispatch_record(record_id=locked_record.pk, to_unit=other_school, by=registrar)
    return Record.objects.get(pk=locked_record.pk)


def test_a_school_is_found_without_marks(sign_in, registrar, locked_record):
    page = sign_in(registrar).get(to("schools", locked_record.uuid, q="hoa thuan"))

    assert [school.code for school in page.context["schools"]] == ["hoa-thuan"]
    assert 'value="hoa-thuan"' in page.content.decode()


def test_the_own_school_cannot_be_chosen(sign_in, registrar, locked_record):
    page = sign_in(registrar).get(to("schools", locked_record.uuid, q="my ngai"))

    assert page.context["schools"] == []


def test_handing_over_names_the_school_and_the_reason(
    sign_in, registrar, locked_record, other_school
):
    data = {"school": other_school.code, "reason": "Chuyển chỗ ở"}

    response = sign_in(registrar).post(to("dispatch", locked_record.uuid), data)

    assert response.url == to("record", locked_record.uuid)
    transfer = Transfer.objects.get()
    assert (transfer.to_unit, transfer.reason) == (other_school, "Chuyển chỗ ở")
    assert transfer.dispatched_by == registrar


def test_without_a_school_nothing_happens_and_nothing_is_lost(
    sign_in, registrar, locked_record
):
    data = {"reason": "Chuyển chỗ ở", "q": "hoa"}

    response = sign_in(registrar).post(to("dispatch", locked_record.uuid), data)

    assert response.status_code == 422
    assert "Chuyển chỗ ở" in response.content.decode()
    assert not Transfer.objects.exists()


def test_what_is_not_locked_cannot_be_handed_over(sign_in, registrar, signed_record):
    response = sign_in(registrar).get(to("dispatch", signed_record.uuid))

    assert response.url == to("record", signed_record.uuid)


def test_the_receiving_school_takes_it_in(
    sign_in, registrar2, on_its_way, other_school
):
    client = sign_in(registrar2)
    page = client.get(to("transfers", show="arriving"))
    assert [row.record for row in page.context["lists"]["arriving"]] == [on_its_way]

    client.post(to("receive", on_its_way.uuid))

    record = Record.objects.get(pk=on_its_way.pk)
    assert (record.state, record.custodian) == (State.TRANSFERRED, other_school)
    assert Transfer.objects.get().received_by == registrar2


def test_the_sending_school_takes_it_back(sign_in, registrar, on_its_way):
    client = sign_in(registrar)
    page = client.get(to("transfers"))
    assert [row.record for row in page.context["lists"]["leaving"]] == [on_its_way]

    client.post(to("withdraw", on_its_way.uuid))

    assert Transfer.objects.get().withdrawn_at is not None
    ended = client.get(to("transfers", show="ended")).context["lists"]["ended"]
    assert [row.record for row in ended] == [on_its_way]


@pytest.mark.parametrize(
    "role", ["teacher", "head", "officer", "inspector", "admin_user"]
)
def test_only_registrars_move_records(
    request, sign_in, locked_record, other_school, role
):
    client = sign_in(request.getfixturevalue(role))

    assert client.get(to("transfers")).url == "/admin/"
    assert client.get(to("dispatch", locked_record.uuid)).url == "/admin/"
    assert client.get(to("schools", locked_record.uuid)).url == "/admin/"
    client.post(to("dispatch", locked_record.uuid), {"school": other_school.code})
    client.post(to("receive", locked_record.uuid))
    client.post(to("withdraw", locked_record.uuid))

    assert not Transfer.objects.exists()


def test_the_head_of_the_receiving_school_does_not_receive(
    sign_in, units, on_its_way, other_school
):
    head2 = factories.make_user("head2", "head", other_school)

    sign_in(head2).post(to("receive", on_its_way.uuid))

    assert Transfer.objects.get().received_at is None


def test_a_third_school_sees_nothing_of_it(sign_in, staff_of_elsewhere, on_its_way):
    client = sign_in(staff_of_elsewhere["registrar"])

    lists = client.get(to("transfers")).context["lists"]

    assert [list(rows) for rows in lists.values()] == [[], [], []]
    for name in ("dispatch", "receive", "withdraw"):
        assert client.post(to(name, on_its_way.uuid)).status_code == 404
    assert client.get(to("schools", on_its_way.uuid)).status_code == 404
    assert Transfer.objects.get().received_at is None


def test_the_list_asks_a_fixed_number_of_queries(
    sign_in, queries_of, registrar, on_its_way
):
    client = sign_in(registrar)
    client.get(to("transfers"))

    assert queries_of(client, to("transfers")) <= MOST_QUERIES
