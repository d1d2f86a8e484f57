"""The site with one view more, which does nothing: what Django itself costs."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from cms.wsgi import application

__all__ = ["application"]


def empty(_request: HttpRequest) -> HttpResponse:
    return HttpResponse()


urlpatterns = [path("empty/", empty), path("", include(settings.ROOT_URLCONF))]
settings.ROOT_URLCONF = __name__
# Each request says that it comes from elsewhere, or the limits would answer.
settings.CLIENT_ADDRESS_HEADER = "HTTP_X_ADDRESS"
