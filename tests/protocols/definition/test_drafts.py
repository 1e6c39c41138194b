"""A draft keeps what is typed; nobody's work is overwritten; what is published never changes."""

import json
from datetime import timedelta

import pytest
from django.db import IntegrityError, InternalError, transaction

from clinic.access import Role
from clinic.models import AuditEvent
from clinic.refusal import Refusal
from protocols.actions import drafts
from protocols.actions.definition import choose_default, publish_draft, retire
from protocols.actions.enrolment import refer
from protocols.models import PlannedVisit, Protocol, Version
from protocols.queries.definitions import draft_of, offered, text_of
from protocols.queries.enrolment import definition_of
from protocols.rules.definition import content_hash, document, load, shipped
from protocols.rules.yaml_text import LONGEST
from tests.conftest import make_member
from tests.protocols.men import NOW, make_patient

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)
PASSWORD = "correct horse battery"


def save(draft, text, by, revision=None):
    revision = draft.revision if revision is None else revision
    return drafts.save_draft(version=draft, text=text, revision=revision, by=by, now=LATER)


def publish(draft, by, password=PASSWORD, revision=None):
    revision = draft.revision if revision is None else revision
    return publish_draft(version=draft, revision=revision, by=by, password=password, now=LATER)


def test_a_copy_says_the_same_under_the_next_number(draft, published):
    copied = load(draft.source)

    assert copied == shipped().model_copy(update={"version": 2})
    assert (draft.state, draft.number, draft.based_on) == ("draft", None, published)
    assert draft.sha256 == content_hash(copied)


def test_a_programme_goes_out_and_comes_in_with_the_same_hash(published, clinician):
    made = drafts.import_draft(text=text_of(published), by=clinician, now=NOW)

    assert made.sha256 == published.sha256
    assert text_of(made) == text_of(published)
    assert made.protocol == published.protocol


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_a_file_from_another_system_comes_in_with_the_line_ends_of_the_house(
    published, clinician, end
):
    text = text_of(published)
    made = drafts.import_draft(text=text.replace("\n", end), by=clinician, now=NOW)

    assert made.source == text


def test_a_file_with_mistakes_comes_in_as_it_is(published, clinician):
    text = text_of(published).replace("max_age: 60", "max_age: sixty")
    made = drafts.import_draft(text=text, by=clinician, now=NOW)

    assert (made.source, made.sha256, made.definition) == (text, "", {})
    assert [problem.path for problem in draft_of(made).problems] == ["eligibility.max_age"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Dear colleague, here is our programme.", "no line “key: …”"),
        ("   ", "nothing in it"),
        ("key: x\n" + "#" * LONGEST, "too long"),
        ("key: x\x00", "not a text"),
    ],
)
def test_what_is_no_programme_at_all_is_refused(clinician, text, words):
    with pytest.raises(Refusal, match=words):
        drafts.import_draft(text=text, by=clinician, now=NOW)
    assert not Protocol.objects.exists()


def test_what_is_typed_is_kept_though_it_is_wrong(draft, clinician):
    saved = save(draft, "visits: [", clinician)

    assert (saved.source, saved.sha256, saved.revision) == ("visits: [", "", 2)
    assert (saved.saved_by, saved.saved_at) == (clinician, LATER)
    assert AuditEvent.objects.filter(action="protocol.saved").count() == 1


def test_a_second_window_is_told_and_nothing_is_overwritten(draft, clinician, site):
    other = make_member(site, Role.CLINICIAN, "Dr Second")
    save(draft, "key: first\n", clinician, revision=1)

    with pytest.raises(Refusal, match=r"^Clinician of harbour saved this draft while this page"):
        save(draft, "key: second\n", other, revision=1)
    with pytest.raises(Refusal, match=r"^You saved this draft in another window"):
        save(draft, "key: third\n", clinician, revision=1)

    assert Version.objects.get(pk=draft.pk).source == "key: first\n"


def test_saving_the_same_again_is_no_new_revision(draft, clinician):
    assert save(draft, draft.source, clinician).revision == 1


def test_a_draft_that_was_thrown_away_comes_back_as_it_was(draft, clinician):
    drafts.discard_draft(version=draft, by=clinician, now=NOW)
    with pytest.raises(Refusal, match="thrown away"):
        save(draft, "key: x\n", clinician)

    back = drafts.take_back_draft(version=draft, by=clinician, now=LATER)
    assert (back.discarded_at, back.source) == (None, draft.source)
    actions = AuditEvent.objects.filter(subject=f"protocols.version:{draft.pk}").order_by("pk")
    assert list(actions.values_list("action", flat=True)) == [
        "protocol.drafted",
        "protocol.discarded",
        "protocol.taken_back",
    ]


def test_publishing_gives_the_next_number_and_the_rows_of_the_visits(draft, clinician):
    save(draft, draft.source.replace("max_age: 60", "max_age: 65"), clinician)
    version = publish(draft, clinician, revision=2)

    assert (version.number, version.state, version.published_by) == (2, "published", clinician)
    assert definition_of(version).eligibility.max_age == 65
    assert version.sha256 == content_hash(load(version.source))
    assert PlannedVisit.objects.filter(version=version).count() == len(shipped().visits)


