"""Check codes as people copy them from paper: in capitals or not, with or without hyphens."""

LENGTH, GROUP = 12, 4


def meant(typed: str) -> str:
    """7qf2 m9kd41tx is 7QF2-M9KD-41TX; "" when it is no code of any kind."""
    letters = "".join(sign for sign in typed.upper() if sign.isascii() and sign.isalnum())
    if len(letters) != LENGTH:
        return ""
    return "-".join(letters[i : i + GROUP] for i in range(0, LENGTH, GROUP))
