"""The queue of a registrar: imports, transfers, packages, the seal, certificates."""

from __future__ import annotations

from datetime import date

from documents.models import ImportRun, Package, Transfer
from documents.models.packets import Direction, PackagePurpose
from tests.cms.staff.conftest import to
from tests.factories import NOW, YEAR
from workflow.models import Batch, BatchItem, Credential, Notice
from workflow.services.notices import notify

from .tasks import HOME, ask, by_text


def test_the_registrar_sees_imports_transfers_and_packages(
    queue_of, registrar, registrar2, locked_record, other_school, units
):
    school = locked_record.issuer
    ImportRun.objects.create(
        unit=school, school_year=YEAR, by=registrar, created_at=NOW
    )
    Transfer.objects.create(
        record=locked_record,
        from_unit=school,
        to_unit=other_school,
        dispatched_by=registrar,
        dispatched_at=NOW,
    )
    Package.objects.create(
        uuid=locked_record.uuid,
        direction=Direction.SENT,
        purpose=PackagePurpose.REPORT,
        sender=school,
        receiver=units["dong-thap"],
        sha256="a" * 64,
        size=1,
        count=1,
        created_at=NOW,
        entered_at=NOW,
    )

    queue = queue_of(registrar)

    assert by_text(queue.waiting, "imports").count == 1
    assert by_text(queue.sent, "not yet received").url == to(
        "transfers", show="leaving"
    )
    assert by_text(queue.sent, "no receipt").count == 1
    theirs = queue_of(registrar2)
    assert [task.url for task in theirs.waiting] == [to("transfers", show="arriving")]
    assert theirs.sent == []


def test_the_registrar_sees_what_waits_for_the_seal(
    queue_of, registrar, registrar2, head, reviewed_record, seal
):
    batch = Batch.objects.create(step="sign", by=head, unit=seal, created_at=NOW)
    BatchItem.objects.create(batch=batch, record=reviewed_record)
    ask(batch, Credential.objects.get(unit=seal), needs="pin", status="waiting")

    task = by_text(queue_of(registrar).sent, "the key of the seal")

    assert (task.count, task.url) == (1, to("batch", batch.uuid))
    assert str(head) in task.notes[0]
    assert queue_of(registrar2).sent == []


def test_a_certificate_that_ends_is_a_line_and_no_news(sign_in, registrar, school):
    notify(
        [registrar],
        "certificate_expires",
        subject="1",
        data={"owner": school.name, "until": date(2026, 12, 1), "days": 9},
    )
    notice = Notice.objects.get()

    page = sign_in(registrar).get(HOME)

    [task] = page.context["queue"].waiting
    assert task.url == to("notice", notice.pk)
    assert page.content.decode().count(to("notice", notice.pk)) == 1
