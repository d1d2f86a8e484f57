"""Whatever people do in whatever order: what must always be true stays true.

Hypothesis chooses the steps. A step is taken, or refused with a named error; after
each one the invariants hold.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import islice
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from documents import ledger, machine
from documents.errors import RecordsError
from documents.importing.cells import Upload
from documents.importing.runs import commit_import, plan_import
from documents.models import Pupil, Record, State, User
from documents.models.imports import ImportStatus
from tests import factories
from workflow.integrity import flaws
from workflow.models import Batch, ItemStatus
from workflow.services import (
    dispatch_record,
    edit_record,
    lock_record,
    recall_record,
    receive_record,
    return_record,
    sign_record,
    submit_record,
)
from workflow.services.bulk.batches import run_batch, start_batch
from workflow.services.bulk.outcomes import done_among
from workflow.services.bulk.runs import STALE
from workflow.services.reassessing import open_reassessment
from workflow.services.undoing import undo_import

# A pupil who is assessed again in summer, and what the class teacher enters then.
NOT_COMPLETED: dict[str, Any] = {
    "completed": False,
    "promoted": False,
    "result": "not_completed",
    "result_reason": "Chưa đạt",
}
AGAIN = {
    "second.result": "completed",
    "second.result_reason": "Đạt sau hè",
    "second.completed": True,
}
FINAL = (State.LOCKED, State.TRANSFERRED)
MOST_RECORDS = 3
HEADER = "STT;Mã lớp;Mã học sinh;Họ tên;Ngày sinh;Giới tính"
# What must be true beside the index, which is fed after a commit that never comes here.
OF_THE_INDEX = ("index_",)
# How often each step was taken and not refused: without it the test says nothing.
TAKEN: Counter[str] = Counter()
some = st.integers(min_value=0, max_value=MOST_RECORDS - 1)


class AnyOrder(RuleBasedStateMachine):
    """One school with its people, another one, and up to three records."""

    def __init__(self) -> None:
        super().__init__()
        self.undone = transaction.atomic()
        self.undone.__enter__()
        units = factories.make_tree()
        self.school, self.other = units["school"], units["other"]
        self.school_class = factories.make_class(self.school)
        make = factories.make_user
        self.teacher = make("gv", "class_teacher", self.school, self.school_class)
        self.head = make("ht", "head", self.school)
        self.registrar = make("vt", "registrar", self.school)
        self.receiver = make("vt2", "registrar", self.other)
        self.officer = make("so", "officer", units["dong-thap"])
        for owner in (self.head, self.school):
            if not owner.credentials.exists():
                factories.give_key(owner)
        self.ids: list[int] = []
        self.states: dict[int, str] = {}
        self.locked: dict[int, str] = {}
        self.runs: list[int] = []

    def teardown(self) -> None:
        try:
            found = [f for f in flaws() if not f.code.startswith(OF_THE_INDEX)]
            assert found == []
        finally:
            transaction.set_rollback(True)
            self.undone.__exit__(None, None, None)

    @initialize()
    def two_sheets_are_drafted(self) -> None:
        self.a_sheet_is_drafted()
        self.a_sheet_is_drafted()
        # One is signed when chance begins, or it would seldom get so far.
        self.a_sheet_is_submitted(1)
        self.a_record_is_signed(1)

    # -- what people do ----------------------------------------------------------

    @precondition(lambda self: len(self.ids) < MOST_RECORDS)
    @rule()
    def a_sheet_is_drafted(self) -> None:
        failed = NOT_COMPLETED if len(self.ids) % 2 else {}
        record = factories.make_draft(self.school_class, by=self.teacher, **failed)
        self.ids.append(record.pk)
        self.states[record.pk] = State.DRAFT

    @precondition(lambda self: len(self.ids) < MOST_RECORDS and not self.runs)
    @rule()
    def a_list_is_imported(self) -> None:
        number = Pupil.objects.count() + 1
        name = f"1;3B;7499{number:06d};Lê Thị Ánh;05/09/2017;Nữ"
        run = plan_import(
            files=[Upload("list.csv", f"{HEADER}\n{name}".encode())],
            unit=self.school,
            school_year=factories.YEAR,
            by=self.registrar,
            at=timezone.now(),
        )
        run = commit_import(run_id=run.pk, by=self.registrar, at=timezone.now())
        assert run.status == ImportStatus.COMMITTED
        record = Record.objects.get(pk__in=run.rows.values("record"))
        self.runs.append(run.pk)
        self.ids.append(record.pk)
        self.states[record.pk] = State.DRAFT

    @precondition(lambda self: self.runs)
    @rule()
    def an_import_is_undone(self) -> None:
        run_id = self.runs.pop()

        def undo() -> None:
            run = undo_import(run_id=run_id, by=self.registrar, at=timezone.now())
            TAKEN["undo"] += 1
            for pk in run.rows.exclude(before={}).values_list("record", flat=True):
                self.ids.remove(pk)
                del self.states[pk]

        self._try(undo)

    @precondition(lambda self: self.ids)
    @rule(which=some, height=st.integers(min_value=100, max_value=150))
    def a_draft_is_edited(self, which: int, height: int) -> None:
        record = self._record(which)
        assert record.current is not None
        base = record.current.number
        self._try(
            lambda: edit_record(
                record_id=record.pk,
                by=self.teacher,
                base=base,
                changes={"height_cm": height},
            )
        )

    @precondition(lambda self: self.ids)
    @rule(which=some)
    def a_sheet_is_submitted(self, which: int) -> None:
        self._step("submit", submit_record, which, self.teacher)

    @precondition(lambda self: self.ids)
    @rule(which=some)
    def a_sheet_is_returned(self, which: int) -> None:
        self._step("return", return_record, which, self.head, reason="Xem lại")

    @precondition(lambda self: self.ids)
    @rule(which=some)
    def a_record_is_signed(self, which: int) -> None:
        self._step("sign", sign_record, which, self.head)

    @precondition(lambda self: self.ids)
    @rule(which=some)
    def a_record_is_recalled(self, which: int) -> None:
        self._step("recall", recall_record, which, self.head, reason="Sai điểm")

    @precondition(lambda self: self.ids)
    @rule(which=some)
    def a_pupil_is_assessed_again(self, which: int) -> None:
        record = self._record(which)

        def again() -> None:
            open_reassessment(record_id=record.pk, by=self.head)
            self._hear("recall", record.pk, ItemStatus.DONE)
            current = self._record(which).current
            assert current is not None
            edit_record(
                record_id=record.pk, by=self.teacher, base=current.number, changes=AGAIN
            )
            TAKEN["reassess"] += 1

        self._try(again)

    @precondition(lambda self: self.ids)
    @rule(which=some)
    def a_record_is_locked(self, which: int) -> None:
        self._step("lock", lock_record, which, self.officer)

    @precondition(lambda self: self.ids)
    @rule(which=some)
    def a_pupil_moves(self, which: int) -> None:
        record = self._record(which)

        def move() -> None:
            pk = record.pk
            dispatch_record(record_id=pk, to_unit=self.other, by=self.registrar)
            receive_record(record_id=pk, by=self.receiver)
            self.states[record.pk] = State.TRANSFERRED
            TAKEN["move"] += 1

        self._try(move)

    @precondition(lambda self: self.ids)
    @rule(which=some, back=st.sampled_from([False, False, True]))
    def a_record_goes_on(self, which: int, back: bool) -> None:
        """The step that fits its state: at random it would seldom get far."""
        match self._record(which).state:
            case State.DRAFT:
                self.a_sheet_is_submitted(which)
            case State.REVIEWED if back:
                self.a_sheet_is_returned(which)
            case State.REVIEWED:
                self.a_record_is_signed(which)
            case State.SIGNED if back:
                self.a_pupil_is_assessed_again(which)
                if self._record(which).state == State.SIGNED:
                    self.a_record_is_recalled(which)
            case State.SIGNED:
                self.a_record_is_locked(which)
            case _:
                self.a_pupil_moves(which)

    @precondition(lambda self: self.ids)
    @rule(step=st.sampled_from(["submit", "sign", "lock"]), done=some)
    def a_batch_dies_on_its_way(self, step: str, done: int) -> None:
        by = {"submit": self.teacher, "sign": self.head, "lock": self.officer}[step]

        def begin() -> None:
            batch = start_batch(step=step, record_ids=self.ids, by=by)
            running: Any = run_batch(batch.pk)
            for item in islice(running, done):
                self._hear(step, item.record_id, item.status)
            running.close()
            # A chunk is one transaction: more was done than it came to tell.
            items = list(batch.items.select_related("batch"))
            for pk in done_among(items) if items else ():
                self._hear(step, batch.items.get(pk=pk).record_id, ItemStatus.DONE)

        self._try(begin)

    @rule()
    def what_stopped_is_resumed(self) -> None:
        long_ago = timezone.now() - 2 * STALE
        for batch in Batch.objects.filter(finished_at=None):
            Batch.objects.filter(pk=batch.pk).update(claimed_at=long_ago)
            for item in run_batch(batch.pk):
                self._hear(batch.step, item.record_id, item.status)

    # -- what must always be true ------------------------------------------------

    @invariant()
    def every_record_is_where_its_steps_led(self) -> None:
        rows = Record.objects.filter(pk__in=self.ids)
        assert {r.pk: r.state for r in rows} == self.states

    @invariant()
    def every_record_has_an_owner_and_a_next_step_or_is_final(self) -> None:
        for record in Record.objects.filter(pk__in=self.ids):
            assert record.custodian_id and record.issuer_id
            steps = [row for row in machine.table() if machine.possible(record, row)]
            assert steps or record.state in FINAL

    @invariant()
    def no_chain_is_broken(self) -> None:
        for record in Record.objects.filter(pk__in=self.ids):
            lines = record.ledger.select_related("record")
            assert ledger.first_break(lines) is None

    @invariant()
    def what_is_locked_never_changes(self) -> None:
        for record in Record.objects.filter(pk__in=self.ids, state__in=FINAL):
            assert record.current is not None
            before = self.locked.setdefault(record.pk, record.current.sha256)
            assert record.current.sha256 == before

    @invariant()
    def what_is_issued_has_every_signature_once(self) -> None:
        issued = Record.objects.filter(pk__in=self.ids).exclude(
            state__in=[State.DRAFT, State.REVIEWED]
        )
        for record in issued:
            assert record.current is not None
            slots = [s.slot for s in record.current.signatures.all()]
            assert len(slots) == len(set(slots))
            assert {"head", "seal"} <= set(slots)
            assert record.current.artifacts.filter(purpose="issued").count() == 1

    # -- how a step is taken -----------------------------------------------------

    def _record(self, which: int) -> Record:
        return Record.objects.get(pk=self.ids[which % len(self.ids)])

    def _step(
        self, step: str, service: Callable[..., Any], which: int, by: User, **more: str
    ) -> None:
        record = self._record(which)

        def take() -> None:
            service(record_id=record.pk, by=by, **more)
            self._hear(step, record.pk, ItemStatus.DONE)

        self._try(take)

    def _hear(self, step: str, record_id: int, status: str) -> None:
        """A batch also calls done what it did before it died, wherever that is now."""
        row = machine.table()[step]
        known = self.states.get(record_id)
        if status == ItemStatus.DONE and row.target and known in row.sources:
            self.states[record_id] = row.target
            TAKEN[step] += 1

    def _try(self, act: Callable[[], object]) -> None:
        """Whatever is refused is refused by name and leaves nothing behind."""
        try:
            with transaction.atomic():
                act()
        except RecordsError as error:
            assert error.code


@pytest.mark.django_db
def test_any_order_of_steps_keeps_every_record_whole() -> None:
    run_state_machine_as_test(
        AnyOrder,
        settings=settings(
            max_examples=8,
            stateful_step_count=40,
            deadline=None,
            derandomize=True,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )

    steps = {"submit", "return", "sign", "recall", "lock", "move", "undo", "reassess"}
    assert steps - TAKEN.keys() == set(), TAKEN
