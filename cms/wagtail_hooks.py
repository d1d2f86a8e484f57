"""Where the staff workspace meets Wagtail's admin."""

from __future__ import annotations

from django.templatetags.static import static
from django.urls import URLResolver, include, path, reverse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.components import Component
from wagtail.admin.ui.sidebar import LinkMenuItem
from wagtail.admin.views.home import RecentEditsPanel

from cms.staff.classes import GRID_ROLES
from cms.staff.home import QueuePanel
from cms.staff.notices import NoticesMenuItem, NoticesPanel
from cms.staff.roles import StaffRequest, acting, acts_as, offices
from cms.staff.views import spare_permissions
from documents.models import Role


@hooks.register("register_admin_urls")
def staff_urls() -> list[URLResolver]:
    return [path("", include("cms.staff.urls"))]


@hooks.register("insert_global_admin_css")
def stylesheet() -> SafeString:
    return format_html('<link rel="stylesheet" href="{}">', static("staff/staff.css"))


@hooks.register("insert_global_admin_js")
def script() -> SafeString:
    return format_html(
        '<script src="{}" data-search-page="{}" defer></script>',
        static("staff/staff.js"),
        reverse("staff:search"),
    )


@hooks.register("construct_homepage_panels")
def only_the_queue(request: StaffRequest, panels: list[Component]) -> None:
    """The pages that an administrator edited lately stand below the queue."""
    spare_permissions(request.user)
    if acts_as(request, [Role.ADMIN]):
        panels[:] = [one for one in panels if isinstance(one, RecentEditsPanel)]
    else:
        panels.clear()
    panels.insert(0, QueuePanel())
    panels.insert(1, NoticesPanel())


class RoleMenuItem(MenuItem):
    """Shown to those who act in one of ``roles``; others may still open the page."""

    def __init__(
        self,
        label: Promise | str,
        url_name: str,
        icon_name: str,
        order: int,
        roles: tuple[str, ...] = (),
    ) -> None:
        name = url_name.replace(":", "-").replace("_", "-")
        super().__init__(
            label, reverse(url_name), name=name, icon_name=icon_name, order=order
        )
        self.roles = roles

    def is_shown(self, request: StaffRequest) -> bool:
        return not self.roles or acts_as(request, self.roles)


class CalendarMenuItem(RoleMenuItem):
    """Shown to officers who lock: those of a commune watch."""

    def is_shown(self, request: StaffRequest) -> bool:
        office = acting(request)
        return office is not None and office.locks(office.unit)


class ActingMenuItem(MenuItem):
    """In which of several roles the person acts, on every page; leads to the choice."""

    def __init__(self) -> None:
        url = reverse("wagtailadmin_home")
        super().__init__(_("Role"), url, name="staff-role", icon_name="user", order=5)

    def is_shown(self, request: StaffRequest) -> bool:
        return len(offices(request.user)) > 1

    def render_component(self, request: StaffRequest) -> LinkMenuItem:
        item: LinkMenuItem = super().render_component(request)
        office = acting(request)
        assert office is not None  # is_shown has looked
        item.label = office.get_role_display().capitalize()
        return item


@hooks.register("register_admin_menu_item")
def acting_item() -> MenuItem:
    return ActingMenuItem()


@hooks.register("register_admin_menu_item")
def queue_item() -> MenuItem:
    return RoleMenuItem(_("Waiting for me"), "wagtailadmin_home", "tasks", 10)


@hooks.register("register_admin_menu_item")
def notices_item() -> MenuItem:
    return NoticesMenuItem()


@hooks.register("register_admin_menu_item")
def renewals_item() -> MenuItem:
    roles = (Role.OFFICER, Role.ADMIN)
    return RoleMenuItem(_("Renewals"), "staff:renewals", "rotate", 65, roles)


@hooks.register("register_admin_menu_item")
def classes_item() -> MenuItem:
    return RoleMenuItem(_("Classes"), "staff:classes", "group", 20, GRID_ROLES)


@hooks.register("register_admin_menu_item")
def imports_item() -> MenuItem:
    roles = (Role.REGISTRAR,)
    return RoleMenuItem(_("Import"), "staff:imports", "upload", 30, roles)


@hooks.register("register_admin_menu_item")
def transfers_item() -> MenuItem:
    roles = (Role.REGISTRAR,)
    return RoleMenuItem(_("Transfers"), "staff:transfers", "resubmit", 40, roles)


@hooks.register("register_admin_menu_item")
def packets_item() -> MenuItem:
    roles = (Role.REGISTRAR, Role.OFFICER)
    return RoleMenuItem(_("Packages"), "staff:packets", "mail", 45, roles)


@hooks.register("register_admin_menu_item")
def units_item() -> MenuItem:
    roles = (Role.OFFICER,)
    return RoleMenuItem(_("Schools"), "staff:units", "site", 50, roles)


@hooks.register("register_admin_menu_item")
def calendar_item() -> MenuItem:
    return CalendarMenuItem(_("Calendar"), "staff:own-calendar", "date", 52)


@hooks.register("register_admin_menu_item")
def late_item() -> MenuItem:
    roles = (Role.HEAD, Role.REGISTRAR, Role.OFFICER)
    return RoleMenuItem(_("Late records"), "staff:late", "warning", 54, roles)


@hooks.register("register_admin_menu_item")
def search_item() -> MenuItem:
    roles = tuple(role for role in Role if role != Role.ADMIN)
    return RoleMenuItem(_("Search"), "staff:search", "search", 60, roles)


@hooks.register("register_admin_menu_item")
def subjects_item() -> MenuItem:
    roles = (Role.SUBJECT_TEACHER,)
    return RoleMenuItem(_("My classes"), "staff:subjects", "group", 12, roles)


@hooks.register("register_admin_menu_item")
def batches_item() -> MenuItem:
    roles = (*GRID_ROLES, Role.OFFICER)
    return RoleMenuItem(_("Background work"), "staff:batches", "history", 70, roles)


@hooks.register("register_admin_menu_item")
def key_item() -> MenuItem:
    return RoleMenuItem(_("My signing key"), "staff:key", "key", 72, GRID_ROLES)


@hooks.register("register_admin_menu_item")
def seal_item() -> MenuItem:
    roles = (Role.REGISTRAR,)
    return RoleMenuItem(_("The school's seal"), "staff:seal", "lock", 73, roles)


class KeysMenuItem(MenuItem):
    """Opens Wagtail's list of keys, which it keeps in the help menu that we hide."""

    def __init__(self) -> None:
        super().__init__(
            _("Keys"),
            "#",
            name="staff-keys",
            icon_name="keyboard",
            order=80,
            attrs={
                "role": "button",
                "data-a11y-dialog-show": "keyboard-shortcuts-dialog",
                "data-action": "w-action#noop:prevent:stop",
                "data-controller": "w-kbd w-action",
                "data-w-kbd-key-value": "?",
            },
        )

    def is_shown(self, request: StaffRequest) -> bool:
        return not acts_as(request, [Role.ADMIN])


@hooks.register("register_admin_menu_item")
def keys_item() -> MenuItem:
    return KeysMenuItem()


OURS = ("wagtailadmin-home", "staff-")


@hooks.register("construct_main_menu")
def only_what_a_role_needs(request: StaffRequest, items: list[MenuItem]) -> None:
    """Pages, pictures, reports and settings are an administrator's."""
    if not acts_as(request, [Role.ADMIN]):
        items[:] = [item for item in items if item.name.startswith(OURS)]
