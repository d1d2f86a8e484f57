"""Signing in and out: parents here, staff at the door of the workspace."""

from __future__ import annotations

import unicodedata
from typing import Any

from django.contrib import messages
from django.contrib.auth import views
from django.contrib.auth.forms import AuthenticationForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse, reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from wagtail.admin.views.account import LoginView as WagtailLoginView
from wagtail.admin.views.account import PasswordResetView

from documents.authentication import ACCESS_ADMIN
from documents.models import User

from .limits import SIGN_INS, SIGN_INS_THERE, client_address, limited, too_many


class CountedTries:
    """In front of a LoginView: tries are counted by address and by name, so that
    neither one computer nor many can go through passwords. All doors count together.

    Only what failed stays counted: a whole school signs in from one address.
    """

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        counted = (
            (SIGN_INS_THERE, client_address(request)),
            (SIGN_INS, f"name:{name_tried(request)}"),
        )
        for limit, who in counted:
            if wait := limit.take(who):
                return too_many(request, wait)
        view: Any = super()
        response: HttpResponse = view.post(request, *args, **kwargs)
        if response.status_code == 302:  # they are in
            for limit, who in counted:
                limit.give_back(who)
        return response


def name_tried(request: HttpRequest) -> str:
    """The name as the form will read it: no second spelling is a second name."""
    # Stripped before it is cut, as by the form: else blanks in front make other names.
    name = request.POST.get("username", "").strip()[:254]
    return unicodedata.normalize("NFKC", name).casefold()


@method_decorator(never_cache, name="dispatch")
class WorkspaceSignIn(CountedTries, WagtailLoginView):
    """Wagtail's own page, with our count of tries."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # Wagtail looks a made-up `next` up as the name of a view, and fails.
        if request.user.has_perm(ACCESS_ADMIN):
            return HttpResponseRedirect(self.get_success_url())
        response: HttpResponse = super().get(request, *args, **kwargs)
        return response

    def get_form(self, form_class: Any = None) -> Any:
        form = super().get_form(form_class)
        # Wagtail names this field in English whatever the language.
        form.fields["password"].label = _("Password")
        return form


class SignInForm(AuthenticationForm):
    """Says what mostly was the matter."""

    error_messages = {
        **AuthenticationForm.error_messages,
        "invalid_login": _(
            "User name or password is wrong. Look at capitals and small letters, and "
            "switch Vietnamese typing off."
        ),
    }


@method_decorator(never_cache, name="dispatch")
class SignIn(CountedTries, views.LoginView):
    """Leads to the own children, or to the workspace who has none there."""

    template_name = "cms/portal/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get_default_redirect_url(self) -> str:
        user = self.request.user
        if isinstance(user, User) and user.standing and not user.children:
            return reverse("wagtailadmin_home")
        return reverse("portal:children")


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
# Each call may send a mail; and how long it takes must not be asked for many names.
forgotten = limited(SIGN_INS, "POST")(never_cache(PasswordResetView.as_view()))
