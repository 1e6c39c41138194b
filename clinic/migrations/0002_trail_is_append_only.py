"""PostgreSQL itself refuses to rewrite the trail and the chain over it."""

from django.db import migrations

FORWARDS = """
CREATE FUNCTION clinic_refuse_rewrite() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit trail is append-only' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON clinic_auditevent
    FOR EACH ROW EXECUTE FUNCTION clinic_refuse_rewrite();
CREATE TRIGGER seal_append_only BEFORE UPDATE OR DELETE ON clinic_auditseal
    FOR EACH ROW EXECUTE FUNCTION clinic_refuse_rewrite();
"""
BACKWARDS = """
DROP TRIGGER seal_append_only ON clinic_auditseal;
DROP TRIGGER audit_append_only ON clinic_auditevent;
DROP FUNCTION clinic_refuse_rewrite;
"""


class Migration(migrations.Migration):
    dependencies = [("clinic", "0001_tables")]
    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
