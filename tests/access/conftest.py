"""The world everybody walks through."""

import pytest

from tests.access.world import NOW, World, world


@pytest.fixture
def the_world(db: None, time_machine) -> World:
    time_machine.move_to(NOW, tick=False)
    return world()
