"""The memory that a process takes, and the part of it that is the classifier's.

`python -m connector.evaluation.memory` prints the latter as JSON: only a fresh process can tell, since a library that
is loaded already costs nothing more.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from connector.errors import ConfigurationError

_STATUS = Path("/proc/self/status")
_KILOBYTE = 1024
_MEGABYTE = 1024 * 1024


def peak_megabytes() -> float:
    """The largest resident size of this process so far, in MB (1024 x 1024 bytes)."""
    # Not getrusage where it can be helped: on Linux a child starts with the peak of the process that started it.
    if _STATUS.exists():
        lines = _STATUS.read_text(encoding="ascii", errors="replace").splitlines()
        peak = next((line.split()[1] for line in lines if line.startswith("VmHWM:")), None)
        if peak is not None:
            return int(peak) * _KILOBYTE / _MEGABYTE
    peak_units = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # bytes on macOS, kilobytes elsewhere
    return peak_units / _MEGABYTE if sys.platform == "darwin" else peak_units * _KILOBYTE / _MEGABYTE


def classifier_megabytes() -> Mapping[str, float]:
    """What the starter's classifier adds to a process, in MB: the libraries it needs, and itself once it has read.

    ConfigurationError where no second process can be started or it fails.
    """
    command = [sys.executable, "-m", "connector.evaluation.memory"]
    try:
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=600)  # noqa: S603  # our own module
    except (OSError, subprocess.SubprocessError) as error:
        raise ConfigurationError(f"the classifier's memory could not be measured: {error}") from error
    found: Mapping[str, float] = json.loads(done.stdout)
    return found


def memory(process: float, classifier: Mapping[str, float]) -> Mapping[str, Any]:
    """The figures: peak of the process, the classifier's part of it in MB, and as a share."""
    part = classifier["libraries"] + classifier["model"]
    return {
        "process_mb": process,
        "classifier_mb": part,
        "libraries_mb": classifier["libraries"],
        "model_mb": classifier["model"],
        "classifier_share": part / process if process else None,
    }


def _main() -> None:
    from connector import starters
    from connector.intents import parse_catalogue

    catalogue = parse_catalogue(starters.folder("intents"))
    before = peak_megabytes()
    from connector.triage import fit
    from connector.triage.classifier import EmbeddedClassifier  # noqa: F401  # `fit` would load it: here it is counted

    loaded = peak_megabytes()
    fit(catalogue).classify(["Where is my order?"])
    found = {"libraries": loaded - before, "model": peak_megabytes() - loaded}
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    _main()
