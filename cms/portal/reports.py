"""The report of a check, to be kept: as PDF, and as JSON for programs."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from workflow.services.evidence.code_checks import check_code
from workflow.services.evidence.handed_answers import AnswerLapsed, take_back
from workflow.services.evidence.reports import report_data, write_report
from workflow.services.evidence.verdicts import Answer

from .codes import read_code
from .limits import FILES, limited

FORMS = ("pdf", "json")


@require_safe
@never_cache
@limited(FILES)
def of_code(request: HttpRequest, code: str, form: str) -> HttpResponse:
    """What the register says of a code, and what its stored files prove."""
    lookup = read_code(code).code
    if not lookup or form not in FORMS:
        raise Http404
    answer = check_code(lookup).answer
    if not answer.sheets:
        raise Http404
    return _written(answer, form, f"verify-{lookup}")


# It changes nothing, and what it is given is under this site's own signature.
@csrf_exempt
@require_POST
@never_cache
@limited(FILES)
def of_file(request: HttpRequest) -> HttpResponse:
    """The answer that the page of a file handed out, written up."""
    form = request.POST.get("form", "")
    if form not in FORMS:
        raise Http404
    try:
        answer = take_back(request.POST.get("answer", ""))
    except AnswerLapsed as error:
        context = {"file_error": error.for_user()}
        return render(request, "cms/portal/verify.html", context, status=400)
    return _written(answer, form, f"verify-{answer.file_sha256[:16]}")


def _written(answer: Answer, form: str, name: str) -> HttpResponse:
    if form == "json":
        response: HttpResponse = JsonResponse(
            report_data(answer), json_dumps_params={"ensure_ascii": False, "indent": 1}
        )
    else:
        written = write_report(answer, language=get_language() or "vi")
        response = HttpResponse(written.pdf, content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    response["X-Robots-Tag"] = "noindex"
    return response
