"""Counts that all processes of the site see, on however many machines."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import F
from django.utils import timezone


class TriesQuerySet(models.QuerySet["Tries"]):
    def take(self, key: str, *, most: int, until: datetime) -> bool:
        """Count one; False, and nothing is counted, if there are ``most`` already.

        One statement looks and counts, so that of many at once only as many pass.
        """
        if self._one_more(key, most):
            return True
        self.filter(until__lte=timezone.now()).delete()
        self.bulk_create([Tries(key=key, until=until)], ignore_conflicts=True)
        return self._one_more(key, most)

    def give_back(self, key: str) -> None:
        """Let one that was counted not count."""
        self.filter(key=key, taken__gt=0).update(taken=F("taken") - 1)

    def _one_more(self, key: str, most: int) -> bool:
        below = self.filter(key=key, taken__lt=most)
        return bool(below.update(taken=F("taken") + 1))


class Tries(models.Model):
    """How often somebody has tried in one window of time; gone soon after its end."""

    key = models.CharField(max_length=120, primary_key=True)
    taken = models.PositiveIntegerField(default=0)
    until = models.DateTimeField(db_index=True)

    objects = TriesQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.taken} until {self.until:%Y-%m-%d %H:%M:%S}"
