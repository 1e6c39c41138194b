"""Ranges for whom and from when, never rewritten; specimens; who signed the critical limits."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


FORWARDS = """
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
"""
#: What a laboratory printed before its ranges had days holds from here on.
LONG_AGO = "UPDATE labs_referencerange SET valid_from = '2000-01-01' WHERE laboratory_id IS NOT NULL"


class Migration(migrations.Migration):

    dependencies = [
        ('clinic', '0004_units_to_read_in'),
        ('labs', '0010_held_back_and_moved'),
        ('patients', '0002_search_is_well_known'),
        ('pghistory', '0007_auto_20250421_0444'),
    ]

    operations = [
        migrations.CreateModel(
            name='LimitsSignature',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('fingerprint', models.CharField(max_length=64)),
                ('signed_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Specimen',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('collected_at', models.DateTimeField()),
                ('received_at', models.DateTimeField(blank=True, null=True)),
                ('rejected_at', models.DateTimeField(blank=True, null=True)),
                ('rejection', models.CharField(blank=True, choices=[('haemolysed', 'Haemolysed'), ('clotted', 'Clotted'), ('too_little', 'Too little'), ('too_old', 'Too old when it arrived'), ('wrong_tube', 'Wrong tube'), ('not_labelled', 'Not labelled, or for somebody else'), ('lost', 'Lost or broken'), ('other', 'Another reason')], max_length=12)),
                ('rejection_note', models.CharField(blank=True, max_length=200)),
            ],
            options={
                'ordering': ['-collected_at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='SpecimenEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('collected_at', models.DateTimeField()),
                ('received_at', models.DateTimeField(blank=True, null=True)),
                ('rejected_at', models.DateTimeField(blank=True, null=True)),
                ('rejection', models.CharField(blank=True, choices=[('haemolysed', 'Haemolysed'), ('clotted', 'Clotted'), ('too_little', 'Too little'), ('too_old', 'Too old when it arrived'), ('wrong_tube', 'Wrong tube'), ('not_labelled', 'Not labelled, or for somebody else'), ('lost', 'Lost or broken'), ('other', 'Another reason')], max_length=12)),
                ('rejection_note', models.CharField(blank=True, max_length=200)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.RemoveConstraint(
            model_name='referencerange',
            name='range_once_per_laboratory_and_unit',
        ),
        migrations.AddField(
            model_name='referencerange',
            name='age_from',
            field=models.PositiveSmallIntegerField(help_text='Whole years, included', null=True),
        ),
        migrations.AddField(
            model_name='referencerange',
            name='age_to',
            field=models.PositiveSmallIntegerField(help_text='Whole years, included', null=True),
        ),
        migrations.AddField(
            model_name='referencerange',
            name='sex',
            field=models.CharField(blank=True, choices=[('', 'Everybody'), ('male', 'Men'), ('female', 'Women')], default='', max_length=6),
        ),
        migrations.AddField(
            model_name='referencerange',
            name='valid_from',
            field=models.DateField(null=True),
        ),
        migrations.AddField(
            model_name='referencerange',
            name='written_at',
            field=models.DateTimeField(default=django.utils.timezone.now),
        ),
        migrations.AddField(
            model_name='referencerange',
            name='written_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='referencerange',
            name='laboratory',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='ranges', to='labs.laboratory'),
        ),
        migrations.AddConstraint(
            model_name='referencerange',
            constraint=models.UniqueConstraint(fields=('analyte', 'laboratory', 'unit', 'sex', 'age_from', 'age_to', 'valid_from'), name='range_once_for_whom_and_when', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='referencerange',
            constraint=models.CheckConstraint(condition=models.Q(('age_from', None), ('age_to', None), ('age_to__gte', models.F('age_from')), _connector='OR'), name='range_ages_are_in_order'),
        ),
        migrations.RunSQL(LONG_AGO, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name='referencerange',
            constraint=models.CheckConstraint(condition=models.Q(('laboratory', None), ('valid_from__isnull', False), _connector='OR'), name='range_of_a_laboratory_has_a_day'),
        ),
        migrations.AddField(
            model_name='limitssignature',
            name='signed_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='limitssignature',
            name='site',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.site'),
        ),
        migrations.AddField(
            model_name='specimen',
            name='collected_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='specimen',
            name='orders',
            field=models.ManyToManyField(related_name='specimens', to='labs.order'),
        ),
        migrations.AddField(
            model_name='specimen',
            name='patient',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='specimens', to='patients.patient'),
        ),
        migrations.AddField(
            model_name='specimen',
            name='received_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='specimen',
            name='rejected_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='specimenevent',
            name='collected_by',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='specimenevent',
            name='patient',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='patients.patient'),
        ),
        migrations.AddField(
            model_name='specimenevent',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='specimenevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='labs.specimen'),
        ),
        migrations.AddField(
            model_name='specimenevent',
            name='received_by',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='specimenevent',
            name='rejected_by',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='limitssignature',
            constraint=models.UniqueConstraint(fields=('site', 'fingerprint'), name='limits_are_signed_once_per_site'),
        ),
        migrations.AddIndex(
            model_name='specimen',
            index=models.Index(models.F('patient'), name='specimen_by_patient'),
        ),
        migrations.AddConstraint(
            model_name='specimen',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('received_at', None), ('received_by', None)), models.Q(('received_at__gte', models.F('collected_at')), ('received_by__isnull', False)), _connector='OR'), name='specimen_receipt_is_signed'),
        ),
        migrations.AddConstraint(
            model_name='specimen',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('rejected_at', None), ('rejected_by', None), ('rejection', ''), ('rejection_note', '')), models.Q(('rejected_at__gte', models.F('collected_at')), ('rejected_by__isnull', False), models.Q(('rejection', ''), _negated=True)), _connector='OR'), name='specimen_rejection_has_reason'),
        ),
        migrations.RunSQL(FORWARDS, BACKWARDS),
    ]

