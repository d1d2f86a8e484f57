from __future__ import annotations

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from documents.models import User


class Notice(models.Model):
    """What a person is told. ``kind`` and ``data`` become a sentence when it is read.

    ``subject`` names what it is about: of one kind a person is told once about each.
    ``url`` is a path of this site, or empty.
    """

    person = models.ForeignKey(User, models.PROTECT, related_name="notices")
    kind = models.CharField(_("kind"), max_length=40)
    subject = models.CharField(max_length=200)
    data = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    url = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(_("told at"))
    seen_at = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                name="notice_is_one_per_person_kind_and_subject",
                fields=["person", "kind", "subject"],
            ),
            models.CheckConstraint(
                name="notice_leads_nowhere_else",
                condition=Q(url="")
                | (Q(url__startswith="/") & ~Q(url__startswith="//")),
            ),
        ]
        indexes = [
            models.Index(
                name="notice_not_seen", fields=["person"], condition=Q(seen_at=None)
            ),
            models.Index(
                name="notice_not_mailed",
                fields=["created_at"],
                condition=Q(seen_at=None, mailed_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} → {self.person_id}"


class MailChoice(models.TextChoices):
    NEVER = "never", _("Only here, no mail")
    AT_ONCE = "at_once", _("A mail at once")
    DIGEST = "digest", _("One mail a day")


class NoticePreference(models.Model):
    """How a person wants to be told; who has not chosen gets one mail a day.

    Without ``language`` mails are in that of the installation.
    """

    person = models.OneToOneField(
        User, models.PROTECT, related_name="notice_preference"
    )
    mail = models.CharField(
        _("mail"), max_length=8, choices=MailChoice, default=MailChoice.DIGEST
    )
    language = models.CharField(_("language of the mails"), max_length=10, blank=True)

    class Meta:
        verbose_name = _("choice of notices")
        verbose_name_plural = _("choices of notices")

    def __str__(self) -> str:
        return f"{self.person_id}: {self.mail}"
