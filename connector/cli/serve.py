"""Commands that run Handrail and keep its database: serve, worker, migrate, backup, restore."""

from __future__ import annotations

import errno
import os
import signal
import socket
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click
from click.exceptions import Exit

from connector.cli.context import opened, quiet_settings, record
from connector.cli.group import WRONG_USE
from connector.cli.inputs import READABLE, WRITABLE
from connector.cli.output import counted, say
from connector.errors import ConfigurationError, HandrailError

if TYPE_CHECKING:
    from connector.engine.supervisor import Supervisor
    from connector.ledger.backup import Backup
    from connector.settings import Settings

READY_SECONDS = 60.0


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=8080, show_default=True, type=click.IntRange(0, 65535), help="Port to listen on; 0 = a free one."
)
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 32), help="Web processes.")
@click.option("--no-worker", is_flag=True, help="Only receive webhooks; workers run elsewhere (`handrail worker`).")
def serve(host: str, port: int, workers: int, no_worker: bool) -> None:
    """Run web and worker until stopped; prints one line when ready."""
    from connector.cli.lock import held

    with held(quiet_settings()):
        _refuse_wrong_settings(without_worker=no_worker)
        _run(host, _usable_port(host, port), workers, without_worker=no_worker)


def _refuse_wrong_settings(*, without_worker: bool) -> None:
    """Whatever would keep a child from starting shows here, in one sentence."""
    from connector import logging
    from connector.doctor import own_data
    from connector.ports import CheckState

    with opened() as app:
        app.ledger.check()
        for check in () if without_worker else own_data(app):
            if check.state is CheckState.FAIL:
                raise ConfigurationError(f"{check.found}: {check.fix}.")
        logging.configure(app.settings.log_format)


def _run(host: str, port: int, workers: int, *, without_worker: bool) -> None:
    from connector.engine.supervisor import Child, Supervisor

    # The web process answers durable receipts only, so it may be killed; the worker finishes the write in hand.
    web = [sys.executable, "-m", "connector.cli.webserver", host, str(port), str(workers)]
    children = [Child(name="web", command=web, orphan_signal=signal.SIGKILL)]
    if not without_worker:
        # A worker that says that it is configured wrongly will say so again: its sentence is on stderr already.
        command = [sys.executable, "-m", "connector", "worker"]
        children.append(Child(name="worker", command=command, final_codes=frozenset({WRONG_USE})))
    supervisor = Supervisor(children, environ=_environ())
    signal.signal(signal.SIGTERM, supervisor.stop)
    signal.signal(signal.SIGINT, supervisor.stop)
    supervisor.start()
    try:
        ready = _wait_until_ready(supervisor, host, port)
    except BaseException:
        supervisor.shut_down()
        raise
    if ready:
        say(f"Handrail is ready on http://{_shown(host)}:{port}")
    supervisor.run()
    if supervisor.final_code is not None:
        raise Exit(supervisor.final_code)


@click.command()
@click.option("--concurrency", type=click.IntRange(1, 256), help="Tickets in work at once (HANDRAIL_CONCURRENCY).")
def worker(concurrency: int | None) -> None:
    """Run only the worker, until stopped."""
    from connector import logging
    from connector.engine.bell import BellListener
    from connector.engine.threads import ThreadEngine

    for library in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        # Set before numpy is loaded: many tickets at once fill the cores; small products on many threads only fight.
        os.environ.setdefault(library, "1")
    _few_heaps()
    with opened() as app:
        logging.configure(app.settings.log_format)
        bell = BellListener(app.settings.home)
        engine = ThreadEngine(
            app.worker(), clock=app.clock, concurrency=concurrency or app.settings.concurrency, bell=bell
        )
        signal.signal(signal.SIGTERM, lambda *_: engine.stop())
        signal.signal(signal.SIGINT, lambda *_: engine.stop())
        try:
            engine.run()
        finally:
            bell.close()


def _few_heaps() -> None:
    """Let all threads share two heaps: glibc gives each its own, and 32 of them hold 250 MB that nobody uses."""
    import ctypes

    # M_ARENA_MAX of malloc.h; another C library has no such call and no such habit.
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(-8, 2)


@click.command()
def migrate() -> None:
    """Bring the database up to date; `serve` does it by itself on the embedded default."""
    with opened() as app:
        app.ledger.migrate()
        record(app, None, "migrate", "schema up to date")
        say("The database is up to date.")


