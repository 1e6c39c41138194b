"""Vega-Lite specification to SVG: drawn by the worker, kept by content, the same for page and PDF.

This module alone imports vl-convert, and only inside the function the worker calls: a web
process never loads it.
"""

from collections.abc import Sequence

from clinic.actions.drawings import Specification, ask, key
from clinic.models import Drawing


def svg(specification: Specification) -> str | None:
    """The finished drawing, or None when the worker has yet to draw it; asks for it if new."""
    drawing = Drawing.objects.filter(pk=key(specification)).only("svg").first()
    if drawing is None:
        ask(specification)
        return None
    return drawing.svg or None


def svgs(specifications: Sequence[Specification]) -> list[str | None]:
    """Several drawings with one query, in the order asked; None where one is not drawn yet."""
    keys = [key(s) for s in specifications]
    known = {d.pk: d.svg for d in Drawing.objects.filter(pk__in=keys).only("svg")}
    new = [s for name, s in zip(keys, specifications, strict=True) if name not in known]
    if new:
        ask(*new)
    return [known.get(name) or None for name in keys]


def convert(specification: Specification) -> str:
    """Draw now. Loads a 136 MB library: for the worker and for commands, never for a page."""
    import vl_convert  # noqa: PLC0415 -- slow import

    drawn: str = vl_convert.vegalite_to_svg(specification, allowed_base_urls=[])
    return drawn
