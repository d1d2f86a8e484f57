from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from documents.models import ISSUED_STATES, Guardianship, ReadLog, Record
from documents.models.access import Access
from documents.reading import log_reads
from tests import factories
from workflow.services import recall_record
from workflow.services.effective import record_pdf

PAGES = ("", "sheet", "pdf", "readers")


def addresses(record: Record) -> list[str]:
    return [f"/children/{record.uuid}/{page}" for page in PAGES]


def statuses(client, record: Record) -> set[int]:
    return {client.get(address).status_code for address in addresses(record)}


def test_a_parent_sees_a_card_for_each_child_with_its_years(
    client, parent, locked_record
):
    sibling = factories.make_pupil("Nguyễn Văn An")
    Guardianship.objects.create(user=parent, pupil=sibling, relation="Mẹ")
    client.force_login(parent)

    response = client.get("/children/")

    cards = response.context["children"]
    assert [card.pupil.name for card in cards] == ["Nguyễn Văn An", "Nguyễn Thị Hoà"]
    assert [card.records for card in cards] == [[], [locked_record]]
    assert "No record has been issued yet." in response.text


def test_a_parent_reads_the_sheet_as_printed_and_nothing_is_logged(
    client, parent, locked_record
):
    client.force_login(parent)

    page = client.get(f"/children/{locked_record.uuid}/")
    sheet = client.get(f"/children/{locked_record.uuid}/sheet")

    assert f'src="/children/{locked_record.uuid}/sheet"' in page.text
    assert "học tốt môn Toán" in sheet.text
    assert "Lê Văn Bình" in sheet.text
    day = timezone.localdate(locked_record.locked_at)
    assert f"Có hiệu lực từ: {day:%d/%m/%Y}" in sheet.text
    assert sheet.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "sandbox" in sheet.headers["Content-Security-Policy"]
    assert not ReadLog.objects.exists()


def test_a_parent_downloads_the_signed_file_under_code_and_year(
    client, parent, locked_record
):
    client.force_login(parent)

    response = client.get(f"/children/{locked_record.uuid}/pdf")

    name = f"{locked_record.book.lookup_code}-2025-2026.pdf"
    assert response.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert response.headers["Content-Type"] == "application/pdf"
    assert response.content.startswith(b"%PDF-")
    assert response.content.count(b"/ByteRange") >= 2
    line = ReadLog.objects.get()  # a copy has left: it can be traced
    assert (line.user, line.access) == (parent, Access.DOWNLOAD)


def test_what_a_parent_reads_is_kept_by_no_cache(client, parent, locked_record):
    client.force_login(parent)

    for address in ["/children/", *addresses(locked_record)]:
        control = client.get(address).headers["Cache-Control"]
        assert "no-store" in control
        assert "private" in control


def test_a_draft_is_not_shown_to_a_parent(client, parent, draft_record):
    client.force_login(parent)

    assert statuses(client, draft_record) == {404}
    assert client.get("/children/").context["children"][0].records == []


def test_a_recalled_record_disappears_until_it_is_signed_again(
    client, parent, head, signed_record
):
    client.force_login(parent)
    before = statuses(client, signed_record)

    recall_record(record_id=signed_record.pk, by=head, reason="Sai tên")

    assert before == {200}
    assert statuses(client, signed_record) == {404}


def test_a_parent_does_not_see_the_child_of_another(client, locked_record):
    stranger = factories.make_guardian("stranger", factories.make_pupil("Lê Văn Tám"))
    client.force_login(stranger)

    assert statuses(client, locked_record) == {404}
    assert "Nguyễn Thị Hoà" not in client.get("/children/").text


def test_a_guardianship_that_has_ended_opens_nothing(client, parent, locked_record):
    yesterday = timezone.localdate() - timedelta(days=1)
    parent.guardianships.update(valid_until=yesterday)
    client.force_login(parent)

    assert statuses(client, locked_record) == {404}
    assert client.get("/children/").context["children"] == []


