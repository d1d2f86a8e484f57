"""The entry point of gunicorn: `gunicorn cms.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from workflow.memory import keep_what_is_loaded

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cms.settings.dev")
application = get_wsgi_application()

# Loads every view now, and then takes all that is loaded out of the collector's sight:
# it stays as long as the process. With --preload it also stays shared by the workers.
_patterns = get_resolver().url_patterns
keep_what_is_loaded()