@click.command()
@click.argument("file", type=WRITABLE)
def backup(file: Path) -> None:
    """Copy the database to FILE while everything runs, and check the copy."""
    from connector.ledger import SqlLedger
    from connector.ledger.backup import write_backup
    from connector.settings import secret_keys

    if file.exists():
        raise ConfigurationError(f"{file} exists already: name a new file.")
    with opened() as app:
        if not isinstance(app.ledger, SqlLedger):
            raise ConfigurationError("This database is not ours to copy: back it up with its own tool.")
        made = write_backup(app.ledger, file, keys=secret_keys(app.settings))
        record(app, None, "backup", file.name)
        about = f"{counted(made.accounts, 'account')}, {counted(made.receipts, 'receipt')}"
        say(f"The database was copied to {file}: {about}.")
        say(_about_the_key(app.settings))


@click.command()
@click.argument("file", type=READABLE)
@click.option("--check", "only_check", is_flag=True, help="Only say whether FILE could be restored; change nothing.")
def restore(file: Path, only_check: bool) -> None:
    """Put a copy made by `handrail backup` in place; the database that was there is kept beside it."""
    from connector.app import utc_now
    from connector.ledger.backup import check_backup, is_backup
    from connector.ledger.backup import restore as put_back
    from connector.ledger.store import database_file
    from connector.settings import secret_keys

    settings = quiet_settings()
    if not settings.embedded:
        raise ConfigurationError("This database is PostgreSQL: restore it with its own tool, pg_restore.")
    if not settings.secret_keys and not (settings.home / "secret.key").exists():
        raise ConfigurationError(
            f"The key of the backup is missing: copy it to {settings.home / 'secret.key'} or set HANDRAIL_SECRET_KEY."
        )
    if not is_backup(file):
        raise ConfigurationError(f"{file} is not a Handrail backup; nothing was changed.")
    if only_check:
        _tell_backup(check_backup(file, keys=secret_keys(settings)))
        return
    target = database_file(settings.ledger_url)
    target.parent.mkdir(parents=True, exist_ok=True)
    kept = put_back(file, target, keys=secret_keys(settings), now=utc_now())
    with opened() as app:
        app.ledger.check()
        record(app, None, "restore", file.name)
    say(f"The database was restored from {file}.")
    if kept is not None:
        say(f"The one that was there is kept as {kept}.")


def _tell_backup(found: Backup) -> None:
    newest = f"{found.newest_event_at:%Y-%m-%d %H:%M:%S} UTC" if found.newest_event_at else "none"
    say(
        f"{found.path} is whole and its key is here: {counted(found.accounts, 'account')}, "
        f"{counted(found.receipts, 'receipt')}, newest event {newest}, schema version {found.schema_version}."
    )


def _about_the_key(settings: Settings) -> str:
    if settings.secret_keys:
        return "It can only be read with HANDRAIL_SECRET_KEY: keep that key in a safe place of its own."
    path = settings.home / "secret.key"
    return f"It can only be read with the key in {path}: keep a copy of that file in a safe place of its own."


def _environ() -> dict[str, str]:
    """Our environment, in which the children find the same code wherever they are started."""
    import connector

    root = str(Path(connector.__file__).resolve().parents[1])
    path = os.environ.get("PYTHONPATH")
    return {**os.environ, "PYTHONPATH": f"{root}{os.pathsep}{path}" if path else root}


def _usable_port(host: str, port: int) -> int:
    """The port to listen on; ConfigurationError when host or port cannot be used."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
            return int(probe.getsockname()[1])
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or "not a host name"
        raise ConfigurationError(
            f"{_shown(host)}:{port} cannot be listened on ({why}): {_listening_advice(error)}."
        ) from error


def _listening_advice(error: OSError | UnicodeError) -> str:
    if isinstance(error, socket.gaierror | UnicodeError) or error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
        return "--host must be an address of this machine, such as 127.0.0.1, or 0.0.0.0 for all of them"
    if error.errno in (errno.EACCES, errno.EPERM):
        return "this user may not use that port, choose a --port from 1024 on"
    return "stop what uses it, or choose another --port"


def _wait_until_ready(supervisor: Supervisor, host: str, port: int) -> bool:
    """Whether /healthz answered; False when we were told to stop before."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if supervisor.stopping:
            return False
        if _healthy(host, port):
            return True
        supervisor.tend()
        time.sleep(0.05)
    raise HandrailError(f"The web process did not answer within {READY_SECONDS:.0f} seconds: its messages are above.")


def _healthy(host: str, port: int) -> bool:
    import http.client

    target = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not bound
    connection = http.client.HTTPConnection(target, port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host


COMMANDS = (serve, worker, migrate, backup, restore)
