"""The one screen that a newcomer sees in the terminal."""

from __future__ import annotations

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from . import world


def accounts_screen() -> str:
    """Address, accounts by role, and what to try first, in the operator's language."""
    with translation.override("en"):
        people = [*world.PEOPLE, world.PARENT]
        site = settings.SITE_URL
        rows = [f"  {p.username:<12}{p.full_name:<22}{p.task}" for p in people]
        return "\n".join(
            [
                "",
                f"  Hocba    {site}/          {_('the portal')}",
                f"           {site}/admin/    {_('the workspace of staff')}",
                "",
                f"  {_('Password of every account')}: {world.PASSWORD}",
                "",
                *rows,
                "",
                f"  {_('Try first: sign in as head and sign class 1A.')}",
                "",
            ]
        )
