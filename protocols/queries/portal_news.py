"""What is new to him, on his first page."""

from dataclasses import dataclass

from labs.models import Result, SemenAnalysis
from protocols.queries.portal_course import Course
from protocols.queries.portal_owner import BLOOD, Collected
from protocols.queries.portal_results import Line, draw_line, sheet_line


@dataclass(frozen=True, slots=True)
class News:
    """The newest result he has not looked at, and how many more there are."""

    line: Line
    private: bool
    more: int


def news_of(course: Course) -> News | None:
    """One query; on a discreet page only what says nothing of what it is about."""
    owner = course.owner
    if not owner.news:
        return None
    newest = owner.news[0]
    line = _news_line(newest, course)
    if line is None:
        return None
    return News(line, private=owner.discreet and not _is_calm(line), more=len(owner.news) - 1)


def _news_line(row: Collected, course: Course) -> Line | None:
    if row.is_blood:
        values = (
            Result.objects.visible_to(course.owner.account)
            .current()
            .filter(draw=row.pk)
            .select_related("analyte", "draw__reviewed_by")
            .order_by("analyte__position")
        )
        results = list(values)
        return draw_line(row, results[0].draw, results, course) if results else None
    sheet = SemenAnalysis.objects.visible_to(course.owner.account).filter(pk=row.pk).first()
    return sheet_line(row, sheet, course.owner) if sheet else None


def _is_calm(line: Line) -> bool:
    """Nothing out of the usual, so nothing is named."""
    return line.kind == BLOOD and line.sentence.startswith("Good to read")
