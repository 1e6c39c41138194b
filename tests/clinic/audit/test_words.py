"""Every action of every floor has words, and no word is left without an action."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from clinic.models import Booking, Page
from config.accounts import NOTED
from config.trail import SENTENCES
from protocols.actions.passwords import WRONG
from protocols.actions.recalls import Kind
from protocols.portal.download import DOWNLOADED

NAME = re.compile(r"[a-z][a-z_]*\.[a-z][a-z_]*")
#: The functions that write to the trail, or are told what to write.
WRITERS = {
    "record", "record_each", "_trail", "trail", "_write", "note", "opened", "assess", "written",
}  # fmt: skip


def calls(*files: str) -> Iterator[tuple[str, ast.Call]]:
    for place in files or ("clinic", "patients", "labs", "protocols", "config"):
        within = Path(settings.BASE_DIR) / place
        for path in [within] if within.is_file() else sorted(within.rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call):
                    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                    yield name, node


def written_out() -> set[str]:
    """The actions that stand in the code as they are."""
    found = set()
    for name, call in calls():
        if name not in WRITERS:
            continue
        for given in [*call.args, *(k.value for k in call.keywords if k.arg == "action")]:
            found |= {
                node.value
                for node in ast.walk(given)
                if isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and NAME.fullmatch(node.value)
            }
    return found


def composed() -> set[str]:
    """The actions that are put together from a noun and a state, a section or a kind of entry."""
    sections = {
        call.args[1].value
        for name, call in calls()
        if name == "keep" and len(call.args) > 1 and isinstance(call.args[1], ast.Constant)
    }
    entries = [
        call.args[0].id.lower()
        for name, call in calls()
        if name == "_add" and isinstance(call.args[0], ast.Name) and call.args[0].id[0].isupper()
    ]
    entries.append("condition")  # many answers are written in one statement
    verbs = {
        call.args[1].value
        for name, call in calls("protocols/actions/deviations.py")
        if name == "trail" and len(call.args) > 1 and isinstance(call.args[1], ast.Constant)
    }
    moved = {
        Booking.Status.ARRIVED,
        Booking.Status.BOOKED,
        Booking.Status.IN_PROGRESS,
        Booking.Status.COMPLETED,
        Booking.Status.NO_SHOW,
    }
    return {
        *(f"visit.{section}" for section in sections),
        *(f"{entry}.{done}" for entry in entries for done in ("recorded", "struck")),
        *(f"booking.{status.value}" for status in moved),
        *(f"deviation.{verb}" for verb in verbs),
        *(f"page.{state.value}" for state in (Page.State.ANSWERED, Page.State.WITHDRAWN)),
        *(f"stock.{kind.value}" for kind in (Kind.RECALLED, Kind.RECALL_ENDED)),
        *NOTED.values(),
        DOWNLOADED,
        WRONG,
    }


def test_every_action_of_every_floor_has_a_sentence():
    assert written_out() | composed() == set(SENTENCES)


def test_a_sentence_says_what_somebody_did():
    for action, said in SENTENCES.items():
        assert re.fullmatch(r"[a-z][\w ,'’-]+", said), action
        assert said != action.replace(".", " ")


def test_no_sentence_tells_what_was_found():
    """An administrator reads them, and he sees nothing clinical."""
    told = " ".join(SENTENCES.values())
    assert not re.search(r"\b(hold|stop|reduce|positive|depress\w*|sperm\w*|mg)\b", told)
