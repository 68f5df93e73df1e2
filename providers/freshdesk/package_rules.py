"""What the vendor's checker refuses in a package of platform 3.0; it is no package of a registry and works only online.

https://developers.freshworks.com/docs/app-sdk/v3.0/common/
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from providers._package import Broken, Files, Finding, json_object, mapping
from providers.freshdesk.script_rules import exported, faults

PLACES = {
    "common": frozenset({"full_page_app", "cti_global_sidebar"}),
    "support_ticket": frozenset(
        [
            "ticket_sidebar",
            "ticket_requester_info",
            "ticket_top_navigation",
            "ticket_background",
            "time_entry_background",
            "ticket_attachment",
            "ticket_conversation_editor",
            "new_ticket_requester_info",
            "new_ticket_background",
        ]
    ),
}
MOST_TEMPLATES = 100
SERVER = "server/server.js"
SETTINGS = "config/iparams.json"
LENGTHS = {"display_name": 100, "description": 250}
"""Characters, a bound of our own: longer ones are cut off on the installation page."""
_SECRETIVE = re.compile(r"key|token|secret|password|credential|auth", re.IGNORECASE)
_HOST = re.compile(r"(?:[a-z0-9-]+|<%=[^%]*%>)(?:\.(?:[a-z0-9-]+|<%=[^%]*%>))*", re.IGNORECASE)
_ADDRESS = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
_USED = re.compile(r"<%=\s*(?:encode\()?\s*iparam\.(\w+)")
_LOCAL = re.compile(r"""(?:src|href)=["']([^"'{}]+)["']""")

Json = dict[str, Any]


def check(files: Files) -> Iterator[Finding]:
    """Every rule that the package breaks."""
    for rules in (_manifest, _settings, _requests, _oauth, _pages, _scripts, _texts):
        try:
            yield from rules(files)
        except Broken as broken:
            yield broken.finding


def _modules(files: Files) -> Json:
    return mapping(json_object(files, "manifest.json").get("modules"))


def _manifest(files: Files) -> Iterator[Finding]:
    manifest = json_object(files, "manifest.json")
    if not str(manifest.get("platform-version", "")).startswith("3."):
        yield _broken("platform version", "manifest.json: platform-version must be 3.0.")
    for name in ("product", "whitelisted-domains", "name"):
        if name in manifest:
            yield _broken(name, f"manifest.json: {name} is not taken by platform 3.0.")
    engines = mapping(manifest.get("engines"))
    if not engines.get("node") or not engines.get("fdk"):
        yield _broken("engines", "manifest.json: engines must name node and fdk.")
    modules = mapping(manifest.get("modules"))
    if not modules.keys() - {"common"}:
        yield _broken("modules", "manifest.json: there must be a module of a product beside common.")
    for name, module in modules.items():
        yield from _module(name, mapping(module), files)
    if json_object(files, SETTINGS) if SETTINGS in files else {}:
        missing = {"onAppInstall", "onAppUninstall"} - mapping(mapping(modules.get("common")).get("events")).keys()
        if missing:
            yield _broken("install events", f"manifest.json: with settings there must be {', '.join(sorted(missing))}.")


def _module(name: str, module: Json, files: Files) -> Iterator[Finding]:
    where = f"manifest.json: modules.{name}"
    for part in ("functions", "requests", "events"):
        if part in module and not module[part]:
            yield _broken("empty part", f"{where}.{part} is empty: leave it out.")
    known = PLACES.get(name, frozenset.union(*PLACES.values()) - PLACES["common"])
    for place, value in mapping(module.get("location")).items():
        if place not in known:
            yield _broken("place", f"{where}: {place} is no place of this module.")
        for key in ("url", "icon"):
            file = mapping(value).get(key)
            if not isinstance(file, str) or f"app/{file}" not in files:
                yield _broken(f"location {key}", f"{where}.{place}: app/{file} is not in the package.")
    yield from _handlers(where, module, exported(files.get(SERVER, b"").decode("utf-8", "replace")))


def _handlers(where: str, module: Json, functions: frozenset[str]) -> Iterator[Finding]:
    for event, value in mapping(module.get("events")).items():
        handler = mapping(value).get("handler")
        if handler not in functions:
            yield _broken("handler", f"{where}: {SERVER} exports no {handler} for {event}.")
        if event == "onScheduledEvent":
            yield _warned("scheduled event", f"{where}: scheduled events are made by the server, not named here.")
    for function in mapping(module.get("functions")):
        if function not in functions:
            yield _broken("function", f"{where}: {SERVER} exports no {function}.")


def _settings(files: Files) -> Iterator[Finding]:
    if SETTINGS in files and "config/iparams.html" in files:
        yield _broken("two settings pages", "There must be iparams.json or iparams.html, not both.")
    if SETTINGS not in files and "config/iparams.html" not in files:
        yield _broken("settings", f"{SETTINGS} is missing; it may be {{}}.")
        return
    for name, value in (json_object(files, SETTINGS) if SETTINGS in files else {}).items():
        item = mapping(value)
        if _SECRETIVE.search(name) and item.get("secure") is not True:
            yield _broken("not secure", f"{SETTINGS}: {name} sounds like a secret and is not secure.")
        for key, most in LENGTHS.items():
            text = item.get(key)
            if not isinstance(text, str) or not text or len(text) > most:
                yield _broken("setting text", f"{SETTINGS}: {name}.{key} must have 1 to {most} characters.")
        pattern = mapping(mapping(item.get("type_attributes")).get("regex")).get("pattern")
        if pattern is not None and not _compiles(pattern):
            yield _broken("setting pattern", f"{SETTINGS}: the pattern of {name} cannot be read.")


def _compiles(pattern: object) -> bool:
    try:
        re.compile(str(pattern))
    except re.error:
        return False
    return True


def _requests(files: Files) -> Iterator[Finding]:
    templates = json_object(files, "config/requests.json") if "config/requests.json" in files else {}
    declared = set(mapping(mapping(_modules(files).get("common")).get("requests")))
    if len(templates) > MOST_TEMPLATES:
        yield _broken("too many templates", f"config/requests.json has more than {MOST_TEMPLATES} templates.")
    for name in sorted(templates.keys() - declared):
        yield _broken("undeclared template", f"manifest.json: modules.common.requests does not name {name}.")
    for name in sorted(declared - templates.keys()):
        yield _warned("unused request", f"manifest.json names the request {name}, which is no template.")
    settings = json_object(files, SETTINGS) if SETTINGS in files else {}
    for name, template in templates.items():
        yield from _template(name, mapping(template), settings)


def _template(name: str, template: Json, settings: Json) -> Iterator[Finding]:
    where, schema = f"config/requests.json: {name}", mapping(template.get("schema"))
    host, path = str(schema.get("host", "")), str(schema.get("path", ""))
    if schema.get("protocol", "https") != "https":
        yield _broken("protocol", f"{where}: the protocol must be https.")
    if schema.get("method") not in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        yield _broken("method", f"{where}: there is no method {schema.get('method')!r}.")
    if not _HOST.fullmatch(host) or _ADDRESS.fullmatch(host):
        yield _broken("host", f"{where}: the host must be a name without scheme, port and path.")
    if not path.startswith("/"):
        yield _broken("path", f"{where}: the path must start with a slash.")
    options = mapping(template.get("options"))
    attempts, pause = options.get("maxAttempts", 1), options.get("retryDelay", 0)
    if attempts not in range(1, 6):
        yield _broken("attempts", f"{where}: maxAttempts must be 1 to 5.")
    if pause not in range(0, 1501, 100):
        yield _broken("retry delay", f"{where}: retryDelay must be 0 to 1500 in steps of 100.")
    for setting in sorted(set(_USED.findall(str(schema))) - settings.keys()):
        yield _broken("unknown setting", f"{where} uses the setting {setting}, which is none.")
    outside = " ".join(str(value) for key, value in schema.items() if key != "headers")
    for setting in sorted(set(_USED.findall(outside))):
        if mapping(settings.get(setting)).get("secure") is True:
            yield _broken("secure outside header", f"{where}: the secure setting {setting} may stand in headers only.")


def _oauth(files: Files) -> Iterator[Finding]:
    if "config/oauth_config.json" not in files:
        return
    integrations = mapping(json_object(files, "config/oauth_config.json").get("integrations"))
    if not 1 <= len(integrations) <= 3:
        yield _broken("oauth", "config/oauth_config.json must have one to three integrations.")
    for name, value in integrations.items():
        one = mapping(value)
        needed = {"display_name", "client_id", "client_secret", "authorize_url", "token_url", "token_type"}
        if needed - one.keys() or one.get("token_type") not in ("account", "agent"):
            yield _broken("oauth", f"config/oauth_config.json: {name} lacks a value.")
        for asked, item in mapping(one.get("oauth_iparams")).items():
            if not mapping(item).get("description"):
                yield _broken("oauth", f"config/oauth_config.json: {name}.{asked} has no description.")


def _pages(files: Files) -> Iterator[Finding]:
    for name in sorted(files):
        if not name.endswith(".html"):
            continue
        page, folder = files[name].decode("utf-8", "replace"), name.rpartition("/")[0]
        if name.startswith("app/") and "{{{appclient}}}" not in page:
            yield _broken("app client", f"{name} does not load {{{{{{appclient}}}}}}.")
        for target in _LOCAL.findall(page):
            if target.startswith(("http://", "//")):
                yield _broken("plain http", f"{name} loads {target}: only https is taken.")
            elif not target.startswith(("https://", "#", "data:")) and f"{folder}/{target}" not in files:
                yield _broken("page file", f"{name} names {target}, which is not in the package.")
        if re.search(r"<script(?![^>]*\ssrc=)[^>]*>\s*\S|\son\w+=", page):
            yield _broken("inline script", f"{name} holds a script; scripts stand in files of their own.")


def _scripts(files: Files) -> Iterator[Finding]:
    for name in sorted(name for name in files if name.endswith(".js")):
        source = files[name].decode("utf-8", "replace")
        for rule, wrong in faults(source, server=name == SERVER):
            yield _broken(rule, f"{name}, {wrong}.")
        if re.search(r"http://(?!www\.w3\.org/)", source):
            yield _broken("plain http", f"{name} names an http:// address: only https is taken.")
        if name.startswith("app/") and re.search(r"\bfetch\s*\(|XMLHttpRequest", source):
            yield _broken("direct call", f"{name} calls out by itself: only request templates are taken.")


def _texts(files: Files) -> Iterator[Finding]:
    if not files.get("README.md", b"").strip():
        yield _broken("readme", "README.md is missing.")


def _broken(rule: str, sentence: str) -> Finding:
    return Finding(rule=rule, sentence=sentence)


def _warned(rule: str, sentence: str) -> Finding:
    return Finding(rule=rule, sentence=sentence, warns=True)
