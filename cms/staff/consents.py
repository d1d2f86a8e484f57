"""The holder of a key answers what a batch asks: on the page, by phone, by agent."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from cms.characters import sent_by_script
from documents.errors import RecordsError
from documents.models import User
from workflow import tasks
from workflow.models import Batch, Consent, ConsentStatus
from workflow.services.bulk import consents
from workflow.services.bulk.workers import ROUNDS
from workflow.signing.providers.csc_client import Secrets

from .roles import StaffRequest

SECRET = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
# Read from a phone beside the keyboard, or filled in by it; worth nothing afterwards.
CODE = {"autocomplete": "one-time-code", "autocapitalize": "none"}


class ConsentForm(forms.Form):
    """What the key wants typed; a PIN that is kept for the batch is not asked for."""

    pin = forms.CharField(
        label=gettext_lazy("PIN of your key"),
        max_length=64,
        widget=forms.PasswordInput(attrs=SECRET),
    )
    otp = forms.CharField(
        label=gettext_lazy("One-time code"),
        max_length=32,
        widget=forms.TextInput(attrs=CODE),
    )

    def __init__(self, consent: Consent, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        kept = consents.kept_secrets(consent.batch, consent.credential)
        if not consent.needs_pin or kept.pin:
            del self.fields["pin"]
        if not consent.needs_otp:
            del self.fields["otp"]
        for name, field in self.fields.items():
            field.widget.attrs["id"] = f"id_{name}_{consent.pk}"
        if first := next(iter(self.fields.values()), None):
            first.widget.attrs["autofocus"] = True

    def secrets(self) -> Secrets:
        typed = self.cleaned_data
        return Secrets(typed.get("pin", ""), typed.get("otp", ""))


class Question:
    """An open consent as the page of its batch shows it."""

    def __init__(self, consent: Consent, user: User) -> None:
        self.consent = consent
        self.mine = consent.batch.by_id == user.pk
        self.rounds = ROUNDS.get(consent.batch.step, 1)
        self.is_pending = consent.status == ConsentStatus.PENDING
        self.is_granted = consent.status == ConsentStatus.GRANTED
        self.by_agent = consent.needs == "agent"
        self.classes = consents.classes_of(consent.batch)

        self.form = ConsentForm(consent)
        self.asks_pin = "pin" in self.form.fields
        self.request_url = reverse("staff:consent-request", args=[consent.uuid])
        self.answer_url = reverse("staff:consent-signatures", args=[consent.uuid])


def questions_of(batch: Batch, user: User) -> list[Question]:
    """What stands open, without what is being used already."""
    found = consents.open_consents(batch.pk)
    asked = found.filter(status__in=consents.ASKED)
    return [Question(consent, user) for consent in asked]


def own_consent(user: User, uuid: UUID) -> Consent:
    """Of a batch that the person has started, or 404."""
    related = ("batch__unit", "batch__by", "credential__user", "credential__unit")
    rows = Consent.objects.select_related(*related).filter(batch__by=user)
    return get_object_or_404(rows, uuid=uuid)


@sensitive_post_parameters("pin", "otp")
@require_POST
def answer_consent(request: StaffRequest, uuid: UUID) -> HttpResponse:
    """What was typed. It goes to the key, and its PIN is kept for this batch alone."""
    consent = own_consent(request.user, uuid)
    form = ConsentForm(consent, request.POST)
    page = redirect("staff:batch", consent.batch.uuid)
    if not form.is_valid():
        messages.error(request, _("Type what your key asks for."))
        return page
    try:
        consents.answer(consent, form.secrets())
    except RecordsError as error:
        consents.explain(consent, error)
        messages.error(request, error.for_user())
        return page
    _go_on(consent)
    return page


@require_POST
def agent_request(request: StaffRequest, uuid: UUID) -> HttpResponse:
    """What the page hands to the agent."""
    consent = own_consent(request.user, uuid)
    try:
        asked = consents.new_request(consent, at=timezone.now())
    except RecordsError as error:
        return refused(error)
    return JsonResponse(asked.for_browser())


@require_POST
def agent_answer(request: StaffRequest, uuid: UUID) -> HttpResponse:
    """What the agent gave to the page."""
    consent, body = own_consent(request.user, uuid), sent_by_script(request)
    try:
        accepted = consents.take_answer(consent, body, at=timezone.now())
    except RecordsError as error:
        return refused(error)
    if accepted.signatures:
        _go_on(consent)
    if accepted.stopped_by is not None:
        consents.explain(consent, accepted.stopped_by)
        return refused(accepted.stopped_by)
    page = reverse("staff:batch", args=[consent.batch.uuid])
    return JsonResponse({"next": page})


def refused(error: RecordsError) -> JsonResponse:
    """For a script: the code, and the sentence to show."""
    body = {"error": {"code": error.code, "message": error.for_user()}}
    return JsonResponse(body, status=409)


def ask_phones(request: HttpRequest, questions: list[Question]) -> None:
    """The page that waits is what asks; a service is asked as seldom as it wishes."""
    for one in questions:
        if one.is_pending and consents.is_due(one.consent, timezone.now()):
            transaction.on_commit(partial(tasks.check_phone.delay, one.consent.pk))


def _go_on(consent: Consent) -> None:
    transaction.on_commit(partial(tasks.run_batch.delay, consent.batch_id))
