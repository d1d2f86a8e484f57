"""Work on packages in the crowd's school, to be killed and resumed."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from documents.models import (
    Package,
    PackageItem,
    PackageRun,
    Record,
    Unit,
    UploadPart,
    User,
)
from tests.concurrency.scene import signed
from tests.factories import YEAR
from tests.workflow.services.exchange.parcels import DEPARTMENT, give_seal, parcel
from tests.workflow.services.exchange.parcels import record_xml as sheet
from workflow import tasks
from workflow.services.exchange import sending
from workflow.services.exchange.running import STALE, work_on
from workflow.services.exchange.starting import start_sending, start_taking


def asked_to_send(class_name: str) -> int:
    """Two signed records of a class, which go in two packages."""
    signed(class_name, 2)
    return start_sending(
        school=Unit.objects.get(code="my-ngai"),
        school_year=YEAR,
        class_name=class_name,
        by=User.objects.get(username="registrar"),
    ).pk


def asked_to_take(class_name: str) -> int:
    """A package of two records of which this register has never heard."""
    department = Unit.objects.get(code="dong-thap")
    if not department.tax_code:
        give_seal(department, DEPARTMENT)
    records = [
        sheet(
            uuid.uuid4().hex,
            lookup_code=uuid.uuid4().hex,
            pupil=f"{class_name}-{number}",
            name=f"Lê Thị {'Bé' * number}",
            class_name=class_name,
        )
        for number in (1, 2)
    ]
    file = SimpleUploadedFile(f"{class_name}.xml", parcel(*records))
    officer = User.objects.get(username="officer")
    return start_taking(file=file, name=file.name or "", by=officer).pk


def work(run_id: int) -> None:
    sending.MOST_RECORDS = 1
    work_on(run_id)


def resume(run_id: int) -> dict[str, Any]:
    """What the reconciler does once the dead worker has been silent for long enough."""
    sending.MOST_RECORDS = 1
    long_ago = timezone.now() - STALE - timedelta(seconds=1)
    PackageRun.objects.exclude(claimed_by="").update(claimed_at=long_ago)
    tasks.reconcile.delay()
    return report(run_id)


def report(run_id: int) -> dict[str, Any]:
    """Everything that must be there once, wherever the worker was killed."""
    run = PackageRun.objects.get(pk=run_id)
    named = PackageItem.objects.filter(package__in=run.packages.values("pk"))
    records = Record.objects.filter(pk__in=named.values("record"))
    rows = named.values_list("record", flat=True)
    in_all = PackageItem.objects.filter(record__in=records, package__direction="sent")
    return {
        "status": run.status,
        "packages": run.packages.count(),
        "outcomes": sorted(named.values_list("outcome", flat=True)),
        "records": len(set(rows)),
        "times": in_all.count() if run.task == "send" else len(rows),
        "lines": [record.ledger.count() for record in records],
        "parts": UploadPart.objects.filter(run=run).count(),
        "receipts": Package.objects.filter(runs=run).exclude(receipt="").count(),
    }
