"""The Celery application: the database knows what is due, a tick asks it."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.base")

app = Celery("halfyear")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
