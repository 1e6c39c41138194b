"""Look at pages the way a browser would."""

from bs4 import BeautifulSoup
from django.http import HttpResponse


def soup(response: HttpResponse) -> BeautifulSoup:
    """The page, with every forgery token made the same."""
    page = BeautifulSoup(response.content, "html.parser")
    for token in page.select("input[name=csrfmiddlewaretoken]"):
        token["value"] = "…"
    for body in page.select("body[hx-headers]"):
        body["hx-headers"] = "…"
    return page


def swapped(page: BeautifulSoup, response: HttpResponse) -> BeautifulSoup:
    """The page as htmx leaves it: each part of the response put in place by its id."""
    for part in soup(response).find_all(id=True, recursive=False):
        part.attrs.pop("hx-swap-oob", None)  # htmx reads it and takes it off
        page.find(id=part["id"]).replace_with(part)
    return page
