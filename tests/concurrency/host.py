"""A process that forks others: they are killed for real, and start in no time.

Run as `python -m tests.concurrency.host NAME` with the environment of an
installation; prints one JSON document.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import django

django.setup()

from django.db import connection, connections  # noqa: E402

from documents.rendering import render_stamp  # noqa: E402
from tests.concurrency import packages, scene  # noqa: E402
from workflow.celery import app  # noqa: E402

Work = Callable[[], Any]
KILLS = 9


def fork(work: Work) -> tuple[int, int]:
    """Start ``work`` in a child; return its number and where its answer comes out."""
    connections.close_all()  # a connection belongs to one process
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(writing)
        return child, reading
    try:
        os.write(writing, json.dumps(work()).encode())
        os._exit(0)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(1)


def finish(child: int, reading: int) -> tuple[int, Any]:
    """Wait for a child: the signal that ended it (0: none), and what it answered."""
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read()
    _pid, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return os.WTERMSIG(status), None
    assert os.WEXITSTATUS(status) == 0, "a child failed; its traceback is above"
    return 0, json.loads(answer)


def alone(work: Work) -> Any:
    return finish(*fork(work))[1]


def together(works: Sequence[Work]) -> list[Any]:
    """Start all at the same moment and return their answers."""
    gate, opener = os.pipe()

    def waiting(work: Work) -> Work:
        def begin() -> Any:
            os.close(opener)  # or the gate would stay shut by this very child
            connection.ensure_connection()
            os.read(gate, 1)
            return work()

        return begin

    children = [fork(waiting(work)) for work in works]
    os.close(opener)
    answers = [finish(*child)[1] for child in children]
    os.close(gate)
    return answers


def statements(work: Work) -> list[str]:
    """The SQL that ``work`` sends, in order."""
    sent: list[str] = []

    def note(execute: Any, sql: str, *rest: Any) -> Any:
        sent.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        work()
    return sent


def killed_before(number: int, work: Work) -> Work:
    """``work`` in a process that is killed before its ``number``-th statement."""

    def run() -> Any:
        left = number

        def kill(execute: Any, *rest: Any) -> Any:
            nonlocal left
            left -= 1
            if left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return execute(*rest)

        with connection.execute_wrapper(kill):
            return work()

    return run


def places_to_kill(sent: list[str]) -> list[int]:
    """Around every write of the batch, and anywhere else by the seed."""
    writes = ("INSERT", "UPDATE", "BEGIN", "SAVEPOINT", "RELEASE")
    around = {
        number + step
        for number, sql in enumerate(sent, 1)
        if sql.startswith(writes)
        for step in (0, 1)
        if number + step <= len(sent)
    }
    chosen = random.Random(3).sample(sorted(around), min(KILLS, len(around)))
    others = random.Random(4).sample(range(1, len(sent) + 1), 2)
    return sorted({*chosen, *others, len(sent)})


def killed_at_each_step() -> Any:
    """Kill the run of a batch of two at many places; resume it; report each."""
    return kill_and_resume(lambda name: scene.batch_of(scene.reviewed(name, 2)), "3")


def killed_with_a_remote_key() -> Any:
    """The same between the question to a remote key and the last signature."""

    def begin(name: str) -> int:
        return scene.confirmed(scene.batch_of(scene.reviewed(name, 2), "remote"))

    with scene.remote_head():
        return kill_and_resume(begin, "4")


def killed_in_a_submit() -> Any:
    return kill_and_resume(submitting, "5")


def killed_in_a_lock() -> Any:
    def begin(name: str) -> int:
        return scene.batch_of(scene.signed(name, 2), "officer", step="lock")

    return kill_and_resume(begin, "1")


def killed_in_a_slice() -> Any:
    """Also between two slices, when the batch is nobody's."""
    return kill_and_resume(submitting, "2", work=scene.run_in_slices)


def killed_in_a_cancel() -> Any:
    """The one who cancels is killed; their batch goes on, or is cancelled."""

    def begin(name: str) -> int:
        return scene.one_done(submitting(name))

    return kill_and_resume(begin, "5C", work=scene.cancel)


def killed_and_cancelled() -> Any:
    """The worker is killed; then its batch is cancelled, and the reconciler comes."""

    def cancel_and_resume(batch: int) -> Any:
        scene.cancel(batch)
        return scene.resume(batch)

    return kill_and_resume(submitting, "5D", resume=cancel_and_resume)


def killed_while_packing() -> Any:
    """The worker that makes two packages is killed; the reconciler goes on."""
    return kill_and_resume(packages.asked_to_send, "1P", **PACKAGES)


def killed_while_taking_in() -> Any:
    return kill_and_resume(packages.asked_to_take, "2P", **PACKAGES)


PACKAGES: dict[str, Callable[[int], Any]] = {
    "work": packages.work,
    "resume": packages.resume,
    "report": packages.report,
}


def submitting(name: str) -> int:
    return scene.batch_of(scene.drafted(name, 2), "teacher", step="submit")


