"""Which version a man is on and was, pinned visits, displaced bookings, and tried rules."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

FORWARDS = """
CREATE FUNCTION protocols_refuse_version_rewrite() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a change of version is never rewritten' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER version_change_stays BEFORE UPDATE OR DELETE ON protocols_versionchange
    FOR EACH ROW EXECUTE FUNCTION protocols_refuse_version_rewrite();
"""
BACKWARDS = """
DROP TRIGGER version_change_stays ON protocols_versionchange;
DROP FUNCTION protocols_refuse_version_rewrite;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('clinic', '0004_trail_is_read_by_actor'),
        ('pghistory', '0007_auto_20250421_0444'),
        ('protocols', '0007_programmes_are_drafted_and_signed_off'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='BackTest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rule', models.CharField(max_length=60)),
                ('threshold', models.DecimalField(blank=True, decimal_places=4, max_digits=12, null=True)),
                ('title', models.CharField(max_length=200)),
                ('asked_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('looked', models.PositiveIntegerField(default=0)),
                ('of', models.PositiveIntegerField(default=0)),
                ('last_enrolment', models.BigIntegerField(default=0)),
                ('done', models.BooleanField(default=False)),
                ('evidence', models.PositiveIntegerField(default=0)),
                ('first_on', models.DateField(blank=True, null=True)),
                ('last_on', models.DateField(blank=True, null=True)),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='back_tests', to='clinic.site')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='back_tests', to='protocols.version')),
            ],
        ),
        migrations.CreateModel(
            name='BackTestHit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('on', models.DateField()),
                ('evidence', models.CharField(help_text='Label: labs.draw:9', max_length=80)),
                ('sentence', models.CharField(max_length=300)),
                ('action', models.CharField(max_length=15)),
                ('would_fire', models.BooleanField()),
                ('fate', models.CharField(choices=[('accepted', 'Fired, accepted'), ('edited', 'Fired, decided otherwise'), ('declined', 'Fired, declined'), ('waiting', 'Fired, to decide'), ('another', 'Another rule fired'), ('not_fired', 'Did not fire')], max_length=9)),
                ('enrolment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='protocols.enrolment')),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='hits', to='protocols.backtest')),
            ],
        ),
        migrations.CreateModel(
            name='Pin',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(max_length=200)),
                ('pinned_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('lifted_at', models.DateTimeField(blank=True, null=True)),
                ('lifted_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('pinned_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('visit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pins', to='protocols.visit')),
            ],
        ),
        migrations.CreateModel(
            name='VersionChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('on', models.DateField()),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('reason', models.CharField(max_length=300)),
                ('moves', models.JSONField(default=list)),
                ('became', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='protocols.version')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('enrolment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='version_changes', to='protocols.enrolment')),
                ('undoes', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='undone_by', to='protocols.versionchange')),
                ('was', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='protocols.version')),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='PinEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('reason', models.CharField(max_length=200)),
                ('pinned_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('lifted_at', models.DateTimeField(blank=True, null=True)),
                ('lifted_by', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='protocols.pin')),
                ('pinned_by', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                ('visit', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='protocols.visit')),
                ('change', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='protocols.versionchange')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.AddField(
            model_name='pin',
            name='change',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='pins', to='protocols.versionchange'),
        ),
        migrations.CreateModel(
            name='Displacement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('appointment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='displacements', to='protocols.appointment')),
                ('change', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='displacements', to='protocols.versionchange')),
            ],
        ),
        migrations.AddConstraint(
            model_name='backtest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('first_on', None), ('last_on', None)), ('first_on__lte', models.F('last_on')), _connector='OR'), name='back_test_days_are_ordered'),
        ),
        migrations.AddIndex(
            model_name='backtesthit',
            index=models.Index(fields=['run', '-on', '-id'], name='back_test_hit_by_day'),
        ),
        migrations.AddConstraint(
            model_name='backtesthit',
            constraint=models.UniqueConstraint(fields=('run', 'evidence'), name='back_test_hit_once_per_evidence'),
        ),
        migrations.AddConstraint(
            model_name='versionchange',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='version_change_has_reason'),
        ),
        migrations.AddConstraint(
            model_name='versionchange',
            constraint=models.CheckConstraint(condition=models.Q(('was', models.F('became')), _negated=True), name='version_change_leads_elsewhere'),
        ),
        migrations.AddConstraint(
            model_name='pin',
            constraint=models.UniqueConstraint(condition=models.Q(('lifted_at', None)), fields=('visit',), name='visit_is_pinned_once'),
        ),
        migrations.AddConstraint(
            model_name='pin',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='pin_has_reason_given'),
        ),
        migrations.AddConstraint(
            model_name='pin',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('lifted_at', None), ('lifted_by', None)), models.Q(('lifted_at__isnull', False), ('lifted_by__isnull', False)), _connector='OR'), name='pin_lifting_is_signed'),
        ),
        migrations.AddConstraint(
            model_name='displacement',
            constraint=models.UniqueConstraint(fields=('appointment', 'change'), name='displacement_once_per_change'),
        ),
        migrations.RunSQL(FORWARDS, BACKWARDS),
    ]
