"""A wall clock that jumps under running processes."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass
class JumpingClock:
    """The wall clock of every process with this environment; the monotonic one stays the machine's own."""

    file: Path

    def __post_init__(self) -> None:
        self.jump("+0")

    @property
    def environ(self) -> dict[str, str]:
        """What a process needs in its environment; its leases outlive what libfaketime costs it."""
        libraries = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
        assert libraries, "the Debian package faketime is missing: `make test` installs it"
        return {
            "HANDRAIL_LEASE_SECONDS": "60",
            "LD_PRELOAD": str(libraries[0]),
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_CACHE_DURATION": "1",  # else the file is read for every look at any clock
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent / "jumping"), os.environ.get("PYTHONPATH", "")]),
        }

    def jump(self, offset: str) -> None:
        """Within a second it is off by this much, as libfaketime writes it ("-2d"); "+0" is right."""
        following = self.file.with_suffix(".next")
        following.write_text(f"{offset}\n")
        following.replace(self.file)
