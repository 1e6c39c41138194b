"""Addresses of the what-if, of changes of version, of pins and of rules tried on the past."""

from django.urls import path

from protocols.views import back_test, enrolment_versions, what_if

urlpatterns = [
    path("protocols/<int:pk>/what-if/", what_if.what_if, name="what_if"),
    path("protocols/<int:pk>/what-if/counts/", what_if.what_if_counts, name="what_if_counts"),
    path("protocols/<int:pk>/what-if/move/", what_if.move_men, name="move_men"),
    path("protocols/<int:pk>/what-if/<int:enrolment>/", what_if.what_if_man, name="what_if_man"),
    path(
        "enrolments/<int:pk>/versions/",
        enrolment_versions.enrolment_versions,
        name="enrolment_versions",
    ),
    path("version-changes/<int:pk>/undo/", enrolment_versions.undo_move, name="undo_move"),
    path("visits/<int:pk>/pin/", enrolment_versions.pin_visit, name="pin_visit"),
    path("pins/<int:pk>/lift/", enrolment_versions.lift_pin, name="lift_pin"),
    path("protocols/<int:pk>/try/", back_test.try_rule, name="try_rule"),
    path("back-tests/<int:pk>/", back_test.back_test, name="back_test"),
    path("back-tests/<int:pk>/on/", back_test.go_on, name="back_test_on"),
]
