"""Wagtail's page of one's own account, without the names that we do not keep apart."""

from __future__ import annotations

from wagtail.admin.views import account


class AccountView(account.AccountView):
    """Picture, language, looks and password; the name stands in the title.

    Wagtail's panel asks for a first and a last name and takes no form without them. A
    name here is one, as on the birth certificate, and not its bearer's to change.
    """

    def get_page_subtitle(self) -> str:
        return str(self.request.user)

    def get_panels(self) -> list[account.BaseSettingsPanel]:
        names = account.NameEmailSettingsPanel
        return [one for one in super().get_panels() if not isinstance(one, names)]
