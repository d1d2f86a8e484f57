"""Packing and taking-in by a worker: once, resumed, and with nothing left behind."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile

from documents import storage
from documents.models import (
    Package,
    PackageItem,
    PackageRun,
    Pupil,
    Record,
    Unit,
    UploadPart,
    User,
)
from tests.actors import bring_to
from tests.factories import (
    NOW,
    TODAY,
    YEAR,
    give_key,
    make_class,
    make_draft,
    make_pupil,
)
from tests.workflow.services.exchange.parcels import (
    DEPARTMENT,
    HOA_THUAN,
    give_seal,
    parcel,
    record_xml,
    wrong,
)
from workflow import tasks
from workflow.errors import NoCredential, NotAllowed
from workflow.services import sign_record
from workflow.services.exchange.receiving import receive_package
from workflow.services.exchange.refusals import NothingToSend
from workflow.services.exchange.running import (
    KEPT,
    MAX_ATTEMPTS,
    STALE,
    Claim,
    TakenOver,
    forget_files,
    send,
    to_call,
    work_on,
)
from workflow.services.exchange.sending import send_report
from workflow.services.exchange.starting import (
    refusal_of,
    retry,
    start_sending,
    start_taking,
)

RECORD = "1f8fad5bd9cb469fa16570867728950e"


@pytest.fixture
def department(units: dict[str, Unit]) -> Unit:
    return give_seal(units["dong-thap"], DEPARTMENT)


def upload(data: bytes, by: User) -> PackageRun:
    file = SimpleUploadedFile("từ trường.xml", data)
    return start_taking(file=file, name=file.name or "", by=by)


def done(run: PackageRun) -> PackageRun:
    tasks.run_packages.delay(run.pk)
    run.refresh_from_db()
    return run


def die(run: PackageRun, claimed_by: str = "dead") -> None:
    """As after kill -9: claimed by a worker that shows no life any more."""
    long_ago = NOW - STALE - timedelta(seconds=1)
    rows = PackageRun.objects.filter(pk=run.pk)
    rows.update(claimed_by=claimed_by, claimed_at=long_ago)


def two_classes(units: dict[str, Unit], head: User) -> list[Record]:
    found = []
    for name in ("4A", "4B"):
        school_class = make_class(units["school"], name)
        draft = make_draft(school_class, make_pupil(f"Lê Thị {name}"))
        ready = bring_to(draft, "reviewed", units)
        found.append(sign_record(record_id=ready.pk, by=head))
    return found


# -- Packing -----------------------------------------------------------------------


def test_a_report_that_is_asked_for_twice_is_packed_once(
    signed_record, school, registrar
):
    facts: Any = {"school": school, "school_year": YEAR, "by": registrar}
    first, second = start_sending(**facts), start_sending(**facts)

    done(first)
    done(second)

    assert first == second
    package = Package.objects.get()
    assert (first.status, list(first.packages.all())) == ("done", [package])
    assert (first.done, first.total, first.left_out) == (1, 1, 0)


def test_what_would_stop_the_worker_is_said_at_once(signed_record, school, registrar):
    with pytest.raises(NothingToSend):
        start_sending(school=school, school_year="2019-2020", by=registrar)
    school.credentials.update(is_active=False)
    with pytest.raises(NoCredential):
        start_sending(school=school, school_year=YEAR, by=registrar)

    assert not PackageRun.objects.exists()


def test_after_a_kill_the_reconciler_packs_what_is_not_packed_yet(
    units, head, seal, registrar
):
    records = two_classes(units, head)
    run = start_sending(school=seal, school_year=YEAR, by=registrar)
    first = send_report(school=seal, school_year=YEAR, class_name="4A", by=registrar)
    run.packages.set(first.packages)
    die(run)

    tasks.reconcile.delay()

    run.refresh_from_db()
    sent = PackageItem.objects.values_list("record", flat=True)
    assert (run.status, run.done, run.packages.count()) == ("done", 2, 2)
    assert sorted(sent) == sorted(record.pk for record in records)


def test_a_run_that_was_killed_after_its_last_package_is_done(
    signed_record, school, registrar
):
    run = start_sending(school=school, school_year=YEAR, by=registrar)
    run.packages.set(send_report(school=school, school_year=YEAR, by=None).packages)
    die(run)

    tasks.reconcile.delay()

    run.refresh_from_db()
    assert (run.status, Package.objects.count()) == ("done", 1)


def test_a_worker_that_was_taken_for_dead_enters_nothing(
    signed_record, school, registrar
):
    run = start_sending(school=school, school_year=YEAR, by=registrar)
    slow = Claim(run.pk)
    assert slow.begin() == run
    die(run, claimed_by=slow.name)
    assert Claim(run.pk).begin() == run

    with pytest.raises(TakenOver):
        send(run, slow)

    assert not Package.objects.exists()


def test_while_one_worker_lives_no_other_begins(signed_record, school, registrar):
    run = start_sending(school=school, school_year=YEAR, by=registrar)
    Claim(run.pk).begin()

    assert work_on(run.pk) is None
    assert to_call(NOW) == []
    assert not Package.objects.exists()


def test_who_loses_the_office_meanwhile_sends_nothing(signed_record, school, registrar):
    run = start_sending(school=school, school_year=YEAR, by=registrar)
    registrar.assignments.update(valid_until=TODAY - timedelta(days=1))

    done(run)

    assert (run.status, run.error) == ("refused", "not_allowed")
    assert not Package.objects.exists()


# -- Taking in ---------------------------------------------------------------------


def test_a_package_is_taken_in_and_the_file_goes(department, officer):
    run = done(upload(parcel(record_xml(RECORD)), officer))

    package = Package.objects.get()
    assert (run.status, run.is_new, run.error) == ("done", True, "")
    assert (run.done, run.total) == (1, 1)
    assert list(run.packages.all()) == [package]
    assert storage.get(package.receipt)
    assert not UploadPart.objects.exists()
    assert wrong() == []


def test_the_same_file_again_is_one_while_it_runs_and_known_after(department, officer):
    data = parcel(record_xml(RECORD))
    first, second = upload(data, officer), upload(data, officer)
    assert first == second and UploadPart.objects.count() == 1
    done(first)
    lines = Record.objects.get().ledger.count()

    again = done(upload(data, officer))

    assert (again.status, again.is_new) == ("done", False)
    assert Package.objects.count() == 1
    assert Record.objects.get().ledger.count() == lines


BROKEN = {
    "torn": (lambda good: good[: len(good) // 2], "damaged", "2:"),
    "a bomb": (
        lambda good: good.replace(b"<GOI_HOC_BA>", b"<!DOCTYPE a><GOI_HOC_BA>", 1),
        "dtd_forbidden",
        "2:1",
    ),
    "another form": (
        lambda good: good.replace(b"<SO_LUONG>1<", b"<SO_LUONG>?<", 1),
        "packet_invalid",
        "/GOI_HOC_BA/DU_LIEU_GOI/THONG_TIN_GOI/SO_LUONG",
    ),
    "a better mark": (
        lambda good: good.replace(b"<MUC_DAT>H<", b"<MUC_DAT>T<", 1),
        "bytes_changed",
        "KY_GOI",
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_file_leaves_nothing_behind_and_is_named_with_its_place(
    department, officer, what
):
    spoil, code, place = BROKEN[what]

    run = done(upload(spoil(parcel(record_xml(RECORD))), officer))

    assert (run.status, run.error, run.name) == ("refused", code, "từ trường.xml")
    assert run.place.startswith(place)
    assert f"Place in the file: {run.place}." in refusal_of(run)
    for model in (Package, PackageItem, Record, Pupil, UploadPart):
        assert not model.objects.exists()


def test_a_package_under_a_strange_seal_is_refused(department, officer):
    run = done(upload(parcel(record_xml(RECORD), seal=HOA_THUAN), officer))

    assert (run.status, run.codes) == ("refused", ["wrong_school"])
    assert "seal is that of another school" in refusal_of(run)
    assert not Package.objects.exists()


def test_whoever_holds_no_such_office_begins_nothing(department, head, inspector):
    for somebody in (head, inspector):
        with pytest.raises(NotAllowed):
            upload(parcel(record_xml(RECORD)), somebody)

    assert not PackageRun.objects.exists() and not UploadPart.objects.exists()


def test_the_registrar_of_a_school_takes_no_report_of_the_department(
    department, registrar
):
    run = done(upload(parcel(record_xml(RECORD)), registrar))

    assert (run.status, run.error) == ("refused", "not_allowed")
    assert not Package.objects.exists()


def test_what_no_time_stamp_service_confirms_is_tried_again_by_itself(
    department, officer, settings
):
    run = upload(parcel(record_xml(RECORD)), officer)
    settings.TSA_URL = "http://127.0.0.1:9/tsa"
    done(run)
    seen = (run.status, run.packages.count(), run.again_at is not None)
    assert seen == ("waiting", 0, True) and "try later" in refusal_of(run)
    assert to_call(NOW) == []
    settings.TSA_URL = ""

    with time_machine.travel(NOW + timedelta(minutes=2), tick=True):
        tasks.reconcile.delay()

    run.refresh_from_db()
    assert (run.status, run.error) == ("done", "")
    assert Package.objects.get().receipt
    assert not UploadPart.objects.exists()


def test_what_somebody_has_to_mend_first_waits_with_its_file(department, officer):
    department.credentials.update(is_active=False)
    run = done(upload(parcel(record_xml(RECORD)), officer))
    assert (run.status, run.error) == ("failed", "no_credential")
    assert UploadPart.objects.exists()
    give_key(department)

    assert retry(run)
    done(run)

    assert (run.status, Package.objects.count()) == ("done", 1)
    assert not UploadPart.objects.exists()
    assert not retry(run)


def test_a_file_that_nobody_tries_again_is_forgotten(department, officer):
    department.credentials.update(is_active=False)
    run = done(upload(parcel(record_xml(RECORD)), officer))

    early, late = forget_files(NOW), forget_files(NOW + KEPT + timedelta(hours=1))

    assert (early, late) == (0, 1)
    assert not retry(run)


def test_a_file_of_which_workers_die_is_not_tried_for_ever(department, officer):
    run = upload(parcel(record_xml(RECORD)), officer)
    die(run)
    PackageRun.objects.update(attempts=MAX_ATTEMPTS)

    tasks.reconcile.delay()

    run.refresh_from_db()
    assert (run.status, run.error) == ("failed", "too_many_attempts")
    assert not Package.objects.exists()
    assert retry(run)


def test_a_package_that_a_killed_worker_took_in_is_only_finished(department, officer):
    data = parcel(record_xml(RECORD))
    run = upload(data, officer)
    receive_package(data=data, by=officer)
    die(run)

    tasks.reconcile.delay()

    run.refresh_from_db()
    assert (run.status, Package.objects.count()) == ("done", 1)
    assert Record.objects.get().ledger.count() == 1
