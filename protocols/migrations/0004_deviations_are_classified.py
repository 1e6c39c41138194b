"""Deviations keep their evidence, their cause, what was done, and how each of them ended."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

#: What was closed before was closed by a person. The history of rows has no columns for it yet.
CLOSED = """
ALTER TABLE protocols_deviation DISABLE TRIGGER USER;
UPDATE protocols_deviation SET outcome = 'closed' WHERE closed_at IS NOT NULL;
ALTER TABLE protocols_deviation ENABLE TRIGGER USER;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("protocols", "0003_duties"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="deviation",
            name="deviation_closing_is_signed",
        ),
        migrations.AddField(
            model_name="deviation",
            name="cause",
            field=models.CharField(blank=True, max_length=300),
        ),
        migrations.AddField(
            model_name="deviation",
            name="classified_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="deviation",
            name="classified_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="deviation",
            name="corrective_action",
            field=models.CharField(blank=True, max_length=300),
        ),
        migrations.AddField(
            model_name="deviation",
            name="evidence",
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name="deviation",
            name="outcome",
            field=models.CharField(
                blank=True,
                choices=[
                    ("closed", "Closed"),
                    ("not_one", "Not a deviation"),
                    ("withdrawn", "Withdrawn: the facts were corrected"),
                ],
                max_length=9,
            ),
        ),
        migrations.AddField(
            model_name="deviation",
            name="reopened_because",
            field=models.CharField(blank=True, max_length=300),
        ),
        migrations.AddField(
            model_name="deviation",
            name="repeat_by",
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="deviationevent",
            name="cause",
            field=models.CharField(blank=True, max_length=300),
        ),
        migrations.AddField(
            model_name="deviationevent",
            name="classified_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="deviationevent",
            name="classified_by",
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
            model_name="deviationevent",
            name="corrective_action",
            field=models.CharField(blank=True, max_length=300),
        ),
        migrations.AddField(
            model_name="deviationevent",
            name="evidence",
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name="deviationevent",
            name="outcome",
            field=models.CharField(
                blank=True,
                choices=[
                    ("closed", "Closed"),
                    ("not_one", "Not a deviation"),
                    ("withdrawn", "Withdrawn: the facts were corrected"),
                ],
                max_length=9,
            ),
        ),
        migrations.AddField(
            model_name="deviationevent",
            name="reopened_because",
            field=models.CharField(blank=True, max_length=300),
        ),
        migrations.AddField(
            model_name="deviationevent",
            name="repeat_by",
            field=models.DateField(blank=True, null=True),
        ),
        migrations.RunSQL(CLOSED, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="deviation",
            index=models.Index(fields=["-raised_at"], name="deviation_by_time"),
        ),
        migrations.AddConstraint(
            model_name="deviation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("closed_at", None), ("closed_by", None), ("outcome", "")),
                    models.Q(("closed_at__isnull", False), ("outcome", "withdrawn")),
                    models.Q(
                        ("closed_at__isnull", False),
                        ("closed_by__isnull", False),
                        ("outcome__in", ["closed", "not_one"]),
                    ),
                    _connector="OR",
                ),
                name="deviation_closing_is_signed",
            ),
        ),
        migrations.AddConstraint(
            model_name="deviation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("outcome", "not_one"), _negated=True),
                    models.Q(("closing_note", ""), _negated=True),
                    _connector="OR",
                ),
                name="deviation_refused_has_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="deviation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("classified_at", None), ("classified_by", None)),
                    models.Q(("classified_at__isnull", False), ("classified_by__isnull", False)),
                    _connector="OR",
                ),
                name="deviation_class_is_signed",
            ),
        ),
    ]
