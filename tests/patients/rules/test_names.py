import pytest

from patients.rules.names import folded, similar, slips, squeezed


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        pytest.param("Müller", "muller", id="umlaut"),
        pytest.param("  José   GARCÍA ", "jose garcia", id="accents, case, spaces"),
        pytest.param("Łukasz Øster", "lukasz oster", id="letters that do not come apart"),
        pytest.param("Strauß", "strauss", id="sharp s"),
        pytest.param("O’Brien", "o'brien", id="typographic apostrophe"),
        pytest.param("O´Brien", "o'brien", id="an accent standing alone"),
        pytest.param("Gül Işık", "gul isik", id="dotless i"),
    ],
)
def test_folded(written, seen):
    assert folded(written) == seen


def test_squeezing_leaves_letters_and_digits():
    assert squeezed("O'Brien-Smith 2") == "obriensmith2"


@pytest.mark.parametrize(
    ("a", "b", "count"),
    [
        ("rourke", "rourke", 0),
        ("rourke", "rourk", 1),
        ("rourke", "ruorke", 1),
        ("rourke", "roarke", 1),
        ("rourke", "o", 5),
        ("", "abc", 3),
    ],
)
def test_slips(a, b, count):
    assert slips(a, b) == slips(b, a) == count


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        pytest.param("Lee", "Li", False, id="three letters must agree"),
        pytest.param("Lee", "lee", True, id="three letters agree"),
        pytest.param("Meier", "Maier", True, id="one slip in five"),
        pytest.param("Meier", "Mayer", False, id="two slips in five"),
        pytest.param("Schmidt", "Schmitt", True, id="one slip in seven"),
        pytest.param("Anderson", "Andersen", True, id="one slip in eight"),
        pytest.param("Andersson", "Anderzon", True, id="two slips in eight"),
        pytest.param("Andersson", "Anderzen", False, id="three slips in eight"),
        pytest.param("Garcia Lopez", "Garcia", True, id="half of a double name"),
        pytest.param("De Souza", "De Lima", False, id="a particle means nothing"),
        pytest.param("", "", False, id="nothing is like nothing"),
    ],
)
def test_similar(one, other, alike):
    assert similar(one, other) is similar(other, one) is alike
