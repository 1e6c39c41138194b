"""Let everybody choose in which units he reads results."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("clinic", "0003_who_reads_results")]

    operations = [
        migrations.AddField(
            model_name="account",
            name="units",
            field=models.CharField(
                choices=[("conventional", "Conventional"), ("si", "SI")],
                default="conventional",
                max_length=12,
            ),
        ),
    ]
