from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.db import connection
from pyhanko.pdf_utils.reader import PdfFileReader

from documents import ledger, storage
from documents.errors import RecordsError
from documents.models import Artifact, Record, Signature, Unit, User
from tests.factories import NOW, give_key, make_draft, make_pupil, make_user
from tests.tsa import served
from workflow.errors import (
    IllegalTransition,
    NoCredential,
    NotVerified,
    VersionMoved,
)
from workflow.models import Credential
from workflow.services import (
    edit_record,
    lock_record,
    recall_record,
    record_pdf,
    return_record,
    sign_record,
    submit_record,
)
from workflow.services.effective import NotIssued, fill_missing
from workflow.services.keys.credentials import (
    check_before_signing,
    development_ca,
    trust,
)
from workflow.signing.development import ensure_development_ca
from workflow.signing.errors import TimestampRefused, TimestampUnavailable
from workflow.signing.profiles import Profile
from workflow.signing.timestamps import DevelopmentTimeStamper
from workflow.verification.signatures import Slot
from workflow.verification.structure import embedded_files
from workflow.verification.xml import verify_xml

DAY = timedelta(days=1)
# Of a class without subject teachers: all rows, and the sheet.
TEACHERS = ("subject_teacher.art", "class_teacher")
# What is wrong with a key, and the code of the refusal.
BAD_KEYS: dict[str, tuple[str, Callable[[User | Unit], object]]] = {
    "expired": (
        "certificate_expired",
        lambda owner: give_key(
            owner,
            profile=Profile(valid_from=NOW - 9 * DAY, valid_until=NOW - 2 * DAY),
        ),
    ),
    "of next week": (
        "certificate_not_yet_valid",
        lambda owner: give_key(
            owner,
            profile=Profile(valid_from=NOW + 7 * DAY, valid_until=NOW + 99 * DAY),
        ),
    ),
    "for a web server": (
        "certificate_not_for_signing",
        lambda owner: give_key(owner, profile=Profile.web_server()),
    ),
    "revoked": (
        "certificate_revoked",
        lambda owner: give_key(owner, profile=Profile(revoked_at=NOW - DAY)),
    ),
    "of somebody else": ("certificate_mismatch", lambda owner: lend_key(owner)),
    "from nobody that we trust": (
        "certificate_not_trusted",
        lambda owner: foreign_key(owner),
    ),
    "lost": ("key_unreadable", lambda owner: lose_key(owner)),
    "never given": ("no_credential", lambda owner: None),
    "taken out of use": (
        "no_credential",
        lambda owner: Credential.objects.filter(pk=give_key(owner).pk).update(
            is_active=False
        ),
    ),
}


def lend_key(owner: User | Unit) -> None:
    if isinstance(owner, User):
        other = give_key(make_user("lender", full_name=owner.full_name))
        Credential.objects.filter(pk=other.pk).update(user=owner)
    else:
        other = give_key(Unit.objects.get(code="hoa-thuan"))
        Credential.objects.filter(pk=other.pk).update(unit=owner)


def foreign_key(owner: User | Unit) -> None:
    """Issued by an authority of the same name that nobody entered."""
    ca = ensure_development_ca(
        Path(configured.DATA_DIR) / "elsewhere", at=NOW, allow_development=True
    )
    if isinstance(owner, User):
        issued = ca.issue_person(
            name=owner.full_name,
            personal_number=owner.personal_number,
            office="Hiệu trưởng",
            school="Trường Tiểu học Mỹ Ngãi",
            at=NOW,
        )
    else:
        issued = ca.issue_seal(school=owner.name, tax_code=owner.tax_code, at=NOW)
    key = give_key(owner)
    reference = issued.path.relative_to(Path(configured.DATA_DIR))
    Credential.objects.filter(pk=key.pk).update(reference=str(reference))


def lose_key(owner: User | Unit) -> None:
    path = Path(configured.DATA_DIR) / give_key(owner).reference
    path.unlink()


def assert_nothing_was_signed(record: Record, files: set[Path]) -> None:
    assert Record.objects.get(pk=record.pk).state == "reviewed"
    assert [e.action for e in record.ledger.all()] == ["import", "submit"]
    assert "head" not in {s.slot for s in Signature.objects.all()}
    assert "seal" not in {s.slot for s in Signature.objects.all()}
    assert not Artifact.objects.exists()
    assert stored_files() == files


def stored_files() -> set[Path]:
    folder = Path(configured.DATA_DIR) / "files"
    return {path for path in folder.rglob("*") if path.is_file()}


