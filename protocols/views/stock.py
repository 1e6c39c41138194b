"""The stock of a site: what is on the shelf, each movement of a lot, and what is done with it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from clinic.access import Capability, may, requires
from clinic.pages import MemberRequest, render_part
from clinic.refusal import Refusal
from clinic.views.second import add_refusal, with_second
from protocols.actions import recalls
from protocols.actions import stock as actions
from protocols.forms.stock import (
    CountForm,
    DestroyForm,
    OutForm,
    ProductForm,
    ReasonForm,
    ReasonOfTwoForm,
    ReceiveForm,
)
from protocols.models import StockLot, StockMovement
from protocols.queries.stock import (
    Shelved,
    expiry_of,
    handed_to,
    lines_of,
    products_of,
    site_dose,
    stock_of,
)

LOT = "protocols/stock/lot.html"


@dataclass(frozen=True, slots=True)
class Verb:
    """What can be done with a lot: how it is asked for, and what it brings."""

    title: str
    button: str
    follows: str
    form: type[BaseForm]
    act: Callable[..., object]
    grave: bool = False


VERBS = {
    "count": Verb("Count the lot", "Counted",
                  "What you counted becomes what there is; a difference is kept with its reason.",
                  CountForm, actions.count),
    "send-back": Verb("Return to the supplier", "Returned",
                      "The capsules leave the house.", OutForm, actions.send_back),
    "lose": Verb("Write off what is lost", "Lost",
                 "Spilt, broken, or not to be found.", OutForm, actions.lose),
    "destroy": Verb("Destroy capsules", "Destroyed",
                    "Two members are there and sign: you, and a second one with his password.",
                    DestroyForm, actions.destroy),
    "recall": Verb("Recall the lot", "Recalled: nothing more goes out",
                   "Nothing more of this lot is handed over. The men who got some of it stand on "
                   "its page.", ReasonForm, recalls.recall, grave=True),
    "take-back": Verb("Take the recall back", "Recall taken back",
                      "The lot goes out again. Both the recall and this stay on its page.",
                      ReasonForm, recalls.take_back),
}  # fmt: skip


def today_at(request: MemberRequest) -> date:
    return request.site.localdate(timezone.now())


@require_safe
@requires(Capability.STOCK_RECORD)
def stock(request: MemberRequest) -> HttpResponse:
    today = today_at(request)
    context = {
        "nav": "stock",
        "today": today,
        "stock": stock_of(request.user, request.site.pk, today),
        "may_dispense": may(request.user, Capability.DOSE_DISPENSE),
    }
    return render_part(request, "protocols/stock/stock.html", "stock", context)


@require_http_methods(["GET", "POST"])
@requires(Capability.STOCK_RECORD)
def receive(request: MemberRequest) -> HttpResponse:
    """Put a delivery on the shelf."""
    products = list(products_of(request.user))
    first = {"product": products[0].pk} if len(products) == 1 else {}
    form = ReceiveForm(
        request.POST or None, products=products, initial={"on": today_at(request), **first}
    )

    def act(given: dict[str, Any]) -> str:
        put = actions.receive(by=request.user, now=timezone.now(), **given)
        return f"{put.capsules} capsules of {put.lot} are on the shelf."

    done = attempt(request, form, act)
    if done:
        return redirect("protocols:stock")
    context = {"nav": "stock", "form": form, "products": products}
    return page(request, "protocols/stock/receive.html", "receive", context)


@require_http_methods(["GET", "POST"])
@requires(Capability.STOCK_RECORD)
def add_product(request: MemberRequest) -> HttpResponse:
    form = ProductForm(request.POST or None)

    def act(given: dict[str, Any]) -> str:
        made = actions.add_product(site=request.site, by=request.user, **given)
        return f"{made} can be received now."

    if attempt(request, form, act):
        return redirect("protocols:receive_stock")
    context = {"nav": "stock", "form": form}
    return page(request, "protocols/stock/product.html", "product", context)


@require_safe
@requires(Capability.STOCK_RECORD)
def lot(request: MemberRequest, pk: int) -> HttpResponse:
    """One lot: what is there, every movement, and who got some of it."""
    found = lot_or_404(request, pk)
    today = today_at(request)
    dose = site_dose(request.site.pk)
    context = {
        "nav": "stock",
        "today": today,
        "shelved": Shelved(found, expiry_of(found, dose, today)),
        "lot": found,
        "page": lines_of(found, request.GET.get("after", "")),
        "men": list(handed_to(found)),
        "verbs": without("recall" if found.recalled_at else "take-back"),
    }
    return render_part(request, LOT, "lot", context)


def without(name: str) -> dict[str, Verb]:
    return {key: verb for key, verb in VERBS.items() if key != name}


@require_http_methods(["GET", "POST"])
@requires(Capability.STOCK_RECORD)
def act_on_lot(request: MemberRequest, pk: int, verb: str) -> HttpResponse:
    """Count, send back, lose, destroy or recall, with a reason."""
    found, chosen = lot_or_404(request, pk), VERBS[verb]
    form = chosen.form(request.POST or None)

    def act(given: dict[str, Any]) -> str:
        signed = with_second(request, given)
        chosen.act(lot=found, by=request.user, now=timezone.now(), **signed)
        return f"Lot {found.number}: {chosen.button.partition(':')[0].lower()}."

    if attempt(request, form, act):
        return redirect("protocols:stock_lot", pk)
    context = {"nav": "stock", "lot": found, "verb": chosen, "form": form}
    return page(request, "protocols/stock/act.html", "act", context)


@require_http_methods(["GET", "POST"])
@requires(Capability.STOCK_RECORD)
def correct(request: MemberRequest, pk: int) -> HttpResponse:
    """Turn a wrong movement around by another; both stay."""
    rows = StockMovement.objects.visible_to(request.user)
    movement = get_object_or_404(rows.select_related("lot__product__site", "by"), pk=pk)
    shape = ReasonOfTwoForm if movement.kind == actions.Kind.DESTROYED else ReasonForm
    form = shape(request.POST or None)

    def act(given: dict[str, Any]) -> str:
        signed = with_second(request, given)
        actions.reverse(movement=movement, by=request.user, now=timezone.now(), **signed)
        return "The movement is turned around; both stay to be read."

    if attempt(request, form, act):
        return redirect("protocols:stock_lot", movement.lot_id)
    context = {"nav": "stock", "movement": movement, "lot": movement.lot, "form": form}
    return page(request, "protocols/stock/correct.html", "correct", context)


def lot_or_404(request: MemberRequest, pk: int) -> StockLot:
    rows = StockLot.objects.visible_to(request.user)
    return get_object_or_404(rows.select_related("product__site", "recalled_by"), pk=pk)


def attempt(request: MemberRequest, form: BaseForm, act: Callable[[dict[str, Any]], str]) -> bool:
    """True when it was done, and said; else the form has the sentence."""
    if not form.is_valid():
        return False
    try:
        said = act(form.cleaned_data)
    except Refusal as refusal:
        add_refusal(form, refusal)
        return False
    messages.success(request, said)
    return True


def page(request: MemberRequest, template: str, part: str, context: dict[str, Any]) -> HttpResponse:
    status = 422 if context["form"].errors else 200
    return render_part(request, template, part, context, status=status)
