"""The one address space: the only place where the floors are joined."""

from django.urls import include, path

from config.accounts import change_address
from config.home import home

urlpatterns = [
    path("", home, name="home"),
    path("my/", include("protocols.portal.urls")),
    path("accounts/email/", change_address, name="account_email"),
    path("accounts/", include("allauth.urls")),
    path("", include("clinic.urls")),
    path("patients/", include("patients.urls")),
    path("labs/", include("labs.urls")),
    path("fhir/", include("labs.urls.fhir")),
    path("", include("protocols.urls")),
]

handler400 = "clinic.views.errors.bad_request"
handler403 = "clinic.views.errors.forbidden"
handler404 = "clinic.views.errors.not_found"
handler500 = "clinic.views.errors.server_error"