def test_signing_issues_the_record_with_both_signatures(
    reviewed_record: Record, head: User, seal: Unit
) -> None:
    sign_record(record_id=reviewed_record.pk, by=head, at=NOW)

    record = Record.objects.get(pk=reviewed_record.pk)
    assert record.state == "signed"
    assert record.current.signed_slots() == {*TEACHERS, "head", "seal"}
    artifact = record.current.artifacts.get(purpose="issued")
    pdf = storage.get(artifact.sha256)
    assert pdf.startswith(b"%PDF-") and len(pdf) == artifact.size
    assert [entry.action for entry in record.ledger.all()] == [
        "import",
        "submit",
        "sign",
    ]
    assert record.ledger.last().payload["file"] == artifact.sha256
    assert ledger.first_break(record.ledger.select_related("record")) is None


def test_the_signed_data_stands_in_the_file_and_beside_it(signed_record: Record):
    version = signed_record.current
    packet = storage.get(version.artifacts.get(purpose="packet").sha256)
    pdf = storage.get(version.artifacts.get(purpose="issued").sha256)

    attached = dict(embedded_files(PdfFileReader(BytesIO(pdf))))
    report = verify_xml(packet, trust(NOW), NOW, slots=[Slot("CBQL")])

    assert attached["hoc-ba.xml"]["/EF"]["/F"].data == packet
    assert str(attached["hoc-ba.xml"]["/AFRelationship"]) == "/Data"
    assert (report.verdict, report.reasons) == ("authentic", ())
    assert report.record == version.canonical.encode()
    assert {one.field for one in report.signatures} >= {"CBQL", "KY_PHAT_HANH"}
    assert signed_record.ledger.last().payload["packet"] == sha256(packet).hexdigest()


def test_a_signature_says_who_signed_for_whom_and_when(signed_record: Record, head):
    signatures = {s.slot: s for s in signed_record.current.signatures.all()}

    person, seal = signatures["head"], signatures["seal"]
    assert (person.name, person.office) == (head.full_name, "Hiệu trưởng")
    assert seal.name == person.organisation == signed_record.issuer.name
    assert (person.signed_at, person.time_source) == (NOW, "tsa")
    assert person.certificate.startswith("-----BEGIN CERTIFICATE-----")
    assert person.certificate != seal.certificate


@pytest.mark.parametrize("what", BAD_KEYS)
@pytest.mark.parametrize("whose", ["head", "seal"])
def test_a_key_that_must_not_sign_is_refused_before_anything_is_signed(
    reviewed_record: Record, school: Unit, whose: str, what: str
):
    head = make_user("chief", "head", school, full_name="Lê Văn Bình")
    owner, other = (head, school) if whose == "head" else (school, head)
    give_key(other)
    code, spoil = BAD_KEYS[what]
    spoil(owner)
    files = stored_files()

    with pytest.raises(RecordsError) as caught:
        sign_record(record_id=reviewed_record.pk, by=head)

    assert caught.value.code == code
    assert caught.value.for_user()
    assert_nothing_was_signed(reviewed_record, files)


def test_signing_twice_is_refused(signed_record: Record, head: User):
    with pytest.raises(IllegalTransition):
        sign_record(record_id=signed_record.pk, by=head)

    assert Artifact.objects.count() == 2  # the file and the packet
    assert Signature.objects.count() == 4


def test_a_time_stamper_that_is_away_can_be_tried_again(
    reviewed_record: Record, head: User, seal: Unit, settings: Any
):
    files = stored_files()
    settings.TSA_URL = "http://127.0.0.1:9/tsa"

    with pytest.raises(TimestampUnavailable) as caught:
        sign_record(record_id=reviewed_record.pk, by=head)

    assert caught.value.code == "timestamp_unavailable"
    assert_nothing_was_signed(reviewed_record, files)
    settings.TSA_URL = ""
    assert sign_record(record_id=reviewed_record.pk, by=head).state == "signed"


@pytest.mark.parametrize("answer", [b"", b"<html>busy</html>", b"x" * 70_000])
def test_what_is_no_time_stamp_is_refused(
    reviewed_record: Record, head: User, seal: Unit, settings: Any, answer: bytes
):
    files = stored_files()

    with (
        served(lambda body: answer) as settings.TSA_URL,
        pytest.raises(TimestampRefused),
    ):
        sign_record(record_id=reviewed_record.pk, by=head)

    assert_nothing_was_signed(reviewed_record, files)


def test_a_time_stamp_that_nobody_trusts_issues_nothing(
    reviewed_record: Record, head: User, seal: Unit, settings: Any, tmp_path: Path
):
    foreign = ensure_development_ca(tmp_path / "pki", at=NOW, allow_development=True)
    files = stored_files()

    with (
        served(DevelopmentTimeStamper(foreign).respond) as settings.TSA_URL,
        pytest.raises(NotVerified) as caught,
    ):
        sign_record(record_id=reviewed_record.pk, by=head)

    assert caught.value.reasons == "timestamp_not_trusted"
    assert_nothing_was_signed(reviewed_record, files)


