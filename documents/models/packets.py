from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from .records import Record, Version
from .units import Role, Unit
from .users import User


class Direction(models.TextChoices):
    SENT = "sent", _("sent")
    RECEIVED = "received", _("received")


class PackagePurpose(models.TextChoices):
    """As the header of a package says it."""

    REPORT = "report", _("report to the department")
    TRANSFER = "transfer", _("transfer to another school")


class PackageQuerySet(models.QuerySet["Package"]):
    def visible_to(self, user: User) -> Self:
        """Those that the own office sent or received.

        A registrar those of the own school, an officer what came to the own subtree
        and what the own office sent.
        """
        rules = [Q(pk__in=[])]
        for assignment in user.standing:
            unit = assignment.unit
            if assignment.role == Role.REGISTRAR:
                sent = Q(direction=Direction.SENT, sender=unit)
                rules.append(sent | Q(direction=Direction.RECEIVED, receiver=unit))
            elif assignment.role == Role.OFFICER:
                below = Q(receiver__path__startswith=unit.path)
                rules.append(Q(direction=Direction.RECEIVED) & below)
                rules.append(Q(direction=Direction.SENT, sender=unit))
        return self.filter(reduce(or_, rules))

    def without_receipt(self) -> Self:
        return self.filter(direction=Direction.SENT, receipt_at=None)


class Package(models.Model):
    """One packet of many records that went out or came in (domain.md §5, step 5).

    ``uuid`` is its MA_GOI. Its bytes, and those of the receipt, are in the storage
    under ``sha256`` and ``receipt``. Where both schools are in one installation it
    stands here twice, once in each direction.
    """

    uuid = models.UUIDField(editable=False)
    direction = models.CharField(max_length=8, choices=Direction)
    purpose = models.CharField(_("purpose"), max_length=8, choices=PackagePurpose)
    sender = models.ForeignKey(
        Unit, models.PROTECT, related_name="packages_sent", verbose_name=_("sender")
    )
    receiver = models.ForeignKey(
        Unit,
        models.PROTECT,
        related_name="packages_received",
        verbose_name=_("receiver"),
    )
    sha256 = models.CharField(max_length=64, db_index=True)
    size = models.PositiveIntegerField()
    count = models.PositiveIntegerField(_("records"))
    created_at = models.DateTimeField(_("made at"))
    entered_at = models.DateTimeField(_("entered at"))
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    receipt = models.CharField(max_length=64, blank=True)
    receipt_at = models.DateTimeField(_("receipt of"), null=True)

    objects = PackageQuerySet.as_manager()

    class Meta:
        verbose_name = _("package")
        verbose_name_plural = _("packages")
        ordering = ["-entered_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                name="package_is_one_per_direction", fields=["uuid", "direction"]
            ),
            models.CheckConstraint(
                name="package_goes_to_another_unit",
                condition=~Q(sender=F("receiver")),
            ),
            models.CheckConstraint(
                name="package_has_a_receipt_iff_it_has_its_time",
                condition=Q(receipt="", receipt_at__isnull=True)
                | (~Q(receipt="") & Q(receipt_at__isnull=False)),
            ),
        ]
        indexes = [models.Index(fields=["direction", "receipt_at"])]

    def __str__(self) -> str:
        return f"{self.uuid.hex}: {self.sender} → {self.receiver}"


class PackageOutcome(models.TextChoices):
    WAITING = "waiting", _("waiting")  # sent, and no receipt has come
    ACCEPTED = "accepted", _("accepted")
    UNCHANGED = "unchanged", _("known already")
    REFUSED = "refused", _("refused")


class PackageItem(models.Model):
    """What became of one record of a package. ``code`` is why it was refused.

    ``is_recall``: the package does not bring this version, it says that it is void.

    ``record_uuid``, ``number`` and ``sha256`` are as the packet says them; the rows
    that they name here are there only for what was sent or taken in.
    """

    package = models.ForeignKey(Package, models.PROTECT, related_name="items")
    record_uuid = models.UUIDField()
    number = models.PositiveIntegerField(_("version"))
    sha256 = models.CharField(max_length=64)
    record = models.ForeignKey(Record, models.PROTECT, null=True, related_name="+")
    version = models.ForeignKey(
        Version, models.PROTECT, null=True, related_name="package_items"
    )
    outcome = models.CharField(
        max_length=9, choices=PackageOutcome, default=PackageOutcome.WAITING
    )
    code = models.CharField(max_length=60, blank=True)
    is_recall = models.BooleanField(_("recall"), default=False)

    class Meta:
        verbose_name = _("record of a package")
        verbose_name_plural = _("records of a package")
        ordering = ["package", "pk"]
        indexes = [models.Index(fields=["package", "outcome"])]
        constraints = [
            models.CheckConstraint(
                name="package_item_that_was_refused_says_why",
                condition=~Q(outcome="refused") | ~Q(code=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.package_id}/{self.record_uuid.hex}: {self.outcome}"
