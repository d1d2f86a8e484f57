"""My signing key, and the school's seal: look at it, try it, register another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from cms.characters import sent_by_script
from documents.errors import RecordsError
from documents.models import Role, Unit
from workflow.models import Credential
from workflow.services.keys import credentials, providers, registering
from workflow.services.keys.keyring import Owner
from workflow.signing.certificates import CertificateInfo
from workflow.signing.providers.agent import SigningRequest

from .consents import refused
from .roles import StaffRequest, acting
from .views import StaffView, require_role

SIGNERS = (
    Role.SUBJECT_TEACHER,
    Role.CLASS_TEACHER,
    Role.HEAD,
    Role.REGISTRAR,
)
TRIAL = "key_trial"  # in the session: what the agent was asked to sign


class NamedKeyForm(forms.Form):
    """A key that is found by its name: at the service, or on a token at the server."""

    provider = forms.ChoiceField(
        label=gettext_lazy("Where the key is"),
        choices=[(one.value, one.label) for one in registering.NAMED],
    )
    reference = forms.CharField(
        label=gettext_lazy("Its name there"),
        max_length=300,
        help_text=gettext_lazy(
            "The number of the key at the signing service, or "
            "pkcs11:token=…;object=… for a token at the server."
        ),
    )


class KeyView(StaffView):
    """The key of the person: which certificate, until when, and how it is reached."""

    roles: ClassVar[Sequence[str]] = SIGNERS
    template_name = "cms/staff/key.html"
    header_icon = "key"
    page_title = gettext_lazy("My signing key")
    here = "staff:key"

    @cached_property
    def owner(self) -> Owner:
        return self.request.user

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        credential, certificate, problem = self._present()
        return super().get_context_data(
            owner=self.owner,
            credential=credential,
            certificate=certificate,
            problem=problem,
            form=kwargs.pop("form", None) or NamedKeyForm(),
            is_seal=isinstance(self.owner, Unit),
            agent_port=settings.AGENT_PORT,
            **kwargs,
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = NamedKeyForm(request.POST)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form, **kwargs))
        try:
            found = registering.register_key(
                self.owner, by=self.request.user, **form.cleaned_data
            )
        except RecordsError as error:
            form.add_error("reference", error.for_user())
            return self.render_to_response(self.get_context_data(form=form, **kwargs))
        messages.success(request, registered(found))
        return redirect(self.here)

    def _present(self) -> tuple[Credential | None, CertificateInfo | None, str]:
        """What is registered and, if it can be read now, its certificate."""
        try:
            credential = credentials.credential_of(self.owner)
        except RecordsError as error:
            return None, None, error.for_user()
        try:
            return credential, providers.build(credential).describe(), ""
        except RecordsError as error:
            return credential, None, error.for_user()


class SealView(KeyView):
    """The school's seal, for its registrar."""

    roles = (Role.REGISTRAR,)
    page_title = gettext_lazy("The school's seal")
    here = "staff:seal"

    @cached_property
    def owner(self) -> Owner:
        return school_of(self.request)


def school_of(request: StaffRequest) -> Unit:
    """Where the person keeps the register; of several, the one they work in now."""
    now = acting(request)
    if now is not None and now.role == Role.REGISTRAR:
        return now.unit
    kept = [one.unit for one in request.user.standing if one.role == Role.REGISTRAR]
    return kept[0]  # the page is for registrars


def registered(certificate: CertificateInfo) -> str:
    text = _("From now on the key of %(name)s signs. It is valid until %(day)s.")
    day = timezone.localdate(certificate.valid_until).strftime("%d/%m/%Y")
    return text % {"name": certificate.name, "day": day}


@require_POST
def try_key(request: StaffRequest, whose: str) -> HttpResponse:
    """Ask all that is asked before a batch, and sign on trial if nobody is needed."""
    is_seal = whose == "seal"
    require_role(request.user, (Role.REGISTRAR,) if is_seal else SIGNERS)
    owner = school_of(request) if is_seal else request.user
    try:
        found = registering.try_key(owner)
    except RecordsError as error:
        messages.error(request, error.for_user())
    else:
        text = _(
            "The key can be used: valid, not revoked, yours, and the time-stamping "
            "service answered at %s."
        )
        at = timezone.localtime(found.stamped_at).strftime("%H:%M:%S")
        messages.success(request, text % at)
    return redirect("staff:seal" if is_seal else "staff:key")


@require_POST
def register_agent(request: StaffRequest) -> HttpResponse:
    """The certificate that the agent has shown to the page."""
    require_role(request.user, SIGNERS)
    entry = sent_by_script(request)
    try:
        found = registering.register_agent_key(request.user, entry)
    except RecordsError as error:
        return refused(error)
    messages.success(request, registered(found))
    return JsonResponse({"next": reverse("staff:key")})


@require_POST
def trial_request(request: StaffRequest) -> HttpResponse:
    """A digest of nothing, for the agent to sign."""
    require_role(request.user, SIGNERS)
    try:
        asked = registering.trial_request(
            request.user, purpose=_("A trial without effect"), at=timezone.now()
        )
    except RecordsError as error:
        return refused(error)
    request.session[TRIAL] = asked.dump()
    return JsonResponse(asked.for_browser())


@require_POST
def trial_answer(request: StaffRequest) -> HttpResponse:
    """Whether the signature of the trial is good."""
    require_role(request.user, SIGNERS)
    answer = sent_by_script(request)
    asked = request.session.pop(TRIAL, "")
    if not asked:
        return JsonResponse({"error": {"code": "request_expired"}}, status=409)
    trial = SigningRequest.load(asked)
    try:
        registering.take_trial(request.user, trial, answer, at=timezone.now())
    except RecordsError as error:
        return refused(error)
    messages.success(request, _("The token signs, and the signature is good."))
    return JsonResponse({"next": reverse("staff:key")})
