"""The embedded settings, one more address, and no limit on how often one machine signs in."""

from config.settings.dev import *  # noqa: F403
from config.settings.dev import TEMPLATES

ROOT_URLCONF = "tests.bench.urls"
TEMPLATES[0]["DIRS"].append(BASE_DIR / "tests" / "bench" / "templates")  # noqa: F405
ACCOUNT_RATE_LIMITS = False
