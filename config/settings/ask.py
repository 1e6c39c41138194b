"""Behind `manage.py rules` alone: rules are arithmetic, so no database, no Redis and no secret."""

from secrets import token_hex

SECRET_KEY = token_hex()
INSTALLED_APPS = ["config.apps.RulesAlone"]
USE_TZ = True
