"""The course of a side effect, entry by entry; what is assessed when somebody is in danger."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


# The flag becomes the criterion; what it was is not known, so the widest of them.
FORWARDS = """
UPDATE protocols_adverseevent SET seriousness = 'medically_important' WHERE serious;
UPDATE protocols_adverseeventevent SET seriousness = 'medically_important' WHERE serious;
SET CONSTRAINTS ALL IMMEDIATE;
"""
BACKWARDS = """
UPDATE protocols_adverseevent SET serious = seriousness <> '';
UPDATE protocols_adverseeventevent SET serious = seriousness <> '';
SET CONSTRAINTS ALL IMMEDIATE;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('pghistory', '0007_auto_20250421_0444'),
        ('protocols', '0010_a_partners_pregnancy'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='AdverseEventEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('on', models.DateField()),
                ('grade', models.PositiveSmallIntegerField(help_text='0: not there any more')),
                ('note', models.CharField(blank=True, max_length=300)),
                ('evidence', models.CharField(blank=True, help_text='Label: labs.draw:9', max_length=80)),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('struck_at', models.DateTimeField(blank=True, null=True)),
                ('struck_because', models.CharField(blank=True, max_length=300)),
            ],
            options={
                'ordering': ['on', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='AdverseEventEntryEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('on', models.DateField()),
                ('grade', models.PositiveSmallIntegerField(help_text='0: not there any more')),
                ('note', models.CharField(blank=True, max_length=300)),
                ('evidence', models.CharField(blank=True, help_text='Label: labs.draw:9', max_length=80)),
                ('recorded_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('struck_at', models.DateTimeField(blank=True, null=True)),
                ('struck_because', models.CharField(blank=True, max_length=300)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='RiskAssessment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('plan', models.BooleanField(help_text='He has thought of how')),
                ('intent', models.BooleanField(help_text='He means to do it')),
                ('done', models.TextField(help_text='What was done and agreed', max_length=2000)),
                ('assessed_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'ordering': ['-assessed_at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='RiskAssessmentEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('plan', models.BooleanField(help_text='He has thought of how')),
                ('intent', models.BooleanField(help_text='He means to do it')),
                ('done', models.TextField(help_text='What was done and agreed', max_length=2000)),
                ('assessed_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.RemoveConstraint(
            model_name='adverseevent',
            name='adverse_event_runs_once_per_term',
        ),
        migrations.AddField(
            model_name='adverseevent',
            name='ctcae_term',
            field=models.CharField(blank=True, help_text='Blank: graded by severity', max_length=80),
        ),
        migrations.AddField(
            model_name='adverseevent',
            name='ctcae_version',
            field=models.CharField(default='5.0', max_length=8),
        ),
        migrations.AddField(
            model_name='adverseevent',
            name='expected',
            field=models.CharField(choices=[('expected', 'Expected: the label names it'), ('unexpected', 'Unexpected: the label does not name it')], default='expected', max_length=10),
        ),
        migrations.AddField(
            model_name='adverseevent',
            name='news_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='adverseevent',
            name='proposed_end_on',
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='adverseevent',
            name='reporter',
            field=models.CharField(choices=[('patient', 'He himself'), ('partner', 'His partner, or somebody close to him'), ('clinic', 'The clinic'), ('doctor', 'Another doctor')], default='patient', max_length=7),
        ),
        migrations.AddField(
            model_name='adverseevent',
            name='seriousness',
            field=models.CharField(blank=True, choices=[('death', 'Death'), ('life_threatening', 'Life-threatening'), ('hospitalisation', 'Hospital, or a longer stay there'), ('disability', 'Lasting disability'), ('congenital_anomaly', 'Congenital anomaly'), ('medically_important', 'Medically important')], max_length=19),
        ),
        migrations.AddField(
            model_name='adverseevent',
            name='struck_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='adverseevent',
            name='struck_because',
            field=models.CharField(blank=True, max_length=300),
        ),
        migrations.AddField(
            model_name='adverseevent',
            name='struck_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='adverseeventevent',
            name='ctcae_term',
            field=models.CharField(blank=True, help_text='Blank: graded by severity', max_length=80),
        ),
        migrations.AddField(
            model_name='adverseeventevent',
            name='ctcae_version',
            field=models.CharField(default='5.0', max_length=8),
        ),
        migrations.AddField(
            model_name='adverseeventevent',
            name='expected',
            field=models.CharField(choices=[('expected', 'Expected: the label names it'), ('unexpected', 'Unexpected: the label does not name it')], default='expected', max_length=10),
        ),
        migrations.AddField(
            model_name='adverseeventevent',
            name='news_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='adverseeventevent',
            name='proposed_end_on',
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='adverseeventevent',
            name='reporter',
            field=models.CharField(choices=[('patient', 'He himself'), ('partner', 'His partner, or somebody close to him'), ('clinic', 'The clinic'), ('doctor', 'Another doctor')], default='patient', max_length=7),
        ),
        migrations.AddField(
            model_name='adverseeventevent',
            name='seriousness',
            field=models.CharField(blank=True, choices=[('death', 'Death'), ('life_threatening', 'Life-threatening'), ('hospitalisation', 'Hospital, or a longer stay there'), ('disability', 'Lasting disability'), ('congenital_anomaly', 'Congenital anomaly'), ('medically_important', 'Medically important')], max_length=19),
        ),
        migrations.AddField(
            model_name='adverseeventevent',
            name='struck_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='adverseeventevent',
            name='struck_because',
            field=models.CharField(blank=True, max_length=300),
        ),
        migrations.AddField(
            model_name='adverseeventevent',
            name='struck_by',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='adverseevent',
            name='drug_action',
            field=models.CharField(choices=[('none', 'None'), ('reduced', 'Dose reduced'), ('held', 'Held'), ('stopped', 'Stopped'), ('not_applicable', 'Not applicable: he does not take it')], default='none', max_length=14),
        ),
        migrations.AlterField(
            model_name='adverseevent',
            name='outcome',
            field=models.CharField(choices=[('ongoing', 'Ongoing'), ('resolving', 'Resolving'), ('resolved', 'Resolved'), ('lasting', 'Over, with a lasting effect'), ('fatal', 'Fatal'), ('unknown', 'Not known')], default='ongoing', max_length=9),
        ),
        migrations.AlterField(
            model_name='adverseevent',
            name='recorded_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='adverseevent',
            name='term',
            field=models.CharField(help_text='Key of the checklist, or other: cheilitis', max_length=60),
        ),
        migrations.AlterField(
            model_name='adverseeventevent',
            name='drug_action',
            field=models.CharField(choices=[('none', 'None'), ('reduced', 'Dose reduced'), ('held', 'Held'), ('stopped', 'Stopped'), ('not_applicable', 'Not applicable: he does not take it')], default='none', max_length=14),
        ),
        migrations.AlterField(
            model_name='adverseeventevent',
            name='outcome',
            field=models.CharField(choices=[('ongoing', 'Ongoing'), ('resolving', 'Resolving'), ('resolved', 'Resolved'), ('lasting', 'Over, with a lasting effect'), ('fatal', 'Fatal'), ('unknown', 'Not known')], default='ongoing', max_length=9),
        ),
        migrations.AlterField(
            model_name='adverseeventevent',
            name='recorded_by',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='adverseeventevent',
            name='term',
            field=models.CharField(help_text='Key of the checklist, or other: cheilitis', max_length=60),
        ),
        migrations.AddConstraint(
            model_name='adverseevent',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_on', None), ('struck_at', None), models.Q(('term', 'other'), _negated=True)), fields=('enrolment', 'term'), name='adverse_event_runs_once_per_term'),
        ),
        migrations.AddConstraint(
            model_name='adverseevent',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('news_at', None), ('reviewed_at', None), ('reviewed_by', None)), models.Q(('reviewed_at__isnull', False), ('reviewed_by__isnull', False)), _connector='OR'), name='adverse_event_review_is_signed'),
        ),
        migrations.AddConstraint(
            model_name='adverseevent',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('struck_at', None), ('struck_because', ''), ('struck_by', None)), models.Q(('struck_at__isnull', False), models.Q(('struck_because', ''), _negated=True)), _connector='OR'), name='adverse_event_striking_has_a_reason'),
        ),
        migrations.AddField(
            model_name='adverseevententry',
            name='event',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='protocols.adverseevent'),
        ),
        migrations.AddField(
            model_name='adverseevententry',
            name='recorded_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='adverseevententry',
            name='struck_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='adverseevententryevent',
            name='event',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='protocols.adverseevent'),
        ),
        migrations.AddField(
            model_name='adverseevententryevent',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='adverseevententryevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='protocols.adverseevententry'),
        ),
        migrations.AddField(
            model_name='adverseevententryevent',
            name='recorded_by',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='adverseevententryevent',
            name='struck_by',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='riskassessment',
            name='assessed_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='riskassessment',
            name='duty',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='assessment', to='protocols.duty'),
        ),
        migrations.AddField(
            model_name='riskassessment',
            name='enrolment',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='risk_assessments', to='protocols.enrolment'),
        ),
        migrations.AddField(
            model_name='riskassessment',
            name='finding',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='assessments', to='protocols.finding'),
        ),
        migrations.AddField(
            model_name='riskassessmentevent',
            name='assessed_by',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='riskassessmentevent',
            name='duty',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='protocols.duty'),
        ),
        migrations.AddField(
            model_name='riskassessmentevent',
            name='enrolment',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='protocols.enrolment'),
        ),
        migrations.AddField(
            model_name='riskassessmentevent',
            name='finding',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='protocols.finding'),
        ),
        migrations.AddField(
            model_name='riskassessmentevent',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='riskassessmentevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='protocols.riskassessment'),
        ),
        migrations.AddConstraint(
            model_name='adverseevententry',
            constraint=models.UniqueConstraint(condition=models.Q(('struck_at', None), models.Q(('evidence', ''), _negated=True)), fields=('event', 'evidence'), name='adverse_event_is_told_once_by_its_evidence'),
        ),
        migrations.AddConstraint(
            model_name='adverseevententry',
            constraint=models.CheckConstraint(condition=models.Q(('grade__lte', 5)), name='adverse_event_entry_grade_exists'),
        ),
        migrations.AddConstraint(
            model_name='adverseevententry',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('struck_at', None), ('struck_because', ''), ('struck_by', None)), models.Q(('struck_at__isnull', False), models.Q(('struck_because', ''), _negated=True)), _connector='OR'), name='adverse_event_entry_striking_has_a_reason'),
        ),
        migrations.AddIndex(
            model_name='riskassessment',
            index=models.Index(fields=['enrolment', '-assessed_at'], name='assessment_by_enrolment'),
        ),
        migrations.AddConstraint(
            model_name='riskassessment',
            constraint=models.CheckConstraint(condition=models.Q(('done', ''), _negated=True), name='risk_assessment_says_what_was_done'),
        ),
        migrations.RunSQL(FORWARDS, BACKWARDS),
        migrations.RemoveField(
            model_name='adverseevent',
            name='serious',
        ),
        migrations.RemoveField(
            model_name='adverseeventevent',
            name='serious',
        ),
    ]
