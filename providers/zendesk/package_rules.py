"""What Zendesk refuses in a package of its app framework 2.0, and what it warns of; its validator works only online.

https://github.com/zendesk/zendesk_apps_support (the library behind that validator)
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

from providers._package import Broken, Files, Finding, json_object, mapping

PLACES = frozenset(
    [
        "top_bar",
        "nav_bar",
        "ticket_sidebar",
        "new_ticket_sidebar",
        "user_sidebar",
        "organization_sidebar",
        "background",
        "modal",
        "ticket_editor",
        "system_top_bar",
        "custom_object_record_sidebar",
    ]
)
PLACES_WITH_ICON = frozenset({"top_bar", "nav_bar", "system_top_bar", "ticket_editor"})
TYPES = frozenset(["text", "checkbox", "url", "number", "multiline", "hidden", "oauth", "mtls"])
SCOPES = frozenset(
    ["header", "body", "url", "jwt_secret_key", "jwt_claim", "basic_auth_username", "basic_auth_password"]
)
TEXTS = ("version", "termsConditionsURL", "remoteInstallationURL", "gaID", "name", "defaultLocale")
SWITCHES = ("private", "singleInstall", "signedUrls", "requirementsOnly", "marketingOnly", "noTemplate")
KEYS = frozenset(
    {*TEXTS, *SWITCHES, "author", "frameworkVersion", "location", "parameters", "domainWhitelist", "oauth"}
) | {"experiments"}
REFUSED_TYPES = frozenset(
    [
        "zip",
        "gz",
        "tgz",
        "bz2",
        "rar",
        "7z",
        "tar",
        "jar",
        "war",
        "pdf",
        "doc",
        "docx",
        "xls",
        "xlsx",
        "ppt",
        "pptx",
        "odt",
        "ods",
        "exe",
        "dll",
        "bat",
        "cmd",
        "msi",
        "com",
        "sh",
    ]
)
REQUIREMENTS = frozenset(
    [
        "automations",
        "channel_integrations",
        "custom_objects",
        "custom_objects_v2",
        "macros",
        "targets",
        "views",
        "ticket_fields",
        "triggers",
        "user_fields",
        "organization_fields",
        "webhooks",
    ]
)
UNTITLED = frozenset({"webhooks", "custom_objects", "custom_objects_v2", "channel_integrations"})
WEBHOOK = ("name", "status", "endpoint", "http_method", "request_format")
MOST_REQUIREMENTS = 5000
LOGOS = {"assets/logo.png": (320, 320), "assets/logo-small.png": (128, 128)}
BANNERS = frozenset({(830, 200), (1660, 400)})
LENGTHS = {"name": 50, "short_description": 80, "long_description": 3000, "installation_instructions": 3000}
"""Characters; the store's form takes no more of a name and a short text, the rest is a bound of our own."""
_LOCALE = re.compile(r"[a-z]{2,3}(-\w{2,3})?")
_SECRETIVE = re.compile(r"token|key|pwd|password", re.IGNORECASE)
_SECRET_TEXT = re.compile(r"secret|passw(?:or)?d|api_?key", re.IGNORECASE)

Json = dict[str, Any]


def check(files: Files) -> Iterator[Finding]:
    """Every rule that the package breaks."""
    yield from _files(files)
    try:
        manifest = json_object(files, "manifest.json")
    except Broken as broken:
        yield broken.finding
        return
    for rules in (_keys, _author, _kind, _locations, _parameters):
        yield from rules(manifest, files)
    yield from _reading(_translations, manifest, files)
    if "requirements.json" in files:
        yield from _reading(_requirements, manifest, files)


def _reading(rules: Callable[[Json, Files], Iterator[Finding]], manifest: Json, files: Files) -> Iterator[Finding]:
    try:
        yield from rules(manifest, files)
    except Broken as broken:
        yield broken.finding


