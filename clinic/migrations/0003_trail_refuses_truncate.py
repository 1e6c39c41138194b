"""TRUNCATE is refused as well; only the tests and ./dev demo, which say so, may empty the trail."""

from django.db import migrations

FORWARDS = """
CREATE FUNCTION clinic_refuse_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('halfyear.throwaway', true) IS DISTINCT FROM 'on' THEN
        RAISE EXCEPTION 'the audit trail is append-only' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER audit_not_emptied BEFORE TRUNCATE ON clinic_auditevent
    FOR EACH STATEMENT EXECUTE FUNCTION clinic_refuse_truncate();
CREATE TRIGGER seal_not_emptied BEFORE TRUNCATE ON clinic_auditseal
    FOR EACH STATEMENT EXECUTE FUNCTION clinic_refuse_truncate();
"""
BACKWARDS = """
DROP TRIGGER seal_not_emptied ON clinic_auditseal;
DROP TRIGGER audit_not_emptied ON clinic_auditevent;
DROP FUNCTION clinic_refuse_truncate;
"""


class Migration(migrations.Migration):
    dependencies = [("clinic", "0002_trail_is_append_only")]
    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
