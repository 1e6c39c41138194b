"""What each web process weighs after the run, in megabytes of PSS."""

from tests.bench.figures import Table
from tests.bench.scene import DESK, Scene
from tests.bench.servers import children_of, pss_mb


def run(scene: Scene) -> None:
    scene.signed_in(DESK, 1)
    table = Table("Memory after the run", "process", "PSS, MB")
    workers = children_of(scene.pid)
    for n, pid in enumerate(workers, 1):
        table.row(f"web worker {n}", pss_mb(pid))
    table.row("gunicorn's own process", pss_mb(scene.pid))