def _files(files: Files) -> Iterator[Finding]:
    for name in sorted(files):
        if name != "manifest.json" and name.endswith("/manifest.json"):
            yield _broken("nested manifest", f"{name}: the manifest must stand at the root of the archive.")
        if name.rsplit(".", 1)[-1].lower() in REFUSED_TYPES:
            yield _broken("file type", f"{name}: files of this type are not taken.")
        if name.endswith((".js", ".html")) and b"http://" in files[name].replace(b"http://localhost", b""):
            yield _warned("plain http", f"{name} names an http:// address.")
        if name.endswith((".js", ".html", ".xml")) and _SECRET_TEXT.search(files[name].decode("utf-8", "replace")):
            yield _warned("secret word", f"{name} holds a word that looks like a secret.")
    for name, size in LOGOS.items():
        if name not in files:
            yield _broken("logo", f"{name} is missing.")
        elif _png_size(files[name]) != size:
            yield _broken("logo", f"{name} must be a PNG of {size[0]} by {size[1]} pixels.")
    if "assets/banner.png" in files and _png_size(files["assets/banner.png"]) not in BANNERS:
        yield _broken("banner", "assets/banner.png must be a PNG of 830 by 200 or 1660 by 400 pixels.")


def _png_size(data: bytes) -> tuple[int, int] | None:
    if not data.startswith(b"\x89PNG\r\n\x1a\n") or len(data) < 24:
        return None
    width, height = struct.unpack(">II", data[16:24])
    return width, height


def _keys(manifest: Json, files: Files) -> Iterator[Finding]:
    for name in sorted(manifest.keys() - KEYS):
        yield _broken("unknown key", f"manifest.json: there is no key {name!r}.")
    for name in TEXTS:
        if name in manifest and not isinstance(manifest[name], str):
            yield _broken("text", f"manifest.json: {name} must be a text.")
    for name in SWITCHES:
        if name in manifest and not isinstance(manifest[name], bool):
            yield _broken("switch", f"manifest.json: {name} must be true or false.")
    if "noTemplate" in manifest:
        yield _broken("noTemplate", "manifest.json: noTemplate is not taken.")
    terms = manifest.get("termsConditionsURL")
    if terms is not None and not _is_web(terms):
        yield _broken("terms", "manifest.json: termsConditionsURL must be an http or https address.")
    hosts = manifest.get("domainWhitelist", [])
    if not isinstance(hosts, list) or not all(isinstance(host, str) for host in hosts):
        yield _broken("domainWhitelist", "manifest.json: domainWhitelist must be a list of texts.")


def _author(manifest: Json, files: Files) -> Iterator[Finding]:
    author = manifest.get("author")
    if not isinstance(author, dict):
        yield _broken("author", "manifest.json: author is missing.")
        return
    for name in ("name", "email", "url"):
        if name in author and not isinstance(author[name], str):
            yield _broken("author", f"manifest.json: author.{name} must be a text.")
    if isinstance(author.get("url"), str) and not _is_web(author["url"]):
        yield _broken("author url", "manifest.json: author.url must be an http or https address.")


def _kind(manifest: Json, files: Files) -> Iterator[Finding]:
    """An app with a page, only requirements, or only a text in the store."""
    bare = [kind for kind in ("marketingOnly", "requirementsOnly") if manifest.get(kind) is True]
    banned = {"marketingOnly": ("parameters", "location", "frameworkVersion")}
    for kind in bare:
        for name in banned.get(kind, ("location", "frameworkVersion")):
            if name in manifest:
                yield _broken(kind, f"manifest.json: with {kind} there must be no {name}.")
        if any(name.endswith(".js") for name in files):
            yield _broken(kind, f"With {kind} the package must hold no script.")
    if manifest.get("marketingOnly") is True and manifest.get("private", True) is not False:
        yield _broken("marketingOnly", "manifest.json: with marketingOnly, private must be false.")
    if manifest.get("requirementsOnly") is True and "requirements.json" not in files:
        yield _broken("requirementsOnly", "requirements.json is missing.")
    if not bare and manifest.get("frameworkVersion") != "2.0":
        yield _broken("frameworkVersion", 'manifest.json: frameworkVersion must be "2.0".')
    if not bare and not manifest.get("location"):
        yield _broken("location", "manifest.json: location is missing.")


