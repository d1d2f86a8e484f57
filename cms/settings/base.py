"""True everywhere. What differs by place comes from the environment.

The variables are listed in docs/reference/settings.md.
"""

from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _

from .environment import BASE_DIR, DATA_DIR, env
from .files import records_storage
from .logs import configure_structlog, logging_config

SECRET_KEY = env("SECRET_KEY")
DEBUG = False
ALLOWED_HOSTS: list[str] = []
PORT = env.int("PORT", default=8000)
# The base of every link that leaves the site: QR codes, mail, verification.
SITE_URL = env("SITE_URL", default=f"http://localhost:{PORT}").rstrip("/")

INSTALLED_APPS = [
    "documents",
    "workflow",
    "search",
    "cms",
    "wagtail.sites",
    "wagtail.users",
    "wagtail.snippets",
    # Wagtail's admin asks for these two. Records are never among their files.
    "wagtail.images",
    "wagtail.documents",
    "wagtail.search",
    "wagtail.admin",
    "wagtail.locales",
    "wagtail",
    "modelcluster",
    "taggit",
    "treebeard",
    "django_filters",
    "django_fsm",
    "django_htmx",
    # Brings the page of the interface's documentation with its own static files.
    "ninja",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "cms.policy.ContentPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "cms.characters.CharactersMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "cms.staff.guard.EditorsGuardMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "cms.urls"
WSGI_APPLICATION = "cms.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.debug",
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]


# Database

# With several processes SQLite answers "database is locked" unless a writer says
# at once that it will write, waits, and readers do not block it.
SQLITE_OPTIONS: dict[str, Any] = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;"
    ),
}


def database() -> dict[str, Any]:
    """Return the connection: DATABASE_URL, or SQLite inside DATA_DIR."""
    chosen: dict[str, Any] = {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": DATA_DIR / "hocba.sqlite3",
    }
    if env("DATABASE_URL", default=""):
        chosen = dict(env.db("DATABASE_URL"))
    chosen["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=0)
    chosen["CONN_HEALTH_CHECKS"] = True
    if chosen["ENGINE"].endswith("sqlite3"):
        chosen["OPTIONS"] = SQLITE_OPTIONS | chosen.get("OPTIONS", {})
    return chosen


DATABASES = {"default": database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"


# People

AUTH_USER_MODEL = "documents.User"
# What a user may do follows from assignments, never from a flag on the user.
AUTHENTICATION_BACKENDS = ["documents.authentication.AssignmentBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "wagtailadmin_login"
LOGIN_REDIRECT_URL = "/"


# The limits on tries and look-ups are counted here. Among Django's 300 entries the
# count of one address would be forgotten as soon as some hundred others ask.
CACHES: dict[str, Any] = {
    "default": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    },
    # What one process has looked up for all of them: on this machine, or through Redis
    # on all machines.
    "shared": {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": str(DATA_DIR / "cache"),
    },
}
# Who asks, for the limits on look-ups: the peer itself, unless a proxy stands between.
CLIENT_ADDRESS_HEADER = "REMOTE_ADDR"


# Words and time

LANGUAGE_CODE = "vi"
LANGUAGES = [("vi", _("Vietnamese")), ("en", _("English")), ("zh-hans", _("Chinese"))]
# Our own words; and those that Wagtail lacks in Vietnamese and Chinese.
LOCALE_PATHS = [BASE_DIR / "locale", BASE_DIR / "locale" / "wagtail"]
TIME_ZONE = "Asia/Ho_Chi_Minh"
USE_TZ = True


# Files: paths in the database are relative to these folders

DATA_DIR.mkdir(parents=True, exist_ok=True)  # SQLite makes its file, not the folder
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
MEDIA_URL = "/media/"
MEDIA_ROOT = DATA_DIR / "media"
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    # The bytes of records: addressed by digest, never below MEDIA_ROOT, so that no
    # address of the site leads to them but the views that ask who is reading.
    "records": records_storage(env, DATA_DIR / "files"),
}
# A class brings three workbooks; the limits of each are the importer's.
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000


# In so many nights every stored file is read again.
REHASH_NIGHTS = env.int("REHASH_NIGHTS", default=30)


# Slow work

BROKER_URL = env("BROKER_URL", default="filesystem://localhost")
CELERY_BROKER_URL = BROKER_URL
CELERY_BROKER_TRANSPORT: str | None = None  # what the URL says
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {}
if BROKER_URL.startswith(("redis:", "rediss:")):
    CACHES["shared"] = {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": BROKER_URL,
        "KEY_PREFIX": "hocba",
    }
if BROKER_URL.startswith("filesystem:"):
    CELERY_BROKER_TRANSPORT = "workflow.broker:Transport"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(DATA_DIR / "broker" / "queue"),
        "data_folder_out": str(DATA_DIR / "broker" / "queue"),
        "control_folder": str(DATA_DIR / "broker" / "control"),
    }
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = TIME_ZONE
# Outcomes are rows of BatchItem, never results in the broker.
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# WeasyPrint keeps memory over many renders: a worker's process is replaced often.
CELERY_WORKER_MAX_TASKS_PER_CHILD = 200
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 500_000  # kB
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "celerybeat-schedule")
CELERY_BEAT_MAX_LOOP_INTERVAL = 1  # second: that long it takes to stop
# Tasks by name, so that settings import nothing of ours.
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "resume what stopped": {"task": "workflow.tasks.reconcile", "schedule": 60.0},
    "settle what is typed": {
        "task": "workflow.tasks.settle_what_is_quiet",
        "schedule": 30.0,
    },
    "lock what is due": {
        "task": "workflow.tasks.lock_what_is_due",
        "schedule": 3600.0,
    },
    "keep the calendar": {"task": "workflow.tasks.run_calendar", "schedule": 3600.0},
    "count the days": {"task": "workflow.tasks.count_ledgers", "schedule": 3600.0},
    "remind people": {"task": "workflow.tasks.remind_people", "schedule": 3600.0},
    "mail what people are to know": {
        "task": "workflow.tasks.mail_notices",
        "schedule": 300.0,
    },
    "sign on trial": {
        "task": "workflow.tasks.try_signing",
        "schedule": "02:10",
    },
    "warn of certificates that end": {
        "task": "workflow.tasks.warn_of_certificates",
        "schedule": "02:40",
    },
    "renew evidence": {
        "task": "workflow.tasks.renew_what_is_due",
        "schedule": "03:00",
    },
    # At night, by the clock of TIME_ZONE; workflow.celery reads the hour.
    "seal all chains": {"task": "workflow.tasks.seal_chains", "schedule": "01:00"},
    "read files again": {"task": "workflow.tasks.rehash_files", "schedule": "01:20"},
}


