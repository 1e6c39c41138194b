"""iPLEDGE: dated choices of its rules and what was confirmed; corrections with two signatures."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


FORWARDS = """
CREATE FUNCTION protocols_refuse_rewrite() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is never rewritten: write a new row', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER ruleset_choice_stays BEFORE UPDATE OR DELETE ON protocols_rulesetchoice
    FOR EACH ROW EXECUTE FUNCTION protocols_refuse_rewrite();
"""
BACKWARDS = """
DROP TRIGGER ruleset_choice_stays ON protocols_rulesetchoice;
DROP FUNCTION protocols_refuse_rewrite;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('clinic', '0004_trail_is_read_by_actor'),
        ('pghistory', '0007_auto_20250421_0444'),
        ('protocols', '0004_deviations_are_classified'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Attestation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('month', models.PositiveSmallIntegerField()),
                ('on', models.DateField()),
                ('ruleset', models.CharField(choices=[('PRE_2026', 'Until the change of 2026: pick-up window, monthly confirmation'), ('MOD_2026', 'Since the change of 2026: no window, confirmed once')], max_length=8)),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'ordering': ['month'],
            },
        ),
        migrations.CreateModel(
            name='AttestationEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('month', models.PositiveSmallIntegerField()),
                ('on', models.DateField()),
                ('ruleset', models.CharField(choices=[('PRE_2026', 'Until the change of 2026: pick-up window, monthly confirmation'), ('MOD_2026', 'Since the change of 2026: no window, confirmed once')], max_length=8)),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='RulesetChoice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('ruleset', models.CharField(choices=[('PRE_2026', 'Until the change of 2026: pick-up window, monthly confirmation'), ('MOD_2026', 'Since the change of 2026: no window, confirmed once')], max_length=8)),
                ('effective_on', models.DateField()),
                ('reason', models.CharField(max_length=300)),
                ('chosen_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'ordering': ['-effective_on', '-pk'],
            },
        ),
        migrations.AddField(
            model_name='eligibilitycheck',
            name='reason_code',
            field=models.CharField(blank=True, max_length=40),
        ),
        migrations.AddField(
            model_name='statuschange',
            name='second_signature',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='statuschange',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('event', 'CORRECT_ERROR'), _negated=True), models.Q(('by__isnull', False), ('second_signature__isnull', False), models.Q(('by', models.F('second_signature')), _negated=True), models.Q(('reason', ''), _negated=True)), _connector='OR'), name='status_change_correction_has_two'),
        ),
        migrations.AddField(
            model_name='attestation',
            name='enrolment',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='attestations', to='protocols.enrolment'),
        ),
        migrations.AddField(
            model_name='attestation',
            name='recorded_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='attestationevent',
            name='enrolment',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='protocols.enrolment'),
        ),
        migrations.AddField(
            model_name='attestationevent',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='attestationevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='protocols.attestation'),
        ),
        migrations.AddField(
            model_name='attestationevent',
            name='recorded_by',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='rulesetchoice',
            name='chosen_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='rulesetchoice',
            name='site',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='ipledge_choices', to='clinic.site'),
        ),
        migrations.AddConstraint(
            model_name='attestation',
            constraint=models.UniqueConstraint(fields=('enrolment', 'month'), name='attestation_is_given_once_a_month', violation_error_message='This month is confirmed already.'),
        ),
        migrations.AddConstraint(
            model_name='attestation',
            constraint=models.CheckConstraint(condition=models.Q(('month__gte', 1)), name='attestation_counts_from_one'),
        ),
        migrations.AddConstraint(
            model_name='rulesetchoice',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='ruleset_choice_has_reason'),
        ),
        migrations.RunSQL(FORWARDS, BACKWARDS),
    ]
