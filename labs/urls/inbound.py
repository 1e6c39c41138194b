"""Addresses of what laboratories sent."""

from django.urls import path

from labs.views import inbound

urlpatterns = [
    path("inbound/", inbound.message_list, name="inbound"),
    path("inbound/<int:pk>/", inbound.message, name="inbound_message"),
    path("inbound/<int:pk>/match/", inbound.match, name="match_message"),
    path("inbound/<int:pk>/again/", inbound.again, name="message_again"),
    path("inbound/<int:pk>/file/", inbound.file_staged, name="file_staged"),
    path("inbound/<int:pk>/throw-away/", inbound.throw_away, name="throw_away"),
    path("inbound/<int:pk>/raw/", inbound.raw, name="inbound_raw"),
    path("inbound/<int:pk>/settle/", inbound.settle, name="settle_message"),
]
