"""What one member did, newest first, without reading what everybody did."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("clinic", "0003_trail_refuses_truncate")]
    operations = [
        migrations.AddIndex(
            model_name="auditevent",
            index=models.Index(fields=["actor", "-at"], name="audit_by_actor"),
        )
    ]
