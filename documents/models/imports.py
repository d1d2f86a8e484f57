from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .pupils import Pupil
from .records import Record
from .units import Unit
from .users import User


class ImportStatus(models.TextChoices):
    PLANNED = "planned", _("waiting for confirmation")
    COMMITTED = "committed", _("committed")
    DISCARDED = "discarded", _("discarded")
    UNDONE = "undone", _("undone")


WRITTEN = (ImportStatus.COMMITTED.value, ImportStatus.UNDONE.value)


class ImportRun(models.Model):
    """One upload of workbooks: the dry run, and what its confirmation wrote.

    ``files`` lists {"name", "sha256", "size"}; the bytes are stored by digest, so the
    confirmation reads exactly what the dry run read. ``report`` is the dry run.
    ``mends`` lists the cells that a person set right in it, as ``Mend.as_json`` says;
    the files themselves stay as they came.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="imports")
    school_year = models.CharField(_("school year"), max_length=9)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="imports")
    status = models.CharField(
        _("status"), max_length=12, choices=ImportStatus, default=ImportStatus.PLANNED
    )
    files = models.JSONField(default=list)
    mends = models.JSONField(default=list)
    report = models.JSONField(default=dict)
    created_at = models.DateTimeField(_("uploaded at"))
    committed_at = models.DateTimeField(_("committed at"), null=True)
    undone_at = models.DateTimeField(_("undone at"), null=True)
    undone_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="import_has_a_commit_time_iff_it_was_written",
                condition=Q(committed_at__isnull=False, status__in=WRITTEN)
                | (~Q(status__in=WRITTEN) & Q(committed_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="import_has_an_undo_time_iff_undone",
                condition=Q(undone_at__isnull=False, status="undone")
                | (~Q(status="undone") & Q(undone_at__isnull=True)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit} {self.school_year} {self.created_at:%d/%m/%Y %H:%M}"


class Outcome(models.TextChoices):
    NEW = "new", _("new")
    CHANGED = "changed", _("changed")
    UNCHANGED = "unchanged", _("unchanged")
    MOVED = "moved", _("moved class")
    MISSING = "missing", _("missing from the file")
    WRONG = "wrong", _("wrong")
    LEFT_ALONE = "left_alone", _("left alone")


class ImportRow(models.Model):
    """What an import says of one pupil; ``detail`` holds changes or errors.

    ``before`` is what undoing it needs: what stood there, and the version written.
    """

    run = models.ForeignKey(ImportRun, models.PROTECT, related_name="rows")
    outcome = models.CharField(max_length=12, choices=Outcome)
    class_name = models.CharField(_("class"), max_length=20, blank=True)
    pupil_code = models.CharField(_("pupil code"), max_length=30, blank=True)
    pupil_name = models.CharField(_("full name"), max_length=120, blank=True)
    pupil = models.ForeignKey(Pupil, models.PROTECT, null=True, related_name="+")
    record = models.ForeignKey(Record, models.PROTECT, null=True, related_name="+")
    detail = models.JSONField(default=dict)
    before = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("import row")
        verbose_name_plural = _("import rows")
        ordering = ["pk"]
        indexes = [models.Index(fields=["run", "outcome"])]

    def __str__(self) -> str:
        return f"{self.outcome} {self.pupil_code}"
