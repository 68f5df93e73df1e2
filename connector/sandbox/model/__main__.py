"""`python -m connector.sandbox.model --mode good` runs the scripted model until it is interrupted."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading

from connector.sandbox.model.answers import MODEL, MODES
from connector.sandbox.model.server import ModelServer


def main() -> None:
    """Prints one JSON line with its address once it answers, and serves until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m connector.sandbox.model", description="Serve a scripted model.")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 = a free one")
    parser.add_argument("--mode", choices=MODES, default="good", help="how it answers")
    parser.add_argument("--seconds", type=float, default=0.0, help="how long every answer takes")
    options = parser.parse_args()
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with ModelServer(options.mode, options.seconds, options.port) as server:
        sys.stdout.write(json.dumps({"model": MODEL, "url": server.url}) + "\n")
        sys.stdout.flush()
        stopped.wait()


if __name__ == "__main__":
    main()
