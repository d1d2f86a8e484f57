"""A class is signed with head and seal both at a service that is not ours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.utils import timezone

from documents.models import Record, SchoolClass, Signature, Unit, User
from tests.factories import make_user
from tests.workflow.services.signing_scene import (
    assert_issued_once,
    errors,
    register,
    reviewed,
    run,
    signing,
    statuses,
)
from tests.workflow.signing.providers.csc_dummy import empty_list, root_of, serving
from workflow.integrity import flaws
from workflow.models import Batch, Consent
from workflow.services import record_pdf
from workflow.services.evidence.verdicts import verdict_of_file
from workflow.services.keys.credentials import check_before_signing
from workflow.services.keys.trusting import import_trust
from workflow.signing.errors import CertificateMismatch
from workflow.signing.providers.pkcs12 import PrivateKey

# More than the service signs at once ("multisign").
CLASS_SIZE = 12


@pytest.fixture
def installation(settings: Any, tmp_path: Path) -> Path:
    """With a trust of its own: what is put there is for this test alone."""
    settings.DATA_DIR = tmp_path / "data"
    settings.DATA_DIR.mkdir()
    return tmp_path


@pytest.fixture
def head(installation: Path, school: Unit) -> User:
    return make_user("head", "head", school, full_name="Lê Văn Bình")


@pytest.fixture
def service(
    installation: Path, head: User, school: Unit, settings: Any
) -> Iterator[Path]:
    """The keys of head and seal at certomancer, whose root this installation trusts."""
    names = ("root", "head", "seal")
    keys: dict[str, PrivateKey] = {
        name: ec.generate_private_key(ec.SECP256R1()) for name in names
    }
    signers = {
        "head": {
            "common-name": head.full_name,
            "serial-number": f"PNOVN-{head.personal_number}",
        },
        "seal": {
            "common-name": school.name,
            "organization-name": school.name,
            "organization-identifier": f"TAXVN-{school.tax_code}",
        },
    }
    folder = installation / "certomancer"
    folder.mkdir()
    with serving(folder, signers, keys) as url:
        settings.CSC_URL = url
        trust_root(folder, keys["root"])
        register(head, "csc", "hocba/head")
        register(school, "csc", "hocba/seal")
        yield folder


def trust_root(folder: Path, key: PrivateKey) -> None:
    at, root = timezone.now(), root_of(folder)
    pem = root.public_bytes(serialization.Encoding.PEM)
    for data in (pem, empty_list(root, key, at)):
        import_trust("certomancer", data, name="root", at=at)


@pytest.fixture
def records(
    service: Path, school_class: SchoolClass, units: dict[str, Unit]
) -> list[Record]:
    # Who signs for the teachers there is the class teacher.
    make_user("bringer", "class_teacher", units["school"], school_class)
    return reviewed(school_class, units, CLASS_SIZE)


def work(batch: Batch) -> Batch:
    """Run it to its end: this service asks its holders by itself, or nobody."""
    for _turn in range(5):
        run(batch)
        batch.refresh_from_db()
        if batch.finished_at is not None:
            break
    return batch


def test_a_class_is_signed_end_to_end(
    records: list[Record], head: User, school: Unit
) -> None:
    ready = check_before_signing(head, school, at=timezone.now())
    batch = work(signing(records, head))

    assert [one.certificate.name for one in ready.keys] == [head.full_name, school.name]
    assert (statuses(batch), errors(batch)) == (["done"] * CLASS_SIZE, {""})
    assert_issued_once(records)
    asked = Consent.objects.filter(batch=batch)
    assert {(one.slot, one.round, one.status) for one in asked} == {
        (slot, number, "used") for slot in ("head", "seal") for number in (1, 2)
    }
    assert {one.count for one in asked} == {CLASS_SIZE}
    assert [flaw for flaw in flaws() if not flaw.code.startswith("index_")] == []


def test_what_it_signed_is_authentic_by_the_root_that_was_put_there(
    records: list[Record], head: User, school: Unit
) -> None:
    work(signing(records[:2], head))

    for record in records[:2]:
        record.refresh_from_db()
        answer = verdict_of_file(record_pdf(record))
        assert (answer.verdict, answer.reasons) == ("authentic", ())
        both = [one for one in answer.signatures if one.slot in ("head", "seal")]
        assert {one.trust_store for one in both} == {"certomancer"}
        assert {one.level for one in both} == {"B-LTA"}
    assert Signature.objects.filter(slot="seal").count() == 2


def test_the_keys_are_those_of_their_owners_alone(
    service: Path, head: User, school: Unit
) -> None:
    """The service gives any key to anybody; the certificate says whose it is."""
    register(head, "csc", "hocba/seal")

    with pytest.raises(CertificateMismatch):
        check_before_signing(head, at=timezone.now())

    assert not Signature.objects.exists()
