"""Collections with everything a copy of them says: for another system, and for the patient."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import Prefetch, QuerySet

from clinic.models import Account, Document
from labs.models import Draw, Result, SemenAnalysis


@dataclass(frozen=True, slots=True)
class BloodCopy:
    """One collection of blood with the one row of each analyte that tells its state now."""

    draw: Draw
    results: list[Result]
    documents: list[Document] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class SampleCopy:
    analysis: SemenAnalysis
    documents: list[Document] = field(default_factory=list)


def drawn(user: Account) -> QuerySet[Draw]:
    """Struck ones as well: who holds a copy must be able to learn that it stands no longer."""
    rows = Result.objects.filter(superseded_by=None).select_related("analyte")
    return (
        Draw.objects.visible_to(user)
        .select_related("patient__site", "laboratory", "reviewed_by")
        .prefetch_related(Prefetch("results", rows.order_by("analyte__position", "pk")))
        .order_by("-collected_at", "-pk")
    )


def sampled(user: Account) -> QuerySet[SemenAnalysis]:
    return (
        SemenAnalysis.objects.visible_to(user)
        .filter(superseded_by=None)
        .select_related("patient__site", "laboratory")
        .order_by("-collected_at", "-pk")
    )


def blood_copies(draws: Iterable[Draw]) -> list[BloodCopy]:
    """Each draw with its rows and its documents; one query more for the documents."""
    rows = list(draws)
    documents = documents_of(f"labs.draw:{draw.pk}" for draw in rows)
    return [
        BloodCopy(draw, standing(draw.results.all()), documents.get(f"labs.draw:{draw.pk}", []))
        for draw in rows
    ]


def sample_copies(analyses: Iterable[SemenAnalysis]) -> list[SampleCopy]:
    rows = list(analyses)
    documents = documents_of(f"labs.semenanalysis:{row.pk}" for row in rows)
    return [SampleCopy(row, documents.get(f"labs.semenanalysis:{row.pk}", [])) for row in rows]


def standing(rows: Iterable[Result]) -> list[Result]:
    """One row for each analyte: the one that stands, else the one that was struck out."""
    found: dict[int, Result] = {}
    for row in rows:
        before = found.get(row.analyte_id)
        if before is None or before.status == Result.Status.ENTERED_IN_ERROR:
            found[row.analyte_id] = row
    return list(found.values())


def documents_of(labels: Iterable[str]) -> dict[str, list[Document]]:
    """The documents in force about each of these, without their bytes."""
    wanted: Sequence[str] = list(labels)
    found: dict[str, list[Document]] = {}
    if wanted:
        rows = Document.objects.filter(subject__in=wanted, superseded_at=None).defer("content")
        for row in rows.order_by("pk"):
            found.setdefault(row.subject, []).append(row)
    return found
