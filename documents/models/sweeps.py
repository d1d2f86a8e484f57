from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class FileSweep(models.Model):
    """One part of the rolling check of stored files: what was read again, and found.

    It covers the digests after ``first`` up to ``last``, both without the rest of
    their 64 characters: "" is before, and "g" behind all of them.
    """

    at = models.DateTimeField(_("at"))
    first = models.CharField(max_length=64, blank=True)
    last = models.CharField(max_length=64)
    files = models.PositiveIntegerField()
    findings = models.JSONField(default=list)

    class Meta:
        verbose_name = _("check of files")
        verbose_name_plural = _("checks of files")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.first}–{self.last}: {self.files}"
