from .batches import Batch, BatchItem, ItemStatus
from .calendar import Deadline, Group
from .comments import CommentPhrase
from .consents import Consent, ConsentStatus, JournalEntry, KeptPin
from .credentials import Credential
from .drafts import WorkingCopy
from .holidays import CalendarChange, Holiday, QuietHours
from .late import LateRecord, LateRequest
from .lockruns import LeftOut, LockRun
from .looks import Look
from .notices import MailChoice, Notice, NoticePreference
from .reassessments import Reassessment
from .reminders import ReminderRule
from .tally import CountedDay, Tally

__all__ = [
    "Batch",
    "BatchItem",
    "CalendarChange",
    "CommentPhrase",
    "Consent",
    "ConsentStatus",
    "CountedDay",
    "Credential",
    "Deadline",
    "Group",
    "Holiday",
    "ItemStatus",
    "JournalEntry",
    "KeptPin",
    "LateRecord",
    "LateRequest",
    "LeftOut",
    "LockRun",
    "Look",
    "MailChoice",
    "Notice",
    "NoticePreference",
    "QuietHours",
    "Reassessment",
    "ReminderRule",
    "Tally",
    "WorkingCopy",
]
