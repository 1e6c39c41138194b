"""./dev run: the servers, one preparing process, then web, worker, beat and listeners."""

import os
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path

from config.embedded import lock, places, servers, session
from config.embedded.children import Child, Children
from config.embedded.fingerprint import fingerprint
from config.embedded.log import Log
from config.embedded.ports import choose
from config.embedded.processes import Addresses, Process, processes
from config.embedded.servers import Servers
from config.embedded.trouble import Trouble

FIRST_PAGE_PATIENCE_S = 90.0
RESTARTS, RESTARTS_WITHIN_S = 3, 60.0


class Supervisor:
    def __init__(self, log: Log, children: Children) -> None:
        self.log = log
        self.children = children
        self.environment: dict[str, str] = {}
        self.processes: dict[str, Process] = {}
        self.ended_at: dict[str, list[float]] = {}

    def prepare_servers(self, at: Addresses) -> None:
        """Servers that answer and a database that is migrated and filled."""
        found = servers.start(self.log, self.children)
        self.environment = {**os.environ, **settings(at), **found.environment()}
        self._prepare_database(found)

    def run(self, at: Addresses, then: Sequence[str] = ()) -> int:
        """Everything, until somebody asks us to stop or the command `then` has ended."""
        self.prepare_servers(at)
        lock.publish(differing(self.environment))
        self.processes = {process.name: process for process in processes(at)}
        for process in self.processes.values():
            if not process.after_first_page:
                self._start(process)
        self.log.say("Starting the web server.")
        self._await_first_page(self.environment["BASE_URL"])
        if not then:
            self._greet(at)
        for process in self.processes.values():
            if process.after_first_page:
                self._start(process)
        command = self._start_command(then) if then else None
        while command is None or command.process.poll() is None:
            self.log.pump(0.2)
            self._look_after()
        return command.process.returncode

    def _prepare_database(self, found: Servers) -> None:
        """As the owner; left out when nothing it works from has changed since the last time."""
        mark = found.prepared_mark
        if mark and is_prepared(mark):
            self.log.say("The database is as it was prepared before.")
            return
        self.log.say("Preparing the database: tables, definitions, the demonstration clinic.")
        with self.log.pipe("prepare") as output:
            child = self.children.start(
                "prepare",
                [sys.executable, "manage.py", "prepare", *preparing_options()],
                env=self.environment | {"DATABASE_URL": found.owner_url},
                cwd=places.ROOT,
                output=output,
            )
        while child.process.poll() is None:
            self.log.pump(0.05)
        self.log.pump(0)
        self.children.forget(child)
        self._end_if_fatal()
        if child.process.returncode:
            raise Trouble(
                "Preparing the database failed; the lines above say why.", "./dev run   # again"
            )
        found.finish(fingerprint(places.ROOT))

    def _start(self, process: Process) -> None:
        with self.log.pipe(process.name) as output:
            self.children.start(
                process.name,
                process.command,
                env=self.environment | process.env,
                cwd=places.ROOT,
                patience_s=process.patience_s,
                output=output,
            )

    def _start_command(self, then: Sequence[str]) -> Child:
        with self.log.pipe("command") as output:
            return self.children.start(
                "command", then, env=self.environment, cwd=places.ROOT, output=output
            )

    def _await_first_page(self, url: str) -> None:
        deadline = time.monotonic() + FIRST_PAGE_PATIENCE_S
        while time.monotonic() < deadline:
            self.log.pump(0.03)
            self._look_after()
            try:
                urllib.request.urlopen(url, timeout=10).close()  # noqa: S310 -- our own
            except urllib.error.HTTPError as error:
                self.log.say(f"The first page answers {error.code}; the lines above say why.")
                return
            except OSError:
                continue  # it does not listen yet
            return
        raise Trouble("The web server did not answer in time.", "./dev run   # again")

    def _look_after(self) -> None:
        """Start again what has ended; give up on what ends again and again."""
        self._end_if_fatal()
        for child in list(self.children.running):
            if child.process.poll() is None:
                continue
            self.log.pump(0)
            self.children.forget(child)
            if child.name == "command":
                continue
            process = self.processes.get(child.name)
            how = how_it_ended(child.process.returncode)
            if process is None:
                raise Trouble(
                    f"The server {child.name} {how}; its lines above say why.", "./dev run"
                )
            self._restart(process, how)

    def _end_if_fatal(self) -> None:
        if self.log.fatal:
            raise self.log.fatal

    def _restart(self, process: Process, how: str) -> None:
        now = time.monotonic()
        recent = [at for at in self.ended_at.get(process.name, []) if now - at < RESTARTS_WITHIN_S]
        self.ended_at[process.name] = [*recent, now]
        if len(recent) < RESTARTS:
            self.log.say(f"{process.name} {how}; starting it again.")
            self._start(process)
        elif process.essential:
            raise Trouble(
                f"{process.name} {how} again and again; its lines above say why.", "./dev run"
            )
        else:
            self.log.say(f"{process.name} {how} again and again; the rest goes on without it.")

    def _greet(self, at: Addresses) -> None:
        say = self.log.say
        say(f"Ready: {self.environment['BASE_URL']}/")
        if places.SIGN_INS.exists():
            for line in places.SIGN_INS.read_text().splitlines():
                say(f"  {line}" if line.strip() else "")
        say(f"HL7 (MLLP) is listened for on 127.0.0.1:{at.hl7}; mail is kept in var/mail.")
        say("Ctrl-C stops everything. This log is also in var/log/halfyear.log.")


