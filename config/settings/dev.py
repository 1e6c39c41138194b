"""The embedded mode behind ./dev run: this machine, demonstration data allowed."""

import os

# Here one key serves both; a clinic's own are two.
os.environ.setdefault("AUDIT_KEY", os.environ.get("SECRET_KEY", ""))

from config.settings.base import *  # noqa: F403

DEMONSTRATION = True
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]"]
SECURE_SSL_REDIRECT = False
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = False
SECURE_HSTS_SECONDS = 0
ALLAUTH_TRUSTED_PROXY_COUNT = 0
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Served straight from static/: nothing is collected.
STATIC_ROOT = None
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
BASE_URL = env("BASE_URL", default="http://127.0.0.1:8000")  # noqa: F405
