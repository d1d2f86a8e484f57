from .access import ReadLog
from .checkpoints import Chain, Checkpoint, SealedHead
from .custody import Transfer
from .imports import ImportRow, ImportRun
from .ledger import LedgerEntry
from .packageruns import (
    PackageRun,
    PackageRunStatus,
    PackageTask,
    UploadPart,
)
from .packets import (
    Direction,
    Package,
    PackageItem,
    PackageOutcome,
    PackagePurpose,
)
from .pupils import Book, Enrolment, Guardianship, Pupil, SchoolClass
from .records import FINAL_STATES, ISSUED_STATES, Record, State, Version
from .signatures import Artifact, Signature
from .sweeps import FileSweep
from .units import Assignment, Role, Unit
from .users import User

__all__ = [
    "FINAL_STATES",
    "ISSUED_STATES",
    "Artifact",
    "Assignment",
    "Book",
    "Chain",
    "Checkpoint",
    "Direction",
    "Enrolment",
    "FileSweep",
    "Guardianship",
    "ImportRow",
    "ImportRun",
    "LedgerEntry",
    "Package",
    "PackageItem",
    "PackageOutcome",
    "PackagePurpose",
    "PackageRun",
    "PackageRunStatus",
    "PackageTask",
    "Pupil",
    "ReadLog",
    "Record",
    "Role",
    "SchoolClass",
    "SealedHead",
    "Signature",
    "State",
    "Transfer",
    "Unit",
    "UploadPart",
    "User",
    "Version",
]
