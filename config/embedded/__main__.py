"""python -m config.embedded ACTION: what ./dev calls once everything is installed."""

import sys
from collections.abc import Callable, Sequence

from config.embedded import supervisor, throwaway
from config.embedded.trouble import Trouble, explain

ACTIONS: dict[str, tuple[str, Callable[[Sequence[str]], int]]] = {
    "run": ("the whole stack until Ctrl-C", lambda _: supervisor.run()),
    "exec": ("a command with a throw-away PostgreSQL and Redis", throwaway.run),
    "beside": ("a command beside the running stack's servers", supervisor.beside),
    "own": (
        "the same as the owner of the tables",
        lambda command: supervisor.beside(command, as_owner=True),
    ),
    "during": ("a command while the whole stack runs", supervisor.during),
}


def main(arguments: list[str]) -> int:
    name, command = (arguments or [""])[0], arguments[1:]
    if name not in ACTIONS:
        print("python -m config.embedded ACTION [-- COMMAND]", file=sys.stderr)
        for action, (purpose, _) in ACTIONS.items():
            print(f"  {action:<8}{purpose}", file=sys.stderr)
        return 2
    try:
        return ACTIONS[name][1](command[1:] if command[:1] == ["--"] else command)
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
    except OSError as error:
        sentence = of_the_machine(error)
        if sentence is None:
            raise
        print(sentence, file=sys.stderr)
    return 1


def of_the_machine(error: OSError) -> Trouble | None:
    """The sentence for an error that is no fault of ours, None for one that is."""
    if isinstance(error, PermissionError):
        return Trouble(f"{error.filename} is not ours to use.", f"ls -ld {error.filename}")
    return explain(str(error))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
