"""Addresses of the day: its page, one booking in the drawer, and what is done from there."""

from django.urls import path

from protocols.views import today

urlpatterns = [
    path("today/", today.today, name="today"),
    path("today/bookings/<int:pk>/", today.booking, name="today_booking"),
    path("today/bookings/<int:pk>/arrived/", today.check_in, name="check_in"),
    path("today/bookings/<int:pk>/undo/", today.undo, name="undo_booking_step"),
    path("today/bookings/<int:pk>/absent/", today.did_not_come, name="did_not_come"),
    path("today/bookings/<int:pk>/cancel/", today.cancel, name="cancel_from_today"),
    path("today/people/<int:pk>/called/", today.called, name="called"),
    path("today/messages/<int:pk>/again/", today.again, name="send_again"),
]
