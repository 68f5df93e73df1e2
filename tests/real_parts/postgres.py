"""A real PostgreSQL server for tests.

`fsync` is off: these tests never cut the power, and starting a database per test must be quick. What they show
about durability they show on SQLite.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_INSTALLED = Path("/usr/lib/postgresql")
_USER = "postgres"
_START_TRIES = 3


class PartMissing(RuntimeError):
    """A real part could not be installed or started: the tests fail, they are not skipped."""


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A server of our own in `folder`, on loopback."""

    binaries: Path
    folder: Path
    port: int

    def url(self, database: str = "postgres") -> str:
        """The address of one of its databases."""
        return f"postgresql://{_USER}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start it and wait until it answers. PartMissing when it does not."""
        log = self.folder / "log"
        result = _run(self.binaries / "pg_ctl", "-D", self.data, "-l", log, "-w", "-t", "60", "start")
        if result.returncode != 0:
            tail = log.read_text(errors="replace")[-2000:] if log.exists() else result.stderr
            raise PartMissing(f"PostgreSQL did not start: {tail}")

    def stop(self) -> None:
        """Stop it as an operator would."""
        _run(self.binaries / "pg_ctl", "-D", self.data, "-m", "fast", "-w", "stop")

    def crash(self) -> None:
        """End it without any farewell, as after a crash; `start` recovers it."""
        pid = int((self.data / "postmaster.pid").read_text().splitlines()[0])
        os.kill(pid, signal.SIGQUIT)
        _run(self.binaries / "pg_ctl", "-D", self.data, "-m", "immediate", "-w", "stop")

    @property
    def data(self) -> Path:
        """Its data folder."""
        return self.folder / "data"


@contextlib.contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """A started server; stopped and removed at the end."""
    binaries = installed_binaries()
    folder = Path(tempfile.mkdtemp(prefix="handrail-postgres-"))
    try:
        if _as_root():
            shutil.chown(folder, _USER)  # initdb refuses root
        _initialise(binaries, folder / "data")
        server = _started(binaries, folder)
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def installed_binaries() -> Path:
    """The folder with initdb and pg_ctl; installs Debian's package where there is none. PartMissing."""
    found = _find()
    if found is None:
        _install()
        found = _find()
    if found is None:
        raise PartMissing("the package `postgresql` is installed but brought no initdb")
    return found


def _find() -> Path | None:
    candidates = sorted(_INSTALLED.glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]), reverse=True)
    if candidates:
        return candidates[0].parent
    elsewhere = shutil.which("initdb")
    return Path(elsewhere).resolve().parent if elsewhere else None


def _install() -> None:
    if not _as_root() or shutil.which("apt-get") is None:
        raise PartMissing("PostgreSQL is missing: install the package `postgresql`, or run the tests as root on Debian")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (("update",), ("install", "-y", "postgresql")):
        result = subprocess.run(
            ("apt-get", *arguments), env=environment, capture_output=True, text=True, check=False, timeout=600
        )
        if result.returncode != 0:
            raise PartMissing(f"apt-get {arguments[0]} failed: {result.stderr[-2000:]}")


def _initialise(binaries: Path, data: Path) -> None:
    result = _run(binaries / "initdb", "-D", data, "-A", "trust", "-U", _USER, "-E", "UTF8", "--no-sync")
    if result.returncode != 0:
        raise PartMissing(f"initdb failed: {result.stderr[-2000:]}")


def _started(binaries: Path, folder: Path) -> PostgresServer:
    """The server on a free port; another one is tried where somebody else took it in the meantime."""
    configuration = folder / "data" / "postgresql.conf"
    plain = configuration.read_text()
    for attempt in range(1, _START_TRIES + 1):
        port = free_port()
        configuration.write_text(
            f"{plain}\nlisten_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = '{folder}'\n"
            "fsync = off\nfull_page_writes = off\nmax_connections = 200\n"
        )
        server = PostgresServer(binaries, folder, port)
        try:
            server.start()
        except PartMissing:
            if attempt == _START_TRIES:
                raise
        else:
            return server
    raise PartMissing("unreachable: the last try raises")


def _run(program: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run one of PostgreSQL's programs as its own user. Output goes to a file: the server would keep a pipe open."""
    with tempfile.TemporaryFile("w+") as output:
        result = subprocess.run(
            [str(program), *map(str, arguments)],
            user=_USER if _as_root() else None,
            group=_USER if _as_root() else None,
            extra_groups=[] if _as_root() else None,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            check=False,
            timeout=120,
        )
        output.seek(0)
        return subprocess.CompletedProcess(result.args, result.returncode, "", output.read())


def free_port() -> int:
    """A port of loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _as_root() -> bool:
    return os.geteuid() == 0
