"""Addresses of results: the bench, one man's laboratory page, entering and reading draws."""

from django.urls import path

from labs.views import bench, ordering, person, requests, results, specimens, trends

urlpatterns = [
    path("", bench.bench, name="bench"),
    path("find/", bench.find, name="find"),
    path("patients/<int:pk>/", person.person, name="person"),
    path("patients/<int:pk>/trends/", trends.trends, name="trends"),
    path("patients/<int:pk>/trends/<slug:key>/", trends.graph, name="graph"),
    path("patients/<int:pk>/results/", results.enter_results, name="enter_results"),
    path("patients/<int:pk>/results/preview/", results.preview_results, name="results_preview"),
    path("patients/<int:pk>/order/", ordering.place_order, name="place_order"),
    path("orders/<int:pk>/cancel/", ordering.cancel, name="cancel_order"),
    path("orders/<int:pk>/restore/", ordering.restore, name="restore_order"),
    path("orders/<int:pk>/request/", requests.of_order, name="order_request"),
    path("patients/<int:pk>/requests/", requests.of_person, name="person_requests"),
    path("requests/", requests.of_everybody, name="day_requests"),
    path("patients/<int:pk>/collect/", specimens.take, name="collect"),
    path("specimens/<int:pk>/receive/", specimens.received, name="receive_specimen"),
    path("specimens/<int:pk>/reject/", specimens.rejected, name="reject_specimen"),
    path("draws/<int:pk>/", results.draw, name="draw"),
    path("draws/<int:pk>/review/", results.review_draw, name="review_draw"),
    path("draws/<int:pk>/fasting/", results.state_fasting, name="state_fasting"),
    path("draws/<int:pk>/correct/", results.correct, name="correct_draw"),
    path("draws/<int:pk>/strike/", results.strike, name="strike_draw"),
]
