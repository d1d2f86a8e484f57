from __future__ import annotations

import uuid
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .packets import Package
from .units import Role, Unit
from .users import User


class PackageTask(models.TextChoices):
    SEND = "send", _("pack and seal")
    TAKE = "take", _("take a file in")
    DELIVER = "deliver", _("deliver to the department")


class PackageRunStatus(models.TextChoices):
    WAITING = "waiting", _("in work")
    DONE = "done", _("done")
    REFUSED = "refused", _("refused")  # the rules say no; trying again will not help
    FAILED = "failed", _("failed")  # somebody has to mend something first


class PackageRunQuerySet(models.QuerySet["PackageRun"]):
    def visible_to(self, user: User) -> Self:
        """Those of the own office, so that an address can be sent to a colleague."""
        roles = (Role.REGISTRAR, Role.OFFICER)
        own = [one.unit_id for one in user.standing if one.role in roles]
        return self.filter(unit__in=own)


class PackageRun(models.Model):
    """One act on packages that takes its time, and what came of it.

    ``school_year`` and ``class_name`` say what is sent; ``sha256``, ``size`` and
    ``name`` which file is taken in, or which package is delivered. ``packages`` are
    those that were made, received or receipted. Why it was refused is an error code,
    with the codes of the file, what they are about and where it stands; ``message`` is
    for what has no codes.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    task = models.CharField(_("task"), max_length=8, choices=PackageTask)
    status = models.CharField(
        _("status"),
        max_length=8,
        choices=PackageRunStatus,
        default=PackageRunStatus.WAITING,
    )
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="package_runs")
    by = models.ForeignKey(User, models.PROTECT, related_name="package_runs")
    school_year = models.CharField(_("school year"), max_length=9, blank=True)
    class_name = models.CharField(_("class"), max_length=20, blank=True)
    name = models.CharField(_("file"), max_length=200, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    size = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(_("started at"))
    finished_at = models.DateTimeField(_("finished at"), null=True)
    # How far it is: records that are judged or sealed, and how many there are.
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    # Records that are not signed yet and were left out.
    left_out = models.PositiveIntegerField(default=0)
    is_new = models.BooleanField(default=True)
    packages = models.ManyToManyField(Package, related_name="runs")
    error = models.CharField(max_length=60, blank=True)
    codes = models.JSONField(default=list)
    detail = models.CharField(max_length=200, blank=True)
    place = models.CharField(max_length=500, blank=True)
    message = models.CharField(max_length=500, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    # Not before that it is tried again.
    again_at = models.DateTimeField(null=True)
    # The worker that has it, and when it last showed that it lives.
    claimed_by = models.CharField(max_length=60, blank=True)
    claimed_at = models.DateTimeField(null=True)

    objects = PackageRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("work on packages")
        verbose_name_plural = _("work on packages")
        ordering = ["-created_at", "-pk"]
        constraints = [
            # Who presses twice, or sends a file twice, gets the work that runs.
            models.UniqueConstraint(
                name="package_run_is_one_while_it_runs",
                fields=["task", "unit", "school_year", "class_name", "sha256"],
                condition=Q(finished_at=None),
            ),
            models.CheckConstraint(
                name="package_run_waits_iff_it_is_not_finished",
                condition=Q(status="waiting", finished_at__isnull=True)
                | (~Q(status="waiting") & Q(finished_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="package_run_that_went_wrong_names_its_error",
                condition=Q(status__in=["waiting", "done"]) | ~Q(error=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.task} {self.uuid}"


class UploadPart(models.Model):
    """A piece of a file that is to be taken in; it goes as soon as that is done.

    It stands in the database, so that any worker finds it and none is left behind:
    what is put into the store of records stays for ever.
    """

    run = models.ForeignKey(PackageRun, models.PROTECT, related_name="parts")
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        verbose_name = _("piece of a file")
        verbose_name_plural = _("pieces of files")
        ordering = ["run", "number"]
        constraints = [
            models.UniqueConstraint(
                name="upload_part_is_one_per_number", fields=["run", "number"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.run_id}/{self.number}"
