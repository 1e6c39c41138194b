"""The first page: what to do now; and the taps that are made on it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from clinic.access import Capability, requires
from clinic.refusal import Refusal
from protocols.actions import diary as actions
from protocols.graphs.ring import Ring, ring
from protocols.portal.forms import FeelingForm, TickForm
from protocols.portal.owner import own_enrolment, owned, page
from protocols.queries.portal_course import Course, course_of
from protocols.queries.portal_diary import diary_of
from protocols.queries.portal_home import home_of, last_letter
from protocols.queries.portal_news import news_of
from protocols.queries.portal_owner import Owner
from protocols.queries.portal_visits import next_visit
from protocols.rules.diary import MOODS
from protocols.rules.schedule import day_number
from protocols.rules.vocabulary import Status

OVER = "The programme is over, so the diary is closed."


@require_safe
@requires(Capability.PORTAL_OWN)
@owned
def home(request: HttpRequest, owner: Owner) -> HttpResponse:
    return home_page(request, owner)


@require_safe
@requires(Capability.PORTAL_OWN)
@owned
def diary(request: HttpRequest, owner: Owner) -> HttpResponse:
    return diary_page(request, owner)


@require_POST
@requires(Capability.PORTAL_OWN)
@owned
def tick(request: HttpRequest, owner: Owner) -> HttpResponse:
    """One capsule ticked or unticked, from the first page or from the diary."""
    form = TickForm(request.POST)
    on_diary = request.POST.get("back") == "diary"
    refused = "" if form.is_valid() else "That could not be read. Please tap again."
    if not refused:
        refused = ticked(owner, form)
    if refused:
        show = diary_page if on_diary else home_page
        return show(request, owner, refused=refused, status=422)
    return redirect("portal:diary" if on_diary else "portal:home")


@require_POST
@requires(Capability.PORTAL_OWN)
@owned
def feel(request: HttpRequest, owner: Owner) -> HttpResponse:
    """How today is, in one tap; another tap corrects it."""
    form = FeelingForm(request.POST)
    refused = "" if form.is_valid() else "Choose one of the five faces."
    if not refused:
        refused = felt(owner, form.cleaned_data["mood"])
    if refused:
        return home_page(request, owner, unfelt=refused, status=422)
    return redirect("portal:home")


def ticked(owner: Owner, form: TickForm) -> str:
    """Keep it; why not, or ""."""
    enrolment = own_enrolment(owner)
    if enrolment is None:
        return OVER
    keep = actions.take if form.cleaned_data["taken"] == "yes" else actions.untake
    try:
        keep(
            enrolment=enrolment,
            on=form.cleaned_data["on"],
            slot=form.cleaned_data["slot"],
            by=owner.account,
            now=owner.now,
        )
    except Refusal as refusal:
        return str(refusal)
    return ""


def felt(owner: Owner, mood: int) -> str:
    enrolment = own_enrolment(owner)
    if enrolment is None:
        return OVER
    try:
        actions.feel(
            enrolment=enrolment, on=owner.today, mood=mood, by=owner.account, now=owner.now
        )
    except Refusal as refusal:
        return str(refusal)
    return ""


def home_page(
    request: HttpRequest, owner: Owner, *, refused: str = "", unfelt: str = "", status: int = 200
) -> HttpResponse:
    course = course_of(owner)
    coming = next_visit(course)
    context = {
        "home": home_of(course, coming),
        "course": course,
        "coming": coming,
        "ring": ring_of(course),
        "news": news_of(course),
        "letter": last_letter(owner),
        "moods": MOODS,
        "refused": refused,
        "unfelt": unfelt,
        "nav": "home",
    }
    return page(request, owner, "home", context, parts=("now", "feeling"), status=status)


def diary_page(
    request: HttpRequest, owner: Owner, *, refused: str = "", status: int = 200
) -> HttpResponse:
    course = course_of(owner)
    context = {
        "diary": diary_of(course),
        "course": course,
        "refused": refused,
        "nav": "diary",
    }
    return page(request, owner, "diary", context, parts=("days",), status=status)


def ring_of(course: Course) -> Ring | None:
    """Where he stands; nothing for a man who has no programme, or has left it early."""
    if course.enrolment is None or course.definition is None or course.status in LEFT_EARLY:
        return None
    first, dose = course.enrolment.first_dose_on, course.definition.dose
    return ring(
        cycles=dose.cycles,
        cycle_days=dose.cycle_days,
        day=day_number(first, course.owner.clinic_today) if first else None,
        over=course.status in (Status.COMPLETED_TREATMENT, Status.CLOSED),
    )


LEFT_EARLY = {
    Status.SCREEN_FAILED, Status.DISCONTINUED, Status.WITHDRAWN_TREATMENT,
    Status.WITHDRAWN_CONSENT, Status.LOST_TO_FOLLOW_UP,
}  # fmt: skip
