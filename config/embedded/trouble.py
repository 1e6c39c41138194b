"""The one way this package says no: a sentence, and the command that mends it."""


class Trouble(Exception):
    """Something on this machine is in the way; the text is written for the person at the terminal."""

    def __init__(self, sentence: str, mend: str = "") -> None:
        super().__init__(sentence)
        self.mend = mend

    def __str__(self) -> str:
        sentence = super().__str__()
        return f"{sentence}\n  mend it with:  {self.mend}" if self.mend else sentence