def _locations(manifest: Json, files: Files) -> Iterator[Finding]:
    location = manifest.get("location", {})
    if not isinstance(location, dict):
        yield _broken("location", "manifest.json: location must be an object of products.")
        return
    for product, places in location.items():
        if product != "support" or not isinstance(places, dict):
            yield _broken("location", f"manifest.json: there is no location {product!r} for us.")
            continue
        for place, value in places.items():
            yield from _place(place, value, files)


def _place(place: str, value: object, files: Files) -> Iterator[Finding]:
    where = f"manifest.json: location.support.{place}"
    if place not in PLACES:
        yield _broken("place", f"{where}: there is no such place.")
    if place in PLACES_WITH_ICON and f"assets/icon_{place}.svg" not in files:
        yield _broken("icon", f"{where}: assets/icon_{place}.svg is missing.")
    settings = {"url": value} if isinstance(value, str) else mapping(value)
    for name in ("flexible", "autoLoad", "autoHide", "signed"):
        if name in settings and not isinstance(settings[name], bool):
            yield _broken("switch", f"{where}.{name} must be true or false.")
    url = settings.get("url")
    if not isinstance(url, str) or not url:
        yield _broken("location url", f"{where}: url is missing.")
    elif url.startswith("assets/"):
        if url.split("?")[0].split("#")[0] not in files:
            yield _broken("location file", f"{where}: {url} is not in the package.")
    elif "{{setting." not in url and not _is_allowed(url):
        yield _broken("location url", f"{where}: {url} must be an https address or a file of assets/.")


def _is_allowed(url: str) -> bool:
    parts = urlsplit(url)
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme, parts.hostname) == ("http", "localhost"))


def _is_web(value: object) -> bool:
    return isinstance(value, str) and urlsplit(value).scheme in ("http", "https") and bool(urlsplit(value).hostname)


def _parameters(manifest: Json, files: Files) -> Iterator[Finding]:
    listed = manifest.get("parameters", [])
    if not isinstance(listed, list) or not all(isinstance(item, dict) for item in listed):
        yield _broken("parameters", "manifest.json: parameters must be a list of objects.")
        return
    names = [item.get("name") for item in listed]
    for name in sorted({str(name) for name in names if names.count(name) > 1}):
        yield _broken("parameter twice", f"manifest.json: there are two parameters {name!r}.")
    if [item.get("type") for item in listed].count("oauth") > 1:
        yield _broken("oauth", "manifest.json: at most one parameter may be of type oauth.")
    yield from _oauth(manifest, listed)
    for item in listed:
        yield from _parameter(item)
    asked = set(re.findall(r"\{\{setting\.(\w+)", str(manifest.get("location"))))
    for name in sorted(asked - {str(name) for name in names}):
        yield _broken("unknown setting", f"manifest.json: a location asks for the setting {name!r}, which is none.")


def _oauth(manifest: Json, listed: list[Json]) -> Iterator[Finding]:
    if "oauth" not in manifest:
        return
    missing = {"client_id", "client_secret", "authorize_uri", "access_token_uri"} - mapping(manifest["oauth"]).keys()
    if missing or "oauth" not in {item.get("type") for item in listed}:
        yield _broken("oauth", "manifest.json: oauth needs its four values and a parameter of type oauth.")


def _parameter(item: Json) -> Iterator[Finding]:
    name, kind = str(item.get("name") or ""), item.get("type", "text")
    where = f"manifest.json: the parameter {name!r}"
    secure, scopes = item.get("secure") is True, item.get("scopes")
    if not name or name == "name":
        yield _broken("parameter name", f"{where} must have a name of its own, other than 'name'.")
    if kind not in TYPES:
        yield _broken("parameter type", f"{where}: there is no type {kind!r}.")
    for switch in ("required", "secure"):
        if switch in item and not isinstance(item[switch], bool):
            yield _broken("switch", f"{where}: {switch} must be true or false.")
    if kind == "hidden" and item.get("required") is True:
        yield _broken("hidden required", f"{where} is hidden, so it cannot be required.")
    if kind == "oauth" and secure:
        yield _broken("oauth", f"{where} is of type oauth, so it cannot be secure.")
    if scopes is not None and (not secure or not isinstance(scopes, list) or not scopes or not set(scopes) <= SCOPES):
        yield _broken("scopes", f"{where}: scopes stand on secure parameters only, and each must be a known one.")
    yield from _doubts(item, name, where, secure=secure)


