"""Redis, beat and two workers as ./dev run starts them, and mail servers that watch them send."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from time import monotonic

from config.embedded.binaries import redis_program
from config.embedded.children import Child, Children
from config.embedded.processes import AS_ROOT
from config.embedded.redis_server import Redis
from tests.contention import database_url
from tests.smtp import Post, open_post

ROOT = Path(__file__).resolve().parents[2]
WORKERS = ("first", "second")


@dataclass
class House:
    """What runs; `fates` says at which letter, counted over both mail servers, something dies."""

    folder: Path
    children: Children
    redis: Redis
    posts: dict[str, Post]
    fates: dict[int, Callable[["House", str], None]] = field(default_factory=dict)
    running: dict[str, Child] = field(default_factory=dict)
    dead: SimpleQueue[str] = field(default_factory=SimpleQueue)
    letters: int = 0
    settings: str = "tests.worker.settings"

    def start(self, name: str) -> None:
        worker = ("worker", "-c", "1", "-n", name, "--without-gossip", "--without-mingle")
        beat = ("beat", "--pidfile=", "-s", self.folder / "beat-schedule")
        command = [
            *(sys.executable, "-W", AS_ROOT, "-m", "celery", "--quiet", "-A", "config"),
            *(beat if name == "beat" else worker),
            *("--loglevel", "INFO"),
        ]
        port = self.posts[name].port if name in self.posts else 0
        env = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": self.settings,
            "DATABASE_URL": database_url(),
            "REDIS_URL": self.redis.url,
            "EMAIL_URL": f"smtp://127.0.0.1:{port}",
        }
        with self.log.open("ab") as output:
            self.running[name] = self.children.start(
                name, command, env=env, cwd=ROOT, output=output, patience_s=3
            )

    def start_redis(self) -> None:
        with self.log.open("ab") as output:
            self.running["redis"] = self.redis.start(self.children, output=output)

    def kill(self, name: str) -> None:
        """With its whole group, at once, wherever it stands; it is buried by `bury`."""
        os.killpg(self.running[name].process.pid, signal.SIGKILL)
        self.dead.put(name)

    def bury(self, within_s: float) -> str:
        """The name of the next that has died, "" when none does in that time."""
        try:
            name = self.dead.get(timeout=within_s)
        except Empty:
            return ""
        self.children.forget(self.running.pop(name))
        return name

    def taken(self, sender: str) -> None:
        """A mail server has a letter, and has not said so yet."""
        self.letters += 1
        if fate := self.fates.pop(self.letters, None):
            fate(self, sender)

    def live_until(self, done: Callable[[], bool], *, within_s: float) -> bool:
        """Start anew whatever dies, until it is done or the time is over."""
        deadline = monotonic() + within_s
        while not done():
            name = self.bury(within_s=0.1)
            if monotonic() > deadline or self.died_by_itself():
                return False
            if name == "redis":
                self.start_redis()
            elif name:
                self.start(name)
        return True

    def died_by_itself(self) -> bool:
        """Something ended that nobody has killed: the log says why."""
        ended = [child for child in self.running.values() if child.process.poll() is not None]
        return bool(ended) and self.dead.empty()

    @property
    def ids(self) -> list[str]:
        return [number for post in self.posts.values() for number in post.ids]

    @property
    def log(self) -> Path:
        return self.folder / "processes.log"


@contextmanager
def open_house(folder: Path, settings: str = House.settings) -> Iterator[House]:
    with ExitStack() as stack:
        posts = {name: stack.enter_context(open_post()) for name in WORKERS}
        children = Children()
        redis = Redis(redis_program(), folder, folder, identity=None, throwaway=True)
        house = House(folder, children, redis, posts, settings=settings)
        for name, post in posts.items():
            # One by one: the two mail servers are two threads.
            post.on_letter = lambda _, name=name: house.taken(name)
        try:
            house.start_redis()
            for name in ("beat", *WORKERS):
                house.start(name)
            yield house
        finally:
            house.fates.clear()
            children.stop_all()
            children.dismiss_guardian()
