"""python -m config.embedded exec -- COMMAND…"""

import sys

from config.embedded import throwaway
from config.embedded.trouble import Trouble


def main(arguments: list[str]) -> int:
    try:
        if arguments[:2] == ["exec", "--"]:
            return throwaway.run(arguments[2:])
        raise Trouble("This knows only `exec`.", "python -m config.embedded exec -- COMMAND")
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
