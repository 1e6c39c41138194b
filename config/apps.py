from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """Carries the commands that join the floors (prepare, grant_rights)."""

    name = "config"


class RulesAlone(AppConfig):
    """The protocols floor without its tables, for the command that asks a rule."""

    name = "protocols"

    def import_models(self) -> None:
        self.models = {}
