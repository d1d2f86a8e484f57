"""Every stored file is read again within so many nights, a share each night."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest
from django.conf import settings

from documents import rehash, storage
from documents.models import Artifact, FileSweep, ImportRun, Record, Unit, User
from documents.rehash import END, sweep
from tests.factories import NOW


def keep(record: Record, data: bytes) -> str:
    """A stored file that a row names."""
    assert record.current is not None
    sha256 = storage.put(data)
    count = Artifact.objects.filter(version=record.current).count()
    Artifact.objects.create(
        version=record.current,
        purpose="renewed",
        number=count + 1,
        sha256=sha256,
        size=len(data),
        created_at=NOW,
    )
    return sha256


def path_of(sha256: str) -> Path:
    return Path(settings.DATA_DIR) / "files" / sha256[:2] / sha256


def alter(sha256: str) -> None:
    path = path_of(sha256)
    path.chmod(0o600)
    path.write_bytes(b"altered")


def test_all_files_are_read_within_the_given_number_of_nights(draft_record: Record):
    kept = {keep(draft_record, f"file {n}".encode()) for n in range(20)}
    read: list[str] = []

    def watch(digests):
        for sha256 in digests:
            read.append(sha256)
            yield sha256

    for _night in range(7):
        sweep(at=NOW, nights=7, watch=watch)

    assert sorted(read) == sorted(kept)
    assert FileSweep.objects.first().last == END
    assert rehash.next_share(7)[0] == ""


def test_the_shares_follow_each_other_without_a_gap(db: None):
    done = [sweep(at=NOW, nights=30) for _night in range(31)]

    assert done[0].first == done[30].first == ""
    assert [one.first for one in done[1:30]] == [one.last for one in done[:29]]


def test_a_change_of_the_number_of_nights_goes_on_where_it_was(db: None):
    first = sweep(at=NOW, nights=4)

    second = sweep(at=NOW, nights=2)

    assert (first.last, second.first, second.last) == ("4000", "4000", "c000")


def test_what_is_altered_or_missing_is_named_and_kept(draft_record: Record):
    whole, altered, missing = (keep(draft_record, b"r%d" % n) for n in range(3))
    alter(altered)
    path_of(missing).unlink()

    done = sweep(at=NOW, nights=None)

    assert done.files == 3
    assert {(one["code"], one["sha256"]) for one in done.findings} == {
        ("file_altered", altered),
        ("file_missing", missing),
    }
    assert rehash.last_seen_whole(whole) == NOW
    assert rehash.last_seen_whole(altered) is None


def test_a_finding_stands_until_the_file_is_whole_again(draft_record: Record):
    sha256 = keep(draft_record, b"once good")
    alter(sha256)
    sweep(at=NOW, nights=None)
    assert rehash.standing_findings() == [{"sha256": sha256, "code": "file_altered"}]

    path_of(sha256).write_bytes(b"once good")

    assert rehash.standing_findings() == []


def test_uploads_of_imports_are_read_too(school: Unit, registrar: User):
    sha256 = storage.put(b"a workbook")
    run = ImportRun(unit=school, by=registrar, school_year="2025-2026")
    run.files = [{"name": "a.xlsx", "sha256": sha256}]
    run.created_at = NOW
    run.save()

    assert sweep(at=NOW, nights=None).files == 1


def test_a_store_that_does_not_answer_leaves_the_share_to_be_done(
    draft_record: Record, tmp_path: Path, settings
):
    keep(draft_record, b"a file")
    wall = tmp_path / "wall"
    wall.write_text("not a folder")
    chosen = settings.STORAGES["records"] | {"OPTIONS": {"location": wall}}
    settings.STORAGES = settings.STORAGES | {"records": chosen}

    with pytest.raises(storage.StorageUnavailable):
        sweep(at=NOW, nights=None)

    assert not FileSweep.objects.exists()


def test_a_large_file_is_read_in_pieces(draft_record: Record):
    keep(draft_record, b"x" * 30 * 1024 * 1024)

    tracemalloc.start()
    done = sweep(at=NOW, nights=None)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert (done.files, done.findings) == (1, [])
    assert peak < 5 * 1024 * 1024
