"""Search and lists with a thousand, ten thousand and a hundred thousand patients: the medians."""

from urllib.parse import quote_plus

from django.db import connection

from tests.bench import people
from tests.bench.figures import Table, timed
from tests.bench.scene import DESK, Scene
from tests.bench.visitor import Visitor

DOCTOR = "okafor@harbour.example"
SLOW_MS = 500
TECHNOLOGIST = "jan@harbour.example"


def pages(scene: Scene) -> dict[str, tuple[str, list[str]]]:
    """Each thing that is asked for, by whom, and at which addresses in turn.

    Whoever is sought is one of the first thousand, so that he is there at every size.
    """
    sought = [n * 37 % 1_000 for n in range(1, 60)]
    return {
        "bare view": (DESK, [f"/bare/{people.FIRST_PK}/"]),
        "patients, first page": (DESK, ["/patients/"]),
        "patients, a page far behind": (DESK, [f"/patients/?after={far_key(scene)}"]),
        "search, given and family name": (
            DESK, ["/patients/?q=" + "+".join(people.names(n)) for n in sought],
        ),
        "search, common name": (DESK, [f"/patients/?q={people.COMMON}"]),
        "search, telephone": (DESK, [f"/patients/?q={4_152_000_000 + n * 7}" for n in sought]),
        "search, record number": (
            DESK, [f"/patients/?q=HF-{people.FIRST_NUMBER + n}" for n in sought],
        ),
        "search, nobody": (DESK, ["/patients/?q=Xylophonist"]),
        "record": (DESK, [f"/patients/{scene.record_pk}/"]),
        "today": (DESK, ["/today/"]),
        "inbox": (DOCTOR, ["/inbox/"]),
        "laboratory": (TECHNOLOGIST, ["/labs/"]),
        "calendar": (DESK, ["/calendar/"]),
        "outcomes": (DOCTOR, ["/outcomes/"]),
    }  # fmt: skip


def run(scene: Scene) -> None:
    """Print the table; sizes below what is there already are left out."""
    sizes = [size for size in scene.scale.sizes if size >= scene.crowd.size]
    found: dict[str, list[float]] = {}
    for size in sizes:
        scene.crowd.grow(size)
        for name, (email, addresses) in pages(scene).items():
            visitor = scene.signed_in(email, 1)[0]
            found.setdefault(name, []).append(median_ms(visitor, addresses, scene.scale.alone))
    table = Table(
        "Growth: p50 in ms, one at a time",
        "page", *(f"{size:,}" for size in sizes), "last / first",
    )  # fmt: skip
    for name, row in found.items():
        table.row(name, *row, row[-1] / row[0])
    table.row("database, MB", *[""] * (len(sizes) - 1), database_mb())


def median_ms(visitor: Visitor, addresses: list[str], times: int) -> float:
    slow = timed([lambda address=address: visitor.get(address) == 200 for address in addresses[:3]])
    if slow.p50 > SLOW_MS:
        return slow.p50
    in_turn = (addresses * times)[:times]
    return timed([lambda address=address: visitor.get(address) == 200 for address in in_turn]).p50


def far_key(scene: Scene) -> str:
    """Where somebody in the middle of the alphabet stands."""
    patient = people.person(500, scene.site, scene.crowd.by)
    return quote_plus(f"{patient.sort_name}|{patient.pk}")


def database_mb() -> float:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return cursor.fetchone()[0] / 1_000_000
