"""Wiring: settings, one address space, Celery, and what the floors do for each other."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
