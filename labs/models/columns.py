"""What the columns of one laboratory's tables mean, remembered for the next one like it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.utils import timezone

if TYPE_CHECKING:
    from clinic.models import Account


class ColumnMappingQuerySet(models.QuerySet["ColumnMapping"]):
    def visible_to(self, user: Account) -> ColumnMappingQuerySet:
        return self.filter(laboratory__site=user.member.site_id) if user.member else self.none()


class ColumnMapping(models.Model):
    """How a member said a laboratory's tables with these headings are read."""

    laboratory = models.ForeignKey(
        "labs.Laboratory", models.CASCADE, related_name="column_mappings"
    )
    # Of the headings in their order: the same layout has the same.
    fingerprint = models.CharField(max_length=64)
    columns = models.JSONField(help_text="labs.rules.table_columns.Columns")
    set_at = models.DateTimeField(default=timezone.now)
    set_by = models.ForeignKey("clinic.Account", models.PROTECT, related_name="+")

    objects = ColumnMappingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["laboratory", "fingerprint"], name="columns_once_per_laboratory_and_layout"
            ),
        ]

    class Privacy:
        identifying: ClassVar[set[str]] = set()
        plain: ClassVar[set[str]] = {
            "id", "laboratory", "fingerprint", "columns", "set_at", "set_by",
        }  # fmt: skip

    def __str__(self) -> str:
        return f"columns of {self.laboratory}"
