"""What every table stands on: the clinic, the web server, and people who are signed in."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from django.test import Client
from django.utils import timezone

from clinic import graphs
from clinic.actions import drawings
from clinic.models import Account, Member, Site
from patients.models import Patient
from protocols.management.demonstration.clinics import PASSWORD
from protocols.reports import visit_report
from tests.bench import people, servers
from tests.bench.visitor import Visitor

DESK = "mara@harbour.example"
PATIENT = "daniel.rourke@patients.example"
AT_ONCE = 8


@dataclass(slots=True)
class Scale:
    """How many people and how many rounds; `--quick` is the smaller one."""

    people: int = 10_000
    sizes: tuple[int, ...] = (1_000, 10_000, 100_000)
    alone: int = 60
    together: int = 240
    contended_rounds: int = 100
    messages: int = 1_000
    reminders: int = 5_000


QUICK = Scale(
    people=1_000, sizes=(1_000, 5_000), alone=15, together=48, contended_rounds=5, messages=100,
    reminders=500,
)  # fmt: skip


@dataclass(slots=True)
class Scene:
    scale: Scale
    site: Site
    crowd: people.Crowd
    port: int
    pid: int
    folder: Path
    visitors: dict[str, list[Visitor]] = field(default_factory=dict)

    def signed_in(self, email: str, count: int) -> list[Visitor]:
        """So many browsers in which this person is signed in."""
        known = self.visitors.setdefault(email, [])
        while len(known) < count:
            known.append(Visitor(self.port).sign_in(email, PASSWORD))
        return known[:count]

    @property
    def record_pk(self) -> int:
        """The man of the demonstration with three months behind him and a finding to decide."""
        return Patient.objects.get(portal__account__email=PATIENT).pk

    def inside(self, email: str) -> Client:
        """The same person without a network, to count queries with."""
        account = Account.objects.get(email=email)
        account.member = Member.objects.filter(account=account).first()
        client = Client(SERVER_NAME="127.0.0.1")
        client.force_login(account, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client


@contextmanager
def laid_out(scale: Scale, folder: Path) -> Iterator[Scene]:
    site = people.opened()
    crowd = people.Crowd(site)
    with servers.web() as (port, pid):
        scene = Scene(scale, site, crowd, port, pid, folder)
        draw_everything()
        yield scene


def draw_everything() -> None:
    """The worker's part, so that no page waits for a drawing or a report."""
    visit_report.make_waiting(now=timezone.now())
    while drawings.draw_waiting(convert=graphs.convert, now=timezone.now()):
        pass
