"""The one way the domain says no."""


class Refusal(Exception):  # noqa: N818 -- not an error: an answer
    """A rule of the clinic forbids this; the text is written for the person at the screen.

    `field` names the form field the sentence belongs beside, where there is one;
    `alternatives` are things the person could do instead (free slots, for one).
    """

    def __init__(self, sentence: str, *, field: str = "", alternatives: object = None) -> None:
        super().__init__(sentence)
        self.field = field
        self.alternatives = alternatives
