"""Why something was not signed, split into "trying again may help" and "will not"."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from documents.errors import RecordsError


class SigningRefused(RecordsError):
    """Nothing was signed, and trying again will not help."""

    code = "signing_refused"
    user_message = _("This cannot be signed.")


class SigningUnavailable(RecordsError):
    """Nothing was signed; a service did not answer and trying again may help."""

    code = "signing_unavailable"
    user_message = _("The signing service does not answer. Nothing is lost; try later.")


class CertificateRefused(SigningRefused):
    """The certificate of the signer must not be used for this signature."""

    def __init__(self, subject: str, detail: str = "") -> None:
        self.subject = subject
        self.detail = detail
        super().__init__(f"{self.code}: {subject} {detail}".rstrip())


class CertificateMismatch(CertificateRefused):
    code = "certificate_mismatch"
    user_message = _(
        "The certificate of %(subject)s belongs to somebody else. "
        "Sign with the certificate that was issued to you or to your school."
    )


class CertificateNotForSigning(CertificateRefused):
    code = "certificate_not_for_signing"
    user_message = _(
        "The certificate of %(subject)s is not meant for signing documents. "
        "Ask the registrar for a signing certificate."
    )


class CertificateNotTrusted(CertificateRefused):
    code = "certificate_not_trusted"
    user_message = _(
        "The certificate of %(subject)s comes from an authority that is not trusted "
        "here. Ask the administrator which authorities are accepted."
    )


class CertificateRevoked(CertificateRefused):
    code = "certificate_revoked"
    user_message = _(
        "The certificate of %(subject)s has been revoked. Ask for a new one."
    )


class CertificateOutOfTime(CertificateRefused):
    """``limit`` is the end of the validity that was missed."""

    def __init__(self, subject: str, limit: datetime) -> None:
        self.limit = limit
        super().__init__(subject, limit.isoformat())


class CertificateExpired(CertificateOutOfTime):
    code = "certificate_expired"
    user_message = _(
        "The certificate of %(subject)s expired on %(limit)s. Ask for a new one."
    )


class CertificateNotYetValid(CertificateOutOfTime):
    code = "certificate_not_yet_valid"
    user_message = _(
        "The certificate of %(subject)s is valid from %(limit)s only. Wait until then."
    )


class KeyUnreadable(SigningRefused):
    """The key file is missing or damaged, or the passphrase is not its own."""

    code = "key_unreadable"
    user_message = _(
        "The key %(name)s cannot be opened. Check the file and its passphrase."
    )

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"key {name} cannot be opened")


class NotSignable(SigningRefused):
    """The PDF has no free field of this name, or is not a PDF that we made."""

    code = "not_signable"
    user_message = _(
        "This file cannot take the signature “%(field)s”. Print the record again."
    )

    def __init__(self, field: str, detail: str) -> None:
        self.field = field
        self.detail = detail
        super().__init__(f"{field}: {detail}")


class AuthorisationMismatch(SigningRefused):
    """Somebody asked to sign what the signer has not authorised."""

    code = "authorisation_mismatch"
    user_message = _("The signer has not authorised this. Start the signing again.")


class TimestampUnavailable(SigningUnavailable):
    code = "timestamp_unavailable"
    user_message = _(
        "The time-stamping service does not answer. Nothing was signed; try later."
    )


class TimestampRefused(SigningRefused):
    """The service answered with something that is no time-stamp of our digest."""

    code = "timestamp_refused"
    user_message = _(
        "The time-stamping service gave an answer that cannot be used. "
        "Tell the administrator."
    )


class ClockSkewed(SigningRefused):
    """Our clock and that of the time-stamping service differ by ``seconds``."""

    code = "clock_skewed"
    user_message = _(
        "The clock of this server is %(seconds)d seconds off. Tell the administrator."
    )

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(f"clock differs by {seconds} s")


class DevelopmentOnly(SigningRefused):
    """The development CA was asked for in a place that must not know it."""

    code = "development_only"
    user_message = _(
        "Development certificates are refused here. Configure a real certificate."
    )


class RevocationUnavailable(SigningUnavailable):
    """Nobody says whether the certificate of ``subject`` has been revoked."""

    code = "revocation_unavailable"
    user_message = _(
        "Whether the certificate of %(subject)s has been revoked cannot be found out "
        "now. Nothing was signed; try later."
    )

    def __init__(self, subject: str, detail: str = "") -> None:
        self.subject = subject
        self.detail = detail
        super().__init__(f"{subject}: {detail}")


class AlgorithmRefused(SigningRefused):
    """The key or the method of ``subject`` is not good enough for a new signature."""

    code = "algorithm_refused"
    user_message = _(
        "The key of %(subject)s uses a method that may not sign any more. "
        "Ask for a new certificate."
    )

    def __init__(self, subject: str, detail: str = "") -> None:
        self.subject = subject
        self.detail = detail
        super().__init__(f"{subject}: {detail}")
