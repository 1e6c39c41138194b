"""What was done about a technologist out of control is never rewritten."""

from django.db import migrations

FORWARDS = """
CREATE OR REPLACE TRIGGER control_action_append_only BEFORE UPDATE OR DELETE ON labs_controlaction
    FOR EACH ROW EXECUTE FUNCTION labs_refuse_storage_rewrite();
"""
BACKWARDS = "DROP TRIGGER control_action_append_only ON labs_controlaction;"


class Migration(migrations.Migration):
    dependencies = [("labs", "0008_quality_control")]
    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
