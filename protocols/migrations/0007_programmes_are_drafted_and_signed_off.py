"""Drafts keep what is typed, versions retire with a reason, a medical lead signs values off."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

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
"""
BACKWARDS = """
CREATE OR REPLACE FUNCTION protocols_refuse_republish() RETURNS trigger LANGUAGE plpgsql AS $$
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
"""


class Migration(migrations.Migration):

    dependencies = [
        ('clinic', '0004_trail_is_read_by_actor'),
        ('pghistory', '0007_auto_20250421_0444'),
        ('protocols', '0006_stock_is_a_ledger'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='SignOff',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('place', models.CharField(max_length=200)),
                ('fingerprint', models.CharField(max_length=64)),
                ('printed_name', models.CharField(max_length=120)),
                ('signed_at', models.DateTimeField()),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True)),
                ('withdrawn_because', models.CharField(blank=True, max_length=300)),
            ],
        ),
        migrations.CreateModel(
            name='SignOffEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('place', models.CharField(max_length=200)),
                ('fingerprint', models.CharField(max_length=64)),
                ('printed_name', models.CharField(max_length=120)),
                ('signed_at', models.DateTimeField()),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True)),
                ('withdrawn_because', models.CharField(blank=True, max_length=300)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.AddField(
            model_name='plannedvisit',
            name='anchor_visit',
            field=models.CharField(blank=True, max_length=8),
        ),
        migrations.AddField(
            model_name='plannedvisit',
            name='offset_months',
            field=models.SmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='version',
            name='based_on',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='drafts', to='protocols.version'),
        ),
        migrations.AddField(
            model_name='version',
            name='discarded_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='version',
            name='discarded_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='version',
            name='retired_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='version',
            name='retired_because',
            field=models.CharField(blank=True, max_length=300),
        ),
        migrations.AddField(
            model_name='version',
            name='retired_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='version',
            name='revision',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='version',
            name='saved_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='version',
            name='saved_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='version',
            name='source',
            field=models.TextField(blank=True),
        ),
        migrations.AlterField(
            model_name='plannedvisit',
            name='anchor',
            field=models.CharField(help_text='first_dose, enrolment, last_dose or visit', max_length=12),
        ),
        migrations.AlterField(
            model_name='version',
            name='definition',
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AlterField(
            model_name='version',
            name='number',
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name='version',
            name='sha256',
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddConstraint(
            model_name='version',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('number', None), ('state', 'draft')), models.Q(models.Q(('state', 'draft'), _negated=True), ('number__isnull', False), models.Q(('sha256', ''), _negated=True)), _connector='OR'), name='version_draft_has_no_number'),
        ),
        migrations.AddConstraint(
            model_name='version',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('retired_at__isnull', False), ('state', 'retired'), models.Q(('retired_because', ''), _negated=True)), models.Q(models.Q(('state', 'retired'), _negated=True), ('retired_at', None), ('retired_because', '')), _connector='OR'), name='version_retirement_has_reason'),
        ),
        migrations.AddConstraint(
            model_name='version',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('discarded_at', None), ('discarded_by', None)), models.Q(('discarded_at__isnull', False), ('discarded_by__isnull', False), ('state', 'draft')), _connector='OR'), name='version_discarded_was_draft'),
        ),
        migrations.AddField(
            model_name='signoff',
            name='protocol',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sign_offs', to='protocols.protocol'),
        ),
        migrations.AddField(
            model_name='signoff',
            name='signed_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='signoff',
            name='site',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.site'),
        ),
        migrations.AddField(
            model_name='signoff',
            name='version',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='protocols.version'),
        ),
        migrations.AddField(
            model_name='signoff',
            name='withdrawn_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='signoffevent',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='signoffevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='protocols.signoff'),
        ),
        migrations.AddField(
            model_name='signoffevent',
            name='protocol',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='protocols.protocol'),
        ),
        migrations.AddField(
            model_name='signoffevent',
            name='signed_by',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='signoffevent',
            name='site',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='clinic.site'),
        ),
        migrations.AddField(
            model_name='signoffevent',
            name='version',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='protocols.version'),
        ),
        migrations.AddField(
            model_name='signoffevent',
            name='withdrawn_by',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='signoff',
            constraint=models.UniqueConstraint(condition=models.Q(('withdrawn_at', None)), fields=('site', 'protocol', 'fingerprint'), name='sign_off_stands_once'),
        ),
        migrations.AddConstraint(
            model_name='signoff',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('withdrawn_at', None), ('withdrawn_because', ''), ('withdrawn_by', None)), models.Q(('withdrawn_at__isnull', False), ('withdrawn_by__isnull', False), models.Q(('withdrawn_because', ''), _negated=True)), _connector='OR'), name='sign_off_withdrawal_has_reason'),
        ),
        migrations.RunSQL(FORWARDS, BACKWARDS),
    ]
