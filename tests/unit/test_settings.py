from pathlib import Path

import pytest

from connector.errors import ConfigurationError
from connector.settings import Settings, load, load_with_origins, secret_keys


def test_defaults_need_nothing(tmp_path: Path) -> None:
    settings = load({}, folder=tmp_path)
    assert settings == Settings()
    assert settings.ledger_url == "sqlite:///var/handrail.db"


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "handrail.toml").write_text('settle_seconds = 3\nlog_format = "json"\n')
    settings, origins = load_with_origins({"HANDRAIL_SETTLE_SECONDS": "7"}, folder=tmp_path)
    assert (settings.settle_seconds, settings.log_format) == (7.0, "json")
    shown = {origin.name: origin.origin for origin in origins}
    assert shown["HANDRAIL_SETTLE_SECONDS"] == "environment HANDRAIL_SETTLE_SECONDS"
    assert shown["HANDRAIL_LOG_FORMAT"] == "handrail.toml"
    assert shown["HANDRAIL_HOME"] == "default"


def test_every_name_can_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("postgresql://db.example/handrail\n")
    settings = load({"HANDRAIL_DATABASE_URL_FILE": str(tmp_path / "url")}, folder=tmp_path)
    assert settings.ledger_url == "postgresql://db.example/handrail"


def test_secrets_are_not_shown(tmp_path: Path) -> None:
    key = "0123456789abcdef-secret"
    settings, origins = load_with_origins({"HANDRAIL_SECRET_KEY": key}, folder=tmp_path)
    assert key not in repr(settings) + repr(origins)


@pytest.mark.parametrize(
    ("environ", "part"),
    [
        ({"HANDRAIL_SETTLE_SECONDS": "soon"}, "HANDRAIL_SETTLE_SECONDS"),
        ({"HANDRAIL_SETTLE_SECONDS": "-1"}, "from 0 to 3600"),
        ({"HANDRAIL_DATABASE_URL": "mysql://x"}, "postgresql://"),
        ({"HANDRAIL_LOG_FORMAT": "xml"}, "console or json"),
        ({"HANDRAIL_SECRET_KEY": "short"}, "at least 16"),
        ({"HANDRAIL_HOME_FILE": "/no/such/file"}, "HANDRAIL_HOME_FILE"),
        ({"HANDRAIL_ALLOW_LOOPBACK_HELPDESK": "perhaps"}, "1 or 0"),
    ],
)
def test_a_wrong_setting_is_named_in_one_sentence(environ: dict[str, str], part: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load(environ, folder=tmp_path)
    assert part in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "short" not in str(caught.value)


def test_an_unknown_name_in_the_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "handrail.toml").write_text("settle = 3\n")
    with pytest.raises(ConfigurationError, match="unknown setting 'settle'"):
        load({}, folder=tmp_path)


def test_the_first_start_makes_a_key_that_only_we_can_read_and_keeps_it(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "data")
    keys = secret_keys(settings)
    assert secret_keys(settings) == keys
    assert len(keys[0]) >= 32
    assert (tmp_path / "data" / "secret.key").stat().st_mode & 0o777 == 0o600
    assert len(list((tmp_path / "data").iterdir())) == 1


def test_a_fleet_must_set_its_key(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="HANDRAIL_SECRET_KEY"):
        secret_keys(Settings(home=tmp_path, database_url="postgresql://db.example/handrail"))


def test_a_data_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="HANDRAIL_HOME"):
        secret_keys(Settings(home=tmp_path / "file" / "data"))
