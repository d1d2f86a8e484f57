"""What goes wrong with keys that live elsewhere: on a token, a phone, a service."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from workflow.signing.errors import SigningRefused, SigningUnavailable


class TokenAbsent(SigningUnavailable):
    """The token is not plugged in, or was pulled out in the middle."""

    code = "token_absent"
    user_message = _(
        "The token %(name)s is not there. Plug it in and go on; "
        "what is signed stays signed."
    )

    def __init__(self, name: str, detail: str = "") -> None:
        self.name = name
        self.detail = detail
        super().__init__(f"{self.code}: {name} {detail}".rstrip())


class TokenLost(TokenAbsent):
    """The token answers, but the session with it broke and did not come back."""

    code = "token_lost"
    user_message = _(
        "The connection to the token %(name)s was lost. Go on in a moment; "
        "what is signed stays signed."
    )


class TokenRefused(SigningRefused):
    """The token, or the service in its place, says no; asking again changes nothing."""

    code = "token_refused"
    user_message = _("The token %(name)s refuses. Ask the administrator.")

    def __init__(self, name: str, detail: str = "") -> None:
        self.name = name
        self.detail = detail
        super().__init__(f"{self.code}: {name} {detail}".rstrip())


class PinWrong(TokenRefused):
    """Never tried again by a program: a few wrong PINs lock the key."""

    code = "pin_wrong"
    user_message = _("The PIN of %(name)s is wrong. Nothing more was signed.")


class PinMissing(TokenRefused):
    code = "pin_missing"
    user_message = _("Enter the PIN of %(name)s to sign.")


class PinLocked(TokenRefused):
    code = "pin_locked"
    user_message = _(
        "%(name)s is locked after too many wrong PINs. "
        "Ask the authority that issued it to unlock it."
    )


class OtpWrong(TokenRefused):
    code = "otp_wrong"
    user_message = _("The one-time code for %(name)s is wrong or too old. Ask anew.")


class KeyAbsent(TokenRefused):
    code = "key_absent"
    user_message = _(
        "There is no such key with its certificate on %(name)s. "
        "Check which token is plugged in."
    )


class KeyUnsuitable(TokenRefused):
    """The key cannot sign a SHA-256 digest in a way that we know."""

    code = "key_unsuitable"
    user_message = _("The key on %(name)s cannot be used to sign records.")


class ModuleUnusable(TokenRefused):
    code = "module_unusable"
    user_message = _("The driver %(name)s cannot be used. Tell the administrator.")


class CredentialDisabled(TokenRefused):
    code = "credential_disabled"
    user_message = _("The signing service has disabled %(name)s. Ask the provider.")


class SignatureWrong(SigningUnavailable):
    """The answer is no signature of this digest by this certificate; not used."""

    code = "signature_wrong"
    user_message = _(
        "The signature that came back does not belong to this record and was not used. "
        "Try again."
    )


class AuthorisationPending(SigningUnavailable):
    """The signer was asked and has not answered.

    Ask ``resume`` with ``token`` after ``retry_after`` seconds; no worker waits.
    """

    code = "authorisation_pending"
    user_message = _("Waiting for the signer to confirm.")

    def __init__(self, token: str, *, retry_after: float = 3) -> None:
        self.token = token
        self.retry_after = retry_after
        super().__init__("the signer has not confirmed yet")


class AuthorisationLapsed(SigningUnavailable):
    """The consent ran out with ``count`` digests left; the signer has to confirm."""

    code = "authorisation_lapsed"
    user_message = _(
        "The confirmation has expired. Confirm again for the %(count)d that are left."
    )

    def __init__(self, count: int) -> None:
        self.count = count
        super().__init__(f"to be confirmed again for {count}")


class AuthorisationDeclined(SigningRefused):
    code = "authorisation_declined"
    user_message = _("The signer has declined.")


class ServiceUnavailable(SigningUnavailable):
    """The remote service was asked several times; ``retry_after`` is its own wish."""

    code = "service_unavailable"
    user_message = _(
        "The signing service does not answer as it should. "
        "Nothing is lost; it is tried again later."
    )

    def __init__(self, detail: str, *, retry_after: float = 0) -> None:
        self.detail = detail
        self.retry_after = retry_after
        super().__init__(f"service unavailable: {detail}")


class ServiceRefused(SigningRefused):
    """``reason`` is the service's own error code."""

    code = "service_refused"
    user_message = _(
        "The signing service refuses (%(reason)s). Tell the administrator."
    )

    def __init__(self, reason: str, detail: str = "") -> None:
        self.reason = reason
        self.detail = detail
        super().__init__(f"service refused: {reason} {detail}".rstrip())


class AccessDenied(ServiceRefused):
    """Our own account at the service, not the signer's key."""

    code = "service_access_denied"
    user_message = _(
        "The signing service does not know this installation. Tell the administrator."
    )


class AnswerRefused(SigningRefused):
    """What the browser brought back is no answer to what was asked."""

    code = "answer_refused"
    user_message = _("This answer belongs to no open request. Start the signing again.")


class AgentStopped(SigningUnavailable):
    """The program on the signer's machine stopped for a ``reason`` of its own."""

    code = "agent_stopped"
    user_message = _(
        "The signing program on your machine stopped (%(reason)s). "
        "What is signed stays signed; go on for the rest."
    )

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"agent stopped: {reason}")
