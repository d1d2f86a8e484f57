"""Heads and seals whose keys lie elsewhere, and batches that ask them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.utils import timezone

from documents.models import Record, SchoolClass, Signature, Unit, User
from tests.actors import bring_to
from tests.factories import NOW, make_draft, make_pupil
from tests.workflow.signing.providers import csc_stub
from tests.workflow.signing.providers.csc_stub import ACCOUNT, Service
from workflow.models import Batch, Consent, Credential, JournalEntry
from workflow.services.bulk import consents
from workflow.services.bulk.batches import run_batch, start_batch
from workflow.services.bulk.runs import STALE
from workflow.services.keys.credentials import development_ca
from workflow.signing.development import IssuedKey
from workflow.signing.profiles import Profile
from workflow.signing.providers.csc_client import Secrets

PIN = csc_stub.PIN
# Head and seal over the data, head and seal over the pages.
SIGNATURES = {"head": 2, "seal": 2}


def issue_to(owner: User | Unit, **profile: Any) -> IssuedKey:
    """A key of the development CA for its true owner; nothing is registered."""
    ca = development_ca()
    if isinstance(owner, User):
        return ca.issue_person(
            name=owner.full_name,
            personal_number=owner.personal_number,
            office="Hiệu trưởng",
            school="Trường Tiểu học Mỹ Ngãi",
            at=NOW,
            **profile,
        )
    return ca.issue_seal(school=owner.name, tax_code=owner.tax_code, at=NOW, **profile)


def register(owner: User | Unit, provider: str, reference: str, **more: Any) -> Any:
    """In the place of the key that was in use."""
    owner.credentials.update(is_active=False)
    whose = {"user": owner} if isinstance(owner, User) else {"unit": owner}
    return Credential.objects.create(
        provider=provider, reference=reference, **whose, **more
    )


@contextmanager
def remote(owner: User | Unit, settings: Any, version: str = "1") -> Iterator[Service]:
    """The owner's key at a strict service, which this installation knows."""
    service = csc_stub.new_service(development_ca(), issue_to(owner))
    service.now = timezone.now()
    register(owner, "csc", "head")
    with csc_stub.serving(service) as url:
        settings.CSC_URL, settings.CSC_VERSION = url, version
        settings.CSC_USER, settings.CSC_PASSWORD = ACCOUNT
        yield service


def revoked(service: Service, owner: User) -> None:
    """The service has another certificate now, and the authority has revoked it."""
    spoilt = csc_stub.new_service(
        development_ca(), issue_to(owner, profile=Profile(revoked_at=NOW))
    )
    service.key, service.chain = spoilt.key, spoilt.chain


def reviewed(
    school_class: SchoolClass, units: dict[str, Unit], count: int
) -> list[Record]:
    drafts = [make_draft(school_class, make_pupil(f"Lê Văn {n}")) for n in range(count)]
    return [bring_to(record, "reviewed", units) for record in drafts]


def signing(records: Sequence[Record], by: User) -> Batch:
    ids = [record.pk for record in records]
    return start_batch(step="sign", record_ids=ids, by=by, unit=records[0].issuer)


def run(batch: Batch) -> list[str]:
    return [str(item.status) for item in run_batch(batch.pk)]


def statuses(batch: Batch) -> list[str]:
    return list(batch.items.order_by("pk").values_list("status", flat=True))


def die(batch: Batch) -> None:
    """As after kill -9: claimed by a run that shows no life any more."""
    long_ago = timezone.now() - STALE - timedelta(seconds=1)
    Batch.objects.filter(pk=batch.pk).update(claimed_at=long_ago, created_at=long_ago)


def errors(batch: Batch) -> set[str]:
    return set(batch.items.values_list("error", flat=True))


def question(batch: Batch) -> Consent:
    """The one that is open."""
    return consents.open_consents(batch.pk).get()


def history(batch: Batch) -> list[tuple[str, int, str, int]]:
    """Every question of a batch: whose, which round, what became of it, how many."""
    return [(c.slot, c.round, str(c.status), c.count) for c in batch.consents.all()]


def say(batch: Batch, pin: str = PIN, otp: str = "") -> None:
    consents.answer(question(batch), Secrets(pin, otp))


def made(record: Record) -> dict[str, int]:
    """How many signatures were ever made for a record, by slot."""
    found: dict[str, int] = {}
    entries = JournalEntry.objects.filter(item__record=record).exclude(slot="tsa")
    for slot in entries.values_list("slot", flat=True):
        found[slot] = found.get(slot, 0) + 1
    return found


def assert_issued_once(records: Sequence[Record]) -> None:
    """Signed, with each signature made once, and one row for each."""
    for record in records:
        record.refresh_from_db()
        rows = Signature.objects.filter(version=record.current)
        slots = list(rows.values_list("slot", flat=True))
        assert record.state == "signed"
        assert made(record) == SIGNATURES
        assert (slots.count("head"), slots.count("seal")) == (1, 1)
