from datetime import timedelta

import pytest
from django.urls import reverse

from clinic.actions.drawings import draw_waiting
from clinic.graphs import convert
from tests.labs.conftest import DRAWN, NOW
from tests.pages import soup

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("draws", [2, 4])
def test_trends_cost_the_same_however_many_results_there_are(
    at_the_desk, file, man, draws, django_assert_num_queries
):
    for ago in range(draws):
        file(collected_at=DRAWN - timedelta(days=ago))
    url = reverse("labs:trends", args=[man.pk])
    at_the_desk.get(url)

    with django_assert_num_queries(8):
        page = at_the_desk.get(url)

    assert [graph.key for graph in page.context["graphs"]] == [
        "total_cholesterol", "ldl", "hdl", "triglycerides", "non_hdl",
    ]  # fmt: skip


def test_a_graph_waits_and_then_stands_there(at_the_desk, file, man):
    file()
    file(collected_at=DRAWN - timedelta(days=30))
    url = reverse("labs:graph", args=[man.pk, "triglycerides"])
    waiting = soup(at_the_desk.get(url)).figure
    assert (waiting["hx-get"], waiting["aria-busy"]) == (url, "true")

    draw_waiting(convert=convert, now=NOW)

    drawn = soup(at_the_desk.get(url)).figure
    assert drawn["id"] == "graph-triglycerides"
    assert "612" in [text.text for text in drawn.select("svg text")]


def test_a_graph_of_what_was_not_measured_is_not_found(at_the_desk, man, catalogue):
    assert at_the_desk.get(reverse("labs:graph", args=[man.pk, "ck"])).status_code == 404
