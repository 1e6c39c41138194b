"""Facts that cannot all be true."""


class Contradiction(ValueError):  # noqa: N818 -- read as a noun, like Refusal
    """What was given cannot be; the text says why in words, `field` says where."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message
