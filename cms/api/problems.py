"""Errors of the interface as RFC 9457 problem details, each with a stable code."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, Throttled, ValidationError

from documents.errors import RecordsError

CONTENT_TYPE = "application/problem+json"


class Problem(Schema):
    """``code`` is stable and for programs; ``detail`` is a sentence for people."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: list[dict[str, Any]] | None = None


class BadRequest(RecordsError):
    """A parameter that is well formed and names nothing here."""

    def __init__(self, code: str, sentence: str) -> None:
        self.code = code
        self.user_message = sentence
        super().__init__(code)


def problem(status: int, code: str, detail: str, **more: Any) -> HttpResponse:
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        **more,
    }
    return JsonResponse(body, status=status, content_type=CONTENT_TYPE)


def install(api: NinjaAPI) -> None:
    """Let every error of ``api`` leave as a problem."""
    api.exception_handler(Http404)(_not_found)
    api.exception_handler(AuthenticationError)(_not_authenticated)
    api.exception_handler(ValidationError)(_invalid)
    api.exception_handler(Throttled)(_throttled)
    api.exception_handler(HttpError)(_http_error)
    api.exception_handler(BadRequest)(_bad_request)
    api.exception_handler(RecordsError)(_refused)


def _not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    sentence = _("There is no such record among those that you may see.")
    return problem(404, "not_found", sentence)


def _not_authenticated(
    request: HttpRequest, error: AuthenticationError
) -> HttpResponse:
    sentence = _("Send a valid interface key: Authorization: Bearer ….")
    response = problem(401, "not_authenticated", sentence)
    response["WWW-Authenticate"] = 'Bearer realm="hocba"'
    return response


def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    errors = [
        {"parameter": str(one["loc"][-1]), "message": one["msg"]}
        for one in error.errors
    ]
    sentence = _("A parameter does not have the form that it needs.")
    return problem(422, "invalid_parameter", sentence, errors=errors)


def _throttled(request: HttpRequest, error: Throttled) -> HttpResponse:
    sentence = _("Too many requests from this address. Wait, then go on.")
    response = problem(429, "too_many_requests", sentence)
    response["Retry-After"] = str(error.wait or 60)
    return response


def _http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    return problem(error.status_code, "http_error", str(error))


def _bad_request(request: HttpRequest, error: BadRequest) -> HttpResponse:
    return problem(400, error.code, error.for_user())


def _refused(request: HttpRequest, error: RecordsError) -> HttpResponse:
    return problem(409, error.code, error.for_user())
