"""A programme comes in from a file, once, and never changes under its number."""

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, InternalError, transaction

from clinic.models import AuditEvent
from clinic.refusal import Refusal
from protocols.actions.definition import (
    PROGRAMMES,
    choose_default,
    load_definitions,
    publish,
    publish_file,
)
from protocols.models import PlannedVisit, Protocol, PublishedDefault, Version
from protocols.queries.enrolment import definition_of
from protocols.rules.definition import DEFAULT, SHIPPED, content_hash, shipped
from tests.factories.clinic import SiteFactory
from tests.factories.protocols import VersionFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)


def test_the_shipped_programme_becomes_version_one_published(site):
    version, _ = load_definitions(now=NOW)

    assert (version.number, version.state, version.published_at) == (1, "published", NOW)
    assert version.sha256 == content_hash(shipped())
    assert str(version.protocol) == "Isotretinoin 20 mg twice daily, six months"


def test_every_planned_visit_is_a_row_in_the_order_of_the_file(site):
    version, _ = load_definitions(now=NOW)

    assert [row.code for row in version.planned_visits.all()] == [
        visit.code for visit in shipped().visits
    ]
    month_three = version.planned_visits.get(code="M3")
    assert (month_three.anchor, month_three.offset_days) == ("first_dose", 90)
    assert (month_three.days_before, month_three.days_after) == (7, 7)


def test_loading_twice_changes_nothing(site):
    load_definitions(now=NOW)
    load_definitions(now=NOW)

    assert (Protocol.objects.count(), Version.objects.count()) == (2, 2)
    months = [len(shipped(name).visits) for name in PROGRAMMES]
    assert PlannedVisit.objects.count() == sum(months)
    assert AuditEvent.objects.filter(action="protocol.published").count() == 2


def test_what_a_later_release_says_otherwise_becomes_the_next_version_and_moves_nobody(site):
    """As after an update: the database holds what an earlier release called version 1."""
    earlier = shipped().model_copy(update={"title": "As it was"})
    old = publish(definition=earlier, now=NOW)
    choose_default(site=site, version=old, now=NOW)

    new, _ = load_definitions(now=NOW)
    again, _ = load_definitions(now=NOW)

    assert (new.number, again.pk, definition_of(new).title) == (2, new.pk, shipped().title)
    assert definition_of(Version.objects.get(pk=old.pk)).title == "As it was"
    assert PublishedDefault.objects.get(site=site).version == old


def test_every_site_gets_a_default_and_a_choice_already_made_stands(site):
    chosen = VersionFactory(number=7, sha256="7" * 64)
    elsewhere = SiteFactory()
    choose_default(site=elsewhere, version=chosen, now=NOW)

    version, _ = load_definitions(now=NOW)

    assert PublishedDefault.objects.get(site=site).version == version
    assert PublishedDefault.objects.get(site=elsewhere).version == chosen


def test_a_changed_file_under_a_published_number_is_refused(site, tmp_path):
    load_definitions(now=NOW)
    changed = tmp_path / "isotretinoin_six_months.yaml"
    text = (SHIPPED / changed.name).read_text(encoding="utf-8")
    changed.write_text(text.replace("max_age: 60", "max_age: 65"), encoding="utf-8")

    with pytest.raises(Refusal, match=r"never changes\. Write the change as version 2"):
        publish_file(path=changed, now=NOW)

    assert definition_of(Version.objects.get(protocol__key=DEFAULT)).eligibility.max_age == 60


def test_the_next_number_is_published_beside_the_first(site, tmp_path):
    load_definitions(now=NOW)
    second = tmp_path / "second.yaml"
    text = (SHIPPED / "isotretinoin_six_months.yaml").read_text(encoding="utf-8")
    second.write_text(text.replace("version: 1", "version: 2", 1), encoding="utf-8")

    publish_file(path=second, now=NOW)

    mine = Version.objects.filter(protocol__key=DEFAULT)
    assert sorted(mine.values_list("number", flat=True)) == [1, 2]


def test_a_file_that_is_no_programme_is_refused_with_the_place_that_is_wrong(site, tmp_path):
    broken = tmp_path / "broken.yaml"
    text = (SHIPPED / "isotretinoin_six_months.yaml").read_text(encoding="utf-8")
    broken.write_text(text.replace("max_age: 60", "max_age: sixty"), encoding="utf-8")

    with pytest.raises(
        Refusal, match=r"broken\.yaml is not a programme\. line \d+, eligibility\.max_age: “sixty”"
    ):
        publish_file(path=broken, now=NOW)


def test_only_a_published_version_can_be_chosen(site):
    draft = VersionFactory(state="draft", published_at=None)

    with pytest.raises(Refusal, match="Only a published version"):
        choose_default(site=site, version=draft, now=NOW)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"definition": {}}, id="its words"),
        pytest.param({"sha256": "0" * 64}, id="its hash"),
        pytest.param({"number": 2}, id="its number"),
        pytest.param({"state": "draft", "published_at": None}, id="back to a draft"),
    ],
)
def test_the_database_refuses_to_change_a_published_version(site, change):
    load_definitions(now=NOW)

    with (
        pytest.raises((InternalError, IntegrityError), match="never changes"),
        transaction.atomic(),
    ):
        Version.objects.update(**change)


def test_the_stored_definition_reads_back_as_it_was_written(site):
    version, _ = load_definitions(now=NOW)

    assert definition_of(Version.objects.get(pk=version.pk)) == shipped()


def test_a_version_is_parsed_once_without_reading_the_document_again(
    site, django_assert_num_queries
):
    version, _ = load_definitions(now=NOW)
    first = definition_of(version)
    light = Version.objects.defer("definition").get(pk=version.pk)

    with django_assert_num_queries(0):
        assert definition_of(light) is first
