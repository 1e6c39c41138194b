"""Our migrate ends with the very models that Django draws from all migrations at once."""

from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

from config.management.commands.migrate import DJANGOS_OWN, drawing_new_models_alone


def drawn(state: ProjectState) -> dict[str, tuple]:
    """Each model's columns, keys and what points at it."""
    return {
        model._meta.label: (
            {field.name: str(field.deconstruct()[1:]) for field in model._meta.local_fields},
            {field.name for field in model._meta.local_many_to_many},
            {relation.name for relation in model._meta.related_objects},
        )
        for model in state.apps.get_models()
    }


def one_by_one(loader: MigrationLoader) -> ProjectState:
    state = ProjectState(real_apps=loader.unmigrated_apps)
    assert state.apps  # from here on each model is drawn as it comes
    with drawing_new_models_alone():
        seen = set()
        for leaf in sorted(loader.graph.leaf_nodes()):
            for node in loader.graph.forwards_plan(leaf):
                if node not in seen:
                    seen.add(node)
                    loader.graph.nodes[node].mutate_state(state, preserve=False)
    return state


def test_models_drawn_one_by_one_are_those_drawn_together():
    loader = MigrationLoader(None)

    assert drawn(one_by_one(loader)) == drawn(loader.project_state())


def test_django_is_as_it_was_afterwards():
    with drawing_new_models_alone():
        assert ProjectState.add_model is not DJANGOS_OWN

    assert ProjectState.add_model is DJANGOS_OWN
