"""Addresses of a man's enrolment: the way in, the page about it, and the ways out."""

from django.urls import path

from protocols.views import again, corrections, enrol, enrolment, ipledge

urlpatterns = [
    path("patients/<int:pk>/enrol/", enrol.enrol, name="enrol"),
    path("patients/<int:pk>/enrol/refer/", enrol.refer, name="refer"),
    path("enrolments/<int:pk>/", enrolment.enrolment, name="enrolment"),
    path("enrolments/<int:pk>/screening/", enrol.start_screening, name="start_screening"),
    path("enrolments/<int:pk>/eligibility/", enrol.sign_eligibility, name="sign_eligibility"),
    path("enrolments/<int:pk>/consent/", enrol.link_consent, name="link_consent"),
    path("enrolments/<int:pk>/counselling/", enrol.record_counselling, name="record_counselling"),
    path("enrolments/<int:pk>/preparation/", enrol.prepare, name="prepare_start"),
    path("enrolments/<int:pk>/first-dose/", enrol.record_first_dose, name="record_first_dose"),
    path("enrolments/<int:pk>/last-dose/", enrolment.record_last_dose, name="record_last_dose"),
    path("enrolments/<int:pk>/complete/", enrolment.complete, name="complete_treatment"),
    path("enrolments/<int:pk>/withdraw/", enrolment.withdraw, name="withdraw_treatment"),
    path("enrolments/<int:pk>/lost/", enrolment.mark_lost, name="mark_lost"),
    path("enrolments/<int:pk>/returned/", enrolment.mark_returned, name="mark_returned"),
    path("enrolments/<int:pk>/close/", enrolment.close, name="close_enrolment"),
    path("enrolments/<int:pk>/death/", enrolment.record_death, name="record_death"),
    path("enrolments/<int:pk>/correct/", corrections.correct, name="correct_enrolment"),
    path("enrolments/<int:pk>/book-again/", again.book_again, name="book_again"),
    path("enrolments/<int:pk>/ipledge/", ipledge.attest, name="attest_ipledge"),
    path("ipledge/", ipledge.rules, name="ipledge_rules"),
    path("ipledge/choose/", ipledge.choose, name="choose_ipledge_rules"),
    path(
        "enrolments/<int:pk>/withdraw-consent/",
        enrolment.withdraw_consent,
        name="end_by_withdrawn_consent",
    ),
]
