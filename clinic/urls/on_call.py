"""Addresses of: the rota and the pages."""

from django.urls import path

from clinic.views import on_call

urlpatterns = [
    path("on-call/", on_call.rota, name="on_call"),
    path("on-call/add/", on_call.add_shift, name="add_shift"),
    path("on-call/copy/", on_call.copy_week, name="copy_week"),
    path("on-call/numbers/", on_call.set_numbers, name="on_call_numbers"),
    path("on-call/<int:pk>/withdraw/", on_call.withdraw_shift, name="withdraw_shift"),
    path("pages/", on_call.pages, name="pages"),
    path("pages/<int:pk>/", on_call.page, name="page"),
    path("pages/<int:pk>/answer/", on_call.answer, name="answer_page"),
]
