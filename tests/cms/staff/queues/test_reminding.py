"""A button of the queue reminds whoever has the records, once a day."""

from __future__ import annotations

import pytest

from tests.cms.staff.conftest import to
from workflow.models import Notice

from .tasks import HOME


def test_a_button_reminds_the_head_and_says_so(
    sign_in, teacher, head, reviewed_record, school_class, deadline
):
    client = sign_in(teacher)
    url = to("nudge", school_class.pk, "reviewed")
    assert url in client.get(HOME).content.decode()

    page = client.post(url, follow=True)

    assert f"{head} has been reminded." in page.content.decode()
    assert Notice.objects.get().person == head
    again = client.post(url, follow=True)
    assert "reminded today already" in again.content.decode()
    assert Notice.objects.count() == 1


@pytest.mark.parametrize("role", ["class_teacher", "head", "registrar", "officer"])
def test_whoever_does_not_see_the_class_cannot_remind(
    sign_in, staff_of_elsewhere, role, reviewed_record, head, school_class, deadline
):
    client = sign_in(staff_of_elsewhere[role])

    response = client.post(to("nudge", school_class.pk, "reviewed"))

    assert response.status_code == 404
    assert not Notice.objects.exists()


def test_an_inspector_sees_a_class_and_reminds_nobody(
    sign_in, inspector, signed_record, school_class, deadline
):
    client = sign_in(inspector)

    page = client.post(to("nudge", school_class.pk, "reviewed"), follow=True)

    assert page.status_code == 200
    assert not Notice.objects.exists()


def test_reminding_takes_a_post(sign_in, teacher, reviewed_record, school_class):
    response = sign_in(teacher).get(to("nudge", school_class.pk, "reviewed"))

    assert response.status_code == 405