def _doubts(item: Json, name: str, where: str, *, secure: bool) -> Iterator[Finding]:
    kind = item.get("type", "text")
    if secure and item.get("scopes") is None:
        yield _warned("scopes", f"{where} is secure and has no scopes.")
    if kind == "text" and _SECRETIVE.search(name) and not secure:
        yield _warned("not secure", f"{where} sounds like a secret and is not secure.")
    if "default" in item and (secure or kind == "hidden"):
        yield _warned("default", f"{where} is secure or hidden and has a default.")


def _translations(manifest: Json, files: Files) -> Iterator[Finding]:
    locale = manifest.get("defaultLocale")
    if not isinstance(locale, str) or not _LOCALE.fullmatch(locale):
        yield _broken("defaultLocale", "manifest.json: defaultLocale must be a language such as en or en-GB.")
        return
    if f"translations/{locale}.json" not in files:
        yield _broken("default translation", f"translations/{locale}.json, the default language, is missing.")
    named = [item for item in manifest.get("parameters", []) if isinstance(item, dict)]
    for file in sorted(name for name in files if name.startswith("translations/")):
        if not _LOCALE.fullmatch(file.removeprefix("translations/").removesuffix(".json")):
            yield _broken("translation name", f"{file}: the name must be a language such as de.json.")
            continue
        app = mapping(json_object(files, file).get("app"))
        yield from _texts(file, app, private=manifest.get("private", True) is True)
        for item in named:
            label = mapping(mapping(app.get("parameters")).get(str(item.get("name")))).get("label")
            if not label:
                yield _broken("label", f"{file}: the parameter {item.get('name')!r} has no label.")


def _texts(file: str, app: Json, *, private: bool) -> Iterator[Finding]:
    needed = ("name",) if private else tuple(LENGTHS)
    for key in needed:
        if not isinstance(app.get(key), str) or not app[key].strip():
            yield _broken("text missing", f"{file}: app.{key} is missing.")
    for key, most in LENGTHS.items():
        if len(str(app.get(key, ""))) > most:
            yield _broken("text too long", f"{file}: app.{key} is longer than {most} characters.")


def _requirements(manifest: Json, files: Files) -> Iterator[Finding]:
    wanted = json_object(files, "requirements.json")
    if sum(len(mapping(entries)) for entries in wanted.values()) > MOST_REQUIREMENTS:
        yield _broken("requirements", f"requirements.json has more than {MOST_REQUIREMENTS} entries.")
    for kind, entries in wanted.items():
        if kind not in REQUIREMENTS:
            yield _broken("requirement type", f"requirements.json: there is no type {kind!r}.")
            continue
        for key, entry in mapping(entries).items():
            yield from _requirement(kind, key, mapping(entry))


def _requirement(kind: str, key: str, entry: Json) -> Iterator[Finding]:
    needed = WEBHOOK if kind == "webhooks" else () if kind in UNTITLED else ("title",)
    if kind in ("user_fields", "organization_fields"):
        needed = (*needed, "key")
    for name in needed:
        if not entry.get(name):
            yield _broken("requirement", f"requirements.json: {kind}.{key} has no {name}.")
    if kind == "targets" and entry.get("type") in ("http_target", "url_target_v2"):
        yield _broken("requirement", f"requirements.json: {kind}.{key}: such targets are not taken; use a webhook.")


def _broken(rule: str, sentence: str) -> Finding:
    return Finding(rule=rule, sentence=sentence)


def _warned(rule: str, sentence: str) -> Finding:
    return Finding(rule=rule, sentence=sentence, warns=True)
