"""Orders that wait, each with what was taken for it; and those of everybody who comes on a day."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet
from django.db.models.functions import ExtractYear, JSONObject

from clinic.models import Account, Booking, Site
from labs.models import Order, Specimen
from labs.rules.accession import specimen_number
from labs.rules.catalogue import CatalogueError, Panel, published_catalogue

AHEAD = timedelta(days=7)
"""Who comes on a day is asked for what is due within this time after it as well."""

PERSON = "patients.patient:"


@dataclass(frozen=True, slots=True)
class Taken:
    """A container as its order shows it."""

    pk: int
    year: int
    received: bool
    rejection: str
    note: str

    @property
    def number(self) -> str:
        return specimen_number(self.year, self.pk)

    @property
    def why(self) -> str:
        word = Specimen.Rejection(self.rejection).label
        return f"{word[0].lower()}{word[1:]}" + (f" ({self.note})" if self.note else "")


@dataclass(frozen=True, slots=True)
class Asked:
    """One order as a list or a form shows it."""

    order: Order
    usable: Taken | None
    rejected: Taken | None

    @property
    def panel(self) -> Panel | None:
        """As the catalogue has it: what is measured, how one prepares."""
        key = "semen" if self.order.semen else self.order.panel.key if self.order.panel else ""
        try:
            return published_catalogue().panel(key)
        except CatalogueError:
            return None

    @property
    def title(self) -> str:
        return "Semen analysis" if self.order.semen else str(self.order.panel)

    @property
    def named(self) -> str:
        """With "fasting" said once."""
        said = "fasting" in self.title.casefold()
        return f"{self.title}, fasting" if self.order.fasting and not said else self.title

    @property
    def tests(self) -> str:
        """What is measured, in the words of the catalogue; a semen sheet has too many."""
        if self.order.semen or self.panel is None:
            return ""
        names = [published_catalogue().analyte(key).name for key in self.panel.analytes]
        return ", ".join(names) if names != [self.title] else ""

    @property
    def state(self) -> str:
        """Where it stands: taken, on its way, to be taken again."""
        if self.usable is not None:
            word = "at the laboratory" if self.usable.received else "collected"
            return f"{word}, {self.usable.number}"
        if self.rejected is not None:
            return f"sample rejected: {self.rejected.why}; take it again"
        return ""


def asked(orders: QuerySet[Order]) -> list[Asked]:
    """Each with its newest usable container, else with the newest rejected one; one query."""
    taken = (
        Specimen.objects.filter(orders=OuterRef("pk"))
        .order_by("-collected_at", "-pk")
        .values(
            json=JSONObject(
                pk="pk",
                year=ExtractYear("collected_at", tzinfo=UTC),
                received="received_at",
                rejection="rejection",
                note="rejection_note",
            )
        )
    )
    rows = orders.select_related("panel", "patient").annotate(taken=ArraySubquery(taken))
    return [as_asked(row) for row in rows]


def as_asked(order: Order) -> Asked:
    taken = [
        Taken(row["pk"], row["year"], bool(row["received"]), row["rejection"], row["note"])
        for row in vars(order)["taken"]
    ]
    usable = next((one for one in taken if not one.rejection), None)
    rejected = next((one for one in taken if one.rejection), None)
    return Asked(order, usable, None if usable else rejected)


def of_day(user: Account, site: Site, day: date) -> list[Asked]:
    """What is to be taken from everybody who is booked on a day, or due on it."""
    start = datetime.combine(day, time.min, tzinfo=site.zone)
    booked = (
        Booking.objects.visible_to(user).holding().between(start, start + timedelta(days=1))
    ).values_list("attendee", flat=True)
    coming = keys_of(booked)
    orders = Order.objects.visible_to(user).open()
    due = orders.filter(patient__in=coming, due_on__lte=day + AHEAD) | orders.filter(due_on=day)
    return asked(due.order_by("patient__sort_name", "patient", "due_on", "pk"))


def keys_of(labels: Iterable[str]) -> set[int]:
    tails = {label.removeprefix(PERSON) for label in labels if label.startswith(PERSON)}
    return {int(tail) for tail in tails if tail.isdecimal()}
