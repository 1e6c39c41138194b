"""Quality control of semen analyses, and samples a clinician lets count."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0003_who_reads_results"),
        ("labs", "0007_columns_of_tables"),
        ("patients", "0002_search_is_well_known"),
        ("pghistory", "0007_auto_20250421_0444"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ControlAction",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("taken_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("words", models.CharField(max_length=400)),
                (
                    "rules",
                    models.JSONField(
                        blank=True, default=list, help_text="What was broken until then"
                    ),
                ),
            ],
            options={
                "ordering": ["-taken_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="ControlLot",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=60)),
                (
                    "material",
                    models.CharField(
                        choices=[
                            ("beads", "Counting beads"),
                            ("fixed", "Fixed sample"),
                            ("recording", "Recorded sample"),
                            ("slide", "Stained slide"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "measure",
                    models.CharField(
                        choices=[
                            ("concentration", "Concentration"),
                            ("progressive_pct", "Progressive motility"),
                            ("vitality_pct", "Vitality"),
                            ("normal_pct", "Normal forms"),
                        ],
                        max_length=16,
                    ),
                ),
                ("target", models.DecimalField(decimal_places=3, max_digits=8)),
                ("sd", models.DecimalField(decimal_places=3, max_digits=8)),
                ("expires_on", models.DateField(blank=True, null=True)),
                ("added_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ["name", "measure", "pk"],
            },
        ),
        migrations.CreateModel(
            name="ControlLotEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.BigIntegerField()),
                ("name", models.CharField(max_length=60)),
                (
                    "material",
                    models.CharField(
                        choices=[
                            ("beads", "Counting beads"),
                            ("fixed", "Fixed sample"),
                            ("recording", "Recorded sample"),
                            ("slide", "Stained slide"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "measure",
                    models.CharField(
                        choices=[
                            ("concentration", "Concentration"),
                            ("progressive_pct", "Progressive motility"),
                            ("vitality_pct", "Vitality"),
                            ("normal_pct", "Normal forms"),
                        ],
                        max_length=16,
                    ),
                ),
                ("target", models.DecimalField(decimal_places=3, max_digits=8)),
                ("sd", models.DecimalField(decimal_places=3, max_digits=8)),
                ("expires_on", models.DateField(blank=True, null=True)),
                ("added_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="ControlReading",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("read_at", models.DateTimeField()),
                ("value", models.DecimalField(decimal_places=3, max_digits=8)),
                ("note", models.CharField(blank=True, max_length=200)),
                ("written_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("struck_at", models.DateTimeField(blank=True, null=True)),
                ("struck_reason", models.CharField(blank=True, max_length=200)),
            ],
            options={
                "ordering": ["-read_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="ControlReadingEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.BigIntegerField()),
                ("read_at", models.DateTimeField()),
                ("value", models.DecimalField(decimal_places=3, max_digits=8)),
                ("note", models.CharField(blank=True, max_length=200)),
                ("written_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("struck_at", models.DateTimeField(blank=True, null=True)),
                ("struck_reason", models.CharField(blank=True, max_length=200)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="ControlStanding",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "standing",
                    models.CharField(
                        choices=[
                            ("not_known", "NOT_KNOWN"),
                            ("in_control", "IN_CONTROL"),
                            ("warning", "WARNING"),
                            ("drifting", "DRIFTING"),
                            ("out", "OUT"),
                        ],
                        max_length=12,
                    ),
                ),
                ("rules", models.JSONField(blank=True, default=list)),
                ("sentence", models.CharField(blank=True, max_length=400)),
                ("ruleset", models.CharField(max_length=80)),
                ("set_at", models.DateTimeField()),
            ],
            options={
                "ordering": ["site", "technologist"],
            },
        ),
        migrations.AddField(
            model_name="semenanalysis",
            name="included_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="semenanalysis",
            name="included_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="semenanalysis",
            name="included_reason",
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name="semenanalysisevent",
            name="included_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="semenanalysisevent",
            name="included_by",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="semenanalysisevent",
            name="included_reason",
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddConstraint(
            model_name="semenanalysis",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("included_at", None), ("included_by", None), ("included_reason", "")),
                    models.Q(
                        ("included_at__isnull", False),
                        ("included_by__isnull", False),
                        ("valid", True),
                        models.Q(("included_reason", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="semen_included_sample_is_signed_and_counts",
            ),
        ),
        migrations.AddField(
            model_name="controlaction",
            name="site",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clinic.site"
            ),
        ),
        migrations.AddField(
            model_name="controlaction",
            name="taken_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="controlaction",
            name="technologist",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="control_actions",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="controllot",
            name="added_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="controllot",
            name="closed_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="controllot",
            name="site",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="control_lots",
                to="clinic.site",
            ),
        ),
        migrations.AddField(
            model_name="controllotevent",
            name="added_by",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="controllotevent",
            name="closed_by",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="controllotevent",
            name="pgh_context",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="pghistory.context",
            ),
        ),
        migrations.AddField(
            model_name="controllotevent",
            name="pgh_obj",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="events",
                to="labs.controllot",
            ),
        ),
        migrations.AddField(
            model_name="controllotevent",
            name="site",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="clinic.site",
            ),
        ),
        migrations.AddField(
            model_name="controlreading",
            name="lot",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="readings",
                to="labs.controllot",
            ),
        ),
        migrations.AddField(
            model_name="controlreading",
            name="struck_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="controlreading",
            name="technologist",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="control_readings",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="controlreadingevent",
            name="lot",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="labs.controllot",
            ),
        ),
        migrations.AddField(
            model_name="controlreadingevent",
            name="pgh_context",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="pghistory.context",
            ),
        ),
        migrations.AddField(
            model_name="controlreadingevent",
            name="pgh_obj",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="events",
                to="labs.controlreading",
            ),
        ),
        migrations.AddField(
            model_name="controlreadingevent",
            name="struck_by",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="controlreadingevent",
            name="technologist",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="controlstanding",
            name="site",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="clinic.site"
            ),
        ),
        migrations.AddField(
            model_name="controlstanding",
            name="technologist",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="control_standings",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="controlaction",
            constraint=models.CheckConstraint(
                condition=models.Q(("words", ""), _negated=True), name="control_action_says_what"
            ),
        ),
        migrations.AddConstraint(
            model_name="controlaction",
            constraint=models.CheckConstraint(
                condition=models.Q(("taken_by", models.F("technologist")), _negated=True),
                name="control_action_is_by_another",
            ),
        ),
        migrations.AddConstraint(
            model_name="controllot",
            constraint=models.UniqueConstraint(
                condition=models.Q(("closed_at", None)),
                fields=("site", "name", "measure"),
                name="control_lot_in_use_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="controllot",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("sd__gt", 0), ("target__gt", 0), models.Q(("name", ""), _negated=True)
                ),
                name="control_lot_has_target_and_spread",
            ),
        ),
        migrations.AddConstraint(
            model_name="controllot",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("closed_at", None), ("closed_by", None)),
                    models.Q(("closed_at__isnull", False), ("closed_by__isnull", False)),
                    _connector="OR",
                ),
                name="control_lot_closing_is_signed",
            ),
        ),
        migrations.AddIndex(
            model_name="controlreading",
            index=models.Index(fields=["technologist", "-read_at"], name="control_by_person"),
        ),
        migrations.AddConstraint(
            model_name="controlreading",
            constraint=models.CheckConstraint(
                condition=models.Q(("value__gte", 0)), name="control_reading_is_not_negative"
            ),
        ),
        migrations.AddConstraint(
            model_name="controlreading",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("struck_at", None), ("struck_by", None), ("struck_reason", "")),
                    models.Q(
                        ("struck_at__isnull", False),
                        ("struck_by__isnull", False),
                        models.Q(("struck_reason", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="control_reading_striking_is_signed",
            ),
        ),
        migrations.AddConstraint(
            model_name="controlstanding",
            constraint=models.UniqueConstraint(
                fields=("site", "technologist"), name="control_standing_once_each"
            ),
        ),
    ]
