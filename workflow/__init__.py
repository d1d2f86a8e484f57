"""The verbs: one service per use case, signing, batches, calendar, custody."""

# So that `shared_task` finds our broker in every process that starts Django.
from .celery import app as celery_app

__all__ = ["celery_app"]
