"""Answer once for everybody who has begun: from now on each change writes the next answer."""

from zoneinfo import ZoneInfo

from django.db import migrations

from labs.rules.response import RULESET, Analysis, BaselineStratum, response

CRYPTO = BaselineStratum.CRYPTOZOOSPERMIA


def answer_for_everybody(apps, schema_editor):
    Enrolment = apps.get_model("protocols", "Enrolment")
    begun = Enrolment.objects.filter(first_dose_on__isnull=False)
    for enrolment in begun.select_related("patient__site").iterator():
        answer(apps, enrolment)


def answer(apps, enrolment):
    zone = ZoneInfo(enrolment.patient.site.time_zone)
    rows = (
        apps.get_model("labs", "SemenAnalysis")
        .objects.filter(
            patient=enrolment.patient_id, superseded_by=None, status__in=["final", "corrected"]
        )
        .order_by("collected_at", "pk")
    )
    known = [(row, row.collected_at.astimezone(zone).date()) for row in rows]
    stratum = CRYPTO if enrolment.baseline == CRYPTO else BaselineStratum.AZOOSPERMIA
    said = response(
        first_dose_on=enrolment.first_dose_on,
        baseline=stratum,
        analyses=[Analysis(on, row.sperm_seen, row.motile_seen, row.valid) for row, on in known],
    )
    apps.get_model("protocols", "ResponseEvaluation").objects.create(
        enrolment=enrolment,
        cause="back_filled",
        ruleset=RULESET,
        first_dose_on=enrolment.first_dose_on,
        stratum=stratum.value,
        status=said.status.value,
        first_sperm_on=said.first_sperm_on,
        first_motile_on=said.first_motile_on,
        response_on=said.response_date,
        days=said.days,
        month=said.month,
        evaluable=said.evaluable,
        sentence=said.sentence,
        samples=[
            {
                "analysis": row.pk,
                "on": on.isoformat(),
                "sperm": row.sperm_seen,
                "motile": row.motile_seen,
                "valid": row.valid,
                "included": row.included_at is not None,
                "used": bool(row.valid and row.motile_seen) and on in said.run,
            }
            for row, on in known
            if on > enrolment.first_dose_on
        ],
    )


class Migration(migrations.Migration):
    dependencies = [
        ("protocols", "0008_responses_are_never_rewritten"),
        ("labs", "0009_control_actions_stay"),
    ]
    operations = [migrations.RunPython(answer_for_everybody, migrations.RunPython.noop)]
