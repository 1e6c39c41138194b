"""What the record says in its own way: `{% load record %}`.

The flowsheet has hundreds of cells; they are joined here as strings, since a template asked once
a cell would cost more than everything else on the page.
"""

from collections.abc import Iterator, Sequence
from html import escape
from typing import Any

from django import template
from django.utils.safestring import SafeString, mark_safe

from clinic.models import AuditEvent
from clinic.queries.trail import sentence
from clinic.templatetags.clinic import sparkline
from clinic.templatetags.moments import NO_BREAK, figure
from labs.rules.units import printed_unit
from protocols.graphs.plot import Plot
from protocols.models import Finding
from protocols.queries.dosing import DoseSummary
from protocols.queries.flowsheet import Row, spaced
from protocols.queries.flowsheet_cells import Cell
from protocols.queries.flowsheet_columns import Column

register = template.Library()

NONE = '<span aria-hidden="true">·</span><span class="visually-hidden">not measured</span>'
NEW = '<span class="visually-hidden"> unreviewed</span>'
CORRECTED = '<span class="visually-hidden"> corrected</span>'
CONVERTED = (
    '<abbr class="conv" title="converted, received as {0}">≈'
    '<span class="visually-hidden"> converted, received as {0}: </span></abbr>'
)
GRADE = (
    '<span class="grade g{0}"><span class="visually-hidden">CTCAE grade </span>'
    '<span aria-hidden="true">G</span>{0}</span>'
)


def _cells(row: Row, columns: Sequence[Column]) -> Iterator[str]:
    for cell, column in zip(row.cells, columns, strict=True):
        state = "" if column.state == "past" else column.state
        if cell is not None:
            yield _cell(cell, "" if state == "next" else state)
        elif state == "next":
            yield '<td class="next"></td>'
        else:
            yield (
                f'<td class="{state} none">{NONE}</td>'
                if state
                else f'<td class="none">{NONE}</td>'
            )


def _cell(cell: Cell, state: str) -> str:
    names = [
        state,
        "off" if cell.off else "",
        cell.kind,
        "hot" if cell.hot else "",
        "m-new" if cell.new else ("m-cor" if cell.corrected else ""),
    ]
    css = " ".join(name for name in names if name)
    opening = f'<td class="{css}">' if css else "<td>"
    grade = GRADE.format(cell.grade) if cell.grade else ""
    said = (NEW if cell.new else "") + (CORRECTED if cell.corrected else "")
    word = f'<span class="w">{escape(cell.word)}</span>' if cell.word else ""
    other = CONVERTED.format(escape(cell.received)) if cell.received else ""
    return f'{opening}{grade}{other}<span class="v">{escape(cell.text)}</span>{said}{word}</td>'


ROW = (
    '<tr{opened}><th scope="row"><a class="row-h" id="row-{key}" href="{here}?row={to}"'
    ' hx-get="{here}?row={to}" hx-target="#flowsheet" hx-swap="outerHTML" hx-push-url="true"'
    ' aria-expanded="{expanded}"><b>{name}</b>{spark}<small>{line}</small></a></th>{cells}</tr>'
)


@register.simple_tag
def flow_row(row: Row, columns: Sequence[Column], here: str, graph: Plot | None) -> SafeString:
    """One row of the flowsheet; its head opens the graph below it, or closes it again."""
    is_open = graph is not None and row.key == graph.key
    return mark_safe(  # noqa: S308 -- every word is escaped
        ROW.format(
            opened=' class="opened"' if is_open else "",
            key=escape(row.key),
            here=escape(here),
            to="none" if is_open else escape(row.key),
            expanded="true" if is_open else "false",
            name=escape(row.name),
            spark="" if row.key in NO_SPARK else sparkline(row.values, bad=row.bad),
            line=escape(row.line),
            cells="".join(_cells(row, columns)),
        )
    )


#: A row of grades, words or two kinds of number has no small line.
NO_SPARK = frozenset({"dose", "adherence", "phq9_item9", "pressure"})