def test_the_number_of_the_text_does_not_count(draft, clinician):
    text = draft.source.replace("version: 2", "version: 7").replace("max_age: 60", "max_age: 61")
    save(draft, text, clinician)
    version = publish(draft, clinician, revision=2)

    assert (version.number, definition_of(version).version) == (2, 2)
    assert version.source.splitlines()[2] == "version: 2"


def test_another_key_is_the_first_version_of_another_programme(draft, clinician):
    text = draft.source.replace("key: isotretinoin_six_months", "key: isotretinoin_low_dose")
    save(draft, text, clinician)
    version = publish(draft, clinician, revision=2)

    assert (version.protocol.key, version.number) == ("isotretinoin_low_dose", 1)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param({"text": "key: x\n"}, "not a programme yet", id="wrong"),
        pytest.param({}, "says the same as the version that is published", id="the same"),
        pytest.param({"revision": 1}, "saved this draft in another window", id="an older one"),
        pytest.param({"password": "guess"}, "That is not your password", id="password"),
        pytest.param({"discarded": True}, "thrown away", id="thrown away"),
    ],
)
def test_publishing_is_refused(draft, clinician, change, words):
    text = change.get("text", draft.source + "# seen\n")
    saved = save(draft, text, clinician)
    if change.get("discarded"):
        drafts.discard_draft(version=draft, by=clinician, now=NOW)

    with pytest.raises(Refusal, match=words):
        publish(
            draft,
            clinician,
            password=change.get("password", PASSWORD),
            revision=change.get("revision", saved.revision),
        )
    assert Version.objects.filter(state="published").count() == 2


def test_five_wrong_passwords_end_it_for_a_while(draft, clinician):
    for _ in range(5):
        with pytest.raises(Refusal, match="not your password"):
            publish(draft, clinician, password="guess")
    with pytest.raises(Refusal, match="quarter of an hour"):
        publish(draft, clinician)


@pytest.mark.parametrize(
    "change",
    [{"source": "key: x"}, {"sha256": "0" * 64}, {"definition": {}}, {"published_at": NOW}],
    ids=lambda change: next(iter(change)),
)
def test_the_database_refuses_to_change_what_is_published(draft, clinician, change):
    save(draft, draft.source.replace("max_age: 60", "max_age: 65"), clinician)
    version = publish(draft, clinician, revision=2)

    with (
        pytest.raises((InternalError, IntegrityError), match="never changes"),
        transaction.atomic(),
    ):
        Version.objects.filter(pk=version.pk).update(**change)


def test_a_retired_version_takes_nobody_and_stays_retired(site, published, clinician):
    nine = Version.objects.get(protocol__key="isotretinoin_nine_months")
    with pytest.raises(Refusal, match="New enrolments at Harbour Street Clinic take it"):
        retire(version=published, because="Old.", by=clinician, now=LATER)
    choose_default(site=site, version=nine, by=clinician, now=LATER)
    with pytest.raises(Refusal, match="Say why"):
        retire(version=published, because=" ", by=clinician, now=LATER)

    row = retire(version=published, because="Old.", by=clinician, now=LATER)

    assert (row.state, row.retired_by, row.retired_because) == ("retired", clinician, "Old.")
    assert [version.pk for version in offered(site)] == [nine.pk]
    patient = make_patient(site, clinician, "Marsh")
    with pytest.raises(Refusal, match="takes nobody any more"):
        refer(patient=patient, on=NOW.date(), by=clinician, now=NOW, version=published)
    with (
        pytest.raises((InternalError, IntegrityError), match="never changes"),
        transaction.atomic(),
    ):
        Version.objects.filter(pk=row.pk).update(
            state="published", retired_at=None, retired_because=""
        )


def test_a_man_enters_the_programme_that_was_chosen_for_him(site, published, clinician):
    nine = Version.objects.get(protocol__key="isotretinoin_nine_months")
    first, second = (make_patient(site, clinician, name) for name in ("Marsh", "Lowe"))

    chosen = refer(patient=first, on=NOW.date(), by=clinician, now=NOW, version=nine)
    usual = refer(patient=second, on=NOW.date(), by=clinician, now=NOW)

    assert (chosen.version, usual.version) == (nine, published)
    assert [version.pk for version in offered(site)] == [published.pk, nine.pk]


def test_the_comments_above_it_go_out_with_a_published_version(draft, clinician):
    text = "# For men over 60\n" + draft.source.replace("max_age: 60", "max_age: 65")
    save(draft, text, clinician)
    version = publish(draft, clinician, revision=2)

    head = text_of(version).splitlines()[:4]
    assert head[0].startswith("# Isotretinoin 20 mg twice daily, six months, version 2, published")
    assert head[2:] == ["# For men over 60", "# Begun from version 1."]


def test_json_is_taken_in_like_yaml(published, clinician):
    text = json.dumps(document(definition_of(published)))

    made = drafts.import_draft(text=text, by=clinician, now=NOW)

    assert (made.protocol, made.sha256) == (published.protocol, published.sha256)
