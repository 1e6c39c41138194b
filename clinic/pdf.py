"""HTML to a tagged PDF (PDF/UA-1) with embedded fonts; the sole user of WeasyPrint.

Nothing is fetched: the only addresses a page may name are `asset:` ones (our static files)
and `data:` ones, so no patient-entered text can make the renderer read a file or a host.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings

if TYPE_CHECKING:
    from weasyprint.urls import URLFetcher

STATIC = Path(settings.BASE_DIR) / "static"
KINDS = {".css": "text/css", ".woff2": "font/woff2", ".ttf": "font/ttf", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Rendered:
    """A file and how many pages it has."""

    content: bytes
    pages: int


@cache
def _fetcher() -> "type[URLFetcher]":
    from weasyprint.urls import URLFetcher, URLFetcherResponse  # noqa: PLC0415 -- slow import

    class Assets(URLFetcher):
        """Serves `asset:css/pdf.css` from static/, refuses everything else but data:."""

        def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
            if not url.startswith("asset:"):
                return super().fetch(url, headers)
            path = (STATIC / url.removeprefix("asset:")).resolve()
            if not path.is_relative_to(STATIC) or path.suffix not in KINDS:
                raise ValueError("not one of our files")
            return URLFetcherResponse(
                url, body=path.read_bytes(), headers={"Content-Type": KINDS[path.suffix]}
            )

    return Assets


def render(html: str, *, title: str) -> Rendered:
    """The page as PDF/UA-1.

    Raises ValueError for an address that is not ours.
    """
    from weasyprint import HTML  # noqa: PLC0415 -- slow import

    fetcher = _fetcher()(allowed_protocols=("data", "asset"), allow_redirects=False)
    document = HTML(string=html, base_url="asset:", url_fetcher=fetcher).render()
    document.metadata.title = title
    return Rendered(document.write_pdf(pdf_variant="pdf/ua-1"), len(document.pages))
