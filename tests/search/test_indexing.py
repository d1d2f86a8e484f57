from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from documents.models import Record
from documents.signals import announce
from search import indexing
from search.backends import get_backend
from search.indexing import (
    Difference,
    check_index,
    ensure_index,
    index_records,
    rebuild_index,
    reconcile_index,
)
from search.models import Index
from search.receivers import make_index
from search.services import search_records
from workflow.integrity import flaws
from workflow.tasks import reconcile


def names(query, user):
    return [hit.row.name for hit in search_records(query, user).hits]


def test_an_empty_index_is_there_after_migrate(db):
    assert Index.objects.get().generation in get_backend().generations()
    assert check_index() == []


def test_a_change_is_found_once_it_is_committed(
    archive, inspector, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        record = archive.add("Nguyễn Thị Hoà")

    assert names("hoa", inspector) == ["Nguyễn Thị Hoà"]
    held = dict(get_backend().revisions(ensure_index().generation))
    assert held == {record.pk: record.revision}


def test_a_failing_index_breaks_nothing_and_is_logged(
    archive, inspector, django_capture_on_commit_callbacks, caplog
):
    record = archive.add("Lan")
    get_backend().drop(ensure_index().generation)

    with django_capture_on_commit_callbacks(execute=True):
        announce([record.pk])

    assert "1 records wait for the reconciler" in caplog.text


def test_a_record_that_is_gone_leaves_the_index(archive, inspector):
    record = archive.bare("Lan")
    index_records([record.pk])
    Record.objects.filter(pk=record.pk).delete()

    index_records([record.pk])

    assert check_index() == []


@pytest.fixture
def four(archive):
    """Records in the index, of which one each is then missed in its own way."""
    records = [archive.add(name) for name in ("Lan", "Mai", "Tú", "Vy")]
    surplus = archive.bare("Xuân")
    index_records([*(record.pk for record in records[:3]), surplus.pk])
    Record.objects.filter(pk=surplus.pk).delete()
    Record.objects.filter(pk=records[0].pk).update(revision=9)
    Record.objects.filter(pk=records[1].pk).update(revision=0)
    return records, surplus.pk


def test_check_names_every_difference_and_changes_nothing(four):
    (lan, mai, _tu, vy), surplus_id = four

    assert check_index() == [
        Difference("behind", lan.pk),
        Difference("ahead", mai.pk),
        Difference("missing", vy.pk),
        Difference("surplus", surplus_id),
    ]
    assert len(check_index()) == 4


def test_the_reconciler_mends_every_difference(four, inspector):
    assert reconcile_index() == 4

    assert check_index() == []
    assert reconcile_index() == 0
    assert names("vy", inspector) == ["Vy"]


def test_the_reconciler_of_the_workflow_mends_the_index(four):
    reconcile()

    assert check_index() == []


def test_check_integrity_names_each_difference_by_record(four):
    (lan, mai, _tu, vy), surplus_id = four

    found = [flaw for flaw in flaws() if flaw.code.startswith("index_")]

    assert [(flaw.code, flaw.where) for flaw in found] == [
        ("index_behind", str(lan)),
        ("index_ahead", str(mai)),
        ("index_missing", str(vy)),
        ("index_surplus", f"record {surplus_id}"),
    ]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="FTS5's own check")
def test_a_damaged_index_is_a_flaw_of_the_installation(archive):
    index_records([archive.add("Lan").pk])
    table = f"search_records_g{ensure_index().generation}"
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table}_fts_docsize")

    found = [flaw for flaw in flaws() if flaw.code.startswith("index_")]

    assert [(flaw.code, flaw.where) for flaw in found] == [
        ("index_damaged", "search index")
    ]


def test_migrating_backwards_needs_no_index(db):
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE search_index")

    make_index(using="default")

    assert "search_index" not in connection.introspection.table_names()


def test_a_rebuild_leaves_one_generation_that_has_everything(four, inspector):
    before = ensure_index().generation

    rebuilt = rebuild_index()

    assert (rebuilt.written, rebuilt.replayed) == (4, 0)
    assert rebuilt.generation > before
    assert get_backend().generations() == [rebuilt.generation]
    assert check_index() == []
    assert Index.objects.get().built_at is not None
    assert len(names("", inspector)) == 4


def test_what_changes_during_a_rebuild_is_found_in_both_indexes(archive, inspector):
    archive.add("Lan")
    seen_meanwhile = []

    def change_and_search(written):
        index_records([archive.add("Mai").pk])
        seen_meanwhile.append(names("mai", inspector))

    rebuilt = rebuild_index(progress=change_and_search)

    assert seen_meanwhile == [["Mai"]]
    assert (rebuilt.written, rebuilt.replayed) == (1, 1)
    assert sorted(names("", inspector)) == ["Lan", "Mai"]


def test_what_a_killed_rebuild_left_is_dropped_by_the_next(archive):
    leftover = indexing._next_generation()
    get_backend().create(leftover)

    rebuilt = rebuild_index()

    assert get_backend().generations() == [rebuilt.generation]


def test_a_writer_that_read_the_old_generation_writes_to_the_new_one_too(
    archive, inspector, monkeypatch
):
    record = archive.add("Lan")
    put = indexing._put
    swapped: list[int] = []

    def swap_just_before(generation, record_ids, replaced=()):
        if not swapped:
            swapped.append(generation)
            fresh = indexing._next_generation()
            get_backend().create(fresh)
            Index.objects.update(generation=fresh)
            get_backend().drop(generation)
        put(generation, record_ids, replaced)

    monkeypatch.setattr(indexing, "_put", swap_just_before)
    index_records([record.pk])

    assert names("lan", inspector) == ["Lan"]


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_writers_and_a_rebuild_at_once_lose_nothing(archive, inspector):
    records = [archive.add(f"Lan {letter}") for letter in "abcdefgh"]

    def write(record):
        try:
            Record.objects.filter(pk=record.pk).update(revision=record.revision + 1)
            index_records([record.pk])
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        futures = [pool.submit(write, record) for record in records]
        rebuild_index()
        for future in futures:
            future.result()

    assert check_index() == []
    assert len(names("lan", inspector)) == 8
