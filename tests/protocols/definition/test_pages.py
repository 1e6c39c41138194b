"""The editor in the browser: every value can be reached, typed and put right; nothing is lost."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from protocols.forms.definitions import PlaceForm
from protocols.models import SignOff, Version
from protocols.queries.definitions import draft_of
from protocols.rules.definition import Definition, content_hash, load, shipped
from protocols.rules.fields import PARTS, Kind, model_at, shapes
from protocols.rules.places import at, way_of
from protocols.rules.written import plain
from tests.pages import soup

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


def url(name, *args):
    return reverse(f"protocols:{name}", args=args)


def values_of(content, way=(), kind=Definition):
    """The way to every value a programme holds, but for its number and the claims to be signed."""
    for shape in shapes(kind):
        inner = (*way, shape.name)
        if shape.is_leaf:
            yield inner
        elif shape.kind is Kind.GROUP:
            yield from values_of(content, inner, shape.inner)
        else:
            for row in range(len(at(content, inner) or [])):
                yield from values_of(content, (*inner, row), shape.inner)


def reachable(content):
    """The way to every value that has a field on some page, going from link to link."""
    waiting, seen = ["about", *PARTS], set()
    while waiting:
        slug = waiting.pop()
        assert model_at(way_of(slug)) is not None
        form = PlaceForm(content, way_of(slug), [])
        seen |= {way for way, _ in form.leaves.values()}
        waiting += [row.way for block in form.blocks for row in block.rows if row.more]
    return seen


def test_every_value_of_a_programme_has_a_field_on_some_page():
    content = plain(shipped())
    assert reachable(content) == set(values_of(content))


@pytest.fixture
def browser(client, clinician, sign_in, draft):
    return sign_in(client, clinician)


def filled(page):
    """What the browser would send when nothing was touched."""
    sent = {}
    form = soup(page).select_one("main form[method=post]")
    for field in form.select("input[name], textarea[name]"):
        if field.get("type") == "checkbox" and not field.has_attr("checked"):
            continue
        value = field.get("value", "") if field.name == "input" else field.text.removeprefix("\n")
        sent[field["name"]] = value
    for field in form.select("select[name]"):
        chosen = field.select_one("option[selected]") or field.select_one("option")
        sent[field["name"]] = chosen["value"]
    return sent


@pytest.mark.parametrize("part", ["about", *PARTS, "visits-4", "safety-analytes-0"])
def test_a_part_that_is_sent_back_untouched_says_the_same(browser, draft, part):
    there = url("draft_place", draft.pk, part)

    answer = browser.post(there, filled(browser.get(there)))

    assert answer.status_code == 302
    assert draft_of(Version.objects.get(pk=draft.pk)).definition == load(draft.source)


@pytest.mark.parametrize(
    ("part", "field", "typed", "read"),
    [
        ("eligibility", "eligibility-max_age", "65", lambda d: d.eligibility.max_age == 65),
        ("visits", "visits-2-after_days", "6", lambda d: d.visits[2].after_days == 6),
        ("visits-2", "visits-2-items-0-note", "fasting", lambda d: d.visits[2].items[0].note),
        ("dose", "dose-instructions", "One.\r\nTwo.", lambda d: d.dose.instructions[1] == "Two."),
        ("safety-analytes-0", "safety-analytes-0-bands-1-over", "310",
         lambda d: d.safety.analytes[0].bands[1].over == 310),
        ("mood", "mood-crisis_text", "Call.", lambda d: d.mood.crisis_text == "Call."),
        ("reminders", "reminders-rules-0-days", "-8", lambda d: d.reminders.rules[0].days == -8),
        ("about", "summary", "Short.", lambda d: d.summary == "Short."),
    ],
)  # fmt: skip
def test_what_is_typed_is_in_the_programme(browser, draft, part, field, typed, read):
    there = url("draft_place", draft.pk, part)
    sent = filled(browser.get(there))
    assert field in sent

    browser.post(there, sent | {field: typed})

    assert read(draft_of(Version.objects.get(pk=draft.pk)).definition)


def test_what_is_wrong_is_kept_and_said_beside_its_field_with_its_line(browser, draft):
    there = url("draft_place", draft.pk, "eligibility")

    page = browser.post(
        there, filled(browser.get(there)) | {"eligibility-max_age": "sixty"}, follow=True
    )

    field = soup(page).select_one("#field-eligibility-max_age")
    assert field.input["value"] == "sixty"
    assert "“sixty” is not a whole number" in field.select_one(".why").text
    assert "(line " in field.select_one(".why").text
    overview = soup(browser.get(url("draft", draft.pk)))
    assert "eligibility.max_age" in overview.text
    assert overview.select_one("a.btn-primary") is None


def test_rows_are_added_moved_and_taken_out_without_a_script(browser, draft):
    there = url("draft_place", draft.pk, "counselling")

    def press(button, **typed):
        browser.post(there, filled(browser.get(there)) | {"do": button} | typed)
        content = draft_of(Version.objects.get(pk=draft.pk)).content
        return [row.get("code") for row in content["counselling"]]

    first = [row.code for row in shipped().counselling]
    assert press("down:counselling-0") == [first[1], first[0], *first[2:]]
    assert press("remove:counselling-0") == [first[0], *first[2:]]
    assert press("add:counselling") == [first[0], *first[2:], None]
    last = len(first) - 1
    assert press("save", **{f"counselling-{last}-code": "NEW"})[-1] == "NEW"


def test_a_second_window_is_told_with_what_was_typed_still_there(browser, draft):
    there = url("draft_place", draft.pk, "eligibility")
    sent = filled(browser.get(there))
    browser.post(there, sent | {"eligibility-max_age": "61"})

    page = browser.post(there, sent | {"eligibility-max_age": "62"})

    assert page.status_code == 422
    assert "You saved this draft in another window" in page.text
    assert soup(page).select_one("[name=eligibility-max_age]")["value"] == "62"
    kept = draft_of(Version.objects.get(pk=draft.pk)).definition
    assert kept.eligibility.max_age == 61


def test_the_text_has_numbered_lines_and_marks_the_wrong_one(browser, draft):
    there = url("draft_text", draft.pk)
    text = draft.source.replace("max_age: 60", "max_age: sixty")

    page = soup(browser.post(there, {"source": text, "revision": 1}, follow=True))

    [wrong] = page.select(".numbered li.wrong")
    line = int(wrong.text)
    assert text.splitlines()[line - 1].strip() == "max_age: sixty"
    assert page.select_one(f"a[href$='#L{line}']").text == f"line {line}"
    assert page.textarea.text.strip() == text.strip()


def test_a_text_that_cannot_be_read_is_kept_and_the_forms_wait(browser, draft):
    browser.post(url("draft_text", draft.pk), {"source": "visits: [", "revision": 1})

    answer = browser.get(url("draft_place", draft.pk, "visits"))

    assert answer["Location"] == url("draft_text", draft.pk)
    assert browser.get(url("draft", draft.pk)).status_code == 200


def test_a_page_that_is_no_place_is_not_found(browser, draft):
    assert browser.get(url("draft_place", draft.pk, "nowhere")).status_code == 404


def test_a_row_that_was_taken_out_leads_back_to_the_draft(browser, draft):
    count = len(shipped().visits)

    assert browser.get(url("draft_place", draft.pk, f"visits-{count - 1}")).status_code == 200
    answer = browser.get(url("draft_place", draft.pk, f"visits-{count}"))
    assert answer["Location"] == url("draft", draft.pk)


@pytest.mark.parametrize(
    "sent",
    [{"do": "remove:about"}, {"do": "add:visits-²"}, {"do": "up:-"}, {"do": "turn:visits-0"}],
)
def test_a_button_that_is_none_changes_nothing(browser, draft, sent):
    there = url("draft_place", draft.pk, "visits")

    assert browser.post(there, filled(browser.get(there)) | sent).status_code == 302
    assert draft_of(Version.objects.get(pk=draft.pk)).content == draft_of(draft).content


def test_a_revision_that_is_no_number_is_taken_for_an_old_one(browser, draft):
    there = url("draft_place", draft.pk, "dose")

    page = browser.post(there, filled(browser.get(there)) | {"revision": "²", "dose-cycles": "7"})

    assert page.status_code == 422
    assert "Nothing was overwritten" in page.text


def test_what_cannot_be_seen_is_left_out_of_what_is_typed(browser, draft):
    there = url("draft_place", draft.pk, "about")

    browser.post(there, filled(browser.get(there)) | {"title": "Six\x07 months\x00"})

    assert draft_of(Version.objects.get(pk=draft.pk)).definition.title == "Six months"


def test_from_file_to_draft_to_published_to_file(browser, published):
    exported = browser.get(url("export_definition", published.pk))
    assert exported["Content-Disposition"] == (
        'attachment; filename="isotretinoin_six_months-version-1.yaml"'
    )
    text = exported.text.replace("max_age: 60", "max_age: 65")
    file = SimpleUploadedFile("programme.yaml", text.encode())

    came = browser.post(url("import_definition"), {"file": file}, follow=True)
    made = Version.objects.filter(state="draft").latest("pk")
    assert made.protocol.name in soup(came).h1.text

    page = browser.get(url("publish_draft", made.pk))
    [row] = soup(page).select("tbody tr")
    assert [cell.text for cell in row.find_all(["th", "td"])] == ["Highest age", "60", "65"]
    done = browser.post(
        url("publish_draft", made.pk), {"password": PASSWORD, "revision": 1}, follow=True
    )
    assert "is published and never changes" in done.text
    version = Version.objects.get(pk=made.pk)
    assert content_hash(load(browser.get(url("export_definition", version.pk)).text)) == (
        version.sha256
    )


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"", b"hello"])
def test_a_file_that_is_no_programme_gets_a_sentence(browser, content):
    page = browser.post(url("import_definition"), {"file": SimpleUploadedFile("x.yaml", content)})

    assert page.status_code == 422
    assert soup(page).select_one("#field-file .why")


def test_a_whole_part_is_signed_off_and_the_version_says_by_whom(browser, published, clinician):
    there = url("sign_off", published.pk)

    browser.post(there, {"parts": ["response", "dose"], "password": PASSWORD})

    assert sorted(SignOff.objects.values_list("place", flat=True)) == ["dose", "response"]
    page = soup(browser.get(url("definition", published.pk)))
    assert clinician.name in page.select_one("#dose > header").text
    assert page.select_one("#dose > header .status").text.strip() == "signed off"
    assert page.select_one("#gates > header .status").text.strip() == "not signed off"


def test_a_draft_is_thrown_away_and_taken_back(browser, draft):
    browser.post(url("discard_draft", draft.pk))
    assert "Thrown away (1)" in browser.get(url("definitions")).text

    browser.post(url("take_back_draft", draft.pk))
    assert "Thrown away" not in browser.get(url("definitions")).text


def test_whoever_may_not_write_reads_a_draft_without_links_into_it(
    client, coordinator, sign_in, draft
):
    page = soup(sign_in(client, coordinator).get(url("draft", draft.pk)))

    assert page.select("a[href*='/draft/parts/']") == []
    assert page.select("form[action*='discard']") == []


def test_fifty_mistakes_are_listed_and_the_rest_counted(browser, draft):
    wrong = "key: x\nvisits:\n" + "- {}\n" * 60
    sent = {"source": wrong, "revision": draft.revision}

    page = soup(browser.post(url("draft_text", draft.pk), sent, follow=True))

    kept = draft_of(Version.objects.get(pk=draft.pk))
    assert len(page.select(".wrongs li")) == 50
    more = kept.wrong - 50
    assert f"And {more} more: they are listed once these are right." in page.text
    assert f"Saved. {kept.wrong} things are not right yet." in page.text


def test_a_text_too_long_is_said_so_and_stays_in_the_field(browser, draft):
    rubbish = "key: x\n" + "k: [a, b]\n" * 30_000

    answer = browser.post(
        url("draft_text", draft.pk), {"source": rubbish, "revision": draft.revision}
    )

    page = soup(answer)
    assert answer.status_code == 422
    assert "This is too long: it has 300,007 characters" in page.select_one("div.why").text
    assert page.select_one("textarea").text.strip() == rubbish.strip()
    assert Version.objects.get(pk=draft.pk).source == draft.source


def test_a_file_too_large_to_be_a_programme_is_not_read(browser):
    file = SimpleUploadedFile("p.yaml", ("é" * 300_001).encode())

    page = soup(browser.post(url("import_definition"), {"file": file}))

    assert "This is too long: it has 600,002 bytes" in page.select_one("main").text


def test_a_form_that_lacks_something_says_what(browser, published):
    file = soup(browser.post(url("import_definition"), {"file": ""})).select_one("main")
    reason = soup(browser.post(url("retire_version", published.pk), {"because": ""})).select_one(
        "main"
    )

    assert "Choose a file." in file.text
    assert "Say why." in reason.text


def test_a_published_version_names_its_columns_and_its_rules_in_words(browser, published):
    page = soup(browser.get(url("definition", published.pk)))

    row = page.select_one("#visits tbody tr")
    assert [cell.get("data-label") for cell in row.select("td")][:4] == [
        "Due", "Window", "Asks for", "When missed",
    ]  # fmt: skip
    assert "PRE_2026" not in page.text
    assert "iPLEDGE until the change of 2026" in page.text
