"""Addresses of what laboratories' codes mean, and of the keys they hand in results with."""

from django.urls import path

from labs.views import codes, tokens

urlpatterns = [
    path("codes/", codes.codes, name="codes"),
    path("codes/map/", codes.map_code, name="map_code"),
    path("codes/unit/", codes.map_unit, name="map_unit"),
    path("codes/<int:pk>/take-back/", codes.unmap_code, name="unmap_code"),
    path("codes/units/<int:pk>/take-back/", codes.unmap_unit, name="unmap_unit"),
    path("keys/", tokens.tokens, name="tokens"),
    path("keys/make/", tokens.make, name="make_token"),
    path("keys/<int:pk>/revoke/", tokens.revoke, name="revoke_token"),
]
