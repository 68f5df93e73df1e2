import traceback
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


PASSWORD = "a-password"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", f"mysql://handrail:{PASSWORD}@db.example/h"),
        ("DATABASE_URL", f"postgresql://handrail:{PASSWORD}@[::1/handrail"),
        ("DATABASE_URL", f"postgresql://handrail:x@{PASSWORD}@db.example/handrail"),
        ("DATABASE_URL", f"postgresql://handrail:x/{PASSWORD}@db.example/handrail"),
        ("DATABASE_URL", f"postgresql://handrail:x@db.example/#{PASSWORD}"),
        ("DATABASE_URL_FILE", f"postgresql://handrail:{PASSWORD}@db.example/h"),
        ("ALERT_WEBHOOK", f"hooks.example/services/{PASSWORD}"),
        ("ALERT_WEBHOOK", f"https://x:{PASSWORD}@[hooks.example/services"),
        ("ALERT_WEBHOOK", f"https:///{PASSWORD}"),
        ("LOOKUPS", f"https://x:{PASSWORD}@[shop.example/{{reference}}"),
    ],
)
def test_a_wrong_address_is_refused_without_its_password(name: str, value: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=f"HANDRAIL_{name}") as caught:
        load({f"HANDRAIL_{name}": value}, folder=tmp_path)
    shown = "".join(traceback.format_exception(caught.value))
    assert PASSWORD not in shown


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://db.example/handrail",
        "postgresql:///handrail?host=/run/postgresql",
        "postgresql://handrail:p%40ss%2Fword?:x@db.example:5432/handrail?sslmode=require",
        "postgresql://handrail@one.example:5432,two.example:5433/handrail?target_session_attrs=read-write",
        "postgresql://[::1]:5432/handrail",
        "postgresql://%2Frun%2Fpostgresql/handrail",
        "sqlite:////data/handrail.db",
    ],
)
def test_what_the_engines_read_is_accepted(url: str, tmp_path: Path) -> None:
    assert load({"HANDRAIL_DATABASE_URL": url}, folder=tmp_path).ledger_url == url


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("DATABASE_URL", "postgresql://handrail:secret@db.example:5432/h", "postgresql://***@db.example:5432/h"),
        ("DATABASE_URL", "postgresql://db.example/h?password=secret", "postgresql://db.example/h?***"),
        ("DATABASE_URL", "sqlite:///var/handrail.db", "sqlite:///var/handrail.db"),
        ("ALERT_WEBHOOK", "https://x:secret@hooks.example/services/secret?key=secret", "https://***@hooks.example/***"),
        ("ALERT_WEBHOOK", "", ""),
        (
            "LOOKUPS",
            "https://shop.example/{kind}/{reference}?key=secret",
            "https://shop.example/{kind}/{reference}?***",
        ),
        ("LOOKUPS", "data/lookups.json", "data/lookups.json"),
    ],
)
def test_addresses_are_shown_without_what_they_keep_secret(name: str, value: str, shown: str, tmp_path: Path) -> None:
    settings, origins = load_with_origins({f"HANDRAIL_{name}": value}, folder=tmp_path)
    assert next(item.value for item in origins if item.name == f"HANDRAIL_{name}") == shown
    assert "secret@" not in repr(settings)


def test_a_key_that_is_not_set_is_said_to_be_so(tmp_path: Path) -> None:
    _, origins = load_with_origins({}, folder=tmp_path)
    assert next(item.value for item in origins if item.name == "HANDRAIL_SECRET_KEY") == "(not set)"


def test_a_file_that_is_not_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"\xff\xfe" * 20)
    with pytest.raises(ConfigurationError, match="UTF-8"):
        load({"HANDRAIL_SECRET_KEY_FILE": str(tmp_path / "key")}, folder=tmp_path)


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
