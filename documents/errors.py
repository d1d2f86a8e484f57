"""The root of our errors: they carry data, and a sentence for people."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class RecordsError(Exception):
    """``code`` is stable; ``str()`` is for logs; people read ``for_user()``."""

    code: str = "error"
    user_message: Promise | str = _("This is not possible now.")

    def for_user(self) -> str:
        """The sentence in the reader's language, with the data of this error."""
        return str(self.user_message) % vars(self)
