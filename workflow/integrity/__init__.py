"""What must be true of the whole installation, as queries and recomputed digests.

Each check yields findings; none of them repairs anything. Later stages add their own
with ``register``.
"""

from __future__ import annotations

from . import chains, editions, owners, rows  # noqa: F401 - they register
from .base import Flaw, flaws, register
from .checkpoints import check_copy
from .files import rolling_findings

__all__ = ["Flaw", "check_copy", "flaws", "register", "rolling_findings"]
