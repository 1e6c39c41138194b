"""The trail, for those who may read it."""

from django import forms
from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from clinic import audit
from clinic.access import Capability, may, requires
from clinic.forms import DayInput
from clinic.models import Member
from clinic.pages import MemberRequest, paginate, render_part
from clinic.queries import trail as trails
from clinic.views.settings import tabs

#: How many links a page walks back; the command walks them all.
NEWEST = 10_000


class TrailForm(forms.Form):
    """What to look for; every field may be left empty."""

    person = forms.CharField(label="Patient's record number", required=False, max_length=20)
    member = forms.ChoiceField(label="Done by", required=False)
    action = forms.ChoiceField(label="What was done", required=False)
    day = forms.DateField(label="On", required=False, widget=DayInput())

    def __init__(self, data: object, members: list[Member]) -> None:
        super().__init__(data)  # type: ignore[arg-type]
        names = {m.account_id: m.account.name for m in members}
        self.fields["member"].choices = [  # type: ignore[attr-defined]
            ("", "anybody"),
            *((str(pk), name) for pk, name in names.items()),
        ]
        self.fields["action"].choices = [  # type: ignore[attr-defined]
            ("", "anything"),
            *((noun.replace("_", " "), acts) for noun, acts in trails.kinds()),
        ]

    def asked(self) -> trails.Asked:
        """A field that makes no sense is left out, and says so beside itself."""
        found = self.cleaned_data if self.is_valid() else getattr(self, "cleaned_data", {})
        return trails.Asked(
            person=found.get("person", ""),
            member=int(found["member"]) if found.get("member") else None,
            action=found.get("action", ""),
            day=found.get("day"),
        )


@require_safe
@requires(Capability.AUDIT_READ)
def trail(request: MemberRequest) -> HttpResponse:
    """What happened at this site, newest first; narrowed by patient, member, action and day."""
    members = list(
        Member.objects.visible_to(request.user)
        .select_related("account")
        .order_by("account__name", "pk")
    )
    form = TrailForm(request.GET, members)
    events = trails.events(form.asked(), request.user, request.site)
    page = paginate(events, by="-at", after=request.GET.get("after", ""))
    context = {
        "form": form,
        "page": page,
        "lines": trails.lines(
            page.rows, members, reasons=may(request.user, Capability.AUDIT_REASON_READ)
        ),
        "narrowed": any(request.GET.get(name) for name in form.fields),
        **tabs(request, "clinic:audit"),
    }
    return render_part(request, "clinic/audit.html", "trail", context)


@require_safe
@requires(Capability.AUDIT_READ)
def verify(request: MemberRequest) -> HttpResponse:
    """Walk back along the chain now and say what was found."""
    context = {
        "broken": audit.first_break(newest=NEWEST),
        "newest": NEWEST,
        "anchor": audit.anchor(),
        "checked_at": timezone.now(),
        **tabs(request, "clinic:audit"),
    }
    return render_part(request, "clinic/audit_verified.html", "verdict", context)
