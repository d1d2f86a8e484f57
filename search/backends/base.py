"""What a search backend does. Everything in it can be rebuilt from the tables."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from documents.querysets import RecordQuerySet

from ..projection import Document
from ..query import Query

# Cost grows with matches: more than this many are neither ranked nor counted.
CAP = 10_000
FACETS = ("state", "school_year", "class", "unit")


@dataclass(frozen=True)
class Row:
    """One found record with the original texts that it was indexed by."""

    record_id: int
    uuid: str
    code: str
    kind: str
    state: str
    school_year: str
    class_name: str
    unit_code: str
    unit_name: str
    name: str
    unit: str
    body: str


@dataclass(frozen=True)
class FacetCount:
    """``count`` of the found records have ``value``, which people read as ``label``."""

    value: str
    label: str
    count: int


@dataclass(frozen=True)
class Found:
    """One page, and the figures of all that was found.

    If ``capped``, there are more than ``total``, and the facets count the newest
    ``total`` only.
    """

    rows: list[Row] = field(default_factory=list)
    total: int = 0
    capped: bool = False
    facets: Mapping[str, list[FacetCount]] = field(
        default_factory=lambda: {name: [] for name in FACETS}
    )


class Backend(ABC):
    """One engine. A generation is a whole index; the service knows which answers.

    All writes are versioned: ``upsert`` leaves a row alone that has a higher
    revision than the document.
    """

    @abstractmethod
    def create(self, generation: int) -> None:
        """Make an empty index; what a failed build left under its name is dropped."""

    @abstractmethod
    def settle(self, generation: int) -> None:
        """After a build, before it answers: what the engine wants done once."""

    @abstractmethod
    def drop(self, generation: int) -> None:
        """Remove an index; harmless if there is none."""

    @abstractmethod
    def generations(self) -> list[int]:
        """Those that exist, in order."""

    @abstractmethod
    def upsert(self, generation: int, documents: Sequence[Document]) -> None:
        """Write documents, each unless a newer one is there."""

    @abstractmethod
    def delete(self, generation: int, record_ids: Sequence[int]) -> None:
        """Take records out; harmless for those that are not in."""

    @abstractmethod
    def revisions(self, generation: int) -> Iterator[tuple[int, int]]:
        """(record id, revision) of everything in the index, in order of id."""

    @abstractmethod
    def faults(self, generation: int) -> list[str]:
        """What the engine's own check of the index finds, as stable words."""

    @abstractmethod
    def search(
        self,
        generation: int,
        query: Query,
        visible: RecordQuerySet,
        *,
        limit: int,
        offset: int = 0,
    ) -> Found:
        """Answer from ``visible`` only: rows, total and facets count nothing else.

        Best first, then newest first; without words newest first. Hits in a name
        rank above others, and those with the right marks above those without. A
        word that may be a beginning is one in names and units only: "hoa" is
        not to find every comment that has "hoàn thành".
        """
