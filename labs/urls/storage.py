"""Addresses of what is stored: tanks, containers, and one man's."""

from django.urls import path

from labs.views import labels, storage, storage_deeds, tanks

urlpatterns = [
    path("storage/", storage.storage, name="storage"),
    path("patients/<int:pk>/storage/", storage.person, name="storage_person"),
    path("patients/<int:pk>/storage/store/", storage_deeds.store, name="store"),
    path("patients/<int:pk>/storage/receive/", storage_deeds.receive, name="receive_container"),
    path("patients/<int:pk>/storage/agreement/", storage_deeds.terms, name="storage_terms"),
    path("patients/<int:pk>/storage/infection/", storage_deeds.screening, name="screening"),
    path("storage/containers/<int:pk>/", storage.container, name="container"),
    path("storage/containers/<int:pk>/test/", storage_deeds.thaw_test, name="thaw_test"),
    path("storage/containers/<int:pk>/label/", labels.container, name="container_label"),
    *(
        path(
            f"storage/containers/<int:pk>/{verb}/",
            storage_deeds.deed,
            {"verb": verb},
            name=f"{verb}_container",
        )
        for verb in storage_deeds.DEEDS
    ),
    path("storage/tanks/add/", tanks.add, name="add_tank"),
    path("storage/tanks/<int:pk>/", tanks.tank, name="tank"),
    path("storage/tanks/<int:pk>/change/", tanks.change, name="change_tank"),
    path("storage/tanks/<int:pk>/nitrogen/", tanks.nitrogen, name="nitrogen"),
    path("storage/tanks/<int:pk>/count/", tanks.count, name="count_tank"),
    path(
        "storage/tanks/<int:pk>/canes/<int:canister>/<int:cane>/label/",
        labels.cane,
        name="cane_label",
    ),
]
