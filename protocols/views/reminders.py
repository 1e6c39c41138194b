"""Reminders: what goes out in the next seven days, what went, what did not and why."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from clinic import audit
from clinic.access import Capability, may, requires
from clinic.actions.outbox import MAX_ATTEMPTS, send_again
from clinic.models import Message
from clinic.pages import paginate, render_part
from protocols.actions.reminders import send_now, template_of
from protocols.models import Reminder
from protocols.queries.reminder_facts import zone_of
from protocols.queries.reminders import (
    MAILS,
    SHOWS,
    lines_of,
    rows_of,
    state_of,
    target_of,
    told,
    why_of,
)

TABS = {
    "coming": "Next seven days",
    "sent": "Sent",
    "failed": "Failed",
    "stopped": "Not sent",
}


@require_safe
@requires(Capability.REMINDER_READ)
def reminders(request) -> HttpResponse:
    """One of four lists; `show` says which."""
    show = request.GET.get("show", "")
    show = show if show in SHOWS else "coming"
    rows, by = rows_of(show, request.user, timezone.now())
    page = paginate(rows, by=by, after=request.GET.get("after", ""))
    lines = lines_of(page.rows, request.user)
    failed = (
        len(lines)
        if show == "failed"
        else Message.objects.visible_to(request.user).failed().count()
    )
    here = reverse("protocols:reminders")
    context = {
        "nav": "reminders",
        "show": show,
        "page": page,
        "lines": lines,
        "failed": failed,
        "may_send": may(request.user, Capability.CONTACT_RECORD),
        "tabs": [
            {
                "label": label,
                "url": here if key == "coming" else f"{here}?{urlencode({'show': key})}",
                "current": key == show,
                "count": failed if key == "failed" and failed else None,
            }
            for key, label in TABS.items()
        ],
    }
    return render_part(request, "protocols/reminders/reminders.html", "reminders", context)


@require_safe
@requires(Capability.REMINDER_READ)
def reminder(request, pk: int) -> HttpResponse:
    """One reminder: its rule, the arithmetic of its time, its message and the attempts."""
    row = reminder_or_404(request, pk)
    audit.viewed(request.user, row.patient, "protocols:reminder")
    kind, icon, word = state_of(row)
    context = {
        "nav": "reminders",
        "reminder": row,
        "patient": row.patient,
        "what": told(row.rule),
        "mail": MAILS[template_of(row.rule)],
        "kind": kind,
        "icon": icon,
        "word": word,
        "why": why_of(row),
        "booking": target_of(row),
        "zone": zone_of(row.patient),
        "most": MAX_ATTEMPTS,
        "may_send": may(request.user, Capability.CONTACT_RECORD),
    }
    return render_part(request, "protocols/reminders/reminder.html", "reminder", context)


@require_POST
@requires(Capability.CONTACT_RECORD)
def send_early(request, pk: int) -> HttpResponse:
    """Send a planned reminder before its time."""
    row = send_now(reminder=reminder_or_404(request, pk), by=request.user, now=timezone.now())
    if row.state == Reminder.State.QUEUED:
        night = row.due_at > timezone.now()
        leaves = "in the morning: it is night where he is" if night else "within a minute"
        messages.success(request, f"It is in the outbox and leaves {leaves}.")
    else:
        messages.error(request, row.state_reason or "It is not planned any more.")
    return redirect("protocols:reminder", pk)


@require_POST
@requires(Capability.CONTACT_RECORD)
def send_message_again(request, pk: int) -> HttpResponse:
    """Try a failed message again, after its cause is mended."""
    message = get_object_or_404(Message.objects.visible_to(request.user), pk=pk)
    sent = send_again(message=message, by=request.user, now=timezone.now())
    if sent.state == Message.State.WAITING:
        messages.success(request, "It is in the outbox again and leaves within a minute.")
    else:
        messages.error(request, "Only a message that failed can be sent again.")
    return redirect(f"{reverse('protocols:reminders')}?show=failed")


def reminder_or_404(request, pk: int) -> Reminder:
    rows = Reminder.objects.visible_to(request.user).select_related("patient__site", "message")
    return get_object_or_404(rows, pk=pk)
