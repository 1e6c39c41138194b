"""Addresses of booking: the drawer of a visit, what is done with a booking, the calendar."""

from django.urls import path

from protocols.views import booking, calendar

urlpatterns = [
    path("calendar/", calendar.calendar, name="calendar"),
    path("bookings/<int:pk>/entry.ics", calendar.entry, name="calendar_entry"),
    path("visits/<int:pk>/book/", booking.book, name="book"),
    path("visits/<int:pk>/hold/", booking.hold, name="hold"),
    path("patients/<int:pk>/book/", booking.book_patient, name="book_patient"),
    path("bookings/<int:pk>/confirm/", booking.confirm, name="confirm_booking"),
    path("bookings/<int:pk>/let-go/", booking.let_go, name="let_go"),
    path("bookings/<int:pk>/move/", booking.move, name="move_booking"),
    path("bookings/<int:pk>/cancel/", booking.cancel, name="cancel_booking"),
]
