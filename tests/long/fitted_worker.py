"""`handrail worker` with a classifier that was fitted beforehand: a sweep starts hundreds of them.

`python -m tests.long.fitted_worker FILE` is the command in every other respect.
"""

import pickle
import sys
from pathlib import Path

from connector import starters, triage
from connector.cli import handrail
from connector.intents import parse_catalogue


def save_fitted(file: Path) -> None:
    """Fit the starter catalogue as a worker does at its start, and keep the result."""
    file.write_bytes(pickle.dumps(triage.fit(parse_catalogue(starters.folder("intents")))))


def main(file: str) -> None:
    fitted = pickle.loads(Path(file).read_bytes())  # written by save_fitted in the same test run
    triage.fit = lambda catalogue: fitted
    handrail.main(["worker"], prog_name="handrail")


if __name__ == "__main__":
    main(sys.argv[1])
