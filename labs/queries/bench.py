"""What waits for somebody in the laboratory of one site."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from clinic.models import Account
from labs.models import ControlStanding, Draw, InboundMessage, Order, SemenAnalysis
from labs.queries.orders import Asked, asked
from labs.queries.storage import to_freeze

MOST = 50


@dataclass(frozen=True, slots=True)
class Waiting:
    """Sheets for a second person and sheets sent back, orders by their day, results to review."""

    to_verify: list[SemenAnalysis]
    sent_back: list[SemenAnalysis]
    orders: list[Asked]
    draws: list[Draw]
    analyses: list[SemenAnalysis]
    messages: list[InboundMessage]
    out_of_control: list[ControlStanding]
    to_freeze: list[SemenAnalysis]

    @property
    def to_review(self) -> int:
        return len(self.draws) + len(self.analyses)

    @property
    def nothing(self) -> bool:
        return not (
            self.to_verify
            or self.sent_back
            or self.orders
            or self.to_review
            or self.messages
            or self.to_freeze
        )


def waiting_at(user: Account, now: datetime) -> Waiting:
    """The most urgent of each, oldest first; never more than fifty of a kind."""
    sheets = (
        SemenAnalysis.objects.visible_to(user)
        .current()
        .filter(status=SemenAnalysis.Status.PRELIMINARY)
        .select_related("patient", "entered_by", "sent_back_by")
        .order_by("collected_at", "pk")
    )
    orders = Order.objects.visible_to(user).open().order_by("due_on", "pk")
    draws = Draw.objects.visible_to(user).unreviewed().select_related("patient", "laboratory")
    freezing = to_freeze(user, now)
    analyses = SemenAnalysis.objects.visible_to(user).final().select_related("patient")
    read = list(
        analyses.filter(Q(reviewed_at=None) | Q(pk__in=freezing.values("pk")))
        .annotate(freeze=Exists(freezing.filter(pk=OuterRef("pk"))))
        .order_by("collected_at", "pk")[:MOST]
    )
    to_finish = list(sheets[: 2 * MOST])
    return Waiting(
        to_verify=[row for row in to_finish if row.sent_back_at is None][:MOST],
        sent_back=[row for row in to_finish if row.sent_back_at is not None][:MOST],
        orders=asked(orders[:MOST]),
        draws=list(draws.order_by("collected_at", "pk")[:MOST]),
        analyses=[row for row in read if row.reviewed_at is None],
        to_freeze=[row for row in read if vars(row)["freeze"]],
        messages=list(InboundMessage.objects.visible_to(user).stuck().only("pk")[:MOST]),
        out_of_control=list(
            ControlStanding.objects.visible_to(user).out().select_related("technologist")[:MOST]
        ),
    )
