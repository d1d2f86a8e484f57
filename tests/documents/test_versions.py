from __future__ import annotations

import pytest

from documents import ledger
from documents.canonical import content_digest
from documents.models import Record, SchoolClass, User, Version
from documents.signals import records_changed
from documents.versions import Draft, NotDraft, add_version, add_versions
from tests.actors import make_record
from tests.factories import NOW, make_content, make_draft, make_pupil


def test_a_version_carries_the_digest_of_its_canonical_bytes(draft_record: Record):
    version = draft_record.current

    expected = content_digest("primary_year", 1, version.canonical.encode())
    assert (version.number, version.sha256) == (1, expected)
    assert version.content.pupil.name == draft_record.book.pupil.name
    assert version.form_version


def test_a_new_version_becomes_current_and_the_old_one_stays(
    draft_record: Record, teacher: User
):
    first = draft_record.current
    content = first.content.model_copy(update={"height_cm": 131})

    second = add_version(
        Draft(draft_record, content, reason="Đo lại"), by=teacher, at=NOW
    )

    record = Record.objects.get(pk=draft_record.pk)
    assert (record.current, second.number) == (second, 2)
    assert Version.objects.get(pk=first.pk).content.height_cm is None
    assert record.revision == draft_record.revision
    line = record.ledger.last()
    assert (line.action, line.actor, line.payload) == (
        "edit",
        teacher,
        {"version": 2, "sha256": second.sha256, "reason": "Đo lại"},
    )


def test_lineage_says_import(draft_record: Record):
    assert [e.action for e in draft_record.ledger.all()] == ["import"]


@pytest.mark.parametrize("situation", ["reviewed", "signed", "locked", "transferred"])
def test_only_a_draft_gains_a_version(
    units, school_class: SchoolClass, situation: str, teacher: User
):
    record = make_record(school_class, situation, units)
    other = make_draft(school_class, make_pupil("Lê An"))
    drafts = [Draft(r, r.current.content) for r in (other, record)]

    with pytest.raises(NotDraft) as caught:
        add_versions(drafts, by=teacher, at=NOW)

    assert (caught.value.code, caught.value.record) == ("not_draft", record)
    assert Version.objects.count() == 2


def test_a_class_of_versions_costs_as_many_queries_as_one(
    school_class: SchoolClass, django_assert_max_num_queries
):
    records = [make_draft(school_class, make_pupil(f"Lê {n}")) for n in range(6)]
    drafts = [
        Draft(r, make_content(r.book.pupil, school_class, height_cm=120))
        for r in records
    ]

    with django_assert_max_num_queries(6):
        versions = add_versions(drafts, by=None, at=NOW)

    assert [v.number for v in versions] == [2] * 6
    for record in Record.objects.select_related("current"):
        assert record.current.content.height_cm == 120
        chain = record.ledger.select_related("record")
        assert ledger.first_break(chain) is None


def test_the_later_stages_hear_of_it_after_commit(
    draft_record: Record, django_capture_on_commit_callbacks
):
    heard: list[list[int]] = []

    def listen(record_ids: list[int], **kwargs: object) -> None:
        heard.append(record_ids)
        raise RuntimeError("a listener that fails must not look like a failed edit")

    records_changed.connect(listen)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            add_version(
                Draft(draft_record, draft_record.current.content), by=None, at=NOW
            )
            assert heard == []
    finally:
        records_changed.disconnect(listen)

    assert heard == [[draft_record.pk]]


def test_nothing_to_add_is_no_query(db, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert add_versions([], by=None, at=NOW) == []
