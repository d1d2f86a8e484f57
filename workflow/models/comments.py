from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from documents.models import Unit, User


class CommentPhrase(models.Model):
    """A sentence of the school's comment bank.

    ``part`` is the row of the sheet that it is for ("subjects.math"), ``level`` the
    level beside which it is offered; "" for any.
    """

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="comment_phrases")
    kind = models.CharField(max_length=30)
    part = models.CharField(max_length=80)
    level = models.CharField(max_length=20, blank=True)
    text = models.CharField(_("comment"), max_length=400)
    author = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("comment of the bank")
        verbose_name_plural = _("comments of the bank")
        ordering = ["part", "level", "text"]
        constraints = [
            models.UniqueConstraint(
                name="comment_phrase_stands_once_in_a_bank",
                fields=["unit", "kind", "part", "level", "text"],
            ),
            models.CheckConstraint(
                name="comment_phrase_says_something", condition=~Q(text="")
            ),
        ]

    def __str__(self) -> str:
        return self.text
