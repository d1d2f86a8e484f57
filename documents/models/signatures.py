from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .records import Version
from .units import Unit
from .users import User


class Signature(models.Model):
    """Who signed which slot of a version. Append-only.

    ``certificate`` is PEM, empty for a sign-off that is no cryptographic signature;
    ``time_source`` is "tsa" for an RFC 3161 time, "clock" for the server's own.
    ``xml`` is the ``ds:Signature`` in the record's packet; ``parts`` are the subjects
    that it covers alone, the first of which ends the name of its slot; ``covers`` is
    the digest of what it covers. One that covers what a later version still says
    stands in the packet of that version too.
    """

    version = models.ForeignKey(Version, models.PROTECT, related_name="signatures")
    slot = models.CharField(_("slot"), max_length=60)
    signer = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    name = models.CharField(_("name"), max_length=200)
    office = models.CharField(_("office"), max_length=120, blank=True)
    organisation = models.CharField(_("organisation"), max_length=200, blank=True)
    certificate = models.TextField(blank=True)
    signed_at = models.DateTimeField(_("signed at"))
    time_source = models.CharField(max_length=10)
    xml = models.TextField(blank=True)
    parts = models.JSONField(default=list, blank=True)
    covers = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = _("signature")
        verbose_name_plural = _("signatures")
        constraints = [
            models.UniqueConstraint(
                name="signature_is_one_per_slot_of_a_version",
                fields=["version", "slot"],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.slot}: {self.name}"


class Purpose(models.TextChoices):
    ISSUED = "issued", _("issued")
    EFFECTIVE = "effective", _("in effect")
    RENEWED = "renewed", _("renewed")
    PACKET = "packet", _("data packet")


# Each of these extends the file before it; the packet stands by itself.
PDF_PURPOSES = (Purpose.ISSUED, Purpose.EFFECTIVE, Purpose.RENEWED)


class Artifact(models.Model):
    """A file that belongs to a version: its bytes are stored by their digest.

    ``issued`` carries the signatures; ``effective`` is the same file with the date of
    the lock filled in, an incremental update that leaves the signatures valid;
    ``renewed`` extends the newest file before it with fresh evidence, ``number`` times
    so far. Until ``evidence_until`` the last time-stamp vouches for the file; None: it
    was not made to last. The newest of these files is the one that is given out.
    ``packet`` is the signed XML that stands in all of them.
    """

    version = models.ForeignKey(Version, models.PROTECT, related_name="artifacts")
    purpose = models.CharField(max_length=12, choices=Purpose)
    sha256 = models.CharField(max_length=64, db_index=True)
    size = models.PositiveIntegerField()
    created_at = models.DateTimeField()
    number = models.PositiveSmallIntegerField(default=1)
    evidence_until = models.DateTimeField(_("evidence until"), null=True)

    class Meta:
        verbose_name = _("file")
        verbose_name_plural = _("files")
        constraints = [
            models.UniqueConstraint(
                name="artifact_is_one_per_purpose_and_number_of_a_version",
                fields=["version", "purpose", "number"],
            ),
            models.CheckConstraint(
                name="artifact_only_a_renewal_is_repeated",
                condition=Q(purpose="renewed") | Q(number=1),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.sha256[:12]}"
