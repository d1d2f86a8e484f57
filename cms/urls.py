"""Every address of the site. Pages of the portal come last: they take what is left."""

from django.conf import settings
from django.conf.urls.static import static
from django.urls import URLPattern, URLResolver, include, path
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import RedirectView
from django.views.i18n import set_language
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.admin.auth import require_admin_access

from cms.api.site import api
from cms.portal import account
from cms.staff.account import AccountView

urlpatterns: list[URLPattern | URLResolver] = [
    # Wagtail's pages under their own addresses, with our count of tries in front.
    path("admin/login/", account.WorkspaceSignIn.as_view()),
    path("admin/password_reset/", account.forgotten),
    path("admin/account/", never_cache(require_admin_access(AccountView.as_view()))),
    path("_util/login/", RedirectView.as_view(pattern_name="portal:sign-in")),
    path("admin/", include(wagtailadmin_urls)),
    path("api/v1/", api.urls),
    # It chooses a language and nothing else. Without a token in its form, pages for
    # everybody are the same for everybody.
    path("i18n/setlang/", csrf_exempt(set_language), name="set_language"),
    # Development only: Django returns nothing here when DEBUG is off.
    *static(settings.MEDIA_URL, document_root=settings.MEDIA_ROOT),
    path("", include("cms.portal.urls")),
    path("", include(wagtail_urls)),
]
