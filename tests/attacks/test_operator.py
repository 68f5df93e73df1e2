"""What a tired operator sets wrong is said at once, in one sentence, without his secrets."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
KEY = "a key only for these tests"


def handrail(home: Path, *words: str, seconds: float = 120, **settings: str) -> tuple[int, str]:
    """Exit code and everything printed."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("HANDRAIL_")}
    environ = {**inherited, "HANDRAIL_HOME": str(home), "PYTHONPATH": str(ROOT), **settings}
    done = subprocess.run(
        [sys.executable, "-m", "connector", *words],
        env=environ, cwd=home, capture_output=True, text=True, timeout=seconds, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def test_doctor_finds_a_lookup_file_that_is_not_there(tmp_path: Path) -> None:
    code, _ = handrail(tmp_path, "doctor", HANDRAIL_LOOKUPS=str(tmp_path / "nothing.json"))
    assert code == 2


def test_doctor_finds_a_folder_of_sources_that_is_not_there(tmp_path: Path) -> None:
    code, said = handrail(tmp_path, "doctor", "--json", HANDRAIL_SOURCES=str(tmp_path / "nothing"))
    assert code == 2
    assert "HANDRAIL_SOURCES" in said


def test_serve_refuses_a_folder_of_sources_that_is_not_there(tmp_path: Path) -> None:
    code, said = handrail(tmp_path, "serve", "--port", "0", HANDRAIL_SOURCES=str(tmp_path / "nothing"))
    assert code == 2
    assert len(said.strip().splitlines()) == 1, said
    assert "HANDRAIL_SOURCES" in said


def test_serve_refuses_a_lookup_file_that_is_not_there_and_never_says_ready(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "connector", "serve", "--port", "0"]
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("HANDRAIL_")}
    environ = {
        **inherited,
        "HANDRAIL_HOME": str(tmp_path),
        "HANDRAIL_LOOKUPS": str(tmp_path / "nothing.json"),
        "PYTHONPATH": str(ROOT),
    }
    process = subprocess.Popen(
        command, env=environ, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "", "ready, although no worker can start"
        assert process.wait(30) == 2
    finally:
        process.terminate()
        process.wait(30)
        if process.stdout:
            process.stdout.close()


@pytest.mark.parametrize(
    "url", ["mysql://handrail:a-password@db.example/h", "postgresql://handrail:a-password@[::1/handrail"]
)
def test_a_wrong_database_address_is_told_without_its_password(tmp_path: Path, url: str) -> None:
    code, said = handrail(tmp_path, "account", "list", HANDRAIL_DATABASE_URL=url, HANDRAIL_SECRET_KEY=KEY)
    assert code
    assert "a-password" not in said


def test_an_alert_address_without_a_scheme_is_told_without_its_token(tmp_path: Path) -> None:
    code, said = handrail(tmp_path, "account", "list", HANDRAIL_ALERT_WEBHOOK="hooks.example/services/a-token")
    assert code
    assert "a-token" not in said


def test_an_unreachable_postgres_is_one_sentence(tmp_path: Path) -> None:
    code, said = handrail(
        tmp_path,
        "account",
        "list",
        HANDRAIL_DATABASE_URL="postgresql://handrail:a-password@127.0.0.1:1/handrail",
        HANDRAIL_SECRET_KEY=KEY,
    )
    assert code
    assert len(said.strip().splitlines()) == 1, said
    assert "127.0.0.1:1" in said
    assert "a-password" not in said


def test_replaying_an_empty_id_is_wrong_use(tmp_path: Path) -> None:
    assert handrail(tmp_path, "replay", "")[0] == 2
    assert handrail(tmp_path, "replay", "", "--dead")[0] == 2
