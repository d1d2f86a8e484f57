from .batches import Batch, BatchItem, ItemStatus
from .calendar import Deadline, Group
from .credentials import Credential

__all__ = ["Batch", "BatchItem", "Credential", "Deadline", "Group", "ItemStatus"]
