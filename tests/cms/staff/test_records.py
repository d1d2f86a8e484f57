from __future__ import annotations

import hashlib

import pytest
from django.urls import reverse
from django.utils import timezone

from cms.staff.history import ledger_lines
from documents.models import LedgerEntry, ReadLog, State
from tests import factories
from workflow.services import edit_record

from .conftest import MOST_QUERIES, state_of, to

SCHOOL = ["teacher", "head", "registrar"]


@pytest.mark.parametrize("role", [*SCHOOL, "officer", "inspector"])
def test_the_head_of_a_record_says_what_it_is(request, sign_in, locked_record, role):
    user = request.getfixturevalue(role)

    page = sign_in(user).get(to("record", locked_record.uuid))

    text = page.content.decode()
    for said in (
        "Nguyễn Thị Hoà",
        locked_record.book.lookup_code,
        "Trường Tiểu học Mỹ Ngãi",
        f"{timezone.localtime(locked_record.locked_at):%d/%m/%Y}",
        "●",
    ):
        assert said in text


def test_the_difference_between_versions_stands_field_by_field(
    sign_in, teacher, draft_record
):
    changes = {"subjects.math.score": 7, "result": "good"}
    edit_record(record_id=draft_record.pk, by=teacher, base=1, changes=changes)

    page = sign_in(teacher).get(to("record", draft_record.uuid))

    newest, first = page.context["editions"]
    assert [(c.field.path, c.old, c.new) for c in newest.changes] == [
        ("subjects.math.score", "9", "7"),
        ("result", "Hoàn thành xuất sắc", "Hoàn thành tốt"),
    ]
    assert first.changes == []


def test_the_ledger_reads_as_sentences_and_follows(sign_in, head, locked_record):
    page = sign_in(head).get(to("record", locked_record.uuid))

    lines = page.context["lines"]
    assert [line.entry.action for line in lines] == ["import", "submit", "sign", "lock"]
    assert lines[2].sentence == (
        "Lê Văn Bình signed version 1, and the school's seal was applied."
    )
    assert page.context["chain_is_whole"] is True
    assert lines[0].entry.entry_hash in page.content.decode()


def test_a_recall_that_came_in_a_package_reads_as_a_sentence(school):
    payload = {"from": school.code, "version": 2, "recalled": 3, "reason": "Sai tên"}
    entry = LedgerEntry(action="receive_recall", payload=payload)

    (line,) = ledger_lines([entry])

    assert line.reason == "Sai tên"
    assert line.sentence == (
        "Trường Tiểu học Mỹ Ngãi has recalled version 3, as a package says."
    )


def test_who_has_looked_is_shown(sign_in, inspector, head, locked_record):
    sign_in(inspector).get(to("record", locked_record.uuid))

    page = sign_in(head).get(to("record", locked_record.uuid))

    assert inspector in [read.user for read in page.context["reads"]]


@pytest.mark.parametrize(("role", "entered"), [("teacher", 0), ("inspector", 1)])
def test_a_view_is_entered_once(request, sign_in, signed_record, role, entered):
    client = sign_in(request.getfixturevalue(role))

    page = client.get(to("record", signed_record.uuid))
    client.get(page.context["frame"])

    assert ReadLog.objects.count() == entered


def test_steps_are_offered_only_where_they_are_possible(
    sign_in, head, registrar, signed_record
):
    for_head = sign_in(head).get(to("record", signed_record.uuid)).context
    for_registrar = sign_in(registrar).get(to("record", signed_record.uuid)).context

    assert list(for_head["steps"]) == ["recall"]
    assert list(for_registrar["steps"]) == []
    assert for_registrar["hints"] == ["It can be handed over once it is locked."]


def test_a_locked_record_says_why_it_cannot_be_recalled(sign_in, head, locked_record):
    page = sign_in(head).get(to("record", locked_record.uuid))

    assert page.context["hints"] == ["It is locked: it cannot be recalled any more."]


def test_the_head_recalls_with_a_reason(sign_in, head, signed_record):
    client = sign_in(head)
    url = to("recall", signed_record.uuid)

    client.post(url, {"reason": ""})

    assert state_of(signed_record) == State.SIGNED

    client.post(url, {"reason": "Sai ngày sinh"})

    assert state_of(signed_record) == State.DRAFT
    entry = LedgerEntry.objects.get(record=signed_record, action="recall")
    assert entry.payload["reason"] == "Sai ngày sinh"


def test_the_file_is_the_signed_one_and_its_download_is_entered(
    sign_in, inspector, signed_record
):
    response = sign_in(inspector).get(to("file", signed_record.uuid))

    digest = hashlib.sha256(response.content).hexdigest()
    assert digest == signed_record.current.artifacts.get(purpose="issued").sha256
    name = f"{signed_record.book.lookup_code}-2025-2026.pdf"
    assert name in response.headers["Content-Disposition"]
    assert ReadLog.objects.get().access == "download"


