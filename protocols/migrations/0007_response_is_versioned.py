"""Every answer of the response rule is kept, and what a clinician declares enough."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("labs", "0012_messages_in_lanes"),
        ("pghistory", "0007_auto_20250421_0444"),
        ("protocols", "0006_letters_say_who_sent_them"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ResponseAdjudication",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("reason", models.CharField(max_length=300)),
                ("decided_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                ("withdrawn_reason", models.CharField(blank=True, max_length=300)),
                (
                    "analysis",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="labs.semenanalysis",
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "enrolment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="adjudications",
                        to="protocols.enrolment",
                    ),
                ),
                (
                    "withdrawn_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="ResponseAdjudicationEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("id", models.BigIntegerField()),
                ("reason", models.CharField(max_length=300)),
                ("decided_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                ("withdrawn_reason", models.CharField(blank=True, max_length=300)),
                (
                    "analysis",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="labs.semenanalysis",
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "enrolment",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="protocols.enrolment",
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
                        to="protocols.responseadjudication",
                    ),
                ),
                (
                    "withdrawn_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
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
            name="ResponseEvaluation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "cause",
                    models.CharField(
                        choices=[
                            ("sample", "A sample became final"),
                            ("corrected", "A sample was corrected, struck out or moved"),
                            ("included", "A clinician decided whether a sample counts"),
                            ("adjudicated", "A clinician decided that what was frozen is enough"),
                            ("programme", "His enrolment or his first dose changed"),
                            ("back_filled", "Worked out from what was on file"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "about",
                    models.CharField(
                        blank=True, help_text="Label of what caused it", max_length=60
                    ),
                ),
                ("ruleset", models.CharField(max_length=80)),
                ("first_dose_on", models.DateField()),
                ("stratum", models.CharField(max_length=20)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("NONE", "None"),
                            ("PROVISIONAL", "Provisional"),
                            ("CONFIRMED", "Confirmed"),
                        ],
                        max_length=12,
                    ),
                ),
                ("first_sperm_on", models.DateField(null=True)),
                ("first_motile_on", models.DateField(null=True)),
                ("response_on", models.DateField(null=True)),
                ("days", models.IntegerField(null=True)),
                ("month", models.IntegerField(null=True)),
                ("evaluable", models.BooleanField()),
                ("sentence", models.TextField()),
                (
                    "samples",
                    models.JSONField(
                        help_text="Every sample since Day 1, as the rule was given it"
                    ),
                ),
                (
                    "enrolment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="responses",
                        to="protocols.enrolment",
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
            },
        ),
        migrations.AddConstraint(
            model_name="responseadjudication",
            constraint=models.UniqueConstraint(
                condition=models.Q(("withdrawn_at", None)),
                fields=("enrolment",),
                name="adjudication_stands_once_each",
            ),
        ),
        migrations.AddConstraint(
            model_name="responseadjudication",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True),
                name="adjudication_says_why_it_stands",
            ),
        ),
        migrations.AddConstraint(
            model_name="responseadjudication",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("withdrawn_at", None), ("withdrawn_by", None), ("withdrawn_reason", "")
                    ),
                    models.Q(
                        ("withdrawn_at__isnull", False),
                        ("withdrawn_by__isnull", False),
                        models.Q(("withdrawn_reason", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="adjudication_withdrawal_is_signed",
            ),
        ),
        migrations.AddIndex(
            model_name="responseevaluation",
            index=models.Index(fields=["enrolment", "-id"], name="response_by_enrolment"),
        ),
        migrations.AddConstraint(
            model_name="responseevaluation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("days__isnull", False),
                        ("response_on__isnull", False),
                        ("status", "CONFIRMED"),
                    ),
                    models.Q(
                        models.Q(("status", "CONFIRMED"), _negated=True),
                        ("days", None),
                        ("month", None),
                        ("response_on", None),
                    ),
                    _connector="OR",
                ),
                name="response_confirmed_has_its_day",
            ),
        ),
    ]
