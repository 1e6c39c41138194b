"""Addresses of: members."""

from django.urls import path

from clinic.views import members

urlpatterns = [
    path("members/", members.member_list, name="members"),
    path("members/invite/", members.invite, name="invite_member"),
    path("members/<int:pk>/", members.member, name="member"),
    path("members/<int:pk>/role/", members.change_role, name="change_role"),
    path("members/<int:pk>/second-step/", members.reset_second_factor, name="reset_second_factor"),
    path("members/<int:pk>/end/", members.end_role, name="end_role"),
    path("members/<int:pk>/link/", members.send_link, name="send_link"),
    path("members/<int:pk>/site/", members.add_site, name="add_site"),
]
