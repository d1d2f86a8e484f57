"""Wagtail's page of one's own account, without the names that we do not keep apart."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from wagtail.admin.views import account

from cms.portal.limits import SIGN_INS, too_many


class AccountView(account.AccountView):
    """Picture, language, looks and password; the name stands in the title.

    Wagtail's panel asks for a first and a last name and takes no form without them. A
    name here is one, as on the birth certificate, and not its bearer's to change.
    """

    def post(self, request: HttpRequest) -> HttpResponseBase:
        """The old password is asked for here: what fails is a try like one to sign in.

        Counted by person: from which address somebody else's screen is used says
        nothing.
        """
        who = f"account:{request.user.pk}"
        if wait := SIGN_INS.take(who):
            return too_many(request, wait)
        response: HttpResponseBase = super().post(request)
        if response.status_code == 302:
            SIGN_INS.give_back(who)
        return response

    def get_page_subtitle(self) -> str:
        return str(self.request.user)

    def get_panels(self) -> list[account.BaseSettingsPanel]:
        names = account.NameEmailSettingsPanel
        return [one for one in super().get_panels() if not isinstance(one, names)]
