"""A lot that is recalled goes out to nobody; a recall that was a slip is taken back.

Both are movements of no capsules in the ledger of the lot, so that its page tells them in their
place; the lot itself says only how it stands.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import Sum
from django.db.models.functions import Abs

from clinic import audit
from clinic.models import Account
from clinic.refusal import Refusal
from protocols.actions.stock import Change, lock_lot, move, refuse_without, today_of
from protocols.models import StockLot, StockMovement

Kind = StockMovement.Kind
#: What is done because of a recall; a lot of which this was done stays recalled.
FOLLOWS = [Kind.PATIENT_RETURN, Kind.SUPPLIER_RETURN, Kind.DESTROYED]


@transaction.atomic
def recall(*, lot: StockLot, reason: str, by: Account, now: datetime) -> StockLot:
    """Let nothing more of this lot go out; who has some of it stands on its page."""
    refuse_without(reason, "Say who recalls it, and why.")
    held = lock_lot(lot)
    if held.recalled_at is not None:
        raise Refusal(f"Lot {held.number} has been recalled already.")
    held.recalled_at, held.recalled_by, held.recalled_because = now, by, reason.strip()
    return put_down(held, Kind.RECALLED, reason, by, now)


@transaction.atomic
def take_back(*, lot: StockLot, reason: str, by: Account, now: datetime) -> StockLot:
    """Let a lot go out again: it was another that was recalled, or the maker says it is good.

    Not once capsules of it were brought back, returned or destroyed: those who did that, and the
    men who were told, acted on the recall.
    """
    refuse_without(reason, "Say who says that it is good after all, and why.")
    held = lock_lot(lot)
    if held.recalled_at is None:
        raise Refusal(f"Lot {held.number} is not recalled.")
    if followed := moved_since(held):
        raise Refusal(
            f"Since the recall {followed} of its capsules came back or left the house: it stands."
        )
    held.recalled_at, held.recalled_by, held.recalled_because = None, None, ""
    return put_down(held, Kind.RECALL_ENDED, reason, by, now)


def moved_since(lot: StockLot) -> int:
    """Capsules that came back or went since it was recalled; what was corrected does not count."""
    rows = StockMovement.objects.filter(lot=lot)
    called = rows.filter(kind=Kind.RECALLED).order_by("-number").values_list("number", flat=True)
    since = rows.filter(kind__in=FOLLOWS, reversed_by=None, number__gt=called.first() or 0)
    return since.aggregate(n=Sum(Abs("capsules")))["n"] or 0


def put_down(held: StockLot, kind: str, reason: str, by: Account, now: datetime) -> StockLot:
    """How the lot stands, its line in the ledger, and its line in the trail."""
    held.save(update_fields=["recalled_at", "recalled_by", "recalled_because"])
    change = Change(kind=kind, capsules=0, on=today_of(held, now), reason=reason)
    move(lot=held, change=change, by=by, now=now)
    audit.record(
        actor=by,
        action=f"stock.{kind}",
        subject=held,
        site=held.product.site_id,
        reason=reason.strip(),
    )
    return held