@register.filter
def dose_headline(dose: DoseSummary) -> str:
    """40 mg/day · 96 %"""
    if dose.kind == "hold":
        now = "On hold"
    else:
        now = f"{dose.mg_per_day} mg/day" if dose.mg_per_day else "No dose now"
    if dose.adherence_pct is None:
        return f"{now} · not counted"
    return f"{now} · {dose.adherence_pct:.0f}{NO_BREAK}%"


@register.filter
def dose_line(dose: DoseSummary) -> str:
    """2720 mg, 32.4 mg/kg"""
    about = "about " if dose.estimated else ""
    parts = [f"{about}{figure(dose.cumulative_mg)}{NO_BREAK}mg"]
    if dose.mg_per_kg is not None:
        parts.append(f"{dose.mg_per_kg:.1f}{NO_BREAK}mg/kg")
    return ", ".join(parts)


FINDING_ICONS = {"STOP": "stop", "HOLD": "hold", "REDUCE": "stop", "FREEZE": "snow"}


@register.filter
def finding_kind(finding: Finding) -> str:
    """Its colour: what must be done today is red, motile sperm blue, the rest amber."""
    if finding.kind == Finding.Kind.FREEZE:
        return "info"
    return "critical" if finding.urgency <= 2 else "warning"


@register.filter
def finding_icon(finding: Finding) -> str:
    return FINDING_ICONS.get(finding.action, "warn")


@register.filter
def finding_word(finding: Finding) -> str:
    """What is proposed, in one or two words."""
    if finding.urgency == 0:
        return "Self-harm answer"
    return {"REDUCE": "Reduce"}.get(finding.action) or finding.get_action_display()


@register.filter
def finding_title(finding: Finding) -> str:
    """What to do where a dose is proposed, since the reasons below say why; else what was found."""
    return finding.get_action_display() if finding.action == "REDUCE" else finding.headline


@register.filter
def beside(finding: Finding, title: str) -> list[dict[str, Any]]:
    """Its reasons, without the one that is the title above them word for word."""
    return [row for row in finding.reasons if row["sentence"] != title]


#: What one tap may accept where its evidence stands: nothing that ends treatment, no answer of
#: his mood, which somebody first speaks to him about.
ONE_TAP = frozenset({"REDUCE", "HOLD", "REPEAT", "REVIEW", "FREEZE", "CONTINUE_ADVISE"})


@register.filter
def acceptance(finding: Finding) -> str:
    """The words of the button that accepts a proposal; none where the whole page is needed."""
    if finding.kind == Finding.Kind.MOOD or finding.action not in ONE_TAP:
        return ""
    if finding.kind == Finding.Kind.FREEZE:
        return "Order freezing"
    action = finding.get_action_display()
    return f"Accept: {action[0].lower()}{action[1:]}"


@register.filter
def ruleset_words(ruleset: str) -> str:
    """isotretinoin_six_months.v1 and its hash: Isotretinoin six months, version 1."""
    name, _, version = ruleset.partition(" ")[0].rpartition(".v")
    if not name:
        return ruleset
    return f"{name[0].upper()}{name[1:].replace('_', ' ')}, version {version}"


#: Pages whose name in the trail is not what people call them.
PAGES = {
    "looked": "who looked",
    "correct": "name and address",
    "contact": "calls",
    "person": "laboratory",
    "enrol": "enrolment",
    "book": "booking",
}


@register.filter
def subject_words(event: AuditEvent) -> str:
    """What an event was about: nothing more where it is the man himself, else "visit 7"."""
    if event.subject == event.person:
        return ""
    model, _, number = event.subject.rpartition(":")
    return f"{model.rpartition('.')[2]} {number}"


@register.filter
def deed(event: AuditEvent) -> str:
    """An event of the trail in words: "opened his record (doses)", "signed a visit"."""
    if event.action == "record.viewed":
        page = str(event.detail.get("page", "")).rpartition(":")[2].replace("_", " ")
        page = PAGES.get(page, page)
        return f"opened his record ({page})" if page else "opened his record"
    return sentence(event)


@register.filter
def printed(unit: str) -> str:
    """A unit as people write it: IU/L, not [IU]/L."""
    return printed_unit(unit)


@register.filter
def as_range(text: str) -> str:
    """A range as people set it: < 150, 1.5–12.4."""
    return spaced(text)
