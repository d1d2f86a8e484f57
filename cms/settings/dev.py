"""A developer's machine and the demo: nothing needs to be set."""

import os

from .environment import DATA_DIR, development_key, env

os.environ.setdefault("SECRET_KEY", development_key(DATA_DIR))

from .base import *  # noqa: F403

DEBUG = True
# The demo is looked at from a phone in the same network, too.
ALLOWED_HOSTS = ["*"]
if not env("EMAIL_URL", default=""):  # else as base read it
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = DATA_DIR / "mail"
DEVELOPMENT_CA = True
