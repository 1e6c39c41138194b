"""What templates draw and say with the house's tags."""

from datetime import date

import pytest
from bs4 import BeautifulSoup
from django import forms
from django.contrib.messages import constants
from django.contrib.messages.storage.base import Message
from django.template import Context, Template, TemplateSyntaxError
from django.template.loader import render_to_string
from django.test import RequestFactory

from clinic.pages import Page
from clinic.templatetags.icons import OTHER_NAMES, STROKES


def drawn(text, **context):
    return BeautifulSoup(Template(text).render(Context(context)), "html.parser")


def part(name, path="/patients/", **context):
    request = RequestFactory().get(path)
    html = render_to_string(f"components/{name}.html", context, request=request)
    return BeautifulSoup(html, "html.parser")


class SampleForm(forms.Form):
    volume = forms.DecimalField(help_text="≥ 1.4", max_value=20)
    grade = forms.ChoiceField(choices=[("0", "None"), ("1", "Grade 1")], widget=forms.RadioSelect)
    told = forms.BooleanField()
    key = forms.CharField(widget=forms.HiddenInput)


def test_an_icon_without_a_label_is_hidden_from_readers():
    assert drawn('{% icon "today" %}').svg["aria-hidden"] == "true"


def test_an_icon_with_a_label_is_read_as_that():
    svg = drawn("{% icon 'x' label='Close “it”' %}").svg

    assert (svg["role"], svg["aria-label"]) == ("img", "Close “it”")


def test_an_icon_that_nobody_drew_names_those_there_are():
    with pytest.raises(
        TemplateSyntaxError, match=r"No icon is called “nose”\. There are: add-person"
    ):
        drawn('{% icon "nose" %}')


def test_every_other_name_of_an_icon_leads_to_one():
    assert set(OTHER_NAMES.values()) - set(STROKES) == set()


@pytest.mark.parametrize("kind", ["critical", "warning", "good", "info", ""])
def test_a_status_is_icon_and_word_and_colour(kind):
    chip = drawn("{% status kind 'Hold' %}", kind=kind).span

    assert (chip.get_text(strip=True), bool(chip.svg)) == ("Hold", True)
    assert kind in " ".join(chip["class"])


@pytest.mark.parametrize("number", [0, None])
def test_no_grade_draws_no_chip(number):
    assert drawn("{% grade number %}", number=number).get_text() == ""


def test_a_grade_is_read_in_full():
    chip = drawn("{% grade 3 %}").span

    assert (chip["class"], chip.get_text()) == (["grade", "g3"], "CTCAE grade G3")


def test_a_sparkline_runs_from_edge_to_edge_and_ends_in_a_dot():
    svg = drawn("{% sparkline values %}", values=[0, None, 10]).svg

    assert (svg.path["d"], svg.circle["cx"]) == ("M3.0 16.0L49.0 4.0", "49.0")


@pytest.mark.parametrize("values", [[], [5], [None, 5]])
def test_a_sparkline_needs_two_values(values):
    assert drawn("{% sparkline values %}", values=values).svg is None


def test_a_field_ties_its_help_and_its_refusal_to_the_control():
    form = SampleForm({"volume": "21", "grade": "1", "told": "on", "key": "k"})
    page = part("field", field=form["volume"], unit="mL")

    control = page.input
    assert control["aria-describedby"] == "id_volume-help id_volume-why"
    assert control["aria-invalid"] == "true"
    assert page.find(id="id_volume-help").text == "≥ 1.4"
    assert "less than or equal to 20" in page.find(id="id_volume-why").text
    assert page.select_one(".unit span").text == "mL"


def test_a_field_keeps_what_was_typed():
    form = SampleForm({"volume": "21"})

    assert part("field", field=form["volume"]).input["value"] == "21"


def test_a_field_of_radios_is_a_group_with_a_legend():
    page = part("field", field=SampleForm({"grade": "1"})["grade"])

    assert page.fieldset.legend.text == "Grade"
    assert [label.get_text(strip=True) for label in page.select(".choice")] == ["None", "Grade 1"]
    assert page.select_one("input[checked]")["value"] == "1"


def test_a_tick_box_is_its_own_label():
    page = part("field", field=SampleForm()["told"])

    assert page.select_one("label.choice")["for"] == page.input["id"]


def test_a_hidden_field_shows_nothing():
    assert part("field", field=SampleForm()["key"]).select("label, div") == []


@pytest.mark.parametrize(
    ("nav", "path", "marked"),
    [
        pytest.param("", "/patients/12/", True, id="by the address"),
        pytest.param("", "/inbox/", False, id="another address"),
        pytest.param("inbox", "/patients/12/", False, id="the page says otherwise"),
        pytest.param("patients", "/inbox/", True, id="the page says so"),
    ],
)
def test_the_rail_marks_where_one_is(nav, path, marked):
    item = {"key": "patients", "url": "/patients/"}
    context = {"item": item, "nav": nav, "request": RequestFactory().get(path)}

    assert (drawn("<a {% current item %}>", **context).a.get("aria-current") == "page") is marked


def test_undo_is_offered_only_where_the_message_says_how():
    messages = [
        Message(constants.SUCCESS, "Booked.", extra_tags="/undo/7/"),
        Message(constants.SUCCESS, "Saved."),
    ]

    forms_ = part("toasts", messages=messages).select("form")
    assert [form["action"] for form in forms_] == ["/undo/7/"]


@pytest.mark.parametrize(
    ("path", "page", "links"),
    [
        pytest.param("/?q=ro", Page([], "Ro|7"), ["?q=ro&after=Ro%7C7"], id="first page"),
        pytest.param("/?q=ro&after=A%7C1", Page([], None), ["?q=ro"], id="last page"),
        pytest.param("/", Page([], None), [], id="one page"),
    ],
)
def test_a_pager_keeps_the_filters_of_the_address(path, page, links):
    assert [link["href"] for link in part("pager", path, page=page).select("a")] == links


def test_filters_speak_in_templates():
    said = drawn(
        "{{ born|age:on }}, {{ on|day:'short' }}, {{ on|away:on }}, {{ 'Wei Lin'|initials }}",
        born=date(1986, 2, 11),
        on=date(2026, 8, 4),
    )

    assert said.get_text() == "40, 4 Aug, today, W.L."
