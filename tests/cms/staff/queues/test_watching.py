"""Those who watch: the inspector searches, the administrator reads the checks."""

from __future__ import annotations

from datetime import timedelta

from documents.models import Checkpoint, FileSweep
from tests.cms.staff.conftest import to
from tests.factories import NOW

from .tasks import HOME, by_text


def test_the_inspector_begins_with_the_search(sign_in, inspector):
    page = sign_in(inspector).get(HOME)

    assert page.context["queue"].searches
    assert f'action="{to("search")}"' in page.content.decode()


def checkpoint(at, findings=()):
    return Checkpoint.objects.create(
        number=1,
        at=at,
        previous="",
        digest="0" * 64,
        token="",
        findings=list(findings),
        sha256="0" * 64,
    )


def test_without_a_checkpoint_nothing_is_called_well(queue_of, admin_user):
    assert "No checkpoint has been made yet" in queue_of(admin_user).next


def test_the_administrator_sees_that_all_is_well(queue_of, admin_user):
    checkpoint(NOW)

    queue = queue_of(admin_user)

    assert queue.waiting == []
    assert "No finding stands open" in queue.next


def test_the_administrator_sees_what_the_checks_found(queue_of, admin_user):
    flaw = {"code": "chain_broken", "where": "ABC 2025-2026"}
    checkpoint(NOW - timedelta(days=3), [flaw])
    lost = {"sha256": "f" * 64, "code": "file_missing"}
    FileSweep.objects.create(at=NOW, first="", last="g", files=1, findings=[lost])

    waiting = queue_of(admin_user).waiting

    assert by_text(waiting, "stored files").count == 1
    assert by_text(waiting, "checkpoint is overdue").count == 1
    assert by_text(waiting, "findings of the last").notes == (
        "chain_broken · ABC 2025-2026",
    )
