"""Trains the classifier of the starter catalogue and stores what was found beside the code: `make train`."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from connector import starters
from connector.intents import parse_catalogue
from connector.triage import material, trained, training

TARGET = Path(trained.__file__).parent / trained.SHIPPED


def main() -> int:
    """Write the file; the same examples give the same bytes on the same machine."""
    began = time.monotonic()
    found = training.train(parse_catalogue(starters.folder("intents")), material.starter())
    data = trained.dump(found)
    TARGET.write_bytes(data)
    print(f"{TARGET.name}: {len(found.weights)} features, {len(found.classes)} classes, {len(data) // 1024} kB")
    print(f"trained in {time.monotonic() - began:.1f} s, sharpness {found.sharpness:.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
