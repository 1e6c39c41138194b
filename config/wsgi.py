"""What the web server calls."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import resolve

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")

application = get_wsgi_application()

# With --preload this runs before the server forks: its workers share every page that is loaded
# here, and what is frozen is not looked through for garbage, which would copy it into each.
# Nothing here may open a connection: a pool from before a fork would be shared as well.
resolve("/")
gc.collect()
gc.freeze()
