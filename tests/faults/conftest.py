from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from connector.outbox import Outbox
from connector.sandbox import Sandbox
from tests.faults.world import ManualClock, Steps, World, copy_home, prepare, watched_http


@dataclass
class Stage:
    """Builds one world after the other on one sandbox; each starts from the same prepared data folder."""

    sandbox: Sandbox
    clock: ManualClock
    folder: Path
    patch: pytest.MonkeyPatch
    runs: int = 0

    def prepared(self, vendor: str, mode: str) -> Path:
        home = self.folder / f"prepared-{vendor}-{mode}"
        if not home.exists():
            home.mkdir()
            prepare(home, self.sandbox, vendor, mode)
        return home

    def play(
        self,
        vendor: str,
        mode: str,
        *,
        crash_at: int | None = None,
        outbox: type[Outbox] = Outbox,
        prepare_provider: Callable[[Any], Any] = lambda provider: provider,
        before: Callable[[World], None] = lambda _world: None,
        after: Callable[[World], None] = lambda _world: None,
        on_http: Callable[[int], None] | None = None,
    ) -> tuple[list[str], list[str]]:
        """One whole flow. Returns (what is wrong with its end, the steps it passed)."""
        self.runs += 1
        self.sandbox.reset()
        home = copy_home(self.prepared(vendor, mode), self.folder / f"run-{self.runs}")
        steps = Steps(crash_at=crash_at, on_http=on_http)
        with watched_http(steps, self.patch):
            world = World(self.sandbox, vendor, home, self.clock, steps, outbox, prepare_provider)
            try:
                world.customer_writes()
                before(world)
                world.run()
                after(world)
                self.sandbox.faults.apply_late()
                return world.violations(mode), steps.log
            finally:
                world.close()


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    clock = ManualClock()
    with Sandbox(clock=clock) as sandbox:
        yield Stage(sandbox, clock, tmp_path, monkeypatch)
