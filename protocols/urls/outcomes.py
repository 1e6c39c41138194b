"""Address of the outcomes."""

from django.urls import path

from protocols.views import outcomes

urlpatterns = [path("outcomes/", outcomes.outcomes, name="outcomes")]
