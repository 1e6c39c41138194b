"""A published version keeps its number, its definition and its hash for ever."""

from django.db import migrations

FORWARDS = """
CREATE FUNCTION protocols_refuse_republish() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a published version is never deleted' USING ERRCODE = 'restrict_violation';
    END IF;
    IF (NEW.definition, NEW.sha256, NEW.number, NEW.protocol_id)
        IS DISTINCT FROM (OLD.definition, OLD.sha256, OLD.number, OLD.protocol_id)
       OR NEW.state = 'draft' THEN
        RAISE EXCEPTION 'a published version never changes' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER version_published_stays BEFORE UPDATE OR DELETE ON protocols_version
    FOR EACH ROW WHEN (OLD.state <> 'draft') EXECUTE FUNCTION protocols_refuse_republish();
"""
BACKWARDS = """
DROP TRIGGER version_published_stays ON protocols_version;
DROP FUNCTION protocols_refuse_republish;
"""


class Migration(migrations.Migration):
    dependencies = [("protocols", "0001_tables")]
    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
