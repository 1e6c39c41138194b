"""`python -m tests.bench [table …] [--quick]`, inside a throwaway PostgreSQL and Redis."""

import argparse
import os
import platform
import tempfile
import time
from pathlib import Path

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.bench.settings"

#: In this order, because the clinic only grows.
TABLES = ("bookings", "pages", "hl7", "files", "reminders", "growth", "memory", "programme")


def main() -> None:
    parser = argparse.ArgumentParser(prog="./dev bench")
    parser.add_argument("tables", nargs="*", help=f"of: {', '.join(TABLES)}")
    parser.add_argument("--quick", action="store_true", help="fewer people, fewer rounds")
    chosen = parser.parse_args()
    if unknown := set(chosen.tables) - set(TABLES):
        parser.error(f"no table is called {' or '.join(sorted(unknown))}")
    run(chosen.tables or TABLES, quick=chosen.quick)


def run(names: "list[str] | tuple[str, ...]", *, quick: bool) -> None:
    import importlib

    import django

    django.setup()
    from tests.bench.scene import QUICK, Scale, laid_out

    begun = time.perf_counter()
    print(machine())
    with (
        tempfile.TemporaryDirectory() as folder,
        laid_out(QUICK if quick else Scale(), Path(folder)) as scene,
    ):
        for name in TABLES:
            if name in names:
                importlib.import_module(f"tests.bench.{name}").run(scene)
    print(f"\n{time.perf_counter() - begun:.0f} seconds in all.")


def machine() -> str:
    """What these figures were measured on."""
    info = Path("/proc/cpuinfo").read_text()
    model = next((x.partition(":")[2].strip() for x in info.splitlines() if "model name" in x), "?")
    memory = int(Path("/proc/meminfo").read_text().split()[1]) / 1024**2
    return (
        f"{model}, {os.cpu_count()} cores, {memory:.0f} GB; {platform.system()} "
        f"{platform.release()}, Python {platform.python_version()}; load {os.getloadavg()[0]:.1f}"
        " before the run"
    )


if __name__ == "__main__":
    main()
