"""Installs the system parts the tests need from Debian's packages, where they are missing. Needs root for that.

Fails with one sentence, never skips: a test run without its real parts would prove nothing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path


def _on_path(name: str) -> Callable[[], bool]:
    return lambda: shutil.which(name) is not None


def _postgres() -> bool:
    return any(Path("/usr/lib/postgresql").glob("*/bin/initdb"))


PARTS: dict[str, Callable[[], bool]] = {
    "postgresql": _postgres,
    "chromium": _on_path("chromium"),
    "npm": _on_path("npm"),
    "strace": _on_path("strace"),
    "faketime": _on_path("faketime"),
}
"""Debian package -> whether it is there."""


def missing() -> list[str]:
    """The packages that are not installed."""
    return [package for package, is_there in PARTS.items() if not is_there()]


def main() -> int:
    """Install what is missing; 0 when everything is there."""
    wanted = missing()
    if not wanted:
        return 0
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        print(
            f"The tests need {', '.join(wanted)}: install them, or run this as root with Debian's packages in reach.",
            file=sys.stderr,
        )
        return 1
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    print(f"Installing {', '.join(wanted)} ...", flush=True)
    for command in (["update", "--quiet=2"], ["install", "--yes", "--quiet=2", "--no-install-recommends", *wanted]):
        done = subprocess.run([apt, *command], env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - fixed words
        if done.returncode != 0:
            print(f"apt-get {command[0]} failed: {done.stderr.strip()[-400:]}", file=sys.stderr)
            return 1
    still = missing()
    if still:
        print(f"After installing, still missing: {', '.join(still)}.", file=sys.stderr)
    return 1 if still else 0


if __name__ == "__main__":
    sys.exit(main())
