"""What a team configures about its account, as TOML and back [N2]. Pure: text in, values out."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping

from connector.drafting.wording import DISCLOSURE
from connector.errors import ConfigurationError
from connector.model import AccountConfig

MAX_PREFIX = 20
_TEXTS = ("greeting", "signature", "disclosure")
_LISTS = ("languages", "own_addresses", "link_hosts", "vip_tags")
TONES = ("formal", "friendly")
"""How a team may speak; leaving the key out makes no rule."""
LEAST_CALL_SHARE, MOST_CALL_SHARE = 0.05, 0.9
_KEYS = {"company", "tag_prefix", "tone", "avoid", "learn_replies", "call_share", "groups", "facts", *_TEXTS, *_LISTS}
_HOST = re.compile(r"\.?(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*")
_MIN_DISCLOSURE = 20


def parse_account_config(text: str) -> AccountConfig:
    """The configuration in this text. ConfigurationError names the key and what it must be.

    A language without a disclosure line of its own gets the built-in one: it can be edited, not removed.
    """
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # also a number of thousands of digits
        raise ConfigurationError(f"account configuration: not valid TOML: {error}") from error
    unknown = sorted(set(data) - _KEYS)
    if unknown:
        raise ConfigurationError(f"account configuration: {unknown[0]} is not a known key; remove it")
    company = data.get("company")
    if not isinstance(company, str) or not company.strip():
        raise _wrong("company", "the name of the company")
    languages = tuple(_words(data, "languages")) or ("en", "de")
    return AccountConfig(
        company=company.strip(),
        tag_prefix=_prefix(data.get("tag_prefix", "hr_")),
        languages=_languages(languages),
        greeting=_texts(data, "greeting"),
        signature=_texts(data, "signature"),
        disclosure=_disclosure(_texts(data, "disclosure"), languages),
        own_addresses=frozenset(word.lower() for word in _words(data, "own_addresses")),
        link_hosts=_hosts(_words(data, "link_hosts")),
        vip_tags=frozenset(_words(data, "vip_tags")),
        groups=_texts(data, "groups"),
        facts=_facts(data.get("facts", {})),
        tone=_tone(data.get("tone", "")),
        avoid=tuple(dict.fromkeys(_words(data, "avoid"))),
        learn_replies=_switch(data, "learn_replies"),
        call_share=_call_share(data.get("call_share", 0.5)),
    )


def render_account_config(config: AccountConfig) -> str:
    """The configuration as TOML that `parse_account_config` reads back unchanged."""
    lines = [f"company = {_quoted(config.company)}", f"tag_prefix = {_quoted(config.tag_prefix)}"]
    lines.append(f"languages = {_list(config.languages)}")
    lines.extend(
        f"{name} = {_list(sorted(values))}"
        for name, values in (
            ("own_addresses", config.own_addresses),
            ("link_hosts", config.link_hosts),
            ("vip_tags", config.vip_tags),
        )
    )
    if config.tone:
        lines.append(f"tone = {_quoted(config.tone)}")
    if config.avoid:
        lines.append(f"avoid = {_list(config.avoid)}")
    if config.learn_replies:
        lines.append("learn_replies = true")
    if config.call_share != AccountConfig(company="").call_share:
        lines.append(f"call_share = {config.call_share}")
    for name, texts in (
        ("greeting", config.greeting),
        ("signature", config.signature),
        ("disclosure", config.disclosure),
        ("groups", config.groups),
        *((f"facts.{_quoted(fact)}", texts) for fact, texts in config.facts.items()),
    ):
        if texts:
            lines += ["", f"[{name}]", *(f"{_quoted(key)} = {_quoted(text)}" for key, text in texts.items())]
    return "\n".join(lines) + "\n"


def _wrong(key: str, expected: str) -> ConfigurationError:
    return ConfigurationError(f"account configuration: {key} must be {expected}")


def _words(data: Mapping[str, object], key: str) -> list[str]:
    value = data.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
        raise _wrong(key, "a list of texts")
    return [item.strip() for item in value]


def _switch(data: Mapping[str, object], key: str) -> bool:
    value = data.get(key, False)
    if not isinstance(value, bool):
        raise _wrong(key, "true or false")
    return value


def _texts(data: Mapping[str, object], key: str) -> dict[str, str]:
    value = data.get(key, {})
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise _wrong(key, "a table of texts")
    for name, text in value.items():
        if "{{" in text or "{%" in text:
            # The helpdesk would fill such a mark in when the text is posted.
            raise _wrong(f"{key}.{name}", "a text without {{ or {%")
    return dict(value)


def _prefix(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[a-z][a-z0-9_-]*", value) or len(value) > MAX_PREFIX:
        raise _wrong("tag_prefix", f"at most {MAX_PREFIX} lower-case letters, digits, - or _, starting with a letter")
    return value if value.endswith("_") else value + "_"


def _tone(value: object) -> str:
    if value not in ("", *TONES):
        raise _wrong("tone", f"one of {', '.join(TONES)}")
    return str(value)


def _call_share(value: object) -> float:
    if isinstance(value, float) and LEAST_CALL_SHARE <= value <= MOST_CALL_SHARE:
        return value
    raise _wrong("call_share", f"a number from {LEAST_CALL_SHARE} to {MOST_CALL_SHARE}")


def _languages(languages: tuple[str, ...]) -> tuple[str, ...]:
    if not all(re.fullmatch(r"[a-z]{2,3}", language) for language in languages):
        raise _wrong("languages", 'a list of language tags such as ["en", "de"]')
    return languages


def _disclosure(texts: dict[str, str], languages: tuple[str, ...]) -> dict[str, str]:
    for language, text in texts.items():
        if len(text.strip()) < _MIN_DISCLOSURE:
            raise _wrong(
                f"disclosure.{language}", "a sentence that says the reply is automatic and how to get a person"
            )
    built_in = {language: DISCLOSURE[language] for language in languages if language in DISCLOSURE}
    return {**built_in, **{language: text.strip() for language, text in texts.items()}}


def _hosts(words: list[str]) -> frozenset[str]:
    hosts = frozenset(word.lower() for word in words)
    for host in sorted(hosts):
        if not _HOST.fullmatch(host):
            raise _wrong("link_hosts", f'host names without scheme or path, such as "help.example.com", not {host!r}')
    return hosts


def _facts(value: object) -> dict[str, dict[str, str]]:
    if not isinstance(value, dict):
        raise _wrong("facts", 'tables such as [facts.password_reset_url] with en = "..." or "*" = "..."')
    for name in value:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
            raise _wrong(f"facts.{name}", "named in lower_case")
    return {name: _texts(value, name) for name in value}


def _quoted(text: str) -> str:
    # A JSON string is a TOML string, but for DEL, which TOML wants escaped.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _list(words: tuple[str, ...] | list[str]) -> str:
    return "[" + ", ".join(_quoted(word) for word in words) + "]"
