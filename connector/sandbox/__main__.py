"""`python -m connector.sandbox --port 0` runs the sandbox helpdesks until it is interrupted."""

from __future__ import annotations

import argparse

from connector.sandbox.facade import serve


def main() -> None:
    """Reads the port and serves."""
    parser = argparse.ArgumentParser(prog="python -m connector.sandbox", description="Serve the sandbox helpdesks.")
    parser.add_argument(
        "--port",
        type=int,
        default=0,
        help="port of the desk; the next three are the APIs and the model; 0 = free ports",
    )
    serve(parser.parse_args().port)


if __name__ == "__main__":
    main()
