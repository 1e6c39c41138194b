"""How often a fragment occurs decides the way it is looked for: PostgreSQL counts it finely."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("patients", "0001_tables")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE patients_patient ALTER COLUMN search_text SET STATISTICS 1000",
            "ALTER TABLE patients_patient ALTER COLUMN search_text SET STATISTICS -1",
        ),
    ]
