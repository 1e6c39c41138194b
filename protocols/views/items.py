"""One thing of the inbox opened: its evidence on the left, the decision on the right."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef
from django.forms import Form
from django.http import Http404
from django.utils import timezone

from clinic import audit
from clinic.access import Capability, may
from clinic.queries.reading import Unread, unread
from labs.models import Draw, Order, SemenAnalysis
from labs.queries.release import changed
from labs.rules.semen_class import CLASS_NAMES, SemenClass
from patients.models import ContactAttempt, Letter, PortalAccount
from protocols.actions.event_review import initial_of
from protocols.forms.crisis import AssessmentForm
from protocols.forms.duties import TickForm
from protocols.forms.safety import (
    AnswerForm,
    DecisionForm,
    LetterForm,
    ReviewForm,
    choices_of,
)
from protocols.forms.side_effects import EventReviewForm
from protocols.models import AdverseEvent, Duty, Finding, SymptomReport, Visit
from protocols.queries.banner import banner_of
from protocols.queries.definitions import mark_unsigned
from protocols.queries.evidence import (
    LabEvidence,
    lab_evidence,
    mood_evidence,
    storage_consent,
    told_of,
)
from protocols.queries.story import Story, story_of
from protocols.rules.adverse_events import shipped_clinical_grades
from protocols.rules.duties import ASSESSMENT, WATCHED
from protocols.rules.patient_words import LetterFacts, suggested_letter

#: How long an opened conversation reaches back.
LETTERS_SHOWN = 20
HEADS = {
    0: ("critical", "stop", "Self-harm answer"),
    1: ("critical", "hold", "Stop or hold"),
    2: ("critical", "stop", "Critical value"),
    3: ("info", "snow", "Motile sperm seen"),
    4: ("warning", "lab", "To review"),
}


def opened(request, kind: str, pk: int, forms: dict[str, Any] | None = None) -> dict[str, Any]:
    """Everything the page draws about one item; another site's item does not exist."""
    build = BUILDERS.get(kind)
    if build is None:
        raise Http404
    detail = build(request, pk, forms or {})
    detail |= {"kind": kind, "ref": pk, "key": f"{kind}/{pk}"}
    audit.viewed(request.user, detail["patient"], f"protocols:inbox_{kind}")
    return detail


def about(story: Story) -> dict[str, Any]:
    """Who it is about: the line under his name."""
    return {
        "patient": story.patient,
        "story": story,
        "banner": banner_of(story, story.local(timezone.now())),
    }


def one(rows: Any, pk: int) -> Any:
    found = rows.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def finding(request, pk: int, forms: dict[str, Any]) -> dict[str, Any]:
    portal = PortalAccount.objects.filter(patient=OuterRef("enrolment__patient"), revoked_at=None)
    rows = (
        Finding.objects.visible_to(request.user)
        .select_related(
            "enrolment__patient__site", "enrolment__version", "decided_by", "letter_sent_by"
        )
        .defer("enrolment__version__definition")
        .annotate(has_portal=Exists(portal))
    )
    found = one(rows, pk)
    story = story_of(found.enrolment.patient)
    if any(row.pk == found.pk for row in story.findings):
        mark_unsigned([found], found.enrolment.version, story.signed)
    css, icon, title = HEADS[min(found.urgency, 4)]
    return about(story) | {
        "finding": found,
        "duties": (asked := list(found.duties.select_related("owner__account", "done_by"))),
        "orders": orders_of(found, asked),
        "head": {"kind": css, "icon": icon, "title": title, "at": found.raised_at},
        "may_decide": may(request.user, Capability.FINDING_DECIDE),
        "form": forms.get("form") or decision_form(request, found),
        "letter_form": forms.get("letter_form") or letter_form(request, found),
        "evidence": "protocols/inbox/_finding.html",
        "decision": "protocols/inbox/_decide.html",
        "last_call": last_call(found),
        **facts_beside(found, story),
    }


def orders_of(found: Finding, asked: Sequence[Duty]) -> list[Order]:
    """The blood that was ordered with the decision."""
    if found.decided_at is None:
        return []
    labels = [audit.label(found), *(audit.label(duty) for duty in asked)]
    return list(Order.objects.filter(about__in=labels).select_related("panel").order_by("due_on"))


