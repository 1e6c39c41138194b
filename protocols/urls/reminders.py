"""Addresses of reminders."""

from django.urls import path

from protocols.views import reminders

urlpatterns = [
    path("reminders/", reminders.reminders, name="reminders"),
    path("reminders/<int:pk>/", reminders.reminder, name="reminder"),
    path("reminders/<int:pk>/now/", reminders.send_early, name="send_reminder_now"),
    path("messages/<int:pk>/again/", reminders.send_message_again, name="send_message_again"),
]
