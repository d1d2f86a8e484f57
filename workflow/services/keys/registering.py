"""A key is registered once: by the person it belongs to, or for the school's seal."""

from __future__ import annotations

import hashlib
import os
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from documents.models import Role, Unit, User

from ...errors import NotAllowed
from ...models import Credential
from ...models.credentials import Provider as Kind
from ...signing.certificates import CertificateInfo
from ...signing.providers.agent import SigningRequest, accept, certificate_from_browser
from ...signing.providers.errors import SignatureWrong
from ...signing.providers.proof import is_signature
from . import credentials, providers
from .credentials import Readiness, check_before_signing
from .keyring import Owner

# What can be chosen on a page by a name; an agent brings its certificate itself, and a
# key file is for trials only.
NAMED = (Kind.CSC, Kind.PKCS11)


def register_key(
    owner: Owner, *, provider: str, reference: str, by: User, at: datetime | None = None
) -> CertificateInfo:
    """Let ``owner`` sign with this key from now on; return its certificate.

    The key is asked for its certificate, which must be valid, for signing, and the
    owner's own. Raises NotAllowed, the CertificateRefused that fits, or what the token
    or the service raises; then the key in use stays.
    """
    assert provider in NAMED  # the form offers no other
    credential = Credential(provider=provider, reference=reference.strip())
    return _register(owner, credential, by=by, at=at or timezone.now())


def register_agent_key(
    user: User, entry: bytes, *, at: datetime | None = None
) -> CertificateInfo:
    """The same for a token at the signer's own machine; ``entry`` is the agent's.

    Raises AnswerRefused for what is no such entry.
    """
    certificate, mechanism = certificate_from_browser(entry)
    credential = Credential(
        provider=Kind.AGENT,
        reference=hashlib.sha256(certificate.der).hexdigest(),
        certificates=providers.write_certificates(certificate),
        mechanism=mechanism.value,
    )
    return _register(user, credential, by=user, at=at or timezone.now())


def try_key(owner: Owner, *, at: datetime | None = None) -> Readiness:
    """All that is asked before a batch; and a trial signature, if nobody is needed.

    Raises what ``check_before_signing`` and the key raise.
    """
    found = check_before_signing(owner, at=at or timezone.now())
    credential = credentials.credential_of(owner)
    if providers.answers_alone(credential):
        provider, digest = providers.build(credential), os.urandom(32)
        (signature,) = provider.sign([digest], provider.authorise([digest]))
        certificate = provider.describe()
        if not is_signature(signature, digest, certificate, provider.mechanism):
            raise SignatureWrong
    return found


def trial_request(user: User, *, purpose: str, at: datetime) -> SigningRequest:
    """A digest of nothing for the agent to sign. Raises NoCredential."""
    certificate = credentials.provider_of(user).describe()
    return SigningRequest.new([os.urandom(32)], certificate, purpose=purpose, at=at)


def take_trial(
    user: User, request: SigningRequest, answer: bytes, *, at: datetime
) -> None:
    """Raises AnswerRefused, or what stopped the agent, unless the trial was good."""
    provider = credentials.provider_of(user)
    certificate, mechanism = provider.describe(), provider.mechanism
    accepted = accept(request, answer, certificate, mechanism, at=at)
    if accepted.stopped_by is not None:
        raise accepted.stopped_by


def may_change(owner: Owner, by: User) -> bool:
    """A person changes the own key, the registrar the seal's."""
    if isinstance(owner, Unit):
        return by.holds(Role.REGISTRAR, owner)
    return by == owner


def _register(
    owner: Owner, credential: Credential, *, by: User, at: datetime
) -> CertificateInfo:
    if not may_change(owner, by):
        raise NotAllowed(by, "register a key")
    if isinstance(owner, Unit):
        credential.unit = owner
    else:
        credential.user = owner
    provider, desk = providers.build(credential), credentials.keeper(at)
    certificate = credentials.checked(provider, owner, desk=desk, at=at)
    credential.registered_at, credential.registered_by = at, by
    with transaction.atomic():
        rows = Unit.objects.all() if isinstance(owner, Unit) else User.objects.all()
        rows.select_for_update().get(pk=owner.pk)
        owner.credentials.filter(is_active=True).update(is_active=False)
        credential.save()
    return certificate
