"""The stock ledger is append-only, has no gap, and every lot holds what its movements say."""

from django.db import migrations

FORWARDS = """
CREATE OR REPLACE FUNCTION protocols_refuse_stock_rewrite() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'stock movements are append-only: a correction is another movement'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE OR REPLACE TRIGGER movement_append_only BEFORE UPDATE OR DELETE ON protocols_stockmovement
    FOR EACH ROW EXECUTE FUNCTION protocols_refuse_stock_rewrite();

CREATE OR REPLACE FUNCTION protocols_refuse_stock_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('halfyear.throwaway', true) IS DISTINCT FROM 'on' THEN
        RAISE EXCEPTION 'stock movements are append-only' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER movement_not_emptied BEFORE TRUNCATE ON protocols_stockmovement
    FOR EACH STATEMENT EXECUTE FUNCTION protocols_refuse_stock_truncate();

CREATE OR REPLACE FUNCTION protocols_refuse_stock_gap() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last_number integer;
    last_balance integer;
    turned record;
BEGIN
    SELECT coalesce(max(number), 0) INTO last_number
      FROM protocols_stockmovement WHERE lot_id = NEW.lot_id;
    SELECT balance INTO last_balance
      FROM protocols_stockmovement WHERE lot_id = NEW.lot_id AND place = NEW.place
     ORDER BY number DESC LIMIT 1;
    IF NEW.number <> last_number + 1 THEN
        RAISE EXCEPTION 'movement_leaves_no_gap: % does not follow %', NEW.number, last_number
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.balance <> coalesce(last_balance, 0) + NEW.capsules THEN
        RAISE EXCEPTION 'movement_balance_adds_up: % and % are not %',
            coalesce(last_balance, 0), NEW.capsules, NEW.balance
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.reverses_id IS NOT NULL THEN
        SELECT lot_id, place, capsules, kind INTO turned
          FROM protocols_stockmovement WHERE id = NEW.reverses_id;
        IF (turned.lot_id, turned.place, turned.capsules)
           IS DISTINCT FROM (NEW.lot_id, NEW.place, -NEW.capsules)
           OR turned.kind = 'correction' THEN
            RAISE EXCEPTION 'movement_correction_turns_another_around'
                USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER movement_adds_up BEFORE INSERT ON protocols_stockmovement
    FOR EACH ROW EXECUTE FUNCTION protocols_refuse_stock_gap();

CREATE OR REPLACE FUNCTION protocols_refuse_stock_drift() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    lot record;
    which bigint;
BEGIN
    IF TG_TABLE_NAME = 'protocols_stocklot' THEN which := NEW.id; ELSE which := NEW.lot_id; END IF;
    SELECT l.on_shelf, l.in_quarantine,
           coalesce((SELECT sum(capsules) FROM protocols_stockmovement
                      WHERE lot_id = which AND place = 'shelf'), 0) AS shelf,
           coalesce((SELECT sum(capsules) FROM protocols_stockmovement
                      WHERE lot_id = which AND place = 'quarantine'), 0) AS quarantine
      INTO lot FROM protocols_stocklot l WHERE l.id = which;
    IF (lot.on_shelf, lot.in_quarantine) IS DISTINCT FROM (lot.shelf, lot.quarantine) THEN
        RAISE EXCEPTION 'lot_balance_is_its_movements: % and % instead of % and %',
            lot.on_shelf, lot.in_quarantine, lot.shelf, lot.quarantine
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS lot_adds_up ON protocols_stocklot;
CREATE CONSTRAINT TRIGGER lot_adds_up AFTER INSERT OR UPDATE ON protocols_stocklot
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION protocols_refuse_stock_drift();
DROP TRIGGER IF EXISTS movement_moves_its_lot ON protocols_stockmovement;
CREATE CONSTRAINT TRIGGER movement_moves_its_lot AFTER INSERT ON protocols_stockmovement
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION protocols_refuse_stock_drift();

CREATE OR REPLACE FUNCTION protocols_refuse_lot_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a lot is never deleted' USING ERRCODE = 'restrict_violation';
    END IF;
    IF (NEW.product_id, NEW.number, NEW.expires_on)
       IS DISTINCT FROM (OLD.product_id, OLD.number, OLD.expires_on) THEN
        RAISE EXCEPTION 'a lot keeps its product, its number and its expiry'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER lot_stays_itself BEFORE UPDATE OR DELETE ON protocols_stocklot
    FOR EACH ROW EXECUTE FUNCTION protocols_refuse_lot_change();

CREATE OR REPLACE FUNCTION protocols_refuse_recall_unsaid() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    which bigint;
    stands boolean;
    said text;
BEGIN
    IF TG_TABLE_NAME = 'protocols_stocklot' THEN which := NEW.id; ELSE which := NEW.lot_id; END IF;
    SELECT recalled_at IS NOT NULL INTO stands FROM protocols_stocklot WHERE id = which;
    SELECT kind INTO said FROM protocols_stockmovement
     WHERE lot_id = which AND kind IN ('recalled', 'recall_ended') ORDER BY number DESC LIMIT 1;
    IF stands IS DISTINCT FROM (coalesce(said, '') = 'recalled') THEN
        RAISE EXCEPTION 'lot_recall_is_its_movements' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER lot_recall_is_said AFTER INSERT OR UPDATE OF recalled_at
    ON protocols_stocklot DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION protocols_refuse_recall_unsaid();
CREATE CONSTRAINT TRIGGER movement_recalls_its_lot AFTER INSERT ON protocols_stockmovement
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (NEW.kind IN ('recalled', 'recall_ended'))
    EXECUTE FUNCTION protocols_refuse_recall_unsaid();
"""
BACKWARDS = """
DROP TRIGGER movement_recalls_its_lot ON protocols_stockmovement;
DROP TRIGGER lot_recall_is_said ON protocols_stocklot;
DROP FUNCTION protocols_refuse_recall_unsaid;
DROP TRIGGER lot_stays_itself ON protocols_stocklot;
DROP FUNCTION protocols_refuse_lot_change;
DROP TRIGGER movement_moves_its_lot ON protocols_stockmovement;
DROP TRIGGER lot_adds_up ON protocols_stocklot;
DROP FUNCTION protocols_refuse_stock_drift;
DROP TRIGGER movement_adds_up ON protocols_stockmovement;
DROP FUNCTION protocols_refuse_stock_gap;
DROP TRIGGER movement_not_emptied ON protocols_stockmovement;
DROP FUNCTION protocols_refuse_stock_truncate;
DROP TRIGGER movement_append_only ON protocols_stockmovement;
DROP FUNCTION protocols_refuse_stock_rewrite;
"""


class Migration(migrations.Migration):
    dependencies = [("protocols", "0002_what_is_never_rewritten")]
    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
