"""Keep files as well as messages, with every row as it came; values can be taken back."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("labs", "0001_tables"),
        ("patients", "0002_search_is_well_known"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="inboundmessage",
            name="inbound_stuck",
        ),
        migrations.AddField(
            model_name="inboundmessage",
            name="file_name",
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name="inboundmessage",
            name="format",
            field=models.CharField(
                choices=[
                    ("hl7", "HL7"),
                    ("csv", "Table (CSV)"),
                    ("xlsx", "Workbook (Excel)"),
                    ("fhir", "FHIR"),
                ],
                default="hl7",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="inboundmessage",
            name="laboratory",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="labs.laboratory",
            ),
        ),
        migrations.AddField(
            model_name="inboundmessage",
            name="options",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name="inboundmessage",
            name="uploaded_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="stagedrow",
            name="collected_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="stagedrow",
            name="original",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="stagedrow",
            name="patient",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="patients.patient",
            ),
        ),
        migrations.AddField(
            model_name="stagedrow",
            name="person",
            field=models.CharField(blank=True, max_length=120),
        ),
        migrations.AddField(
            model_name="stagedrow",
            name="person_key",
            field=models.CharField(blank=True, max_length=16),
        ),
        migrations.AddField(
            model_name="stagedrow",
            name="specimen",
            field=models.CharField(blank=True, max_length=80),
        ),
        migrations.AlterField(
            model_name="draw",
            name="source",
            field=models.CharField(
                choices=[
                    ("form", "Typed in"),
                    ("hl7", "Received from the laboratory"),
                    ("file", "From a file"),
                    ("fhir", "From another system"),
                ],
                max_length=4,
            ),
        ),
        migrations.AlterField(
            model_name="drawevent",
            name="source",
            field=models.CharField(
                choices=[
                    ("form", "Typed in"),
                    ("hl7", "Received from the laboratory"),
                    ("file", "From a file"),
                    ("fhir", "From another system"),
                ],
                max_length=4,
            ),
        ),
        migrations.AlterField(
            model_name="inboundmessage",
            name="state",
            field=models.CharField(
                choices=[
                    ("received", "Received"),
                    ("filed", "Filed"),
                    ("partly", "Filed in part"),
                    ("unmatched", "Nobody found it belongs to"),
                    ("refused", "Not understood"),
                    ("settled", "Settled by hand"),
                    ("staged", "Waiting for a look"),
                    ("withdrawn", "Thrown away"),
                ],
                default="received",
                max_length=9,
            ),
        ),
        migrations.AlterField(
            model_name="stagedrow",
            name="position",
            field=models.PositiveIntegerField(),
        ),
        migrations.AlterField(
            model_name="stagedrow",
            name="state",
            field=models.CharField(
                choices=[
                    ("new", "Filed"),
                    ("duplicate", "Already there"),
                    ("correction", "Corrects an earlier value"),
                    ("taken_back", "Taken back by the laboratory"),
                    ("unmatched", "No such patient"),
                    ("unknown_code", "Unknown code"),
                    ("unknown_unit", "Unknown unit"),
                    ("implausible", "Implausible"),
                ],
                max_length=12,
            ),
        ),
        migrations.AddIndex(
            model_name="inboundmessage",
            index=models.Index(
                models.F("site"),
                condition=models.Q(
                    ("settled_at", None),
                    ("state__in", ("staged", "unmatched", "partly", "refused")),
                ),
                name="inbound_stuck",
            ),
        ),
    ]
