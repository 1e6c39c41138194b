"""What PostgreSQL refuses to change: versions, choices of rule set, moves, answers of the response rule."""

from django.db import migrations

FORWARDS = """
CREATE OR REPLACE FUNCTION protocols_refuse_republish() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a published version is never deleted' USING ERRCODE = 'restrict_violation';
    END IF;
    IF (NEW.definition, NEW.sha256, NEW.number, NEW.protocol_id, NEW.source, NEW.published_at,
        NEW.published_by_id)
        IS DISTINCT FROM (OLD.definition, OLD.sha256, OLD.number, OLD.protocol_id, OLD.source,
        OLD.published_at, OLD.published_by_id)
       OR NEW.state = 'draft' OR (OLD.state = 'retired' AND NEW.state <> 'retired') THEN
        RAISE EXCEPTION 'a published version never changes' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER version_published_stays BEFORE UPDATE OR DELETE ON protocols_version
    FOR EACH ROW WHEN (OLD.state <> 'draft') EXECUTE FUNCTION protocols_refuse_republish();

CREATE OR REPLACE FUNCTION protocols_refuse_rewrite() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is never rewritten: write a new row', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE OR REPLACE TRIGGER ruleset_choice_stays BEFORE UPDATE OR DELETE ON protocols_rulesetchoice
    FOR EACH ROW EXECUTE FUNCTION protocols_refuse_rewrite();

CREATE OR REPLACE FUNCTION protocols_refuse_version_rewrite() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a change of version is never rewritten' USING ERRCODE = 'restrict_violation';
END $$;
CREATE OR REPLACE TRIGGER version_change_stays BEFORE UPDATE OR DELETE ON protocols_versionchange
    FOR EACH ROW EXECUTE FUNCTION protocols_refuse_version_rewrite();

CREATE OR REPLACE TRIGGER response_evaluation_stays
    BEFORE UPDATE OR DELETE ON protocols_responseevaluation
    FOR EACH ROW EXECUTE FUNCTION protocols_refuse_rewrite();
"""
BACKWARDS = """
DROP TRIGGER response_evaluation_stays ON protocols_responseevaluation;
DROP TRIGGER version_change_stays ON protocols_versionchange;
DROP FUNCTION protocols_refuse_version_rewrite;
DROP TRIGGER ruleset_choice_stays ON protocols_rulesetchoice;
DROP FUNCTION protocols_refuse_rewrite;
DROP TRIGGER version_published_stays ON protocols_version;
DROP FUNCTION protocols_refuse_republish;
"""


class Migration(migrations.Migration):
    dependencies = [("protocols", "0001_tables")]
    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
