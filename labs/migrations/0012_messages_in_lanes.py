"""File messages side by side, and those about one man in the order they came."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("labs", "0011_ranges_and_specimens")]

    operations = [
        migrations.RemoveIndex(model_name="inboundmessage", name="inbound_received"),
        migrations.AddField(
            model_name="inboundmessage",
            name="lane",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddIndex(
            model_name="inboundmessage",
            index=models.Index(
                models.F("lane"),
                models.F("id"),
                condition=models.Q(("state", "received")),
                name="inbound_received",
            ),
        ),
    ]
