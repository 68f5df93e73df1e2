"""Settings of the model: one sentence for what is half set or unsafe, and no key anywhere."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest

from connector.errors import ConfigurationError
from connector.settings import OPENAI, Settings, load, load_with_origins, model_address

LLM = "HANDRAIL_LLM_"
KEY = "sk-canary-4711"


@pytest.mark.parametrize(
    ("environ", "address"),
    [
        ({}, None),
        ({"MODEL": "m", "API_KEY": KEY}, OPENAI),
        ({"MODEL": "m", "BASE_URL": "http://127.0.0.1:8000/v1/"}, "http://127.0.0.1:8000/v1"),
        ({"MODEL": "m", "BASE_URL": "http://localhost:8000/v1"}, "http://localhost:8000/v1"),
        ({"MODEL": "m", "BASE_URL": "http://[::1]:8000/v1"}, "http://[::1]:8000/v1"),
        ({"MODEL": "m", "BASE_URL": "https://models.acme.example/v1", "API_KEY": f" {KEY}\n"},
         "https://models.acme.example/v1"),
    ],
)  # fmt: skip
def test_where_the_model_is_asked(environ: dict[str, str], address: str | None, tmp_path: Path) -> None:
    settings = load({LLM + name: value for name, value in environ.items()}, folder=tmp_path)
    assert model_address(settings) == address
    assert settings.llm_api_key in {"", KEY}


@pytest.mark.parametrize(
    ("environ", "parts"),
    [
        ({"MODEL": "m"}, ("HANDRAIL_LLM_MODEL", "HANDRAIL_LLM_BASE_URL")),
        ({"BASE_URL": "https://models.acme.example/v1"}, ("HANDRAIL_LLM_MODEL", "HANDRAIL_LLM_BASE_URL")),
        ({"API_KEY": KEY}, ("HANDRAIL_LLM_MODEL", "HANDRAIL_LLM_API_KEY")),
        ({"SECONDS": "31"}, ("HANDRAIL_LLM_SECONDS", "from 1 to 30")),
        ({"SECONDS": "nan"}, ("HANDRAIL_LLM_SECONDS",)),
        ({"TOKENS_FIELD": "tokens"}, ("HANDRAIL_LLM_TOKENS_FIELD", "max_tokens")),
        ({"BUDGET": "-1"}, ("HANDRAIL_LLM_BUDGET",)),
        ({"PRICE_IN": "-0.1"}, ("HANDRAIL_LLM_PRICE_IN",)),
        ({"COST_BUDGET": "inf"}, ("HANDRAIL_LLM_COST_BUDGET",)),
        ({"MODEL": "a\nb"}, ("HANDRAIL_LLM_MODEL",)),
        ({"API_KEY": f"{KEY} {KEY}"}, ("HANDRAIL_LLM_API_KEY", "without spaces")),
        ({"API_KEY": f"{KEY}\r\nX: y"}, ("HANDRAIL_LLM_API_KEY", "without spaces")),
        ({"BASE_URL": "http://models.acme.example/v1"}, ("HANDRAIL_LLM_BASE_URL", "https://")),
        ({"BASE_URL": "http://127.0.0.1.acme.example/v1"}, ("HANDRAIL_LLM_BASE_URL", "https://")),
        ({"BASE_URL": f"https://user:{KEY}@models.acme.example/v1"}, ("HANDRAIL_LLM_BASE_URL", "HANDRAIL_LLM_API_KEY")),
        ({"BASE_URL": f"https://models.acme.example/v1?key={KEY}"}, ("HANDRAIL_LLM_BASE_URL",)),
        ({"BASE_URL": "https:///v1"}, ("HANDRAIL_LLM_BASE_URL",)),
    ],
)
def test_what_is_wrong_is_one_sentence_without_the_key(
    environ: dict[str, str], parts: tuple[str, ...], tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load({LLM + name: value for name, value in environ.items()}, folder=tmp_path)
    for part in parts:
        assert part in str(caught.value)
    assert "\n" not in str(caught.value)
    assert KEY not in "".join(traceback.format_exception(caught.value))


def test_the_key_is_not_shown(tmp_path: Path) -> None:
    settings, origins = load_with_origins({f"{LLM}MODEL": "m", f"{LLM}API_KEY": KEY}, folder=tmp_path)
    assert KEY not in repr(settings) + repr(origins)
    shown = {item.name: item.value for item in origins}
    assert (shown[f"{LLM}API_KEY"], shown[f"{LLM}BASE_URL"]) == ("(set)", "")


def test_a_web_process_does_not_load_the_library() -> None:
    import subprocess
    import sys

    code = "import sys, connector.app, connector.llm, connector.llm.checks; print('openai' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
    assert Settings().llm_model == ""


@pytest.mark.parametrize(("seconds", "least"), [("10", 40), ("25", 55), ("30", 60)])
def test_a_lease_outlives_every_answer_of_the_model(seconds: str, least: int) -> None:
    """Else worker after worker takes the ticket, asks the model again, and nobody ever decides."""
    model = {
        "HANDRAIL_LLM_MODEL": "m",
        "HANDRAIL_LLM_BASE_URL": "http://127.0.0.1:9/v1",
        "HANDRAIL_LLM_SECONDS": seconds,
    }
    assert load({**model, "HANDRAIL_LEASE_SECONDS": str(least)}).lease_seconds == least
    assert load(model).lease_seconds == Settings().lease_seconds, "the default is enough for any"
    with pytest.raises(ConfigurationError, match=rf"HANDRAIL_LEASE_SECONDS is {least - 1}.*set it to {least} or more"):
        load({**model, "HANDRAIL_LEASE_SECONDS": str(least - 1)})
    assert load({"HANDRAIL_LEASE_SECONDS": "2"}).lease_seconds == 2
