"""Production, from the environment. dev.py and test.py relax it; no secret has a default."""

from datetime import timedelta
from pathlib import Path

import environ
from csp.constants import NONE, SELF

BASE_DIR = Path(__file__).resolve().parents[2]
env = environ.Env()

DEBUG = False
SECRET_KEY = env("SECRET_KEY")
# Signs each row of the audit trail; apart from SECRET_KEY so that either can be changed alone.
AUDIT_KEY = env("AUDIT_KEY")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
BASE_URL = env("BASE_URL", default="https://localhost")
STATE_DIR = Path(env("STATE_DIR", default=str(BASE_DIR / "var" / "state")))
# Demonstration accounts (no second factor, printed passwords) are refused unless this is true;
# it cannot be switched on from the environment: only the embedded mode's settings set it.
DEMONSTRATION = False

INSTALLED_APPS = [
    "clinic",
    "patients",
    "labs",
    "protocols",
    "config.apps.ConfigConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "axes",
    "crispy_forms",
    "crispy_bootstrap5",
    "csp",
    "django_htmx",
    "pghistory",
    "pgtrigger",
    "template_partials",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "config.shell.WholePage",
    "config.shell.WhoIsAsking",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "config.shell.IdleSignOut",
    "config.shell.SecondFactorFirst",
    "pghistory.middleware.HistoryMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
REACTIONS = "config.reactions.REACTIONS"
INBOUND_FORMATS = "config.formats.FORMATS"
# What the actions of every floor are called on the page of the trail.
TRAIL_WORDS = "config.trail.WORDS"
# What waits for a worker on every floor, for the page that says whether everything is running.
WAITING = "config.waiting.WAITING"
# Asked immediately before a message leaves: what stands against it, or None.
OUTBOX_RECHECK = "protocols.actions.reminders.why_not_now"
# How long a worker may be busy with one message before another takes it up: longer than all the
# time-outs of one conversation with the mail server (EMAIL_TIMEOUT) together.
OUTBOX_LEASE = timedelta(minutes=2)
PERSON_URL = "/patients/{pk}/"
# Pages of upper floors among the tabs of Settings: label, address, capability.
SETTINGS_TABS = [
    ("Reference ranges", "labs:catalogue", "catalogue_write"),
    ("Laboratory codes", "labs:codes", "catalogue_write"),
    ("Laboratory keys", "labs:tokens", "member_manage"),
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.shell.shell",
            ],
            "builtins": ["clinic.templatetags.clinic", "template_partials.templatetags.partials"],
        },
    }
]

# --- database ---------------------------------------------------------------------------------
DATABASES = {"default": env.db("DATABASE_URL")}
DATABASES["default"].setdefault("OPTIONS", {})
if env.bool("DATABASE_POOL", default=False):
    DATABASES["default"]["OPTIONS"]["pool"] = {"min_size": 2, "max_size": 8, "timeout": 10}
else:
    DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=60)
ATOMIC_REQUESTS = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Unique by a constraint on lower(email), which the check cannot see.
SILENCED_SYSTEM_CHECKS = ["auth.W004"]

# --- Redis: broker, results, cache; never the record --------------------------------------------
REDIS_URL = env("REDIS_URL")


def redis_database(number: int) -> tuple[str, str]:
    """One Redis as (Celery's spelling, the cache's spelling) of database `number`."""
    if REDIS_URL.startswith("unix://"):
        path = REDIS_URL.removeprefix("unix://").partition("?")[0]
        return f"redis+socket://{path}?virtual_host={number}", f"unix://{path}?db={number}"
    return f"{REDIS_URL.rstrip('/')}/{number}", f"{REDIS_URL.rstrip('/')}/{number}"


CACHES = {
    "default": {
        "BACKEND": "config.cache.Forgiving",
        "LOCATION": redis_database(2)[1],
        "KEY_PREFIX": "halfyear",
        "OPTIONS": {"socket_timeout": 1.0, "socket_connect_timeout": 1.0},
    }
}
CELERY_BROKER_URL, QUEUE_URL = redis_database(0)
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 600}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 400_000
CELERY_TIMEZONE = "UTC"


def every(seconds: int, task: str) -> dict[str, object]:
    """A tick that nobody took in the time of four is dropped: the next asks the same question."""
    return {"task": task, "schedule": float(seconds), "options": {"expires": 4 * seconds}}


