"""The addresses of the portal. ``verify/<code>`` stands in QR codes on paper."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.urls import path

from . import account, children, health, reports, verify

app_name = "portal"

signed_in = login_required(login_url="portal:sign-in")

urlpatterns = [
    path("verify/", verify.verify, name="verify"),
    path("verify/report", reports.of_file, name="report"),
    path("verify/<str:code>/report.<str:form>", reports.of_code, name="code-report"),
    path("verify/<str:code>", verify.verdict, name="verdict"),
    # People add the slash.
    path("verify/<str:code>/", verify.verdict),
    path("account/sign-in/", account.SignIn.as_view(), name="sign-in"),
    path("account/sign-out/", account.SignOut.as_view(), name="sign-out"),
    path("account/password/", signed_in(account.password), name="password"),
    path("children/", children.children, name="children"),
    path("children/notices/", children.notices_read, name="notices-read"),
    path("children/<uuid:uuid>/", children.record_page, name="record"),
    path("children/<uuid:uuid>/sheet", children.record_sheet, name="record-sheet"),
    path("children/<uuid:uuid>/pdf", children.record_file, name="record-pdf"),
    path(
        "children/<uuid:uuid>/readers", children.record_readers, name="record-readers"
    ),
    path("healthz", health.healthz, name="healthz"),
]
