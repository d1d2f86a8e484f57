"""Permissions of Django and Wagtail, derived from assignments."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser

from .models import Role, User

# Opens the shell of the workspace; what stands in it is decided by each screen.
ACCESS_ADMIN = "wagtailadmin.access_admin"
# An administrator keeps the site and the accounts, and sees no pupil's record.
ADMIN_APPS = ("wagtailadmin", "wagtailcore", "wagtailimages", "wagtailusers", "auth")


class AssignmentBackend(ModelBackend):
    """What a user may do in Django's and Wagtail's own screens.

    Everyone with an assignment in force may enter the workspace; an administrator
    may edit pages, pictures and settings of the site. Rights on records are not
    permissions of this kind: see ``Record.objects.visible_to`` and the machine.
    """

    def has_perm(
        self,
        user_obj: AbstractBaseUser | AnonymousUser,
        perm: str,
        obj: Any = None,
    ) -> bool:
        if not isinstance(user_obj, User) or not user_obj.is_active:
            return False
        if perm == ACCESS_ADMIN:
            return bool(user_obj.standing)
        if any(a.role == Role.ADMIN for a in user_obj.standing):
            return perm.split(".")[0] in ADMIN_APPS
        return False

    def has_module_perms(
        self, user_obj: AbstractBaseUser | AnonymousUser, app_label: str
    ) -> bool:
        return self.has_perm(user_obj, f"{app_label}.view")
