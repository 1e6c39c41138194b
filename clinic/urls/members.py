"""Addresses of: members."""

from django.urls import path

from clinic.views import members

urlpatterns = [
    path("members/", members.member_list, name="members"),
    path("members/invite/", members.invite, name="invite_member"),
    path("members/<int:pk>/", members.member, name="member"),
]
