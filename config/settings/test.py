"""The tests: the embedded settings with quick passwords; nothing leaves unasked."""

import os

os.environ.setdefault("SECRET_KEY", "only-for-tests")
os.environ.setdefault("DATABASE_URL", "postgresql://nobody@/halfyear")
os.environ.setdefault("REDIS_URL", "redis://127.0.0.1:1")

from config.settings.dev import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
AXES_ENABLED = True
CELERY_TASK_ALWAYS_EAGER = False
ACCOUNT_RATE_LIMITS = False
# Whoever flushes between tests says so; elsewhere PostgreSQL refuses to empty the trail.
DATABASES["default"]["OPTIONS"]["options"] = "-c halfyear.throwaway=on"  # noqa: F405
