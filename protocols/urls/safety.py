"""Addresses of findings, of the duties they bring, and of symptoms told between visits."""

from django.urls import path

from protocols.views import duties, safety, told

urlpatterns = [
    path("findings/<int:pk>/", safety.finding, name="finding"),
    path("findings/<int:pk>/decide/", safety.decide_finding, name="decide_finding"),
    path("findings/<int:pk>/letter/", safety.write_about, name="write_about"),
    path("findings/<int:pk>/not-reached/", safety.not_reached, name="not_reached"),
    path("duties/<int:pk>/", duties.duty, name="duty"),
    path("duties/<int:pk>/tick/", duties.tick, name="tick_duty"),
    path("patients/<int:pk>/symptoms-told/", told.told, name="symptoms_told"),
    path("symptoms-told/<int:pk>/", told.report, name="symptom_report"),
    path("symptoms-told/<int:pk>/strike/", told.strike, name="strike_symptom_report"),
]