# Mail

# Where notices go: smtp+tls://USER:PASSWORD@HOST:PORT, or another of django-environ's.
EMAIL_URL = env("EMAIL_URL", default="smtp://localhost:25")
vars().update(env.email_url_config(EMAIL_URL))
DEFAULT_FROM_EMAIL = env(
    "MAIL_FROM", default=f"Hocba <no-reply@{urlsplit(SITE_URL).hostname}>"
)
SERVER_EMAIL = DEFAULT_FROM_EMAIL
EMAIL_TIMEOUT = 20
# The hour at which those who want one mail a day get it.
NOTICES_DIGEST_HOUR = env.int("NOTICES_DIGEST_HOUR", default=7)


# Signing

# A time-stamp authority by RFC 3161. Empty means the development authority in
# this process, which production refuses.
TSA_URL = env("TSA_URL", default="")
# The development CA under DATA_DIR/pki: makes keys for the demo and is trusted there.
DEVELOPMENT_CA = False
# Whether teachers need a key: "required", or "where-possible" for a trial in which not
# every teacher has one; those sign off by a click, and the verdict says so.
TEACHER_SIGNATURES = env("TEACHER_SIGNATURES", default="required")
# The code of the unit whose seal the reports of checks bear; empty: they bear none.
REPORT_SEAL = env("REPORT_SEAL", default="")
# Keys on a token or in an HSM at the server: the library of its maker, and a file with
# the PIN of the school's HSM that only the worker reads. A person's PIN is typed.
PKCS11_MODULE = env("PKCS11_MODULE", default="")
PKCS11_PIN_FILE = env("PKCS11_PIN_FILE", default="")
# A remote signing service (API of the Cloud Signature Consortium) and this
# installation's own account there: user and password, or OAuth client and secret.
CSC_URL = env("CSC_URL", default="")
CSC_VERSION = env("CSC_VERSION", default="1")
CSC_USER = env("CSC_USER", default="")
CSC_PASSWORD = env("CSC_PASSWORD", default="")
CSC_CLIENT = env("CSC_CLIENT", default="")
CSC_SECRET = env("CSC_SECRET", default="")
CSC_CA = env("CSC_CA", default="")
# Where the signing program on the signer's own machine answers.
AGENT_PORT = env.int("AGENT_PORT", default=17583)


# Wagtail

WAGTAIL_SITE_NAME = "Hocba"
WAGTAILADMIN_BASE_URL = SITE_URL
WAGTAILADMIN_PERMITTED_LANGUAGES = LANGUAGES
WAGTAIL_CONTENT_LANGUAGES = LANGUAGES
WAGTAIL_I18N_ENABLED = True
WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "wagtail.search.backends.database"}}
WAGTAIL_ENABLE_UPDATE_CHECK = False
# Nothing is fetched from elsewhere: no avatars, no news of versions.
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAIL_EMAIL_MANAGEMENT_ENABLED = False


# Logs

configure_structlog()
LOGGING = logging_config(level=env("LOG_LEVEL", default="INFO"), json=False)
