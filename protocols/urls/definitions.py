"""Addresses of the programmes themselves."""

from django.urls import path

from protocols.views import definitions, drafts, publishing

urlpatterns = [
    path("protocols/", definitions.definitions, name="definitions"),
    path("protocols/import/", drafts.import_definition, name="import_definition"),
    path("protocols/<int:pk>/", definitions.definition, name="definition"),
    path("protocols/<int:pk>/export/", publishing.export_definition, name="export_definition"),
    path("protocols/<int:pk>/copy/", drafts.copy_version, name="copy_version"),
    path("protocols/<int:pk>/retire/", publishing.retire, name="retire_version"),
    path("protocols/<int:pk>/use/", publishing.choose_default, name="choose_default"),
    path("protocols/<int:pk>/sign-off/", publishing.sign_off, name="sign_off"),
    path(
        "protocols/sign-offs/<int:pk>/take-back/",
        publishing.withdraw_sign_off,
        name="withdraw_sign_off",
    ),
    path("protocols/<int:pk>/draft/", drafts.draft, name="draft"),
    path("protocols/<int:pk>/draft/text/", drafts.draft_text, name="draft_text"),
    path("protocols/<int:pk>/draft/discard/", drafts.discard_draft, name="discard_draft"),
    path("protocols/<int:pk>/draft/take-back/", drafts.take_back_draft, name="take_back_draft"),
    path("protocols/<int:pk>/draft/publish/", publishing.publish, name="publish_draft"),
    path("protocols/<int:pk>/draft/parts/<slug:place>/", drafts.draft_place, name="draft_place"),
]
