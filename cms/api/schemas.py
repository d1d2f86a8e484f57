"""What the interface says, field by field. Fields are added, never renamed."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from ninja import Field, Schema
from pydantic import ConfigDict

from documents.models import Record, Signature, State, Unit

YEAR = r"^\d{4}-\d{4}$"
# PostgreSQL refuses this character, and no code or name has it.
NO_NUL = r"^[^\x00]*$"


class UnitOut(Schema):
    code: str
    name: str

    @staticmethod
    def of(unit: Unit) -> UnitOut:
        return UnitOut(code=unit.code, name=unit.name)


class RecordOut(Schema):
    """A row of the list: whose hands it is in and what its content's digest is."""

    model_config = ConfigDict(populate_by_name=True)

    uuid: UUID
    code: str = Field(description="Look-up code of the book, 32 hexadecimal digits")
    kind: str
    year: str
    class_name: str = Field(alias="class")
    state: State
    issuer: UnitOut
    custodian: UnitOut
    version: int | None
    sha256: str | None
    locked_at: datetime | None


class SignatureOut(Schema):
    """One slot. The certificates themselves are in the PDF."""

    slot: str
    name: str
    office: str
    organisation: str
    signed_at: datetime
    time_source: str


class RecordDetail(RecordOut):
    form_version: str | None
    content: dict[str, Any] | None
    signatures: list[SignatureOut]


class RecordPage(Schema):
    """``next`` is the cursor of the page that follows, null on the last one."""

    items: list[RecordOut]
    next: str | None


class Filters(Schema):
    """``unit`` includes the units below it; it is that of the issuer."""

    model_config = ConfigDict(populate_by_name=True)

    unit: str | None = Field(default=None, pattern=NO_NUL)
    year: str | None = Field(default=None, pattern=YEAR)
    class_name: str | None = Field(
        default=None, alias="class", max_length=20, pattern=NO_NUL
    )
    state: State | None = None
    cursor: str | None = Field(default=None, max_length=40)
    limit: int = Field(default=50, ge=1, le=200)


def row_of(record: Record) -> dict[str, Any]:
    """The fields of ``RecordOut``."""
    version = record.current
    return {
        "uuid": record.uuid,
        "code": record.book.lookup_code,
        "kind": record.kind,
        "year": record.school_year,
        "class_name": record.school_class.name,
        "state": record.state,
        "issuer": UnitOut.of(record.issuer),
        "custodian": UnitOut.of(record.custodian),
        "version": version.number if version else None,
        "sha256": version.sha256 if version else None,
        "locked_at": record.locked_at,
    }


def signature_of(signature: Signature) -> SignatureOut:
    return SignatureOut(
        slot=signature.slot,
        name=signature.name,
        office=signature.office,
        organisation=signature.organisation,
        signed_at=signature.signed_at,
        time_source=signature.time_source,
    )
