"""Symptoms told between visits; findings that propose to restart or to raise the dose."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('patients', '0002_search_is_well_known'),
        ('pghistory', '0007_auto_20250421_0444'),
        ('protocols', '0008_men_move_between_versions'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name='finding',
            name='action',
            field=models.CharField(choices=[('CONTINUE_ADVISE', 'Continue, advise'), ('REPEAT', 'Repeat the test'), ('REVIEW', 'Review'), ('REDUCE', 'Reduce to 20 mg a day'), ('HOLD', 'Hold'), ('STOP', 'Stop'), ('FREEZE', 'Freeze today'), ('RESTART', 'Restart at 20 mg a day'), ('RAISE', 'Back to 40 mg a day')], max_length=15),
        ),
        migrations.AlterField(
            model_name='finding',
            name='decided_action',
            field=models.CharField(blank=True, choices=[('CONTINUE_ADVISE', 'Continue, advise'), ('REPEAT', 'Repeat the test'), ('REVIEW', 'Review'), ('REDUCE', 'Reduce to 20 mg a day'), ('HOLD', 'Hold'), ('STOP', 'Stop'), ('FREEZE', 'Freeze today'), ('RESTART', 'Restart at 20 mg a day'), ('RAISE', 'Back to 40 mg a day')], max_length=15),
        ),
        migrations.AlterField(
            model_name='finding',
            name='kind',
            field=models.CharField(choices=[('safety', 'Safety'), ('mood', 'Mood'), ('freeze', 'Freeze today'), ('dose', 'Dose again')], max_length=6),
        ),
        migrations.AlterField(
            model_name='findingevent',
            name='action',
            field=models.CharField(choices=[('CONTINUE_ADVISE', 'Continue, advise'), ('REPEAT', 'Repeat the test'), ('REVIEW', 'Review'), ('REDUCE', 'Reduce to 20 mg a day'), ('HOLD', 'Hold'), ('STOP', 'Stop'), ('FREEZE', 'Freeze today'), ('RESTART', 'Restart at 20 mg a day'), ('RAISE', 'Back to 40 mg a day')], max_length=15),
        ),
        migrations.AlterField(
            model_name='findingevent',
            name='decided_action',
            field=models.CharField(blank=True, choices=[('CONTINUE_ADVISE', 'Continue, advise'), ('REPEAT', 'Repeat the test'), ('REVIEW', 'Review'), ('REDUCE', 'Reduce to 20 mg a day'), ('HOLD', 'Hold'), ('STOP', 'Stop'), ('FREEZE', 'Freeze today'), ('RESTART', 'Restart at 20 mg a day'), ('RAISE', 'Back to 40 mg a day')], max_length=15),
        ),
        migrations.AlterField(
            model_name='findingevent',
            name='kind',
            field=models.CharField(choices=[('safety', 'Safety'), ('mood', 'Mood'), ('freeze', 'Freeze today'), ('dose', 'Dose again')], max_length=6),
        ),
        migrations.CreateModel(
            name='SymptomReport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('codes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), blank=True, default=list, size=None)),
                ('channel', models.CharField(choices=[('phone', 'By telephone'), ('message', 'In a message'), ('portal', 'In the portal'), ('in_person', 'In person')], max_length=9)),
                ('told_by', models.CharField(choices=[('patient', 'He himself'), ('partner', 'His partner'), ('relative', 'Somebody else close to him'), ('professional', 'Another clinician')], default='patient', max_length=12)),
                ('told_at', models.DateTimeField()),
                ('words', models.TextField(blank=True, max_length=2000)),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('struck_at', models.DateTimeField(blank=True, null=True)),
                ('struck_because', models.CharField(blank=True, max_length=300)),
                ('enrolment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='symptom_reports', to='protocols.enrolment')),
                ('letter', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='patients.letter')),
                ('recorded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('struck_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-told_at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='SymptomReportEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('codes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), blank=True, default=list, size=None)),
                ('channel', models.CharField(choices=[('phone', 'By telephone'), ('message', 'In a message'), ('portal', 'In the portal'), ('in_person', 'In person')], max_length=9)),
                ('told_by', models.CharField(choices=[('patient', 'He himself'), ('partner', 'His partner'), ('relative', 'Somebody else close to him'), ('professional', 'Another clinician')], default='patient', max_length=12)),
                ('told_at', models.DateTimeField()),
                ('words', models.TextField(blank=True, max_length=2000)),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('struck_at', models.DateTimeField(blank=True, null=True)),
                ('struck_because', models.CharField(blank=True, max_length=300)),
                ('enrolment', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='protocols.enrolment')),
                ('letter', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='patients.letter')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='protocols.symptomreport')),
                ('recorded_by', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                ('struck_by', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.AddIndex(
            model_name='symptomreport',
            index=models.Index(fields=['enrolment', '-told_at'], name='report_by_enrolment'),
        ),
        migrations.AddConstraint(
            model_name='symptomreport',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('codes', []), _negated=True), models.Q(('words', ''), _negated=True), _connector='OR'), name='symptom_report_says_something'),
        ),
        migrations.AddConstraint(
            model_name='symptomreport',
            constraint=models.CheckConstraint(condition=models.Q(('told_at__lte', models.F('recorded_at'))), name='symptom_report_told_before_recorded'),
        ),
        migrations.AddConstraint(
            model_name='symptomreport',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('struck_at', None), ('struck_because', ''), ('struck_by', None)), models.Q(('struck_at__isnull', False), ('struck_by__isnull', False), models.Q(('struck_because', ''), _negated=True)), _connector='OR'), name='symptom_report_striking_is_signed'),
        ),
    ]
