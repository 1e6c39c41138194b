"""Addresses of a visit: its page, and one for each thing that is done there."""

from django.urls import path

from protocols.views import attendance, reaching, signing, visits

urlpatterns = [
    path("visits/<int:pk>/", visits.visit, name="visit"),
    path("visits/<int:pk>/open/", visits.open_visit, name="open_visit"),
    path("visits/<int:pk>/day/", attendance.correct_day, name="correct_visit_day"),
    path("visits/<int:pk>/take-back/", attendance.take_back, name="take_visit_back"),
    path("enrolments/<int:pk>/unscheduled/", visits.unscheduled, name="unscheduled_visit"),
    path("enrolments/<int:pk>/letter/", reaching.letter, name="reach_letter"),
    path("visits/<int:pk>/identity/", visits.identity, name="visit_identity"),
    path("visits/<int:pk>/since/", visits.since, name="visit_since"),
    path("visits/<int:pk>/capsules/", visits.capsules, name="visit_capsules"),
    path("visits/<int:pk>/side-effects/", visits.side_effects, name="visit_side"),
    path("visits/<int:pk>/mood/", visits.mood_answers, name="visit_mood"),
    path("visits/<int:pk>/mood/crisis/", visits.crisis, name="visit_crisis"),
    path("visits/<int:pk>/vitals/", visits.measure, name="visit_vitals"),
    path("visits/<int:pk>/plan/", visits.plan, name="visit_plan"),
    path("visits/<int:pk>/findings/<int:finding>/", visits.decide_here, name="visit_decide"),
    path("visits/<int:pk>/prescribe/", visits.prescribe, name="visit_prescribe"),
    path("visits/<int:pk>/dispense/<int:prescription>/", visits.hand_out, name="visit_dispense"),
    path("visits/<int:pk>/sign/", signing.sign_visit, name="sign_visit"),
    path("visits/<int:pk>/amend/", signing.amend, name="amend_visit"),
    path("visits/<int:pk>/report/", signing.report_state, name="visit_report"),
]
