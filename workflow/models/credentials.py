from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from documents.models import Unit, User


class Provider(models.TextChoices):
    PKCS12 = "pkcs12", _("key file (trial)")
    PKCS11 = "pkcs11", _("token or HSM at the server")
    CSC = "csc", _("remote signing service")
    AGENT = "agent", _("token at the signer's own machine")


class Credential(models.Model):
    """Where the signing key of a person, or of a school's seal, is found.

    ``reference`` is what the provider needs to find the key: a path relative to
    DATA_DIR for ``pkcs12``, a PKCS#11 URI, the id of a CSC credential, or the SHA-256
    of the certificate for ``agent``, whose certificates and mechanism are kept here
    because only the signer's own machine reaches the token. No key and no PIN is
    stored.
    """

    user = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="credentials"
    )
    unit = models.ForeignKey(
        Unit, models.PROTECT, null=True, blank=True, related_name="credentials"
    )
    provider = models.CharField(_("provider"), max_length=12, choices=Provider)
    reference = models.CharField(_("reference"), max_length=300)
    certificates = models.TextField(blank=True)  # PEM, the signer's own first
    mechanism = models.CharField(max_length=12, blank=True)
    is_active = models.BooleanField(_("in use"), default=True)
    registered_at = models.DateTimeField(_("registered at"), null=True)
    registered_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = _("signing credential")
        verbose_name_plural = _("signing credentials")
        constraints = [
            models.CheckConstraint(
                name="credential_belongs_to_a_person_or_a_unit",
                condition=Q(user__isnull=False, unit__isnull=True)
                | Q(user__isnull=True, unit__isnull=False),
            ),
            models.UniqueConstraint(
                name="credential_in_use_is_one_per_person",
                fields=["user"],
                condition=Q(is_active=True, user__isnull=False),
            ),
            models.UniqueConstraint(
                name="credential_in_use_is_one_per_unit",
                fields=["unit"],
                condition=Q(is_active=True, unit__isnull=False),
            ),
            models.CheckConstraint(
                name="credential_of_an_agent_keeps_its_certificate",
                condition=~Q(provider="agent")
                | (~Q(certificates="") & ~Q(mechanism="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user or self.unit}: {self.provider}"
