import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.contrib.postgres.operations import BtreeGistExtension, TrigramExtension
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('pghistory', '0007_auto_20250421_0444'),
    ]

    operations = [
        # Trusted extensions: the exclusion constraints and the search need them.
        BtreeGistExtension(),
        TrigramExtension(),
        migrations.CreateModel(
            name='Account',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('email', models.EmailField(max_length=254)),
                ('name', models.CharField(max_length=120)),
                ('kind', models.CharField(choices=[('staff', 'Staff'), ('patient', 'Patient'), ('partner', 'Partner')], max_length=8)),
                ('is_active', models.BooleanField(default=True)),
                ('is_demonstration', models.BooleanField(default=False)),
                ('joined_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('email'), name='account_email_is_used_once', violation_error_message='Another account uses this e-mail address.'), models.CheckConstraint(condition=models.Q(('kind__in', ['staff', 'patient', 'partner'])), name='account_kind_is_known')],
            },
        ),
        migrations.CreateModel(
            name='Drawing',
            fields=[
                ('sha256', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('specification', models.JSONField()),
                ('svg', models.TextField(blank=True)),
                ('asked_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('drawn_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'indexes': [models.Index(models.F('asked_at'), condition=models.Q(('drawn_at', None)), name='drawing_waiting')],
            },
        ),
        migrations.CreateModel(
            name='Site',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, unique=True)),
                ('code', models.SlugField(max_length=12, unique=True)),
                ('record_prefix', models.CharField(default='HF', max_length=6)),
                ('time_zone', models.CharField(max_length=40)),
                ('zone_word', models.CharField(help_text='How people say the zone: Pacific', max_length=20)),
                ('neutral_name', models.CharField(max_length=40)),
                ('phone', models.CharField(max_length=30)),
                ('phone_hours', models.CharField(default='weekdays 8 to 5', max_length=60)),
                ('address', models.CharField(max_length=200)),
                ('paper', models.CharField(choices=[('letter', 'Letter'), ('a4', 'A4')], default='letter', max_length=6)),
                ('page_answer_minutes', models.PositiveSmallIntegerField(default=15)),
                ('crisis_line', models.CharField(default='988', max_length=30)),
            ],
        ),
        migrations.CreateModel(
            name='AccessLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='access_links', to=settings.AUTH_USER_MODEL)),
                ('purpose', models.CharField(choices=[('member', 'Invitation of a member'), ('portal', 'Invitation of a patient')], max_length=8)),
                ('token_sha256', models.CharField(max_length=64, unique=True)),
                ('issued_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('issued_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('expires_at', models.DateTimeField()),
                ('used_at', models.DateTimeField(blank=True, null=True)),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('expires_at__gt', models.F('issued_at'))), name='access_link_expires_after_issue')],
            },
        ),
        migrations.CreateModel(
            name='AuditEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('actor', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('actor_role', models.CharField(blank=True, max_length=16)),
                ('action', models.CharField(max_length=60)),
                ('subject', models.CharField(max_length=80)),
                ('person', models.CharField(blank=True, max_length=80)),
                ('site', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.site')),
                ('reason', models.TextField(blank=True)),
                ('detail', models.JSONField(default=dict)),
                ('digest', models.CharField(max_length=64)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('person', ''), _negated=True), fields=['person', '-at'], name='audit_by_person'), models.Index(fields=['site', '-at', '-id'], name='audit_by_site'), models.Index(models.F('subject'), name='audit_by_subject'), models.Index(fields=['actor', '-at'], name='audit_by_actor')],
            },
        ),
        migrations.CreateModel(
            name='ClosedDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='closed_days', to='clinic.site')),
                ('on', models.DateField()),
                ('name', models.CharField(max_length=60)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('site', 'on'), name='closed_day_once_per_site')],
            },
        ),
        migrations.CreateModel(
            name='Document',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.site')),
                ('person', models.CharField(help_text='Label of whom it is about', max_length=80)),
                ('subject', models.CharField(help_text='Label of what it was made from', max_length=80)),
                ('kind', models.CharField(max_length=30)),
                ('title', models.CharField(max_length=120)),
                ('version', models.PositiveSmallIntegerField(default=1)),
                ('content', models.BinaryField()),
                ('sha256', models.CharField(max_length=64)),
                ('check_code', models.CharField(max_length=16, unique=True)),
                ('pages', models.PositiveSmallIntegerField(default=1)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('for_patient', models.BooleanField(default=True)),
                ('superseded_at', models.DateTimeField(blank=True, null=True)),
                ('superseded_because', models.CharField(blank=True, max_length=200)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('subject', 'kind', 'version'), name='document_version_exists_once'), models.CheckConstraint(condition=models.Q(models.Q(('superseded_at', None), ('superseded_because', '')), models.Q(('superseded_at__isnull', False), models.Q(('superseded_because', ''), _negated=True)), _connector='OR'), name='document_superseded_has_reason')],
                'indexes': [models.Index(fields=['person', '-created_at'], name='document_by_person')],
            },
        ),
        migrations.CreateModel(
            name='Member',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to=settings.AUTH_USER_MODEL)),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='members', to='clinic.site')),
                ('role', models.CharField(choices=[('coordinator', 'Coordinator'), ('nurse', 'Nurse'), ('clinician', 'Clinician'), ('technologist', 'Technologist'), ('verifier', 'Verifier'), ('pharmacist', 'Pharmacist'), ('embryologist', 'Embryologist'), ('auditor', 'Auditor'), ('administrator', 'Administrator')], max_length=16)),
                ('since_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('deactivated_at', models.DateTimeField(blank=True, null=True)),
                ('deactivated_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['account__name'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('deactivated_at', None)), fields=('account', 'site'), name='member_has_one_role_per_site', violation_error_message='This person already has a role at this site.'), models.CheckConstraint(condition=models.Q(models.Q(('deactivated_at', None), ('deactivated_by', None)), models.Q(('deactivated_at__isnull', False), ('deactivated_by__isnull', False)), _connector='OR'), name='member_deactivation_is_signed')],
            },
        ),
        migrations.CreateModel(
            name='Message',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.site')),
                ('recipient', models.EmailField(max_length=254)),
                ('template', models.CharField(max_length=80)),
                ('context', models.JSONField(blank=True, default=dict)),
                ('subject', models.CharField(blank=True, help_text='Label of what it is about', max_length=80)),
                ('person', models.CharField(blank=True, help_text='Label of whom it is for', max_length=80)),
                ('dedupe_key', models.CharField(max_length=160, unique=True)),
                ('not_before', models.DateTimeField(default=django.utils.timezone.now)),
                ('expires_at', models.DateTimeField(blank=True, null=True)),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('sending', 'Being sent'), ('sent', 'Sent'), ('failed', 'Failed'), ('cancelled', 'Not needed any more'), ('expired', 'Too late to be useful')], default='waiting', max_length=9)),
                ('lease_until', models.DateTimeField(blank=True, null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('message_id', models.CharField(max_length=120)),
                ('sent_at', models.DateTimeField(blank=True, null=True)),
                ('last_error', models.CharField(blank=True, max_length=300)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('sent_at__isnull', False), ('state', 'sent')), models.Q(('state', 'sent'), _negated=True), _connector='OR'), name='message_sent_has_time'), models.CheckConstraint(condition=models.Q(models.Q(('lease_until__isnull', False), ('state', 'sending')), models.Q(('state', 'sending'), _negated=True), _connector='OR'), name='message_sending_has_lease')],
                'indexes': [models.Index(models.F('not_before'), condition=models.Q(('state__in', ['waiting', 'sending'])), name='message_waiting'), models.Index(models.F('site'), condition=models.Q(('state', 'failed')), name='message_failed'), models.Index(models.F('subject'), name='message_by_subject')],
            },
        ),
        migrations.CreateModel(
            name='Page',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pages', to='clinic.site')),
                ('about', models.CharField(help_text='Label of what somebody is needed for', max_length=80)),
                ('person', models.CharField(blank=True, help_text='Label of whom it concerns', max_length=80)),
                ('raised_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('next_at', models.DateTimeField()),
                ('state', models.CharField(choices=[('open', 'Nobody has answered'), ('answered', 'Answered'), ('withdrawn', 'Not needed any more')], default='open', max_length=9)),
                ('answered_at', models.DateTimeField(blank=True, null=True)),
                ('answered_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-raised_at'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'open')), fields=('about',), name='page_is_open_once_for_a_thing'), models.CheckConstraint(condition=models.Q(models.Q(('answered_at__isnull', False), ('answered_by__isnull', False), ('state', 'answered')), models.Q(models.Q(('state', 'answered'), _negated=True), ('answered_at', None), ('answered_by', None)), _connector='OR'), name='page_answer_is_signed')],
                'indexes': [models.Index(models.F('next_at'), condition=models.Q(('state', 'open')), name='page_waiting'), models.Index(fields=['site', '-raised_at'], name='page_by_site')],
            },
        ),
        migrations.CreateModel(
            name='AuditSeal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('event', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='seal', to='clinic.auditevent')),
                ('event_digest', models.CharField(max_length=64)),
                ('chain_sha256', models.CharField(max_length=64, unique=True)),
            ],
        ),
        migrations.CreateModel(
            name='DocumentEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='clinic.document')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('id', models.BigIntegerField()),
                ('site', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='clinic.site')),
                ('person', models.CharField(help_text='Label of whom it is about', max_length=80)),
                ('subject', models.CharField(help_text='Label of what it was made from', max_length=80)),
                ('kind', models.CharField(max_length=30)),
                ('title', models.CharField(max_length=120)),
                ('version', models.PositiveSmallIntegerField(default=1)),
                ('sha256', models.CharField(max_length=64)),
                ('check_code', models.CharField(max_length=16)),
                ('pages', models.PositiveSmallIntegerField(default=1)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('created_by', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                ('for_patient', models.BooleanField(default=True)),
                ('superseded_at', models.DateTimeField(blank=True, null=True)),
                ('superseded_because', models.CharField(blank=True, max_length=200)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='OnCallShift',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='on_call_shifts', to='clinic.site')),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='on_call_shifts', to='clinic.member')),
                ('rank', models.PositiveSmallIntegerField(choices=[(1, 'First'), (2, 'Second'), (3, 'Third')])),
                ('during', django.contrib.postgres.fields.ranges.DateTimeRangeField(help_text='[from, to)')),
                ('channel', models.CharField(choices=[('email', 'E-mail'), ('telephone', 'Telephone, by the desk')], default='email', max_length=9)),
                ('phone', models.CharField(blank=True, max_length=30)),
                ('added_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('added_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('withdrawn_at', models.DateTimeField(blank=True, null=True)),
                ('withdrawn_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['during', 'rank'],
                'constraints': [django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('withdrawn_at', None)), expressions=[('site', '='), ('rank', '='), ('during', '&&')], name='on_call_has_one_person_in_each_place'), django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('withdrawn_at', None)), expressions=[('member', '='), ('during', '&&')], name='on_call_person_has_one_place_at_a_time'), models.CheckConstraint(condition=models.Q(('during__isempty', False), ('during__lower_inf', False), ('during__upper_inf', False)), name='on_call_begins_and_ends'), models.CheckConstraint(condition=models.Q(models.Q(('channel', 'telephone'), _negated=True), models.Q(('phone', ''), _negated=True), _connector='OR'), name='on_call_by_telephone_has_a_number'), models.CheckConstraint(condition=models.Q(models.Q(('withdrawn_at', None), ('withdrawn_by', None)), models.Q(('withdrawn_at__isnull', False), ('withdrawn_by__isnull', False)), _connector='OR'), name='on_call_withdrawal_is_signed')],
            },
        ),
        migrations.CreateModel(
            name='PageCall',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('page', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='calls', to='clinic.page')),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.member')),
                ('round', models.PositiveSmallIntegerField(help_text='1 the first time round')),
                ('channel', models.CharField(choices=[('email', 'E-mail'), ('telephone', 'Telephone, by the desk')], max_length=9)),
                ('phone', models.CharField(blank=True, max_length=30)),
                ('called_at', models.DateTimeField()),
                ('message', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='clinic.message')),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [models.UniqueConstraint(fields=('page', 'member', 'round'), name='page_calls_a_member_once_a_round')],
            },
        ),
        migrations.CreateModel(
            name='Resource',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='resources', to='clinic.site')),
                ('name', models.CharField(max_length=60)),
                ('purpose', models.CharField(help_text='Shown under the name: Clinician', max_length=40)),
                ('kind', models.CharField(choices=[('person', 'Person'), ('room', 'Room'), ('chair', 'Draw chair'), ('laboratory', 'Laboratory seat')], max_length=10)),
                ('member', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='resources', to='clinic.member')),
                ('position', models.PositiveSmallIntegerField(default=0)),
                ('slot_minutes', models.PositiveSmallIntegerField(default=30)),
                ('retired_on', models.DateField(blank=True, null=True)),
            ],
            options={
                'ordering': ['position', 'name'],
                'constraints': [models.UniqueConstraint(fields=('site', 'name'), name='resource_name_once_per_site'), models.CheckConstraint(condition=models.Q(('slot_minutes__in', [15, 30, 45, 60, 90, 120])), name='resource_slot_is_quarter_hours')],
            },
        ),
        migrations.CreateModel(
            name='Booking',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='bookings', to='clinic.site')),
                ('resource', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='bookings', to='clinic.resource')),
                ('attendee', models.CharField(help_text='Label: patients.patient:12', max_length=80)),
                ('during', django.contrib.postgres.fields.ranges.DateTimeRangeField()),
                ('status', models.CharField(choices=[('held', 'Held'), ('booked', 'Booked'), ('arrived', 'Arrived'), ('in_progress', 'With somebody'), ('completed', 'Completed'), ('cancelled', 'Cancelled'), ('no_show', 'Did not come')], default='booked', max_length=11)),
                ('title', models.CharField(blank=True, max_length=60)),
                ('held_until', models.DateTimeField(blank=True, null=True)),
                ('sequence', models.PositiveIntegerField(default=0)),
                ('booked_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('booked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('arrived_at', models.DateTimeField(blank=True, null=True)),
                ('cancelled_at', models.DateTimeField(blank=True, null=True)),
                ('cancelled_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('cancel_reason', models.CharField(blank=True, max_length=200)),
            ],
            options={
                'constraints': [django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('status__in', ['held', 'booked', 'arrived', 'in_progress', 'completed'])), expressions=[('resource', '='), ('during', '&&')], name='booking_resource_serves_one_at_a_time', violation_error_message='That time has just been taken.'), django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('status__in', ['held', 'booked', 'arrived', 'in_progress', 'completed'])), expressions=[('attendee', '='), ('during', '&&')], name='booking_attendee_is_in_one_place', violation_error_message='The patient has another booking at that time.'), models.CheckConstraint(condition=models.Q(('during__isempty', False), ('during__lower_inf', False), ('during__upper_inf', False)), name='booking_lasts_a_while'), models.CheckConstraint(condition=models.Q(models.Q(('cancelled_at__isnull', False), ('status', 'cancelled'), models.Q(('cancel_reason', ''), _negated=True)), models.Q(models.Q(('status', 'cancelled'), _negated=True), ('cancelled_at', None)), _connector='OR'), name='booking_cancellation_has_reason'), models.CheckConstraint(condition=models.Q(models.Q(('held_until__isnull', False), ('status', 'held')), models.Q(models.Q(('status', 'held'), _negated=True), ('held_until', None)), _connector='OR'), name='booking_hold_runs_out')],
                'indexes': [models.Index(models.F('attendee'), models.F('status'), name='booking_by_attendee'), models.Index(models.F('site'), models.Func('during', function='lower'), name='booking_by_day')],
            },
        ),
        migrations.CreateModel(
            name='OpeningHours',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('resource', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='hours', to='clinic.resource')),
                ('weekday', models.PositiveSmallIntegerField(help_text='Monday is 0')),
                ('opens', models.TimeField()),
                ('closes', models.TimeField()),
            ],
            options={
                'ordering': ['weekday', 'opens'],
                'constraints': [models.CheckConstraint(condition=models.Q(('closes__gt', models.F('opens'))), name='hours_close_after_opening'), models.CheckConstraint(condition=models.Q(('weekday__lte', 6)), name='hours_weekday_exists'), models.UniqueConstraint(fields=('resource', 'weekday', 'opens'), name='hours_open_once_at_a_time')],
            },
        ),
        migrations.CreateModel(
            name='BookingEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='clinic.booking')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('id', models.BigIntegerField()),
                ('site', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='clinic.site')),
                ('resource', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='clinic.resource')),
                ('attendee', models.CharField(help_text='Label: patients.patient:12', max_length=80)),
                ('during', django.contrib.postgres.fields.ranges.DateTimeRangeField()),
                ('status', models.CharField(choices=[('held', 'Held'), ('booked', 'Booked'), ('arrived', 'Arrived'), ('in_progress', 'With somebody'), ('completed', 'Completed'), ('cancelled', 'Cancelled'), ('no_show', 'Did not come')], default='booked', max_length=11)),
                ('title', models.CharField(blank=True, max_length=60)),
                ('held_until', models.DateTimeField(blank=True, null=True)),
                ('sequence', models.PositiveIntegerField(default=0)),
                ('booked_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('booked_by', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                ('arrived_at', models.DateTimeField(blank=True, null=True)),
                ('cancelled_at', models.DateTimeField(blank=True, null=True)),
                ('cancelled_by', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                ('cancel_reason', models.CharField(blank=True, max_length=200)),
            ],
            options={
                'abstract': False,
            },
        ),
    ]
