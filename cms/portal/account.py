"""Signing in and out, for parents."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth import views
from django.http import HttpRequest, HttpResponse
from django.urls import reverse, reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from documents.models import User

from .limits import SIGN_INS, client_address, limited, too_many


@method_decorator(never_cache, name="dispatch")
class SignIn(views.LoginView):
    """Leads to the own children, or to the workspace who has none there.

    Tries are counted by address and by name, so that neither one computer nor many
    can go through passwords.
    """

    template_name = "cms/portal/sign_in.html"
    redirect_authenticated_user = True

    def get_default_redirect_url(self) -> str:
        user = self.request.user
        if isinstance(user, User) and user.standing and not user.children:
            return reverse("wagtailadmin_home")
        return reverse("portal:children")

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        name = request.POST.get("username", "")[:150].casefold()
        for who in (client_address(request), f"name:{name}"):
            if wait := SIGN_INS.take(who):
                return too_many(request, wait)
        return super().post(request, *args, **kwargs)


class SignOut(views.LogoutView):
    next_page = "/"


@method_decorator(never_cache, name="dispatch")
class Password(views.PasswordChangeView):
    """A new password ends every other session of the user."""

    template_name = "cms/portal/password.html"
    success_url = reverse_lazy("portal:children")

    def form_valid(self, form: Any) -> HttpResponse:
        messages.success(self.request, _("The password has been changed."))
        return super().form_valid(form)


password = limited(SIGN_INS, "POST")(Password.as_view())