def last_call(found: Finding) -> ContactAttempt | None:
    """How the last try to reach him about it ended; asked only where somebody must."""
    if found.urgency != 0:
        return None
    about_it = ContactAttempt.objects.filter(about=audit.label(found), struck_at=None)
    return about_it.order_by("-at", "-pk").first()


def facts_beside(found: Finding, story: Story) -> dict[str, Any]:
    """The evidence a finding points to, by what it is."""
    kind, _, ref = found.evidence.partition(":")
    definition = story.definition
    if kind == "protocols.moodquestionnaire" and definition:
        return {"mood": mood_evidence(found.enrolment, definition, int(ref))}
    if kind == "labs.draw":
        analyte = next((row["analyte"] for row in found.reasons if row.get("analyte")), "")
        return {"lab": lab_evidence(story.patient, int(ref), definition, analyte)}
    if kind == "labs.semenanalysis":
        sample = next((row for row in story.samples if row.pk == int(ref)), None)
        return {"sample": sample, "storage_on": storage_consent(story.patient)}
    if kind == "protocols.visit":
        return {"symptoms": symptoms_of_visit(story, int(ref))}
    if kind == "protocols.symptomreport":
        return {"told": SymptomReport.objects.filter(pk=int(ref)).first()}
    return {}


def symptoms_of_visit(story: Story, pk: int) -> list[tuple[str, int]]:
    """What was ticked at that visit, gravest first."""
    book = shipped_clinical_grades()
    ticked = [(code, grade) for code, grade in story.grades.get(pk, {}).items() if grade]
    named = [(item.title, grade) for code, grade in ticked if (item := book.item(code))]
    return sorted(named, key=lambda row: -row[1])


def letter_form(request, found: Finding) -> LetterForm | None:
    """After a decision, the words that were kept or those for what was decided; else nothing."""
    if found.decided_at is None or found.letter_sent_at is not None:
        return None
    facts = letter_facts(request, found, found.decided_at)
    words = found.letter or suggested_letter(found.decided_action, facts)
    return LetterForm(initial={"letter": words})


def letter_facts(request, found: Finding, at: datetime) -> LetterFacts:
    site = found.enrolment.patient.site
    return LetterFacts(
        name=found.enrolment.patient.called,
        today=site.localdate(at),
        repeat_by=found.repeat_by,
        phone=site.phone,
        clinician=request.user.name,
    )


def decision_form(request, found: Finding, data: Any = None) -> DecisionForm:
    """The choices for this proposal, with the words that could go to him."""
    now = timezone.now()
    today = found.enrolment.patient.site.localdate(now)
    facts = letter_facts(request, found, now)
    return DecisionForm(
        data,
        choices=choices_of(found, found.enrolment, today),
        about_mood=found.kind == Finding.Kind.MOOD,
        suggested=suggested_letter(found.action, facts),
    )


def draw(request, pk: int, forms: dict[str, Any]) -> dict[str, Any]:
    rows = Draw.objects.visible_to(request.user).select_related(
        "patient__site", "laboratory", "reviewed_by"
    )
    found = one(rows, pk)
    story = story_of(found.patient)
    evidence = lab_evidence(found.patient, found.pk, story.definition)
    critical = evidence is not None and any(row.result.critical for row in evidence.rows)
    css, icon, title = HEADS[2] if critical else ("warning", "lab", "Results to review")
    return about(story) | {
        "draw": found,
        "row": found,
        "head": {"kind": css, "icon": icon, "title": title, "at": found.filed_at},
        "unread": unread_of(found, found.reviewed_at, newest(found, evidence)),
        "lab": evidence,
        "may_decide": may(request.user, Capability.RESULT_REVIEW),
        "form": forms.get("form") or ReviewForm(),
        "evidence": "protocols/inbox/_draw.html",
        "decision": "protocols/inbox/_review.html",
    }  # fmt: skip


def newest(draw: Draw, evidence: LabEvidence | None) -> datetime:
    """When the last of its standing values was filed."""
    rows = evidence.rows if evidence is not None else []
    return max((row.result.filed_at for row in rows), default=draw.filed_at)


def unread_of(
    result: Draw | SemenAnalysis, reviewed_at: datetime | None, since: datetime
) -> Unread | None:
    """How long nobody has looked, and who was told."""
    if reviewed_at is not None:
        return None
    return unread(audit.label(result), since, timezone.now())


