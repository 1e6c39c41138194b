"""PostgreSQL refuses to rewrite or to empty the trail; only throwaway databases, which say so, may."""

from django.db import migrations

FORWARDS = """
CREATE OR REPLACE FUNCTION clinic_refuse_rewrite() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit trail is append-only' USING ERRCODE = 'restrict_violation';
END $$;
CREATE OR REPLACE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON clinic_auditevent
    FOR EACH ROW EXECUTE FUNCTION clinic_refuse_rewrite();
CREATE OR REPLACE TRIGGER seal_append_only BEFORE UPDATE OR DELETE ON clinic_auditseal
    FOR EACH ROW EXECUTE FUNCTION clinic_refuse_rewrite();

CREATE OR REPLACE FUNCTION clinic_refuse_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('halfyear.throwaway', true) IS DISTINCT FROM 'on' THEN
        RAISE EXCEPTION 'the audit trail is append-only' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER audit_not_emptied BEFORE TRUNCATE ON clinic_auditevent
    FOR EACH STATEMENT EXECUTE FUNCTION clinic_refuse_truncate();
CREATE OR REPLACE TRIGGER seal_not_emptied BEFORE TRUNCATE ON clinic_auditseal
    FOR EACH STATEMENT EXECUTE FUNCTION clinic_refuse_truncate();
"""
BACKWARDS = """
DROP TRIGGER seal_not_emptied ON clinic_auditseal;
DROP TRIGGER audit_not_emptied ON clinic_auditevent;
DROP FUNCTION clinic_refuse_truncate;
DROP TRIGGER seal_append_only ON clinic_auditseal;
DROP TRIGGER audit_append_only ON clinic_auditevent;
DROP FUNCTION clinic_refuse_rewrite;
"""


class Migration(migrations.Migration):
    dependencies = [("clinic", "0001_tables")]
    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