def test_a_record_without_a_file_says_so(sign_in, teacher, draft_record):
    response = sign_in(teacher).get(to("file", draft_record.uuid), follow=True)

    assert response.redirect_chain[-1][0] == to("record", draft_record.uuid)
    assert "not signed yet" in response.content.decode()


def test_an_older_version_can_be_read_as_printed(sign_in, teacher, draft_record):
    edit_record(
        record_id=draft_record.pk,
        by=teacher,
        base=1,
        changes={"subjects.math.comment": "Nhận xét thứ hai"},
    )
    client = sign_in(teacher)

    older = client.get(to("form", draft_record.uuid, version="1")).content.decode()
    newest = client.get(to("form", draft_record.uuid)).content.decode()

    assert "Nhận xét thứ hai" in newest
    assert "Nhận xét thứ hai" not in older
    assert client.get(to("form", draft_record.uuid, version="9")).status_code == 404


@pytest.mark.parametrize(
    "role", ["class_teacher", "head", "registrar", "officer", "inspector"]
)
def test_a_record_of_elsewhere_is_not_there(
    sign_in, staff_of_elsewhere, locked_record, role
):
    client = sign_in(staff_of_elsewhere[role])

    for name in ("record", "form", "file", "verdict"):
        assert client.get(to(name, locked_record.uuid)).status_code == 404
    assert client.post(to("recall", locked_record.uuid)).status_code == 404
    assert not ReadLog.objects.exists()


def test_an_inspector_does_not_see_what_is_not_issued(
    sign_in, inspector, reviewed_record
):
    response = sign_in(inspector).get(to("record", reviewed_record.uuid))

    assert response.status_code == 404


def test_an_administrator_sees_no_record(sign_in, admin_user, locked_record):
    client = sign_in(admin_user)

    assert client.get(to("record", locked_record.uuid)).url == "/admin/"
    for name in ("form", "file", "verdict"):
        assert client.get(to(name, locked_record.uuid)).status_code == 404


@pytest.mark.parametrize("role", ["teacher", "registrar", "officer", "inspector"])
def test_only_the_head_recalls(request, sign_in, signed_record, role):
    client = sign_in(request.getfixturevalue(role))

    client.post(to("recall", signed_record.uuid), {"reason": "x"})

    assert state_of(signed_record) == State.SIGNED


def test_the_query_of_a_search_is_kept_on_the_way(sign_in, inspector, signed_record):
    page = sign_in(inspector).get(to("record", signed_record.uuid, q="hoa"))

    assert to("search", q="hoa") in page.content.decode()


def test_a_long_history_asks_no_more_than_a_short_one(
    sign_in, queries_of, teacher, draft_record
):
    client = sign_in(teacher)
    url = to("record", draft_record.uuid)
    client.get(url)
    few = queries_of(client, url)
    for number in range(1, 12):
        edit_record(
            record_id=draft_record.pk,
            by=teacher,
            base=number,
            changes={"height_cm": 100 + number},
        )

    many = queries_of(client, url)

    # The pages' sum: session, person, roles, Wagtail's frame, and the five tabs.
    assert many == few <= MOST_QUERIES + 2


def test_the_name_on_the_page_is_escaped(sign_in, teacher, school_class):
    pupil = factories.make_pupil("<b>Lan</b>")
    record = factories.make_draft(school_class, pupil)

    page = sign_in(teacher).get(to("record", record.uuid))

    assert "<b>Lan" not in page.content.decode()


def test_the_signed_file_is_judged_in_words(sign_in, inspector, signed_record):
    part = sign_in(inspector).get(to("verdict", signed_record.uuid))

    text = part.content.decode()
    assert part.context["answer"].verdict == "authentic"
    answer = part.context["answer"]
    pages = [s.signer for s in answer.signatures if not s.in_packet]
    assert pages == ["Lê Văn Bình", "Trường Tiểu học Mỹ Ngãi"]
    data = [s.slot.partition(".")[0] for s in answer.signatures if s.in_packet]
    assert data == ["GVBM", "GVCN", "CBQL", "KY_PHAT_HANH"]
    assert "Authentic" in text
    assert "time proven by a time stamp" in text


def test_there_is_no_verdict_on_what_is_not_signed(sign_in, teacher, draft_record):
    part = sign_in(teacher).get(to("verdict", draft_record.uuid))

    assert "not signed yet" in part.context["problem"]


def test_staff_who_are_parents_read_the_own_child_in_the_portal(
    client, school, signed_record
):
    parent = factories.make_guardian("mother", signed_record.book.pupil)
    next_class = factories.make_class(school, "3A")
    parent.assignments.create(
        unit=school, role="class_teacher", school_class=next_class
    )
    client.force_login(parent)

    in_office = client.get(reverse("staff:record", args=[signed_record.uuid]))
    form = client.get(reverse("staff:form", args=[signed_record.uuid]) + "?version=1")
    at_home = client.get(reverse("portal:record", args=[signed_record.uuid]))

    assert [r.status_code for r in (in_office, form, at_home)] == [404, 404, 200]