CELERY_BEAT_SCHEDULE = {
    "plan reminders": every(600, "protocols.tasks.plan_reminders"),
    "queue reminders": every(60, "protocols.tasks.queue_reminders"),
    "deliver outbox": every(15, "clinic.tasks.deliver_outbox"),
    "page on call": every(30, "clinic.tasks.page_on_call"),
    "escalate duties": every(60, "protocols.tasks.escalate_duties"),
    "escalate unread": every(300, "protocols.tasks.escalate_unread"),
    "seal audit": every(60, "clinic.tasks.seal_audit"),
    "walk the trail": every(24 * 3600, "clinic.tasks.walk_trail"),
    "mark missed visits": every(900, "protocols.tasks.mark_missed"),
    "watch departures": every(3600, "protocols.tasks.watch_departures"),
    "expire eligibilities": every(900, "protocols.tasks.expire_eligibilities"),
    "close enrolments": every(900, "protocols.tasks.close_enrolments"),
    "ask for iPLEDGE": every(900, "protocols.tasks.ask_for_ipledge"),
    "evaluate holds": every(900, "protocols.tasks.evaluate_holds"),
    "draw": every(10, "clinic.tasks.draw"),
    "make reports": every(20, "protocols.tasks.make_reports"),
    "file inbound": every(30, "labs.tasks.file_inbound"),
    "judge tables": every(5, "labs.tasks.judge_tables"),
    "tidy": every(3600, "clinic.tasks.tidy"),
    "heartbeat": every(30, "clinic.tasks.heartbeat"),
}

# --- who signs in -------------------------------------------------------------------------------
AUTH_USER_MODEL = "clinic.Account"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
# A link of "forgotten password" works once and for a day.
PASSWORD_RESET_TIMEOUT = 86_400
ACCOUNT_ADAPTER = "config.accounts.Accounts"
ACCOUNT_FORMS = {
    "login": "config.door_forms.SignIn",
    "add_email": "config.door_forms.AddEmail",
    "change_password": "config.door_forms.ChangePassword",
    "set_password": "config.door_forms.SetPassword",
    "reset_password": "config.door_forms.ResetPassword",
    "reset_password_from_key": "config.door_forms.ResetPasswordKey",
    "reauthenticate": "config.door_forms.Reauthenticate",
}
# Beside allauth's own: failed sign-ins of one machine, whatever addresses it tries.
ACCOUNT_RATE_LIMITS: dict[str, str] | bool = {"sign_in": "20/m/ip"}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
# How many proxies of ours stand before the program: failures are counted by the machine of
# whoever fails, so that a stranger locks out nobody but himself.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("PROXIES", default=1)
MFA_ADAPTER = "config.accounts.SecondSteps"
MFA_FORMS = {
    "authenticate": "config.door_forms.SecondStep",
    "reauthenticate": "config.door_forms.SecondStepAgain",
    "activate_totp": "config.door_forms.FirstCode",
}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Halfyear"
MFA_ALLOW_UNVERIFIED_EMAIL = True
USERSESSIONS_TRACK_ACTIVITY = False
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_CALLABLE = "config.accounts.sign_in_name"
AXES_CLIENT_IP_CALLABLE = "config.accounts.client_address"
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "config.accounts.locked"
AXES_VERBOSE = False
AXES_ENABLE_ACCESS_FAILURE_LOG = True
# Domain reference §9.1: automatic sign-out, 15 minutes for members, 10 in the portal.
IDLE_SECONDS = {"staff": 15 * 60, "patient": 10 * 60, "partner": 10 * 60}

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
CSRF_FAILURE_VIEW = "clinic.views.errors.forged"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "manifest-src": [SELF],
    }
}

# --- words, times, files ------------------------------------------------------------------------
LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT: Path | None = Path(env("STATIC_ROOT", default=str(BASE_DIR / "var" / "static")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
CRISPY_ALLOWED_TEMPLATE_PACKS = CRISPY_TEMPLATE_PACK = "bootstrap5"
DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024

EMAIL_CONFIG = env.email_url("EMAIL_URL", default="smtp://localhost:25")
vars().update(EMAIL_CONFIG)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="appointments@localhost")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# Triggers are installed after every migrate rather than by migrations: a hundred trigger
# operations made an empty database take 34 s to migrate, and this way none can be stale.
PGTRIGGER_MIGRATIONS = False
PGTRIGGER_INSTALL_ON_MIGRATE = True
PGHISTORY_APPEND_ONLY = True
PGHISTORY_FIELD_TRACKERS = None

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": "config.logs.Discreet", "format": "%(levelname)s %(name)s %(message)s"}
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "halfyear": {"level": "INFO"},
        # Django's own handlers would mail a failed request with everything that was typed.
        "django": {"handlers": [], "level": "WARNING", "propagate": True},
        "django.request": {"level": "ERROR"},
        "axes": {"level": "ERROR"},
        # Both quote what they were given, and that may be about a patient.
        "weasyprint": {"level": "CRITICAL"},
        "pgtrigger": {"level": "WARNING"},
    },
}
# The worker writes its lines as everything else does.
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
