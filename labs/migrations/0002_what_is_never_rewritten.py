"""What PostgreSQL refuses of containers and tanks, control actions and ranges."""

from django.db import migrations

FORWARDS = """
CREATE OR REPLACE FUNCTION labs_refuse_storage_rewrite() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is never rewritten: write a new row', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE OR REPLACE TRIGGER container_movement_append_only
    BEFORE UPDATE OR DELETE ON labs_containermovement
    FOR EACH ROW EXECUTE FUNCTION labs_refuse_storage_rewrite();
CREATE OR REPLACE TRIGGER nitrogen_append_only BEFORE UPDATE OR DELETE ON labs_nitrogenreading
    FOR EACH ROW EXECUTE FUNCTION labs_refuse_storage_rewrite();
CREATE OR REPLACE TRIGGER tank_count_append_only BEFORE UPDATE OR DELETE ON labs_tankcount
    FOR EACH ROW EXECUTE FUNCTION labs_refuse_storage_rewrite();
CREATE OR REPLACE TRIGGER thaw_test_append_only BEFORE UPDATE OR DELETE ON labs_thawtest
    FOR EACH ROW EXECUTE FUNCTION labs_refuse_storage_rewrite();

CREATE OR REPLACE FUNCTION labs_refuse_storage_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('halfyear.throwaway', true) IS DISTINCT FROM 'on' THEN
        RAISE EXCEPTION 'movements of containers are append-only'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER container_movement_not_emptied BEFORE TRUNCATE ON labs_containermovement
    FOR EACH STATEMENT EXECUTE FUNCTION labs_refuse_storage_truncate();

CREATE OR REPLACE FUNCTION labs_refuse_storage_leap() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last record;
BEGIN
    SELECT number, status INTO last FROM labs_containermovement
     WHERE container_id = NEW.container_id ORDER BY number DESC LIMIT 1;
    IF NEW.number <> coalesce(last.number, 0) + 1 THEN
        RAISE EXCEPTION 'container_movement_leaves_no_gap: % does not follow %',
            NEW.number, coalesce(last.number, 0) USING ERRCODE = 'check_violation';
    END IF;
    IF (coalesce(last.status, ''), NEW.kind, NEW.status) NOT IN (
        ('', 'store', 'stored'), ('', 'receive', 'stored'),
        ('stored', 'move', 'stored'), ('reserved', 'move', 'reserved'),
        ('stored', 'reserve', 'reserved'), ('reserved', 'release', 'stored'),
        ('stored', 'thaw', 'thawed'), ('reserved', 'thaw', 'thawed'),
        ('thawed', 'use', 'used'),
        ('stored', 'transfer', 'transferred'), ('reserved', 'transfer', 'transferred'),
        ('stored', 'discard', 'discarded'), ('reserved', 'discard', 'discarded'),
        ('thawed', 'discard', 'discarded')
    ) THEN
        RAISE EXCEPTION 'container_movement_is_a_step: % from % to %',
            NEW.kind, coalesce(last.status, 'nothing'), NEW.status
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER container_movement_is_a_step BEFORE INSERT ON labs_containermovement
    FOR EACH ROW EXECUTE FUNCTION labs_refuse_storage_leap();

CREATE OR REPLACE FUNCTION labs_refuse_storage_drift() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    which bigint;
    held record;
    last record;
BEGIN
    IF TG_TABLE_NAME = 'labs_container' THEN which := NEW.id;
    ELSE which := NEW.container_id; END IF;
    SELECT status, tank_id, canister, cane, position INTO held
      FROM labs_container WHERE id = which;
    SELECT status, tank_id, canister, cane, position INTO last
      FROM labs_containermovement WHERE container_id = which ORDER BY number DESC LIMIT 1;
    IF held IS DISTINCT FROM last THEN
        RAISE EXCEPTION 'container_stands_where_its_last_movement_left_it: container %', which
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS container_stands_as_moved ON labs_container;
CREATE CONSTRAINT TRIGGER container_stands_as_moved AFTER INSERT OR UPDATE ON labs_container
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION labs_refuse_storage_drift();
DROP TRIGGER IF EXISTS movement_moves_its_container ON labs_containermovement;
CREATE CONSTRAINT TRIGGER movement_moves_its_container AFTER INSERT ON labs_containermovement
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION labs_refuse_storage_drift();

CREATE OR REPLACE FUNCTION labs_refuse_container_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    at record;
    home bigint;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a container is never deleted' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'UPDATE' AND (NEW.cryo_id, NEW.patient_id, NEW.frozen_at)
       IS DISTINCT FROM (OLD.cryo_id, OLD.patient_id, OLD.frozen_at) THEN
        RAISE EXCEPTION 'a container keeps its code, its man and its day'
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.tank_id IS NOT NULL THEN
        SELECT site_id, canisters, canes, positions INTO at FROM labs_tank
         WHERE id = NEW.tank_id FOR KEY SHARE;
        SELECT site_id INTO home FROM patients_patient WHERE id = NEW.patient_id;
        IF at.site_id <> home THEN
            RAISE EXCEPTION 'container_stands_at_his_site' USING ERRCODE = 'check_violation';
        END IF;
        IF NOT (NEW.canister BETWEEN 1 AND at.canisters AND NEW.cane BETWEEN 1 AND at.canes
                AND NEW.position BETWEEN 1 AND at.positions) THEN
            RAISE EXCEPTION 'container_stands_inside_its_tank' USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER container_stays_itself BEFORE INSERT OR UPDATE OR DELETE ON labs_container
    FOR EACH ROW EXECUTE FUNCTION labs_refuse_container_change();

CREATE OR REPLACE FUNCTION labs_refuse_small_tank() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.site_id <> OLD.site_id OR EXISTS (
        SELECT 1 FROM labs_container c WHERE c.tank_id = NEW.id
           AND (c.canister > NEW.canisters OR c.cane > NEW.canes OR c.position > NEW.positions)
    ) THEN
        RAISE EXCEPTION 'tank_keeps_room_for_what_stands_in_it'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER tank_keeps_its_room BEFORE UPDATE ON labs_tank
    FOR EACH ROW EXECUTE FUNCTION labs_refuse_small_tank();

CREATE OR REPLACE TRIGGER control_action_append_only BEFORE UPDATE OR DELETE ON labs_controlaction
    FOR EACH ROW EXECUTE FUNCTION labs_refuse_storage_rewrite();

CREATE OR REPLACE FUNCTION labs_refuse_range_rewrite() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a range is never rewritten: write a new row with its day'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE OR REPLACE TRIGGER range_never_rewritten BEFORE UPDATE OR DELETE ON labs_referencerange
    FOR EACH ROW WHEN (OLD.laboratory_id IS NOT NULL) EXECUTE FUNCTION labs_refuse_range_rewrite();
"""
BACKWARDS = """
DROP TRIGGER range_never_rewritten ON labs_referencerange;
DROP FUNCTION labs_refuse_range_rewrite;
DROP TRIGGER control_action_append_only ON labs_controlaction;
DROP TRIGGER tank_keeps_its_room ON labs_tank;
DROP FUNCTION labs_refuse_small_tank;
DROP TRIGGER container_stays_itself ON labs_container;
DROP FUNCTION labs_refuse_container_change;
DROP TRIGGER movement_moves_its_container ON labs_containermovement;
DROP TRIGGER container_stands_as_moved ON labs_container;
DROP FUNCTION labs_refuse_storage_drift;
DROP TRIGGER container_movement_is_a_step ON labs_containermovement;
DROP FUNCTION labs_refuse_storage_leap;
DROP TRIGGER container_movement_not_emptied ON labs_containermovement;
DROP FUNCTION labs_refuse_storage_truncate;
DROP TRIGGER thaw_test_append_only ON labs_thawtest;
DROP TRIGGER tank_count_append_only ON labs_tankcount;
DROP TRIGGER nitrogen_append_only ON labs_nitrogenreading;
DROP TRIGGER container_movement_append_only ON labs_containermovement;
DROP FUNCTION labs_refuse_storage_rewrite;
"""


class Migration(migrations.Migration):
    dependencies = [("labs", "0001_tables")]
    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
