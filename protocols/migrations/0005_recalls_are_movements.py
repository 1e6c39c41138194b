"""A recall and its end are movements of no capsules; a lot stands as the last of them says."""

from django.db import migrations, models

FORWARDS = """
CREATE FUNCTION protocols_refuse_recall_unsaid() RETURNS trigger LANGUAGE plpgsql AS $$
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
"""
BEFORE = (
    models.Q(kind="received", place="shelf", capsules__gt=0)
    | models.Q(kind="dispensed", place="shelf", capsules__lt=0)
    | models.Q(kind="patient_return", place="quarantine", capsules__gt=0)
    | models.Q(kind__in=["supplier_return", "lost", "destroyed"], capsules__lt=0)
    | models.Q(kind="counted")
)
RECALLS = models.Q(kind__in=["recalled", "recall_ended"], place="shelf", capsules=0)
CORRECTION = models.Q(kind="correction") & ~models.Q(capsules=0)
KINDS = [
    ("received", "Received"),
    ("dispensed", "Handed over"),
    ("patient_return", "Brought back by a patient"),
    ("supplier_return", "Returned to the supplier"),
    ("lost", "Lost"),
    ("destroyed", "Destroyed"),
    ("counted", "Counted"),
    ("correction", "Correction"),
    ("recalled", "Recalled"),
    ("recall_ended", "Recall taken back"),
]


class Migration(migrations.Migration):
    dependencies = [("protocols", "0004_letters_wait_for_their_time")]
    operations = [
        migrations.AlterField(
            "stockmovement", "kind", models.CharField(choices=KINDS, max_length=15)
        ),
        migrations.RemoveConstraint("stockmovement", "movement_goes_its_way"),
        migrations.AddConstraint(
            "stockmovement",
            models.CheckConstraint(
                name="movement_goes_its_way", condition=BEFORE | RECALLS | CORRECTION
            ),
        ),
        migrations.RunSQL(FORWARDS, BACKWARDS),
    ]
