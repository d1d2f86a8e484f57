from __future__ import annotations

import pytest

from documents.models import Record
from tests.actors import bring_to
from tests.factories import make_draft
from workflow.models import Reassessment
from workflow.services import edit_record

from .conftest import to


@pytest.fixture
def failed(units, school_class):
    draft = make_draft(
        school_class, completed=False, promoted=False, result="not_completed"
    )
    return bring_to(draft, "signed", units)


def test_the_head_opens_it_and_both_results_are_shown(sign_in, head, teacher, failed):
    client, url = sign_in(head), to("reassess", failed.uuid)
    assert client.get(url).context["may_open"]

    client.post(url)
    edit_record(
        record_id=failed.pk, by=teacher, base=2, changes={"second.result": "completed"}
    )

    page = client.get(url)
    [change] = page.context["results"].changes
    assert change.field.path == "second.result"
    assert change.old in page.content.decode() and change.new in page.content.decode()


@pytest.mark.parametrize(("role", "lines"), [("officer", 1), ("teacher", 0)])
def test_who_is_shown_both_results_has_read_the_record(
    request, sign_in, head, failed, role, lines
):
    sign_in(head).post(to("reassess", failed.uuid))
    user = request.getfixturevalue(role)

    page = sign_in(user).get(to("reassess", failed.uuid))

    assert page.context["results"] is not None
    assert failed.reads.filter(user=user, access="view").count() == lines


def test_the_record_of_a_pupil_who_completed_offers_nothing(
    sign_in, head, units, school_class
):
    record = bring_to(make_draft(school_class), "signed", units)
    client, url = sign_in(head), to("reassess", record.uuid)

    assert not client.get(url).context["may_open"]
    client.post(url)

    assert Record.objects.get(pk=record.pk).state == "signed"


@pytest.mark.parametrize("role", ["teacher", "registrar", "officer"])
def test_others_read_and_do_not_open(request, sign_in, failed, role):
    client = sign_in(request.getfixturevalue(role))
    url = to("reassess", failed.uuid)

    assert not client.get(url).context["may_open"]
    client.post(url)

    assert not Reassessment.objects.exists()
    assert Record.objects.get(pk=failed.pk).state == "signed"


@pytest.mark.parametrize("role", ["inspector", "admin_user"])
def test_it_is_no_page_of_theirs(request, sign_in, failed, role):
    client = sign_in(request.getfixturevalue(role))

    assert client.get(to("reassess", failed.uuid)).url == "/admin/"
    assert client.post(to("reassess", failed.uuid)).url == "/admin/"
    assert not Reassessment.objects.exists()


@pytest.mark.parametrize("role", ["head", "registrar", "class_teacher", "officer"])
def test_strangers_find_nothing(sign_in, staff_of_elsewhere, failed, role):
    client = sign_in(staff_of_elsewhere[role])

    assert client.get(to("reassess", failed.uuid)).status_code == 404
    assert client.post(to("reassess", failed.uuid)).status_code == 404
    assert Record.objects.get(pk=failed.pk).state == "signed"
