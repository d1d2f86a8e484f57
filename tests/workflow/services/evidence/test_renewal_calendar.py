"""Which records need a renewal by when, and what one night does about it."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from documents import triggers
from documents.models import Artifact, Record, Unit
from tests import factories
from tests.factories import NOW
from workflow.models import Notice
from workflow.services.evidence.renewing import (
    REST,
    Month,
    due_by_month,
    in_month,
    needing_renewal,
    renew_by_night,
    report_failures,
)

LONG_AGO = NOW - REST - timedelta(days=1)


@pytest.fixture
def ending(signed_record: Record) -> Record:
    """Its file was made long ago and loses its evidence in a month."""
    change(signed_record, LONG_AGO, NOW + timedelta(days=30))
    return signed_record


def change(record: Record, made, until) -> None:
    connection.check_constraints()  # PostgreSQL drops no trigger with checks pending
    triggers.remove()
    files = Artifact.objects.filter(version=record.current, purpose="issued")
    files.update(created_at=made, evidence_until=until)
    triggers.install()


def test_records_are_counted_by_the_month_in_which_their_evidence_ends(ending: Record):
    [month] = due_by_month()

    until = timezone.localtime(NOW + timedelta(days=30))
    assert (month.first, month.count) == (until.date().replace(day=1), 1)
    assert list(in_month(month)) == [ending]
    assert month.after is not None
    assert list(in_month(Month(month.after, 0))) == []


def test_what_was_not_made_to_last_is_due_at_once(signed_record: Record):
    change(signed_record, LONG_AGO, None)

    assert due_by_month() == [Month(None, 1)]
    assert list(in_month(Month(None, 0))) == [signed_record]
    assert list(needing_renewal(NOW)) == [signed_record]


def test_december_is_followed_by_january():
    year = timezone.localdate().year
    first = timezone.localdate().replace(month=12, day=1)

    assert Month(first, 0).after == first.replace(year=year + 1, month=1)


def test_a_night_renews_what_ends_soon_once(ending: Record):
    [renewal] = renew_by_night()

    assert renewal.error is None
    assert Artifact.objects.filter(purpose="renewed").count() == 1
    assert list(renew_by_night()) == []


def test_a_file_that_was_made_lately_is_left_alone(signed_record: Record):
    change(signed_record, NOW, NOW + timedelta(days=30))

    assert list(renew_by_night()) == []


def test_what_cannot_be_renewed_is_told_to_the_administrators_once_a_day(
    ending: Record, units: dict[str, Unit]
):
    admin = factories.make_user("admin", "admin", units["ministry"])
    sha256 = Artifact.objects.get(version=ending.current, purpose="issued").sha256
    [path] = Path(settings.DATA_DIR, "files").rglob(f"*{sha256[4:]}*")
    path.unlink()

    renewals = list(renew_by_night())
    report_failures(renewals)
    report_failures(renewals)

    assert [one.error.code for one in renewals] == ["file_missing"]
    [notice] = Notice.objects.filter(person=admin)
    assert notice.data == {"count": 1, "code": "file_missing"}


def test_the_command_counts_the_months(ending: Record):
    out, plain = StringIO(), StringIO()

    call_command("renew_evidence", "--months", "--json", stdout=out)
    call_command("renew_evidence", "--months", stdout=plain)

    month = f"{timezone.localtime(NOW + timedelta(days=30)):%Y-%m}"
    assert json.loads(out.getvalue()) == [{"month": month, "records": 1}]
    assert plain.getvalue() == f"{month}\t1\n"
