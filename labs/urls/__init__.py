"""The addresses of the labs floor, joined from one module per noun."""

from labs.urls import (
    catalogue,
    codes,
    inbound,
    quality,
    results,
    review,
    semen,
    storage,
    upload,
)

app_name = "labs"
urlpatterns = [
    *results.urlpatterns,
    *semen.urlpatterns,
    *storage.urlpatterns,
    *quality.urlpatterns,
    *upload.urlpatterns,
    *inbound.urlpatterns,
    *catalogue.urlpatterns,
    *codes.urlpatterns,
    *review.urlpatterns,
]
