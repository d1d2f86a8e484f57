"""Hermetic: nothing is read from the shell but DATABASE_URL, which CI sets."""

import os
import tempfile

# Kept in a name so that the folder lives as long as the process, and no longer.
_folder = tempfile.TemporaryDirectory(prefix="hocba-test-")
_read = "BROKER_URL SITE_URL PORT TSA_URL CONN_MAX_AGE LOG_LEVEL EMAIL_URL MAIL_FROM"
for _name in (*_read.split(), "NOTICES_DIGEST_HOUR", "REPORT_SEAL"):
    os.environ.pop(_name, None)
for _name in [one for one in os.environ if one.startswith(("CSC_", "PKCS11_"))]:
    os.environ.pop(_name)
os.environ.pop("AGENT_PORT", None)
for _name in ("RECORDS_STORAGE", "REHASH_NIGHTS"):
    os.environ.pop(_name, None)
os.environ["DATA_DIR"] = _folder.name
os.environ["SECRET_KEY"] = "test-only"

from .base import *  # noqa: E402, F403
from .base import DATABASES, STATIC_ROOT  # noqa: E402
from .environment import DATA_DIR  # noqa: E402

STATIC_ROOT.mkdir()  # WhiteNoise warns of each client that finds none
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
CELERY_BROKER_URL = "memory://"
CELERY_BROKER_TRANSPORT = None
CELERY_BROKER_TRANSPORT_OPTIONS = {}
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, not memory: threads and the live server need connections of their own.
    DATABASES["default"]["TEST"] = {"NAME": DATA_DIR / "test.sqlite3"}
    DATABASES["default"]["OPTIONS"] = DATABASES["default"]["OPTIONS"] | {
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"
    }
DEVELOPMENT_CA = True