@pytest.mark.parametrize("role", ["admin", "registrar", "head", "officer", "inspector"])
@pytest.mark.parametrize("unit", ["school", "other", "far"])
def test_staff_read_records_in_the_workspace_and_not_here(
    client, units, locked_record, role, unit
):
    staff = factories.make_user(f"{role}-{unit}", role, units[unit])
    client.force_login(staff)

    assert statuses(client, locked_record) == {404}
    assert client.get("/children/").context["children"] == []
    assert not ReadLog.objects.exists()


def test_a_head_who_is_a_parent_sees_here_only_what_parents_see(
    client, head, draft_record
):
    pupil = draft_record.book.pupil
    Guardianship.objects.create(user=head, pupil=pupil, relation="Cha")
    client.force_login(head)

    assert Record.objects.visible_to(head).filter(pk=draft_record.pk).exists()
    assert draft_record.state not in ISSUED_STATES
    assert statuses(client, draft_record) == {404}


def test_a_stranger_is_led_to_the_parents_way_in(client, locked_record):
    for address in ["/children/", *addresses(locked_record)]:
        response = client.get(address)
        assert response.status_code == 302
        assert response.headers["Location"] == f"/account/sign-in/?next={address}"


def test_a_parent_reads_in_sentences_who_has_looked(
    client, parent, inspector, locked_record
):
    at = timezone.now().replace(hour=3, minute=30)
    for minutes in (0, 10, 20):
        moment = at + timedelta(minutes=minutes)
        log_reads([locked_record], by=inspector, access=Access.VIEW, at=moment)
    log_reads([locked_record], by=parent, access=Access.VIEW, at=at)
    log_reads([locked_record], by=parent, access=Access.DOWNLOAD, at=at)
    client.force_login(parent)

    response = client.get(f"/children/{locked_record.uuid}/readers")

    (sentence,) = response.context["sentences"]
    when = timezone.localtime(at + timedelta(minutes=20))
    assert sentence == (
        "Người inspector (inspector, Sở GDĐT dong-thap) viewed it on "
        f"{when:%d/%m/%Y %H:%M}. (3 times that day)"
    )


def test_that_nobody_has_looked_is_said(client, parent, locked_record):
    client.force_login(parent)

    response = client.get(f"/children/{locked_record.uuid}/readers")

    assert "Nobody has opened this record but you" in response.text


def test_the_pages_of_a_parent_cost_few_queries(
    client, parent, inspector, locked_record, django_assert_max_num_queries
):
    record_pdf(locked_record)  # the first call makes the dated file
    at = timezone.now()
    for _time in range(30):
        log_reads([locked_record], by=inspector, access=Access.VIEW, at=at)
    client.force_login(parent)

    for address in ["/children/", *addresses(locked_record)]:
        with django_assert_max_num_queries(12):
            assert client.get(address).status_code == 200


def test_a_parent_who_has_a_copy_is_told_when_it_is_recalled(
    client, parent, signed_record, head
):
    client.force_login(parent)
    client.get(f"/children/{signed_record.uuid}/pdf")

    recall_record(record_id=signed_record.pk, by=head, reason="Sai tên môn")

    page = client.get("/children/").text
    assert "Do not use that copy any more" in page
    assert "Sai tên môn" not in page
    client.post("/children/notices/")
    assert "Do not use that copy any more" not in client.get("/children/").text


def test_who_has_no_copy_is_told_nothing(client, parent, signed_record, head):
    client.force_login(parent)
    client.get(f"/children/{signed_record.uuid}/sheet")

    recall_record(record_id=signed_record.pk, by=head, reason="Sai tên môn")

    assert client.get("/children/").context["notices"] == []


def test_who_is_no_longer_the_guardian_is_told_nothing(
    client, parent, signed_record, head
):
    client.force_login(parent)
    client.get(f"/children/{signed_record.uuid}/pdf")
    parent.guardianships.update(valid_until=timezone.localdate() - timedelta(days=1))

    recall_record(record_id=signed_record.pk, by=head, reason="Sai tên môn")

    assert client.get("/children/").context["notices"] == []
