"""An answer of the response rule is never rewritten: what changes is another row."""

from django.db import migrations

FORWARDS = """
CREATE OR REPLACE TRIGGER response_evaluation_stays
    BEFORE UPDATE OR DELETE ON protocols_responseevaluation
    FOR EACH ROW EXECUTE FUNCTION protocols_refuse_rewrite();
"""
BACKWARDS = "DROP TRIGGER response_evaluation_stays ON protocols_responseevaluation;"


class Migration(migrations.Migration):
    dependencies = [("protocols", "0007_response_is_versioned")]
    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
