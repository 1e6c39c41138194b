"""An instant is named as one."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("clinic", "0004_units_to_read_in")]

    operations = [
        migrations.AlterModelOptions(name="readingstep", options={}),
        migrations.RemoveConstraint(model_name="readingstep", name="reading_step_is_taken_once"),
        migrations.RenameField(model_name="readingstep", old_name="since", new_name="since_at"),
        migrations.AddConstraint(
            model_name="readingstep",
            constraint=models.UniqueConstraint(
                fields=("about", "since_at", "step"), name="reading_step_is_taken_once"
            ),
        ),
        migrations.AlterModelOptions(
            name="readingstep", options={"ordering": ["since_at", "step"]}
        ),
    ]
