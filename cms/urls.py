"""Every address of the site. Pages of the portal come last: they take what is left."""

from django.conf import settings
from django.conf.urls.static import static
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls

from cms.api.site import api
from cms.portal import account

urlpatterns: list[URLPattern | URLResolver] = [
    # Wagtail's pages under their own addresses, with our count of tries in front.
    path("admin/login/", account.WorkspaceSignIn.as_view()),
    path("admin/password_reset/", account.forgotten),
    path("_util/login/", RedirectView.as_view(pattern_name="portal:sign-in")),
    path("admin/", include(wagtailadmin_urls)),
    path("api/v1/", api.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    # Development only: Django returns nothing here when DEBUG is off.
    *static(settings.MEDIA_URL, document_root=settings.MEDIA_ROOT),
    path("", include("cms.portal.urls")),
    path("", include(wagtail_urls)),
]
