"""Addresses of reviewing, of holding a result back and of moving one."""

from django.urls import path

from labs.views import moving, release, review

urlpatterns = [
    path("review/", review.review, name="review"),
    path("review/together/", review.review_together, name="review_together"),
    path("review/undo/", review.undo, name="undo_review"),
    path("draws/<int:pk>/withhold/", release.withhold_draw, name="withhold_draw"),
    path("semen/<int:pk>/withhold/", release.withhold_semen, name="withhold_semen"),
    path("withheld/", release.withheld, name="withheld"),
    path("withheld/<int:pk>/", release.one, name="withholding"),
    path("withheld/<int:pk>/agree/", release.confirm, name="agree_withholding"),
    path("withheld/<int:pk>/lift/", release.lift, name="lift_withholding"),
    path("draws/<int:pk>/move/", moving.move_draw, name="move_draw"),
    path("semen/<int:pk>/move/", moving.move_semen, name="move_semen"),
]
