"""Tanks, frozen containers and their movements, his agreement and his tests for infection."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0002_what_is_never_rewritten"),
        ("labs", "0004_rows_of_any_length"),
        ("patients", "0002_search_is_well_known"),
        ("pghistory", "0007_auto_20250421_0444"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Screening",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("tested_on", models.DateField()),
                (
                    "hiv",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "Not known yet"),
                            ("negative", "Negative"),
                            ("positive", "Positive"),
                        ],
                        max_length=8,
                        verbose_name="HIV",
                    ),
                ),
                (
                    "hbv",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "Not known yet"),
                            ("negative", "Negative"),
                            ("positive", "Positive"),
                        ],
                        max_length=8,
                        verbose_name="Hepatitis B",
                    ),
                ),
                (
                    "hcv",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "Not known yet"),
                            ("negative", "Negative"),
                            ("positive", "Positive"),
                        ],
                        max_length=8,
                        verbose_name="Hepatitis C",
                    ),
                ),
                (
                    "syphilis",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "Not known yet"),
                            ("negative", "Negative"),
                            ("positive", "Positive"),
                        ],
                        max_length=8,
                        verbose_name="Syphilis",
                    ),
                ),
                ("recorded_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="screenings",
                        to="patients.patient",
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-tested_on", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="ScreeningEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.BigIntegerField()),
                ("tested_on", models.DateField()),
                (
                    "hiv",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "Not known yet"),
                            ("negative", "Negative"),
                            ("positive", "Positive"),
                        ],
                        max_length=8,
                        verbose_name="HIV",
                    ),
                ),
                (
                    "hbv",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "Not known yet"),
                            ("negative", "Negative"),
                            ("positive", "Positive"),
                        ],
                        max_length=8,
                        verbose_name="Hepatitis B",
                    ),
                ),
                (
                    "hcv",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "Not known yet"),
                            ("negative", "Negative"),
                            ("positive", "Positive"),
                        ],
                        max_length=8,
                        verbose_name="Hepatitis C",
                    ),
                ),
                (
                    "syphilis",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "Not known yet"),
                            ("negative", "Negative"),
                            ("positive", "Positive"),
                        ],
                        max_length=8,
                        verbose_name="Syphilis",
                    ),
                ),
                ("recorded_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "patient",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="patients.patient",
                    ),
                ),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="events",
                        to="labs.screening",
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="StorageTerms",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("signed_on", models.DateField()),
                ("expires_on", models.DateField(help_text="The last day it covers")),
                (
                    "on_death",
                    models.CharField(
                        choices=[
                            ("discard", "It is discarded"),
                            ("partner", "His partner may use it"),
                            ("undecided", "Not decided yet"),
                        ],
                        max_length=9,
                    ),
                ),
                (
                    "on_separation",
                    models.CharField(
                        choices=[
                            ("keep", "It is kept for him"),
                            ("discard", "It is discarded"),
                            ("undecided", "Not decided yet"),
                        ],
                        max_length=9,
                    ),
                ),
                ("recorded_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "consent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="storage_terms",
                        to="patients.consent",
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="storage_terms",
                        to="patients.patient",
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "storage terms",
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="Container",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("cryo_id", models.CharField(max_length=16, unique=True)),
                ("specimen", models.CharField(blank=True, max_length=80)),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("ejaculate", "Ejaculate"),
                            ("tese", "TESE"),
                            ("mtese", "Micro-TESE"),
                        ],
                        default="ejaculate",
                        max_length=9,
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("vial", "Vial"),
                            ("straw", "Straw"),
                            ("micro_straw", "Micro-straw"),
                            ("cryopiece", "Cryopiece"),
                            ("cryotop", "Cryotop"),
                            ("cell_sleeper", "Cell Sleeper"),
                            ("other", "Other"),
                        ],
                        max_length=12,
                    ),
                ),
                ("cryoprotectant", models.CharField(max_length=80)),
                ("cryoprotectant_lot", models.CharField(max_length=40)),
                ("volume_ml", models.DecimalField(decimal_places=4, max_digits=6)),
                ("n_sperm", models.PositiveBigIntegerField()),
                (
                    "n_exact",
                    models.BooleanField(
                        default=False, help_text="Counted one by one, not estimated"
                    ),
                ),
                ("n_motile", models.PositiveBigIntegerField()),
                ("motility_pct", models.DecimalField(decimal_places=1, max_digits=4)),
                (
                    "method",
                    models.CharField(
                        choices=[
                            ("slow", "Slow freezing"),
                            ("vapour", "Vapour"),
                            ("vitrification", "Vitrification"),
                        ],
                        max_length=13,
                    ),
                ),
                ("frozen_at", models.DateTimeField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("stored", "Stored"),
                            ("reserved", "Reserved"),
                            ("thawed", "Thawed"),
                            ("used", "Used"),
                            ("transferred", "Transferred"),
                            ("discarded", "Discarded"),
                        ],
                        default="stored",
                        max_length=11,
                    ),
                ),
                ("canister", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("cane", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("position", models.PositiveSmallIntegerField(blank=True, null=True)),
                (
                    "analysis",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="containers",
                        to="labs.semenanalysis",
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="containers",
                        to="patients.patient",
                    ),
                ),
                (
                    "screening",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="containers",
                        to="labs.screening",
                    ),
                ),
                (
                    "terms",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="containers",
                        to="labs.storageterms",
                    ),
                ),
            ],
            options={
                "ordering": ["tank", "canister", "cane", "position", "pk"],
            },
        ),
        migrations.CreateModel(
            name="StorageTermsEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.BigIntegerField()),
                ("signed_on", models.DateField()),
                ("expires_on", models.DateField(help_text="The last day it covers")),
                (
                    "on_death",
                    models.CharField(
                        choices=[
                            ("discard", "It is discarded"),
                            ("partner", "His partner may use it"),
                            ("undecided", "Not decided yet"),
                        ],
                        max_length=9,
                    ),
                ),
                (
                    "on_separation",
                    models.CharField(
                        choices=[
                            ("keep", "It is kept for him"),
                            ("discard", "It is discarded"),
                            ("undecided", "Not decided yet"),
                        ],
                        max_length=9,
                    ),
                ),
                ("recorded_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "consent",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="patients.consent",
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="patients.patient",
                    ),
                ),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="events",
                        to="labs.storageterms",
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Tank",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=40)),
                ("quarantine", models.BooleanField(default=False)),
                ("canisters", models.PositiveSmallIntegerField(default=6)),
                (
                    "canes",
                    models.PositiveSmallIntegerField(
                        default=10, help_text="Canes or goblets in a canister"
                    ),
                ),
                (
                    "positions",
                    models.PositiveSmallIntegerField(default=5, help_text="Positions on a cane"),
                ),
                ("nitrogen_every_days", models.PositiveSmallIntegerField(default=7)),
                ("nitrogen_least_cm", models.PositiveSmallIntegerField(default=15)),
                ("added_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("retired_at", models.DateTimeField(blank=True, null=True)),
                (
                    "added_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tanks",
                        to="clinic.site",
                    ),
                ),
            ],
            options={
                "ordering": ["name", "pk"],
            },
        ),
        migrations.CreateModel(
            name="NitrogenReading",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("read_at", models.DateTimeField()),
                ("level_cm", models.PositiveSmallIntegerField()),
                ("filled_to_cm", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("recorded_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("note", models.CharField(blank=True, max_length=200)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "tank",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="readings",
                        to="labs.tank",
                    ),
                ),
            ],
            options={
                "ordering": ["-read_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="ContainerMovement",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "number",
                    models.PositiveSmallIntegerField(help_text="1, 2, 3 … within its container"),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("store", "Stored"),
                            ("receive", "Taken in from another clinic"),
                            ("move", "Moved"),
                            ("reserve", "Reserved"),
                            ("release", "Released"),
                            ("thaw", "Thawed"),
                            ("use", "Used"),
                            ("transfer", "Sent to another clinic"),
                            ("discard", "Discarded"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("stored", "Stored"),
                            ("reserved", "Reserved"),
                            ("thawed", "Thawed"),
                            ("used", "Used"),
                            ("transferred", "Transferred"),
                            ("discarded", "Discarded"),
                        ],
                        max_length=11,
                    ),
                ),
                ("canister", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("cane", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("position", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("reason", models.CharField(blank=True, max_length=300)),
                ("clinic", models.CharField(blank=True, max_length=120)),
                ("courier", models.CharField(blank=True, max_length=120)),
                ("papers", models.CharField(blank=True, max_length=120)),
                ("temperature_logged", models.BooleanField(blank=True, null=True)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "container",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="movements",
                        to="labs.container",
                    ),
                ),
                (
                    "witness",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "tank",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="labs.tank",
                    ),
                ),
            ],
            options={
                "ordering": ["container", "number"],
            },
        ),
        migrations.CreateModel(
            name="ContainerEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.BigIntegerField()),
                ("cryo_id", models.CharField(max_length=16)),
                ("specimen", models.CharField(blank=True, max_length=80)),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("ejaculate", "Ejaculate"),
                            ("tese", "TESE"),
                            ("mtese", "Micro-TESE"),
                        ],
                        default="ejaculate",
                        max_length=9,
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("vial", "Vial"),
                            ("straw", "Straw"),
                            ("micro_straw", "Micro-straw"),
                            ("cryopiece", "Cryopiece"),
                            ("cryotop", "Cryotop"),
                            ("cell_sleeper", "Cell Sleeper"),
                            ("other", "Other"),
                        ],
                        max_length=12,
                    ),
                ),
                ("cryoprotectant", models.CharField(max_length=80)),
                ("cryoprotectant_lot", models.CharField(max_length=40)),
                ("volume_ml", models.DecimalField(decimal_places=4, max_digits=6)),
                ("n_sperm", models.PositiveBigIntegerField()),
                (
                    "n_exact",
                    models.BooleanField(
                        default=False, help_text="Counted one by one, not estimated"
                    ),
                ),
                ("n_motile", models.PositiveBigIntegerField()),
                ("motility_pct", models.DecimalField(decimal_places=1, max_digits=4)),
                (
                    "method",
                    models.CharField(
                        choices=[
                            ("slow", "Slow freezing"),
                            ("vapour", "Vapour"),
                            ("vitrification", "Vitrification"),
                        ],
                        max_length=13,
                    ),
                ),
                ("frozen_at", models.DateTimeField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("stored", "Stored"),
                            ("reserved", "Reserved"),
                            ("thawed", "Thawed"),
                            ("used", "Used"),
                            ("transferred", "Transferred"),
                            ("discarded", "Discarded"),
                        ],
                        default="stored",
                        max_length=11,
                    ),
                ),
                ("canister", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("cane", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("position", models.PositiveSmallIntegerField(blank=True, null=True)),
                (
                    "analysis",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="labs.semenanalysis",
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="patients.patient",
                    ),
                ),
                (
                    "pgh_context",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="pghistory.context",
                    ),
                ),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="events",
                        to="labs.container",
                    ),
                ),
                (
                    "screening",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="labs.screening",
                    ),
                ),
                (
                    "terms",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="labs.storageterms",
                    ),
                ),
                (
                    "tank",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="labs.tank",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.AddField(
            model_name="container",
            name="tank",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="containers",
                to="labs.tank",
            ),
        ),
        migrations.CreateModel(
            name="TankCount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("counted_at", models.DateTimeField()),
                ("expected", models.PositiveIntegerField()),
                ("found", models.PositiveIntegerField()),
                ("missing", models.JSONField(blank=True, default=list)),
                ("unexpected", models.JSONField(blank=True, default=list)),
                ("reason", models.CharField(blank=True, max_length=300)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "tank",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="counts",
                        to="labs.tank",
                    ),
                ),
                (
                    "witness",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-counted_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="ThawTest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("found_n", models.PositiveBigIntegerField()),
                ("motile_pct", models.DecimalField(decimal_places=1, max_digits=4)),
                ("tested_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "container",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="thaw_test",
                        to="labs.container",
                    ),
                ),
                (
                    "tested_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="screening",
            index=models.Index(fields=["patient", "-tested_on"], name="screening_by_patient"),
        ),
        migrations.AddIndex(
            model_name="storageterms",
            index=models.Index(fields=["patient", "-id"], name="terms_by_patient"),
        ),
        migrations.AddConstraint(
            model_name="storageterms",
            constraint=models.CheckConstraint(
                condition=models.Q(("expires_on__gt", models.F("signed_on"))),
                name="storage_terms_end_after_they_begin",
            ),
        ),
        migrations.AddConstraint(
            model_name="tank",
            constraint=models.UniqueConstraint(
                fields=("site", "name"), name="tank_name_once_a_site"
            ),
        ),
        migrations.AddConstraint(
            model_name="tank",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("canes__range", (1, 60)),
                    ("canisters__range", (1, 40)),
                    ("positions__range", (1, 40)),
                    models.Q(("name", ""), _negated=True),
                ),
                name="tank_has_room",
            ),
        ),
        migrations.AddConstraint(
            model_name="tank",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("nitrogen_every_days__range", (1, 60)), ("nitrogen_least_cm__gte", 1)
                ),
                name="tank_nitrogen_is_read_now_and_then",
            ),
        ),
        migrations.AddIndex(
            model_name="nitrogenreading",
            index=models.Index(fields=["tank", "-read_at"], name="nitrogen_by_tank"),
        ),
        migrations.AddConstraint(
            model_name="nitrogenreading",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("filled_to_cm", None),
                    ("filled_to_cm__gte", models.F("level_cm")),
                    _connector="OR",
                ),
                name="nitrogen_is_filled_up_not_down",
            ),
        ),
        migrations.AddConstraint(
            model_name="containermovement",
            constraint=models.UniqueConstraint(
                fields=("container", "number"), name="container_movement_follows_one_other"
            ),
        ),
        migrations.AddConstraint(
            model_name="containermovement",
            constraint=models.CheckConstraint(
                condition=models.Q(("witness", models.F("by")), _negated=True),
                name="container_movement_has_two_people",
            ),
        ),
        migrations.AddConstraint(
            model_name="containermovement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("status__in", ["reserved", "stored"]),
                        ("cane__isnull", False),
                        ("canister__isnull", False),
                        ("position__isnull", False),
                        ("tank__isnull", False),
                    ),
                    models.Q(
                        models.Q(("status__in", ["reserved", "stored"]), _negated=True),
                        ("cane", None),
                        ("canister", None),
                        ("position", None),
                        ("tank", None),
                    ),
                    _connector="OR",
                ),
                name="container_movement_leaves_it_somewhere",
            ),
        ),
        migrations.AddConstraint(
            model_name="containermovement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "discard"), _negated=True),
                    models.Q(("reason", ""), _negated=True),
                    _connector="OR",
                ),
                name="container_discard_has_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="containermovement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("kind__in", ["receive", "transfer"]),
                        ("temperature_logged__isnull", False),
                        models.Q(("clinic", ""), _negated=True),
                        models.Q(("courier", ""), _negated=True),
                        models.Q(("papers", ""), _negated=True),
                    ),
                    models.Q(
                        models.Q(("kind__in", ["receive", "transfer"]), _negated=True),
                        ("clinic", ""),
                        ("courier", ""),
                        ("papers", ""),
                        ("temperature_logged", None),
                    ),
                    _connector="OR",
                ),
                name="container_transfer_has_papers",
            ),
        ),
        migrations.AddIndex(
            model_name="container",
            index=models.Index(fields=["patient", "status"], name="container_by_patient"),
        ),
        migrations.AddConstraint(
            model_name="container",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status__in", ["reserved", "stored"])),
                fields=("tank", "canister", "cane", "position"),
                name="position_holds_one_container",
            ),
        ),
        migrations.AddConstraint(
            model_name="container",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("status__in", ["reserved", "stored"]),
                        ("cane__isnull", False),
                        ("canister__isnull", False),
                        ("position__isnull", False),
                        ("tank__isnull", False),
                    ),
                    models.Q(
                        models.Q(("status__in", ["reserved", "stored"]), _negated=True),
                        ("cane", None),
                        ("canister", None),
                        ("position", None),
                        ("tank", None),
                    ),
                    _connector="OR",
                ),
                name="container_stands_somewhere_while_kept",
            ),
        ),
        migrations.AddConstraint(
            model_name="container",
            constraint=models.CheckConstraint(
                condition=models.Q(("n_sperm__gte", 100), ("n_exact", True), _connector="OR"),
                name="container_few_sperm_are_counted",
            ),
        ),
        migrations.AddConstraint(
            model_name="container",
            constraint=models.CheckConstraint(
                condition=models.Q(("n_sperm__gte", models.F("n_motile"))),
                name="container_motile_are_among_those_frozen",
            ),
        ),
        migrations.AddConstraint(
            model_name="container",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("motility_pct__range", (0, 100)), ("n_sperm__gte", 1), ("volume_ml__gt", 0)
                ),
                name="container_numbers_are_possible",
            ),
        ),
        migrations.AddConstraint(
            model_name="container",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("cryoprotectant", ""), _negated=True),
                    models.Q(("cryoprotectant_lot", ""), _negated=True),
                ),
                name="container_protectant_has_lot",
            ),
        ),
        migrations.AddConstraint(
            model_name="tankcount",
            constraint=models.CheckConstraint(
                condition=models.Q(("witness", models.F("by")), _negated=True),
                name="tank_count_has_two_people",
            ),
        ),
        migrations.AddConstraint(
            model_name="tankcount",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("missing", []), ("unexpected", [])),
                    models.Q(("reason", ""), _negated=True),
                    _connector="OR",
                ),
                name="tank_count_difference_has_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="thawtest",
            constraint=models.CheckConstraint(
                condition=models.Q(("motile_pct__range", (0, 100))), name="thaw_motility_is_a_share"
            ),
        ),
    ]
