"""Which version of which record a packet holds, and who sends which packets to whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from documents.kinds.packets import Member, Objects, Value, ValueType

from .mapping import read, write
from .trees import Element

if TYPE_CHECKING:
    # A packet is read without a database.
    from documents.models import Version

NUMBER = ValueType.NUMBER

RECORD_MEMBERS = (
    Value("MA_TRA_CUU", "lookup_code"),
    Value("MA_HO_SO", "record"),
    Value("LOAI_HO_SO", "kind"),
    Value("PHIEN_BAN_DINH_DANG", "format_version", NUMBER),
    Value("MAU_HOC_BA", "form_version"),
    Value("SO_PHIEN_BAN", "number", NUMBER),
    Value("NAM_HOC", "school_year"),
    Value("MA_DON_VI", "issuer_code"),
    Value("MA_SO_THUE", "issuer_tax_code"),
    Value("SHA256", "sha256"),
)
PACKAGE_MEMBERS = (
    Value("MA_GOI", "package"),
    Value("PHIEN_BAN_DINH_DANG", "format_version", NUMBER),
    Value("MUC_DICH", "purpose"),
    Value("THOI_DIEM_LAP", "created_at"),
    Value("MA_DON_VI_GUI", "sender_code"),
    Value("MST_DON_VI_GUI", "sender_tax_code"),
    Value("MA_DON_VI_NHAN", "receiver_code"),
    Value("SO_LUONG", "count", NUMBER),
    Objects(
        "DANH_SACH_HIEU_LUC",
        "locked",
        "HIEU_LUC",
        (Value("THOI_DIEM_CHOT", "at"),),
        keyed_by="MA_HO_SO",
    ),
)
# Format 2, only where something is told: a package without recalls stays as it was.
RECALL_MEMBERS = Objects(
    "DANH_SACH_THU_HOI",
    "recalled",
    "THU_HOI",
    (
        Value("SO_PHIEN_BAN", "number", NUMBER),
        Value("SHA256", "sha256"),
        Value("LY_DO", "reason"),
        Value("THOI_DIEM", "at"),
    ),
    keyed_by="MA_HO_SO",
)


@dataclass(frozen=True)
class Recalled:
    """A version that was sent before and is void: why, and since when."""

    number: int
    sha256: str
    reason: str
    at: datetime


@dataclass(frozen=True)
class RecordHeader:
    """``record`` is the uuid as 32 hexadecimal digits, as is ``lookup_code``.

    ``sha256`` is ``Version.sha256``: over kind, format version and canonical JSON.
    """

    lookup_code: str
    record: str
    kind: str
    format_version: int
    form_version: str
    number: int
    school_year: str
    issuer_code: str
    issuer_tax_code: str
    sha256: str

    @classmethod
    def of(cls, version: Version) -> Self:
        record = version.record
        return cls(
            lookup_code=record.book.lookup_code,
            record=record.uuid.hex,
            kind=record.kind,
            format_version=version.format_version,
            form_version=version.form_version,
            number=version.number,
            school_year=record.school_year,
            issuer_code=record.issuer.code,
            issuer_tax_code=record.issuer.tax_code,
            sha256=version.sha256,
        )

    @classmethod
    def read(cls, element: Element) -> Self:
        return cls(**read(element, RECORD_MEMBERS))

    def write(self, element: Element) -> None:
        write(element, RECORD_MEMBERS, asdict(self))


@dataclass(frozen=True)
class PackageHeader:
    """``package`` is a uuid in hexadecimal; the same one again is the same packet.

    ``locked`` says of each record in effect since when, by the record's uuid, and
    ``recalled`` which version of a record was sent before and is void.
    """

    package: str
    purpose: str
    created_at: datetime
    sender_code: str
    sender_tax_code: str
    receiver_code: str
    count: int
    locked: Mapping[str, datetime] = field(default_factory=dict)
    recalled: Mapping[str, Recalled] = field(default_factory=dict)

    @property
    def format_version(self) -> int:
        return 2 if self.recalled else 1

    @property
    def members(self) -> tuple[Member, ...]:
        return (*PACKAGE_MEMBERS, RECALL_MEMBERS) if self.recalled else PACKAGE_MEMBERS

    @classmethod
    def read(cls, element: Element) -> Self:
        """Raises ValueError for a time that is none."""
        told = element.find(RECALL_MEMBERS.name) is not None
        members = (*PACKAGE_MEMBERS, RECALL_MEMBERS) if told else PACKAGE_MEMBERS
        facts = read(element, members)
        del facts["format_version"]  # follows from the others
        times = {record: aware(one["at"]) for record, one in facts["locked"].items()}
        recalled = {
            record: Recalled(**one | {"at": aware(one["at"])})
            for record, one in facts.get("recalled", {}).items()
        }
        created = aware(facts["created_at"])
        more = {"created_at": created, "locked": times, "recalled": recalled}
        return cls(**facts | more)

    def write(self, element: Element) -> None:
        facts: dict[str, Any] = asdict(self) | {"format_version": self.format_version}
        facts["created_at"] = self.created_at.isoformat()
        facts["locked"] = {
            record: {"at": at.isoformat()} for record, at in self.locked.items()
        }
        facts["recalled"] = {
            record: asdict(one) | {"at": one.at.isoformat()}
            for record, one in self.recalled.items()
        }
        write(element, self.members, facts)


def aware(text: str) -> datetime:
    """ISO 8601 with its zone. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without zone")
    return moment
