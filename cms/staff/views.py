"""What every screen of the workspace shares: Wagtail's frame, and who may enter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.generic import TemplateView
from wagtail.admin.views.generic import WagtailAdminTemplateMixin
from wagtail.permission_policies.collections import CollectionPermissionPolicy
from wagtail.permission_policies.pages import PagePermissionPolicy

from documents.models import Record, Role, User

from .roles import StaffRequest, has_role

Crumb = tuple[str, str]


class StaffView(WagtailAdminTemplateMixin, TemplateView):
    """A page for the holders of ``roles`` (empty: for everybody in the workspace).

    Others are sent to their own first page. Which rows stand on it is not decided
    here: every queryset begins with ``visible_to``.
    """

    roles: ClassVar[Sequence[str]] = ()
    request: StaffRequest

    def dispatch(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        require_role(self.request.user, self.roles)
        spare_permissions(self.request.user)
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return response

    def crumbs(self) -> list[Crumb]:
        """Label and address of each page between the first one and this."""
        return []

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        items = [{"label": label, "url": url} for label, url in self.crumbs()]
        here = {"label": self.get_page_title(), "url": ""}
        return [*self.breadcrumbs_items, *items, here]


def spare_permissions(user: User) -> None:
    """Let Wagtail not ask which pages and pictures the person may edit.

    All rights are assignments, and only an administrator's give any of these: two
    queries less on every page.
    """
    if has_role(user, [Role.ADMIN]):
        return
    for policy in (PagePermissionPolicy, CollectionPermissionPolicy):
        setattr(user, policy.permission_cache_name, [])


def require_role(user: User, roles: Sequence[str]) -> None:
    """Raise PermissionDenied unless the person holds one of ``roles``."""
    if roles and not has_role(user, roles):
        raise PermissionDenied


def seen_record(user: User, uuid: UUID) -> Record:
    """The record with what its head shows, or 404."""
    records = Record.objects.visible_to(user).by_office(user)
    return get_object_or_404(records.listed(), uuid=uuid)


def record_url(record: Record, name: str = "record") -> str:
    return reverse(f"staff:{name}", args=[record.uuid])