def preparing_options() -> list[str]:
    """An empty clinic for whoever asks for one."""
    return ["--no-demonstration"] if os.environ.get("HALFYEAR_EMPTY") else []


def is_prepared(mark: Path) -> bool:
    """Whether the database holds what the present migrations and definitions would make."""
    if not mark.exists() or not places.SIGN_INS.exists():
        return False
    return mark.read_text() == fingerprint(places.ROOT)


def settings(at: Addresses) -> dict[str, str]:
    """What Django reads, beside the servers' addresses."""
    return {
        "DJANGO_SETTINGS_MODULE": "config.settings.dev",
        "SECRET_KEY": places.secret_key(),
        "STATE_DIR": str(places.STATE),
        "BASE_URL": f"http://127.0.0.1:{at.web}",
        "EMAIL_URL": f"smtp://127.0.0.1:{at.mail}",
        "HL7_PORT": str(at.hl7),
        "PYTHONUNBUFFERED": "1",
    }


def differing(environment: dict[str, str]) -> dict[str, str]:
    """The part of it that another command of this folder does not have already."""
    return {name: value for name, value in environment.items() if os.environ.get(name) != value}


def how_it_ended(code: int) -> str:
    """In words a log reader knows."""
    if code >= 0:
        return f"ended with exit code {code}"
    return f"was ended by {signal.Signals(-code).name}"


def choose_addresses(log: Log) -> Addresses:
    """The usual ports or their neighbours, and a word about each that had to move."""
    web = choose("PORT", 8000)
    hl7 = choose("HL7_PORT", 2575, but_not=(web.number,))
    mail = choose("MAIL_PORT", 1025, but_not=(web.number, hl7.number))
    for what, port in (("web", web), ("HL7", hl7), ("mail", mail)):
        if port.moved:
            log.say(f"Port {port.usual} is taken, so {what} is on {port.number}.")
    return Addresses(web.number, hl7.number, mail.number)


def run(then: Sequence[str] = ()) -> int:
    """The whole stack in this folder; with a command, for as long as the command runs."""

    def work(log: Log, children: Children) -> int:
        return Supervisor(log, children).run(choose_addresses(log), then)

    return session.hold(work)


def beside(command: Sequence[str], *, as_owner: bool = False) -> int:
    """Run a command against the running stack's servers, or them alone when nothing runs."""
    if environment := lock.published():
        return session.call(command, for_owner({**os.environ, **environment}, as_owner))

    def work(log: Log, children: Children) -> int:
        supervisor = Supervisor(log, children)
        supervisor.prepare_servers(choose_addresses(log))
        return session.call(command, for_owner(supervisor.environment, as_owner))

    return session.hold(work)


def during(command: Sequence[str]) -> int:
    """Run a command while the whole stack runs: the one there is, or one of its own."""
    if environment := lock.published():
        return session.call(command, {**os.environ, **environment})
    return run(command)


def for_owner(environment: Mapping[str, str], as_owner: bool) -> dict[str, str]:
    """The owner of the tables may do what the application may not."""
    if not as_owner:
        return dict(environment)
    return {**environment, "DATABASE_URL": environment["MIGRATION_DATABASE_URL"]}