def test_a_service_outside_stamps_as_well(
    reviewed_record: Record, head: User, seal: Unit, settings: Any
):
    asked: list[bytes] = []

    def answer(body: bytes) -> bytes:
        asked.append(body)
        return DevelopmentTimeStamper(development_ca()).respond(body)

    with served(answer) as settings.TSA_URL:
        check_before_signing(head, seal, at=NOW)
        record = sign_record(record_id=reviewed_record.pk, by=head)

    assert record.state == "signed"
    assert (
        len(asked) == 6
    )  # one to try, one for each of four signatures, one at the end


@pytest.mark.django_db(transaction=True)
def test_what_changed_while_it_was_signed_is_not_issued(
    reviewed_record: Record, head: User, seal: Unit, teacher: User, settings: Any
):
    """The head signed what stood on the screen, not what stands there now."""
    pk = reviewed_record.pk

    def change_then_stamp(body: bytes) -> bytes:
        if Record.objects.get(pk=pk).versions.count() == 1:
            return_record(record_id=pk, by=head, reason="Sai điểm")
            changes = {"subjects.math.score": 10}
            edit_record(record_id=pk, by=teacher, base=1, changes=changes)
            submit_record(record_id=pk, by=teacher)
        connection.close()
        return DevelopmentTimeStamper(development_ca()).respond(body)

    with served(change_then_stamp) as settings.TSA_URL, pytest.raises(VersionMoved):
        sign_record(record_id=pk, by=head)

    record = Record.objects.get(pk=pk)
    assert (record.state, record.current.number) == ("reviewed", 2)
    assert not Artifact.objects.exists()
    assert "head" not in {s.slot for s in Signature.objects.all()}


@pytest.mark.django_db(transaction=True)
def test_a_record_that_was_returned_while_it_was_signed_is_not_issued(
    reviewed_record: Record, head: User, seal: Unit, settings: Any
):
    pk = reviewed_record.pk

    def return_then_stamp(body: bytes) -> bytes:
        if Record.objects.get(pk=pk).state == "reviewed":
            return_record(record_id=pk, by=head, reason="Sai điểm")
        connection.close()
        return DevelopmentTimeStamper(development_ca()).respond(body)

    with (
        served(return_then_stamp) as settings.TSA_URL,
        pytest.raises(IllegalTransition),
    ):
        sign_record(record_id=pk, by=head)

    assert Record.objects.get(pk=pk).state == "draft"
    assert not Artifact.objects.exists()


def test_what_can_be_known_to_fail_is_known_before(
    head: User, school: Unit, settings: Any
):
    with pytest.raises(NoCredential):
        check_before_signing(head, school, at=NOW)
    give_key(school)
    settings.TSA_URL = "http://127.0.0.1:9/tsa"

    with pytest.raises(TimestampUnavailable):
        check_before_signing(head, school, at=NOW)


def test_a_locked_record_is_given_out_with_its_date(locked_record: Record) -> None:
    pdf = record_pdf(locked_record)

    issued = storage.get(locked_record.current.artifacts.get(purpose="issued").sha256)
    assert pdf.startswith(issued) and len(pdf) > len(issued)
    assert record_pdf(locked_record) == pdf
    assert locked_record.current.artifacts.count() == 3  # with the packet


def test_a_signed_record_is_given_out_as_it_was_signed(signed_record: Record):
    issued = signed_record.current.artifacts.get(purpose="issued")

    assert record_pdf(signed_record) == storage.get(issued.sha256)
    assert signed_record.current.artifacts.count() == 2  # with the packet


def test_there_is_no_file_before_the_signatures(reviewed_record: Record):
    with pytest.raises(NotIssued) as caught:
        record_pdf(reviewed_record)

    assert caught.value.code == "not_issued"


def test_a_recalled_record_has_no_file_until_it_is_signed_again(
    signed_record: Record, head: User
):
    recall_record(record_id=signed_record.pk, by=head, reason="Sai tên môn")

    with pytest.raises(NotIssued):
        record_pdf(Record.objects.get(pk=signed_record.pk))


def test_the_dated_file_is_made_up_for_by_the_reconciler_once(locked_record: Record):
    assert fill_missing() == 1
    assert fill_missing() == 0

    assert locked_record.current.artifacts.filter(purpose="effective").count() == 1


def test_one_file_that_is_lost_does_not_keep_the_others_from_their_date(
    locked_record: Record, school_class, teacher: User, head: User, officer: User
):
    other = make_draft(school_class, make_pupil("Lê Văn An"))
    for service, by in ((submit_record, teacher), (sign_record, head)):
        service(record_id=other.pk, by=by)
    lock_record(record_id=other.pk, by=officer)
    lost = locked_record.current.artifacts.get(purpose="issued").sha256
    (Path(configured.DATA_DIR) / "files" / lost[:2] / lost).unlink()

    assert fill_missing() == 1

    dated = Artifact.objects.get(purpose="effective")
    assert dated.version.record_id == other.pk
