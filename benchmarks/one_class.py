"""A class of 40, from three workbooks to locked, and what one record costs in parts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from documents.exchange.standing import given_to
from documents.rendering import SIGNATURE_SIZE, FormInput, render_pdf, render_stamp
from workflow.services.bulk.batches import run_batch, start_batch
from workflow.services.exchange.packets import Signer, sign_in_packet
from workflow.services.issuing import Issue, stamp_lines
from workflow.services.keys import credentials
from workflow.services.keys.keyring import Keyring
from workflow.services.signing import SEAL_OFFICE, require_authentic, signer
from workflow.signing.asking import carry_out
from workflow.signing.cms import sha256
from workflow.signing.longterm import Keeper
from workflow.signing.pades import finish, prepare
from workflow.signing.providers.base import Provider

from .measure import Figure, cpu_ms, seconds
from .world import Staff, make_staff, rendering

TIMES = 10
# Over the data and the pages by head and seal, and over the whole.
STAMPS = 5


def figures(records: int = 40) -> list[Figure]:
    staff = make_staff((("3B", records),))
    files = staff.files()
    imported = seconds(lambda: staff.import_files(files))
    submitted = seconds(lambda: _take("submit", staff, staff.teacher))
    bench = Bench(staff)
    parts = bench.figures()
    with rendering() as spent:
        signed = cpu_ms(lambda: _take("sign", staff, staff.head)) / records
    pages = sum(spent) / records
    locked = seconds(lambda: _take("lock", staff, staff.officer))
    return [
        Figure(f"import of {records} pupils, dry run and commit", imported, "s", 1.5),
        Figure(f"submit {records}, signed by their teacher", submitted, "s"),
        Figure("one record fully issued, CPU", signed, "ms", 350),
        Figure("… without WeasyPrint's share", signed - pages, "ms", 100),
        Figure("… WeasyPrint, the pages", pages, "ms"),
        *parts,
        Figure(
            "… the rest: database, files, journal", signed - pages - bench.known, "ms"
        ),
        Figure(f"lock {records}", locked, "s"),
    ]


def _take(step: str, staff: Staff, by: Any) -> None:
    ids = [record.pk for record in staff.records()]
    batch = start_batch(step=step, record_ids=ids, by=by)
    for item in run_batch(batch.pk):
        assert item.status == "done", item.message


class Bench:
    """The parts of one record, each again and again; the first call loads fonts."""

    def __init__(self, staff: Staff) -> None:
        keys = Keyring()
        head, seal = keys.key(staff.head), keys.key(staff.school)
        self.owners = (staff.head, staff.school)
        self.keeper: Keeper = keys.keeper
        self.at = timezone.now()
        self.providers: dict[str, Provider] = {
            "head": head.provider,
            "seal": seal.provider,
        }
        self.signers = [
            signer("head", head, staff.head),
            signer("seal", seal, staff.head, office=SEAL_OFFICE),
        ]
        version = staff.records()[0].current
        assert version is not None
        self.version = version
        self.known = 0.0

    def figures(self) -> list[Figure]:
        forms: list[FormInput] = []
        issued = carry_out(self._issue(forms).act(), self.providers)
        pdf = render_pdf(forms[0])
        headed = self._pages(pdf, self.signers[0])
        sealed = self._pages(headed, self.signers[1])
        trust, at = self.keeper.trust, self.at
        packet = cpu_ms(lambda: given_to(self.version).packet, TIMES)
        pades = cpu_ms(lambda: self._pages(pdf, self.signers[0], stamped=False), TIMES)
        costs = {
            "packet with the teachers' signatures": packet,
            "head and seal over the data, with time-stamps": (
                cpu_ms(self._data, TIMES) - packet
            ),
            "head over the pages, with time-stamp": cpu_ms(
                lambda: self._pages(pdf, self.signers[0]), TIMES
            ),
            "seal over the pages, with time-stamp": cpu_ms(
                lambda: self._pages(headed, self.signers[1]), TIMES
            ),
            "evidence and the last time-stamp": cpu_ms(
                lambda: self.keeper.complete(sealed, at=timezone.now()), TIMES
            ),
            "the verifier's own check": cpu_ms(
                lambda: require_authentic(issued.pdf, trust), TIMES
            ),
        }
        self.known = sum(costs.values())
        digest = sha256(pdf)
        stamper = self.keeper.timestamper
        stamps = STAMPS * cpu_ms(lambda: stamper.stamp(digest), TIMES)
        other = self._block(self.at + timedelta(minutes=1))
        check = cpu_ms(lambda: credentials.check_before_signing(*self.owners, at=at))
        return [
            *(Figure(f"… {name}", cost, "ms") for name, cost in costs.items()),
            Figure("in these: five stamps by the service of the trial", stamps, "ms"),
            Figure("a visible block, once in a minute for each signer", other, "ms"),
            Figure("PAdES B-B alone", pades, "ms", 12),
            Figure("keys and services asked, once for a batch", check, "ms"),
        ]

    def _block(self, at: datetime) -> float:
        lines = stamp_lines(self.signers[0], at)
        return cpu_ms(lambda: render_stamp(lines, *SIGNATURE_SIZE))

    def _issue(self, forms: list[FormInput]) -> Issue:
        def render(form: FormInput) -> bytes:
            forms.append(form)
            return render_pdf(form)

        return Issue(self.version, self.signers, self.keeper, self.at, render)

    def _data(self) -> object:
        act = sign_in_packet(
            given_to(self.version).packet,
            self.signers,
            timestamper=self.keeper.timestamper,
            at=self.at,
        )
        return carry_out(act, self.providers)

    def _pages(self, pdf: bytes, signer: Signer, *, stamped: bool = True) -> bytes:
        stamper = self.keeper.timestamper
        prepared = prepare(
            pdf,
            field=signer.slot,
            certificate=signer.certificate,
            mechanism=signer.mechanism,
            stamp_pdf=render_stamp(stamp_lines(signer, self.at), *SIGNATURE_SIZE),
            reason="",
            location="",
            at=self.at,
            token_size=stamper.token_size if stamped else 0,
        )
        provider = self.providers[signer.slot]
        digests = [prepared.digest]
        (signature,) = provider.sign(digests, provider.authorise(digests))
        return finish(prepared, signature, timestamper=stamper if stamped else None)
