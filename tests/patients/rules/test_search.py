from datetime import date

import pytest

from patients.rules.search import NOTHING, Sought, read


@pytest.mark.parametrize(
    ("text", "sought"),
    [
        pytest.param("", NOTHING, id="nothing"),
        pytest.param("  hf ", NOTHING, id="the site's prefix says nothing"),
        pytest.param("Rour", Sought(fragments=("rour",)), id="fragment"),
        pytest.param("José Müller", Sought(fragments=("jose", "muller")), id="accents"),
        pytest.param("Rourke, Dan", Sought(fragments=("rourke", "dan")), id="comma"),
        pytest.param("ro", Sought(starts="ro"), id="two letters begin the name"),
        pytest.param("rou", Sought(fragments=("rou",)), id="three letters stand anywhere"),
        pytest.param("rourke d", Sought(fragments=("rourke",), beginnings=("d",)), id="initial"),
        pytest.param("47", Sought(number="HF-0047"), id="two digits are a record number"),
        pytest.param("hf147", Sought(fragments=("hf-0147",)), id="record number, short form"),
        pytest.param("HF-0147", Sought(fragments=("hf-0147",)), id="record number"),
        pytest.param("hf 147", Sought(fragments=("147",)), id="record number in two words"),
        pytest.param("555 010-0142", Sought(fragments=("5550100142",)), id="telephone"),
        pytest.param("+1 (555) 010", Sought(fragments=("1555010",)), id="part of a telephone"),
        pytest.param("0151 23456", Sought(fragments=("15123456",)), id="leading zero"),
        pytest.param("12345", Sought(fragments=("12345",)), id="five digits are a fragment"),
        pytest.param("1990-03-12", Sought(born_on=(date(1990, 3, 12),)), id="birth date"),
        pytest.param(
            "rourke 12.3.1990",
            Sought(born_on=(date(1990, 3, 12),), fragments=("rourke",)),
            id="name and birth date",
        ),
    ],
)
def test_read(text, sought):
    assert read(text, prefix="HF") == sought


def test_a_long_text_is_cut_and_a_long_list_of_words_too():
    assert read("abc " * 40, prefix="HF") == Sought(fragments=("abc",) * 6)
