"""Addresses of quality control."""

from django.urls import path

from labs.views import quality

urlpatterns = [
    path("quality/", quality.quality, name="quality"),
    path("quality/<int:pk>/", quality.technologist, name="technologist"),
    path("quality/<int:pk>/graphs/<slug:key>/", quality.control_graph, name="control_graph"),
    path("quality/<int:pk>/act/", quality.act_on_technologist, name="act_on_technologist"),
    path("quality/controls/add/", quality.add_lot, name="add_lot"),
    path("quality/controls/<int:pk>/close/", quality.close_lot, name="close_lot"),
    path("quality/readings/", quality.count_control, name="count_control"),
    path("quality/readings/<int:pk>/strike/", quality.strike_reading, name="strike_reading"),
]
