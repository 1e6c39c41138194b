"""A drawing on paper: the same one, with its colours inside and its words outside."""

from base64 import b64decode

from bs4 import BeautifulSoup
from django.template import Context, Template

from clinic.templatetags.drawing import drawing_style

SVG = (
    '<svg class="draw" viewBox="0 0 9 9" role="img"><title id="t">Dose</title>'
    '<desc>40 mg &lt; 60 mg a day</desc><path class="d-dose" d="M0 0h9"/></svg>'
)


def picture():
    text = "{% load drawing %}{% drawing %}" + SVG + "{% enddrawing %}"
    return BeautifulSoup(Template(text).render(Context()), "html.parser").img


def test_its_title_and_description_are_its_words():
    assert picture()["alt"] == "Dose. 40 mg < 60 mg a day"


def test_it_carries_the_drawing_and_its_colours():
    data = picture()["src"].removeprefix("data:image/svg+xml;base64,")
    svg = b64decode(data).decode()

    assert svg.startswith('<svg xmlns="http://www.w3.org/2000/svg" class="draw"')
    assert ".d-dose { fill: #0d5756; }" in svg


def test_no_colour_is_left_to_be_looked_up():
    assert "var(" not in drawing_style()