def semen(request, pk: int, forms: dict[str, Any]) -> dict[str, Any]:
    rows = SemenAnalysis.objects.visible_to(request.user).select_related(
        "patient__site", "laboratory", "reviewed_by"
    )
    found = one(rows, pk)
    return about(story_of(found.patient)) | {
        "sample": found,
        "row": found,
        "class_name": CLASS_NAMES[SemenClass(found.result_class)],
        "head": {"kind": "warning", "icon": "scope", "title": "Sample to review",
                 "at": found.verified_at or found.entered_at},
        "unread": unread_of(found, found.reviewed_at, changed(found)),
        "may_decide": may(request.user, Capability.RESULT_REVIEW),
        "form": forms.get("form") or ReviewForm(),
        "evidence": "protocols/inbox/_semen.html",
        "decision": "protocols/inbox/_review.html",
    }  # fmt: skip


def visit(request, pk: int, forms: dict[str, Any]) -> dict[str, Any]:
    rows = Visit.objects.visible_to(request.user).select_related("enrolment__patient__site")
    found = one(rows, pk)
    story = story_of(found.enrolment.patient)
    return about(story) | {
        "visit": found,
        "symptoms": symptoms_of_visit(story, found.pk),
        "head": {"kind": "info", "icon": "sign", "title": "Visit to sign", "at": found.opened_at},
        "may_decide": may(request.user, Capability.VISIT_SIGN),
        "evidence": "protocols/inbox/_visit.html",
        "decision": "protocols/inbox/_sign.html",
    }


def letter(request, pk: int, forms: dict[str, Any]) -> dict[str, Any]:
    rows = Letter.objects.visible_to(request.user).select_related("patient__site")
    found = one(rows, pk)
    thread = (
        Letter.objects.filter(patient=found.patient)
        .select_related("written_by")
        .order_by("-written_at", "-pk")[:LETTERS_SHOWN]
    )
    return about(story_of(found.patient)) | {
        "letter": found,
        "thread": list(thread),
        "head": {"kind": "info", "icon": "msg", "title": "Message", "at": found.written_at},
        "may_decide": may(request.user, Capability.MESSAGE_ANSWER),
        "form": forms.get("form") or AnswerForm(),
        "evidence": "protocols/inbox/_letter.html",
        "decision": "protocols/inbox/_answer.html",
    }


def event(request, pk: int, forms: dict[str, Any]) -> dict[str, Any]:
    rows = AdverseEvent.objects.visible_to(request.user).select_related(
        "enrolment__patient__site", "recorded_by", "reviewed_by", "visit"
    )
    found = one(rows, pk)
    entries = told_of(found)
    known = initial_of(found, [entry for entry, _ in entries])
    return about(story_of(found.enrolment.patient)) | {
        "event": found,
        "entries": entries,
        "head": {"kind": "", "icon": "pen", "title": "Side effect to grade",
                 "at": found.recorded_at},
        "may_decide": may(request.user, Capability.FINDING_DECIDE),
        "form": forms.get("form") or EventReviewForm(event=found, known=known),
        "evidence": "protocols/inbox/_event.html",
        "decision": "protocols/inbox/_grade.html",
    }  # fmt: skip


def duty(request, pk: int, forms: dict[str, Any]) -> dict[str, Any]:
    rows = Duty.objects.visible_to(request.user).select_related(
        "enrolment__patient__site", "finding", "owner__account", "done_by"
    )
    found = one(rows, pk)
    return about(story_of(found.enrolment.patient)) | {
        "duty": found,
        "head": {"kind": "critical" if found.code in WATCHED else "warning", "icon": "flag",
                 "title": "To do", "at": found.raised_at},
        "form": forms.get("form") or form_of(found),
        "evidence": "protocols/inbox/_duty.html",
        "decision": "protocols/inbox/_tick.html",
    }  # fmt: skip


def form_of(found: Duty) -> Form:
    """How it is done: ticked off, or an assessment that says what was asked."""
    return AssessmentForm() if found.code == ASSESSMENT else TickForm()


BUILDERS = {
    "duty": duty,
    "finding": finding,
    "draw": draw,
    "semen": semen,
    "visit": visit,
    "letter": letter,
    "event": event,
}
