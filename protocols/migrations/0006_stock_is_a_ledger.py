"""The stock of products, lots and movements that only add up, and what a bottle was.

Whoever writes past the program is refused as well: no movement is changed or deleted, each follows
the one before, and a lot holds what its movements say.
"""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

FORWARDS = """
CREATE FUNCTION protocols_refuse_stock_rewrite() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'stock movements are append-only: a correction is another movement'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER movement_append_only BEFORE UPDATE OR DELETE ON protocols_stockmovement
    FOR EACH ROW EXECUTE FUNCTION protocols_refuse_stock_rewrite();

CREATE FUNCTION protocols_refuse_stock_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('halfyear.throwaway', true) IS DISTINCT FROM 'on' THEN
        RAISE EXCEPTION 'stock movements are append-only' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER movement_not_emptied BEFORE TRUNCATE ON protocols_stockmovement
    FOR EACH STATEMENT EXECUTE FUNCTION protocols_refuse_stock_truncate();

CREATE FUNCTION protocols_refuse_stock_gap() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER movement_adds_up BEFORE INSERT ON protocols_stockmovement
    FOR EACH ROW EXECUTE FUNCTION protocols_refuse_stock_gap();

CREATE FUNCTION protocols_refuse_stock_drift() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE CONSTRAINT TRIGGER lot_adds_up AFTER INSERT OR UPDATE ON protocols_stocklot
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION protocols_refuse_stock_drift();
CREATE CONSTRAINT TRIGGER movement_moves_its_lot AFTER INSERT ON protocols_stockmovement
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION protocols_refuse_stock_drift();

CREATE FUNCTION protocols_refuse_lot_change() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE TRIGGER lot_stays_itself BEFORE UPDATE OR DELETE ON protocols_stocklot
    FOR EACH ROW EXECUTE FUNCTION protocols_refuse_lot_change();
"""
BACKWARDS = """
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
    dependencies = [
        ("clinic", "0004_trail_is_read_by_actor"),
        ("protocols", "0005_ipledge_and_corrections"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Product",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=80)),
                ("ndc", models.CharField(max_length=20)),
                (
                    "formulation",
                    models.CharField(
                        choices=[
                            ("standard", "Standard"),
                            ("lidose", "Lidose"),
                            ("micronised", "Micronised"),
                        ],
                        default="standard",
                        max_length=10,
                    ),
                ),
                ("strength_mg", models.PositiveSmallIntegerField(default=20)),
                ("added_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "ordering": ["name", "pk"],
            },
        ),
        migrations.CreateModel(
            name="StockLot",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.CharField(max_length=40)),
                ("expires_on", models.DateField()),
                ("on_shelf", models.PositiveIntegerField(default=0)),
                ("in_quarantine", models.PositiveIntegerField(default=0)),
                ("recalled_at", models.DateTimeField(blank=True, null=True)),
                ("recalled_because", models.CharField(blank=True, max_length=300)),
            ],
            options={
                "ordering": ["expires_on", "pk"],
            },
        ),
        migrations.CreateModel(
            name="StockMovement",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "number",
                    models.PositiveIntegerField(
                        help_text="1, 2, 3 … within its lot, without a gap"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("received", "Received"),
                            ("dispensed", "Handed over"),
                            ("patient_return", "Brought back by a patient"),
                            ("supplier_return", "Returned to the supplier"),
                            ("lost", "Lost"),
                            ("destroyed", "Destroyed"),
                            ("counted", "Counted"),
                            ("correction", "Correction"),
                        ],
                        max_length=15,
                    ),
                ),
                (
                    "place",
                    models.CharField(
                        choices=[("shelf", "Shelf"), ("quarantine", "Quarantine")],
                        default="shelf",
                        max_length=10,
                    ),
                ),
                ("capsules", models.IntegerField(help_text="in is positive, out negative")),
                (
                    "balance",
                    models.PositiveIntegerField(help_text="what is at that place afterwards"),
                ),
                ("on", models.DateField()),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("reason", models.CharField(blank=True, max_length=300)),
            ],
            options={
                "ordering": ["-lot", "-number"],
            },
        ),
        migrations.AddField(
            model_name="capsulecount",
            name="handed_in",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="capsulecountevent",
            name="handed_in",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="dispense",
            name="formulation",
            field=models.CharField(
                choices=[
                    ("standard", "Standard"),
                    ("lidose", "Lidose"),
                    ("micronised", "Micronised"),
                ],
                default="standard",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="dispense",
            name="ndc",
            field=models.CharField(blank=True, max_length=20),
        ),
        migrations.AddField(
            model_name="dispense",
            name="product",
            field=models.CharField(blank=True, max_length=80),
        ),
        migrations.AddField(
            model_name="dispense",
            name="rma",
            field=models.CharField(blank=True, help_text="authorisation of iPLEDGE", max_length=30),
        ),
        migrations.AddField(
            model_name="dispense",
            name="substituted_because",
            field=models.CharField(blank=True, max_length=300),
        ),
        migrations.AddField(
            model_name="dispenseevent",
            name="formulation",
            field=models.CharField(
                choices=[
                    ("standard", "Standard"),
                    ("lidose", "Lidose"),
                    ("micronised", "Micronised"),
                ],
                default="standard",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="dispenseevent",
            name="ndc",
            field=models.CharField(blank=True, max_length=20),
        ),
        migrations.AddField(
            model_name="dispenseevent",
            name="product",
            field=models.CharField(blank=True, max_length=80),
        ),
        migrations.AddField(
            model_name="dispenseevent",
            name="rma",
            field=models.CharField(blank=True, help_text="authorisation of iPLEDGE", max_length=30),
        ),
        migrations.AddField(
            model_name="dispenseevent",
            name="substituted_because",
            field=models.CharField(blank=True, max_length=300),
        ),
        migrations.AddField(
            model_name="prescription",
            name="changed_because",
            field=models.CharField(blank=True, max_length=300),
        ),
        migrations.AddField(
            model_name="prescription",
            name="formulation",
            field=models.CharField(
                choices=[
                    ("standard", "Standard"),
                    ("lidose", "Lidose"),
                    ("micronised", "Micronised"),
                ],
                default="standard",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="prescriptionevent",
            name="changed_because",
            field=models.CharField(blank=True, max_length=300),
        ),
        migrations.AddField(
            model_name="prescriptionevent",
            name="formulation",
            field=models.CharField(
                choices=[
                    ("standard", "Standard"),
                    ("lidose", "Lidose"),
                    ("micronised", "Micronised"),
                ],
                default="standard",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="capsulecount",
            name="visit",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="capsule_count",
                to="protocols.visit",
            ),
        ),
        migrations.AlterField(
            model_name="capsulecountevent",
            name="visit",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                related_query_name="+",
                to="protocols.visit",
            ),
        ),
        migrations.AddConstraint(
            model_name="capsulecount",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("handed_in", 0), ("returned", None)),
                    ("handed_in__lte", models.F("returned")),
                    _connector="OR",
                ),
                name="capsules_kept_were_brought",
            ),
        ),
        migrations.AddField(
            model_name="product",
            name="added_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="product",
            name="site",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="products",
                to="clinic.site",
            ),
        ),
        migrations.AddField(
            model_name="stocklot",
            name="product",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="lots",
                to="protocols.product",
            ),
        ),
        migrations.AddField(
            model_name="stocklot",
            name="recalled_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="stockmovement",
            name="by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="stockmovement",
            name="count",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="movements",
                to="protocols.capsulecount",
            ),
        ),
        migrations.AddField(
            model_name="stockmovement",
            name="dispense",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="movement",
                to="protocols.dispense",
            ),
        ),
        migrations.AddField(
            model_name="stockmovement",
            name="lot",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="movements",
                to="protocols.stocklot",
            ),
        ),
        migrations.AddField(
            model_name="stockmovement",
            name="reverses",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="reversed_by",
                to="protocols.stockmovement",
            ),
        ),
        migrations.AddField(
            model_name="stockmovement",
            name="second_signature",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.UniqueConstraint(
                fields=("site", "ndc"), name="product_code_once_a_site"
            ),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("name", ""), _negated=True), models.Q(("ndc", ""), _negated=True)
                ),
                name="product_has_name_and_code",
            ),
        ),
        migrations.AddConstraint(
            model_name="stocklot",
            constraint=models.UniqueConstraint(
                fields=("product", "number", "expires_on"), name="lot_of_product_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="stocklot",
            constraint=models.CheckConstraint(
                condition=models.Q(("number", ""), _negated=True), name="lot_has_a_number"
            ),
        ),
        migrations.AddConstraint(
            model_name="stocklot",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("recalled_at", None), ("recalled_because", ""), ("recalled_by", None)
                    ),
                    models.Q(
                        ("recalled_at__isnull", False),
                        ("recalled_by__isnull", False),
                        models.Q(("recalled_because", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="lot_recall_is_signed_with_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="stockmovement",
            constraint=models.UniqueConstraint(
                fields=("lot", "number"), name="movement_follows_one_other"
            ),
        ),
        migrations.AddConstraint(
            model_name="stockmovement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("capsules__gt", 0), ("kind", "received"), ("place", "shelf")),
                    models.Q(("capsules__lt", 0), ("kind", "dispensed"), ("place", "shelf")),
                    models.Q(
                        ("capsules__gt", 0), ("kind", "patient_return"), ("place", "quarantine")
                    ),
                    models.Q(
                        ("capsules__lt", 0), ("kind__in", ["supplier_return", "lost", "destroyed"])
                    ),
                    ("kind", "counted"),
                    models.Q(("kind", "correction"), models.Q(("capsules", 0), _negated=True)),
                    _connector="OR",
                ),
                name="movement_goes_its_way",
            ),
        ),
        migrations.AddConstraint(
            model_name="stockmovement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("count", None), ("dispense__isnull", False), ("kind", "dispensed")),
                    models.Q(
                        ("count__isnull", False), ("dispense", None), ("kind", "patient_return")
                    ),
                    models.Q(
                        models.Q(("kind__in", ["dispensed", "patient_return"]), _negated=True),
                        ("count", None),
                        ("dispense", None),
                    ),
                    _connector="OR",
                ),
                name="movement_says_whose_it_was",
            ),
        ),
        migrations.AddConstraint(
            model_name="stockmovement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "correction"), ("reverses__isnull", False)),
                    models.Q(models.Q(("kind", "correction"), _negated=True), ("reverses", None)),
                    _connector="OR",
                ),
                name="movement_correction_names_another",
            ),
        ),
        migrations.AddConstraint(
            model_name="stockmovement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "destroyed"), _negated=True),
                    models.Q(
                        ("second_signature__isnull", False),
                        models.Q(("second_signature", models.F("by")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="movement_destroyed_by_two_people",
            ),
        ),
        migrations.AddConstraint(
            model_name="stockmovement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ["received", "dispensed", "patient_return"]),
                    models.Q(("reason", ""), _negated=True),
                    _connector="OR",
                ),
                name="movement_unusual_has_reason",
            ),
        ),
        migrations.RunSQL(FORWARDS, BACKWARDS),
    ]
