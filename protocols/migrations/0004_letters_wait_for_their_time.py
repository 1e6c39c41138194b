"""The words to him about a finding are kept until they are sent."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("protocols", "0003_stock_is_a_ledger")]

    operations = [
        migrations.AddField(name=name, model_name=model, field=field)
        for model in ("finding", "findingevent")
        for name, field in (
            ("letter", models.TextField(blank=True)),
            ("letter_sent_at", models.DateTimeField(blank=True, null=True)),
        )
    ]
