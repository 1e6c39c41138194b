from patients.rules.consent_texts import blocks, fingerprint


def test_blocks_are_paragraphs_and_points():
    body = "First\nline.\n\nWe ask:\n- one\n- two\n\nLast."
    assert blocks(body) == [
        ("p", ["First line."]),
        ("p", ["We ask:"]),
        ("ul", ["one", "two"]),
        ("p", ["Last."]),
    ]


def test_fingerprint_changes_with_title_and_words():
    assert len({fingerprint("a", "b"), fingerprint("a", "c"), fingerprint("b", "b")}) == 3
