from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """Carries the commands that join the floors (prepare, grant_rights)."""

    name = "config"
