"""A class of 40, from three workbooks to locked, and what each part costs."""

from __future__ import annotations

from django.utils import timezone

from documents.printing import form_input
from documents.rendering import SIGNATURE_SIZE, render_pdf, render_stamp
from workflow.services import credentials, sign_record
from workflow.services.batches import run_batch, start_batch
from workflow.services.signing import Signer, signers_for
from workflow.signing.pades import sign_pdf

from .measure import Figure, cpu_ms, seconds
from .world import Staff, make_staff


def figures() -> list[Figure]:
    staff = make_staff(1)
    files = staff.files()
    imported = seconds(lambda: staff.import_files(files))
    records = staff.records()
    submitted = seconds(lambda: _take("submit", staff, staff.teacher))
    parts = _parts(staff)
    signed = cpu_ms(
        lambda: [sign_record(record_id=r.pk, by=staff.head) for r in records]
    )
    locked = seconds(lambda: _take("lock", staff, staff.officer))
    return [
        Figure("import of 40 pupils, dry run and commit", imported, "s", 1.5),
        Figure("submit 40", submitted, "s"),
        Figure("sign, CPU per record, all of it", signed / len(records), "ms", 400),
        *parts,
        Figure("lock 40", locked, "s"),
    ]


def _take(step: str, staff: Staff, by: object) -> None:
    ids = [record.pk for record in staff.records()]
    batch = start_batch(step=step, record_ids=ids, by=by)  # type: ignore[arg-type]
    for item in run_batch(batch.pk):
        assert item.status == "done", item.message


def _parts(staff: Staff) -> list[Figure]:
    """The same record again and again; the first call has loaded fonts and keys."""
    at = timezone.now()
    version = staff.records()[0].current
    assert version is not None
    form = form_input(version, signed_on=timezone.localdate(at), head_name="Người 1")
    pdf = render_pdf(form)
    signers = signers_for(staff.head, staff.school, at=at)

    def sign(data: bytes, signer: Signer) -> bytes:
        return sign_pdf(
            data,
            field=signer.slot,
            provider=signer.provider,
            stamp_pdf=render_stamp(signer.stamp_lines(at), *SIGNATURE_SIZE),
            reason="",
            location="",
            at=at,
            timestamper=credentials.timestamper(),
        )

    headed = sign(pdf, signers[0])
    sign(headed, signers[1])
    return [
        Figure("… render of 6 pages", cpu_ms(lambda: render_pdf(form), 10), "ms"),
        Figure(
            "… certificates checked",
            cpu_ms(lambda: signers_for(staff.head, staff.school, at=at), 10),
            "ms",
        ),
        Figure(
            "… head's signature with time-stamp",
            cpu_ms(lambda: sign(pdf, signers[0]), 10),
            "ms",
        ),
        Figure(
            "… seal with time-stamp", cpu_ms(lambda: sign(headed, signers[1]), 10), "ms"
        ),
    ]
