"""What every part of a definition has in common."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

Code = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]*$", max_length=40)]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
Words = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


class Part(BaseModel):
    """A piece of a definition: closed to unknown keys, never changed once read."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Sourced(Part):
    """A clinical choice: says where it comes from and whether the medical lead has signed it."""

    source: Words
    signed_off: bool
