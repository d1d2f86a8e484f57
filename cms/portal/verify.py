"""Checking a record by its code or its file, for anybody."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from workflow.services.evidence.verdicts import verdict_of_code, verdict_of_file

from .codes import in_fours, read_code
from .kept import kept_page
from .limits import CODES, FILES, limited
from .sentences import advice_on_code, headline_of_code
from .verdict_page import of_code, of_file

MAX_FILE = 10 * 1024 * 1024
# What the form's other field and the boundaries may add.
MAX_BODY = MAX_FILE + 64 * 1024


# It changes nothing and tells everybody the same, so a forged request is no harm,
# and the form works where cookies are refused.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@limited(FILES, "POST")
def verify(request: HttpRequest) -> HttpResponse:
    """The form; with a file its verdict, with a code the way to its address."""
    if request.method != "POST":
        return render(request, "cms/portal/verify.html")
    if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BODY:
        return _again(request, status=413, file_error=_too_large())
    file, typed = request.FILES.get("file"), request.POST.get("code", "")
    if file is not None:
        return _verdict_of(request, file)
    if not typed.strip():
        sentence = _("Write the code, or choose the file (PDF or XML).")
        return _again(request, status=400, code_error=sentence)
    if code := read_code(typed).code:
        return redirect("portal:verdict", code)
    return _unknown(request, typed, status=400)


@require_safe
@never_cache
@limited(CODES)
def verdict(request: HttpRequest, code: str) -> HttpResponse:
    """What the register says of a code; this is the address in the QR code."""
    reading = read_code(code)
    if not reading.code:
        return _unknown(request, code, status=404)
    address = reverse("portal:verdict", args=[reading.code])
    if request.path != address:
        return redirect(address, permanent=True)
    return kept_page(request, reading.code, partial(_verdict, request, reading.code))


def _verdict(request: HttpRequest, code: str) -> HttpResponse:
    found = verdict_of_code(code)
    if not found.sheets:
        is_draft = any(reason.code == "not_issued" for reason in found.reasons)
        return _unknown(request, code, status=404, is_draft=is_draft)
    return render(request, "cms/portal/verdict.html", {"page": of_code(found)})


def _verdict_of(request: HttpRequest, file: UploadedFile[Any]) -> HttpResponse:
    if (file.size or 0) > MAX_FILE:
        return _again(request, status=413, file_error=_too_large())
    page = of_file(verdict_of_file(file.read()))
    return render(request, "cms/portal/verdict.html", {"page": page})


def _unknown(
    request: HttpRequest, typed: str, *, status: int, is_draft: bool = False
) -> HttpResponse:
    reading = read_code(typed)
    context = {
        "reading": reading,
        "headline": headline_of_code(reading, is_draft=is_draft),
        "advice": advice_on_code(reading, is_draft=is_draft),
        "meant": in_fours(reading.meant),
    }
    return render(request, "cms/portal/unknown.html", context, status=status)


def _again(request: HttpRequest, *, status: int, **errors: str) -> HttpResponse:
    return render(request, "cms/portal/verify.html", errors, status=status)


def _too_large() -> str:
    return _(
        "This file is larger than 10 MB; a record never is. Choose the right file."
    )