def kill_and_resume(
    begin: Callable[[str], int],
    grade: str,
    *,
    work: Callable[[int], Any] = scene.run,
    resume: Callable[[int], Any] = scene.resume,
    report: Callable[[int], Any] = scene.report,
) -> Any:
    """``begin`` makes a batch of a class of that name, ready for the kill in ``work``.

    One batch at a time: the reconciler would finish what is yet to be killed.
    """
    sample = alone(partial(begin, f"{grade}S"))
    sent = alone(lambda: statements(lambda: work(sample)))
    trials = []
    for number in places_to_kill(sent):
        batch = alone(partial(begin, f"{grade}K{number}"))
        ended = finish(*fork(killed_before(number, partial(work, batch))))[0]
        found = alone(partial(resume, batch))
        before = f"{number}: {sent[number - 1][:60]}"
        trials.append({"before": before, "signal": ended, "report": found})
    return {
        "sample": alone(partial(report, sample)),
        "trials": trials,
        "flaws": alone(scene.found_flaws),
    }


def two_runs_of_one_batch() -> Any:
    batch = alone(lambda: scene.batch_of(scene.reviewed("3R", 4)))
    runs = together([lambda: scene.run(batch)] * 2)
    return {
        "runs": runs,
        "report": alone(lambda: scene.resume(batch)),
        "flaws": alone(scene.found_flaws),
    }


def two_batches_of_one_class() -> Any:
    """Two heads sign the same class at once."""
    records = alone(lambda: scene.reviewed("3H", 3))
    heads = ("head", "head2")
    batches = [alone(partial(scene.batch_of, records, name)) for name in heads]
    runs = together([partial(scene.run, batch) for batch in batches])
    return {
        "runs": runs,
        "records": alone(lambda: [scene.history(pk) for pk in records]),
        "flaws": alone(scene.found_flaws),
    }


def many_at_once() -> Any:
    """Four processes take the same step on the same record, step after step."""
    (record,) = alone(lambda: scene.reviewed("3M", 1))
    (draft,) = alone(lambda: scene.drafted("3E", 1))
    walk = [("sign", "head"), ("lock", "officer"), ("dispatch", "registrar")]
    walk.append(("receive", "registrar2"))
    answers = {
        step: together([partial(scene.outcome, step, record, name)] * 4)
        for step, name in walk
    }
    editors = ("teacher", "registrar") * 2
    edits = together([partial(scene.outcome, "edit", draft, name) for name in editors])
    return {
        "answers": answers | {"edit": edits},
        "record": alone(lambda: scene.history(record)),
        "counts": alone(lambda: scene.counts([record, draft])),
        "flaws": alone(scene.found_flaws),
    }


def a_role_that_ends_in_a_chunk() -> Any:
    """An officer's role is ended while the first of three chunks is being written."""
    batch = locking("2C", "late")
    there, tell = gate()
    run, locked = together(
        [
            lambda: scene.lock_in_twos(batch, tell),
            lambda: there() and scene.end_roles("late"),
        ]
    )
    return ended(batch, "late", run=run, locked=locked)


def a_role_whose_end_is_being_written() -> Any:
    """The batch begins when the role is ended and the end is not yet committed."""
    batch = locking("2B", "early")
    there, tell = gate()
    locked, run = together(
        [
            lambda: scene.end_roles("early", tell),
            lambda: there() and scene.lock_in_twos(batch, lambda: None),
        ]
    )
    return ended(batch, "early", run=run, locked=locked)


def locking(class_name: str, officer: str) -> int:
    alone(partial(scene.new_officer, officer))
    records = alone(partial(scene.signed, class_name, 5))
    return int(alone(partial(scene.batch_of, records, officer, step="lock")))


def gate() -> tuple[Work, Work]:
    """For two processes: one waits, until the other tells."""
    reading, writing = os.pipe()
    return partial(os.read, reading, 1), partial(os.write, writing, b".")


def ended(batch: int, officer: str, **seen: Any) -> Any:
    return seen | {
        "report": alone(partial(scene.report, batch)),
        "locked_in_the_end": alone(partial(scene.locked_by, officer)),
        "flaws": alone(scene.found_flaws),
    }


def main(name: str) -> None:
    # The tasks of the reconciler run here, not in a worker that nobody started.
    app.conf.task_always_eager = True
    actions: dict[str, Work] = {
        "build": scene.build,
        "classes": lambda: [scene.reviewed(name, 3) for name in sys.argv[2:]],
        "resume_all": scene.resume_all,
    }
    forking: dict[str, Work] = {
        one.__name__: one
        for one in (
            killed_at_each_step,
            killed_with_a_remote_key,
            killed_in_a_submit,
            killed_in_a_lock,
            killed_in_a_slice,
            killed_in_a_cancel,
            killed_and_cancelled,
            killed_while_packing,
            killed_while_taking_in,
            two_runs_of_one_batch,
            two_batches_of_one_class,
            many_at_once,
            a_role_that_ends_in_a_chunk,
            a_role_whose_end_is_being_written,
        )
    }
    render_stamp(["fonts are read once, before the children"], 200, 50)
    answer = alone(actions[name]) if name in actions else forking[name]()
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
