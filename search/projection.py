"""What the index holds of one record: derived from the tables, never the source."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from pydantic import ValidationError

from documents.models import Record

from . import text

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Document:
    """One record as every backend receives it.

    ``revision`` is that of the record's row: a backend keeps the higher one, so a
    message that comes late never overwrites a newer state. The ids are those that
    the rule of visibility asks for, for an engine that cannot join the tables; not
    the paths of units, which move when a unit is added beside them.
    """

    record_id: int
    revision: int
    uuid: str
    code: str
    kind: str
    state: str
    school_year: str
    class_name: str
    unit_code: str
    unit_name: str
    issuer_id: int
    custodian_id: int
    school_class_id: int
    book_id: int
    name: str
    codes: str
    unit: str
    body: str

    @cached_property
    def tokens(self) -> Tokens:
        name, unit, body = map(text.word_of, (self.name, self.unit, self.body))
        return Tokens(
            name=name,
            given=text.given_name(self.name),
            initials=text.initials(self.name),
            codes=text.folded_tokens(self.codes),
            unit=unit,
            body=body,
            class_key=class_key(self.class_name),
        )


@dataclass(frozen=True)
class Tokens:
    """The normalised fields of a document, all that an engine ever matches."""

    name: text.Word
    given: str
    initials: str
    codes: tuple[str, ...]
    unit: text.Word
    body: text.Word
    class_key: str

    @property
    def grade(self) -> str:
        """ "3" of "3b"; empty for a class that does not start with a number."""
        key = self.class_key
        return key[: len(key) - len(key.lstrip("0123456789"))]


def class_key(name: str) -> str:
    """The form in which names of classes are compared: "3b" for "3 B" and "3-B"."""
    return "".join(text.folded_tokens(name))


def documents_of(record_ids: Iterable[int]) -> list[Document]:
    """The documents of those records that exist, in one query."""
    related = ("book__pupil", "school_class", "issuer", "custodian", "current")
    records = Record.objects.filter(pk__in=list(record_ids)).select_related(*related)
    # The lineage is as large as the content, and nothing of it is searched.
    records = records.defer("current__lineage")
    return [document_of(record) for record in records]


def document_of(record: Record) -> Document:
    """Project one record with its current version.

    A record without a version yet is found by its pupil's name and codes.
    """
    pupil, issuer, custodian = record.book.pupil, record.issuer, record.custodian
    fields = _content_fields(record)
    units = {issuer.name: None, custodian.name: None, fields.get("unit", ""): None}
    codes = (record.book.lookup_code, pupil.code, pupil.personal_number)
    return Document(
        record_id=record.pk,
        revision=record.revision,
        uuid=str(record.uuid),
        code=record.book.lookup_code,
        kind=record.kind,
        state=record.state,
        school_year=record.school_year,
        class_name=record.school_class.name,
        unit_code=custodian.code,
        unit_name=custodian.name,
        issuer_id=issuer.pk,
        custodian_id=custodian.pk,
        school_class_id=record.school_class_id,
        book_id=record.book_id,
        name=fields.get("name") or pupil.name,
        codes=" ".join(filter(None, (*codes, fields.get("codes")))),
        unit=" · ".join(filter(None, (*units, issuer.code, custodian.code))),
        body=fields.get("body", ""),
    )


def _content_fields(record: Record) -> dict[str, str]:
    """What the record's kind wants it to be found by."""
    if record.current is None:
        return {}
    kind = record.definition
    try:
        return kind.search_text(kind.parse(record.current.canonical))
    except ValidationError:
        # One unreadable content must not keep the others out of the index.
        logger.exception("record %d is indexed without its content", record.pk)
        return {}
