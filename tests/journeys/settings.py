"""The house as a journey's worker runs it: everything that a person waits for, every second."""

from tests.worker.settings import *  # noqa: F403

CELERY_BEAT_SCHEDULE |= {  # noqa: F405
    "make reports": every(1, "protocols.tasks.make_reports"),  # noqa: F405
    "draw": every(1, "clinic.tasks.draw"),  # noqa: F405
    "watch holds": every(1, "protocols.tasks.evaluate_holds"),  # noqa: F405
    "mark missed visits": every(1, "protocols.tasks.mark_missed"),  # noqa: F405
}
