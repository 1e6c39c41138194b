"""The house as the workers of these tests run it: real Redis, real SMTP, its ticks in seconds."""

from datetime import timedelta

from config.settings.test import *  # noqa: F403

EMAIL_BACKEND = EMAIL_CONFIG["EMAIL_BACKEND"]  # noqa: F405
# What a killed worker held is taken up by another after this long.
OUTBOX_LEASE = timedelta(seconds=5)
CELERY_BEAT_SCHEDULE = {
    "plan reminders": every(2, "protocols.tasks.plan_reminders"),  # noqa: F405
    "queue reminders": every(1, "protocols.tasks.queue_reminders"),  # noqa: F405
    "deliver outbox": every(1, "clinic.tasks.deliver_outbox"),  # noqa: F405
}
CELERY_BEAT_MAX_LOOP_INTERVAL = 1
