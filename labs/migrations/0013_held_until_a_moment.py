"""A limit is named as one, and its constraint in words."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("labs", "0012_messages_in_lanes")]

    operations = [
        migrations.RemoveConstraint(model_name="withholding", name="withholding_ends"),
        migrations.RenameField(
            model_name="withholding", old_name="ends_at", new_name="held_until"
        ),
        migrations.RenameField(
            model_name="withholdingevent", old_name="ends_at", new_name="held_until"
        ),
        migrations.AddConstraint(
            model_name="withholding",
            constraint=models.CheckConstraint(
                name="withholding_ends_after_it_begins",
                condition=models.Q(("held_until__gt", models.F("placed_at"))),
            ),
        ),
    ]
