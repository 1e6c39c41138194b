"""Keep the system of a code beside it, and codes as long as laboratories make them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("labs", "0003_codes_of_a_laboratory")]

    operations = [
        migrations.AddField(
            model_name="stagedrow",
            name="system",
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AlterField(
            model_name="stagedrow",
            name="code",
            field=models.CharField(blank=True, max_length=80),
        ),
    ]
