"""The portal's addresses, all under /my/; none of them says what anything is about."""

from django.urls import path

from protocols.portal import (
    documents,
    download,
    home,
    messages,
    mood,
    preferences,
    results,
    stored,
    symptoms,
    visits,
)

app_name = "portal"
urlpatterns = [
    path("", home.home, name="home"),
    path("results/", results.results, name="results"),
    path("results/my-results.json", download.as_fhir, name="results_fhir"),
    path("results/my-results.csv", download.as_table, name="results_table"),
    path("results/blood/<int:pk>/", results.blood, name="blood"),
    path("results/value/<int:pk>/", results.value, name="value"),
    path("results/sample/<int:pk>/", results.sample, name="sample"),
    path("visits/", visits.visits, name="visits"),
    path("visits/<int:pk>/appointment.ics", visits.entry, name="entry"),
    path("diary/", home.diary, name="diary"),
    path("diary/tick/", home.tick, name="tick"),
    path("diary/feeling/", home.feel, name="feel"),
    path("questions/", mood.mood, name="mood"),
    path("questions/help/", mood.crisis, name="crisis"),
    path("questions/<int:pk>/", mood.kept, name="mood_kept"),
    path("check/", symptoms.symptoms, name="symptoms"),
    path("check/<int:pk>/", symptoms.kept, name="symptoms_kept"),
    path("messages/", messages.messages, name="messages"),
    path("documents/", documents.documents, name="documents"),
    path("documents/<int:pk>/", documents.document, name="document"),
    path("stored/", stored.stored, name="stored"),
    path("who-looked/", documents.who_looked, name="who_looked"),
    path("preferences/", preferences.preferences, name="preferences"),
    path("preferences/results/", preferences.release, name="release"),
    path("preferences/discreet/", preferences.discreet, name="discreet"),
]
