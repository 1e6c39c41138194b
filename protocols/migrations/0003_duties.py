"""Duties: what a rule asks a person to do by a moment, and who ticked it off."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('clinic', '0004_trail_is_read_by_actor'),
        ('pghistory', '0007_auto_20250421_0444'),
        ('protocols', '0002_published_never_changes'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Duty',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(help_text='The task as the rule names it: LIPASE', max_length=60)),
                ('title', models.CharField(max_length=120)),
                ('about', models.CharField(help_text='Label: protocols.finding:9', max_length=80)),
                ('due_at', models.DateTimeField()),
                ('raised_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('outcome', models.CharField(blank=True, choices=[('done', 'Done'), ('not_needed', 'Not needed')], max_length=10)),
                ('done_at', models.DateTimeField(blank=True, null=True)),
                ('note', models.CharField(blank=True, max_length=300)),
                ('done_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('enrolment', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='duties', to='protocols.enrolment')),
                ('finding', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='duties', to='protocols.finding')),
                ('owner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='duties', to='clinic.member')),
            ],
            options={
                'ordering': ['due_at', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='DutyEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('code', models.CharField(help_text='The task as the rule names it: LIPASE', max_length=60)),
                ('title', models.CharField(max_length=120)),
                ('about', models.CharField(help_text='Label: protocols.finding:9', max_length=80)),
                ('due_at', models.DateTimeField()),
                ('raised_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('outcome', models.CharField(blank=True, choices=[('done', 'Done'), ('not_needed', 'Not needed')], max_length=10)),
                ('done_at', models.DateTimeField(blank=True, null=True)),
                ('note', models.CharField(blank=True, max_length=300)),
                ('done_by', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                ('enrolment', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='protocols.enrolment')),
                ('finding', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='protocols.finding')),
                ('owner', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='clinic.member')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='protocols.duty')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.AddIndex(
            model_name='duty',
            index=models.Index(models.F('due_at'), condition=models.Q(('done_at', None)), name='duty_open'),
        ),
        migrations.AddConstraint(
            model_name='duty',
            constraint=models.UniqueConstraint(condition=models.Q(('done_at', None)), fields=('enrolment', 'code', 'about'), name='duty_is_open_once'),
        ),
        migrations.AddConstraint(
            model_name='duty',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('done_at', None), ('done_by', None), ('outcome', '')), models.Q(('done_at__isnull', False), ('done_by__isnull', False), ('outcome', 'done')), models.Q(('done_at__isnull', False), ('outcome', 'not_needed'), models.Q(('note', ''), _negated=True)), _connector='OR'), name='duty_done_says_how'),
        ),
    ]
