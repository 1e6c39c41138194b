"""What every part of a definition has in common."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, ClassVar

from pydantic import (
    BaseModel,
    ConfigDict,
    SerializerFunctionWrapHandler,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_serializer,
)
from pydantic_core import PydanticCustomError

Code = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]*$", max_length=40)]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
Words = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]

#: Ten years, by the unit a field ends with: what lies beyond leads to days no calendar has.
FURTHEST: Mapping[str, int] = {"days": 3650, "hours": 87_600, "months": 120, "minutes": 527_040}
HIGHEST = 1_000_000_000


class Part(BaseModel):
    """A piece of a definition: closed to unknown keys, never changed once read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    #: Fields that this kind of part did not have in the first definitions. Unused, they are left
    #: out of the stored document, so that the hash of what was published before them still holds.
    later: ClassVar[frozenset[str]] = frozenset()

    @field_validator("*")
    @classmethod
    def no_higher_than_can_be_meant(cls, value: Any, info: ValidationInfo) -> Any:
        if isinstance(value, int | Decimal):
            unit = (info.field_name or "").rpartition("_")[2]
            most = FURTHEST.get(unit, HIGHEST)
            if value > most:
                raise PydanticCustomError("less_than_equal", "too high", {"le": most})
        return value

    @model_serializer(mode="wrap")
    def without_what_came_later(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        whole: dict[str, Any] = handler(self)
        for name in self.later:
            if getattr(self, name) == type(self).model_fields[name].default:
                whole.pop(name, None)
        return whole


class Sourced(Part):
    """A clinical choice: says where it comes from and whether the medical lead has signed it.

    `signed_off` is what the file claims; what a site's medical lead has signed in the program is
    kept beside the version (protocols.models.SignOff), because a published version never changes.
    """

    source: Words
    signed_off: bool
