"""Marketplace apps in the emulated helpdesks: what was installed, and what the helpdesk does for its page."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests

from connector.sandbox.limits import Limits, Rule
from connector.sandbox.zendesk.signing import AppKey

INVOCATIONS = Rule(limit=50)
"""Request templates a minute for one app in one account (freshdesk.md 5.4)."""
SECONDS = 15
_SUBSTITUTED = re.compile(r"<%=\s*(iparam|context)\.(\w+)\s*%>")


class TemplateRefused(Exception):
    """The platform would not make this call. `status` as its client sees it."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


@dataclass(slots=True, kw_only=True)
class ZendeskApp:
    """An app whose page Zendesk loads by a signed POST. `url` is the page's address."""

    url: str
    app_id: int
    installation_id: int
    name: str = "Handrail"
    settings: dict[str, Any] = field(default_factory=dict)
    key: AppKey = field(default_factory=AppKey)

    @property
    def origin(self) -> str:
        """Scheme, host and port of the page."""
        return origin_of(self.url)


@dataclass(slots=True, kw_only=True)
class FreshdeskApp:
    """A package's files as text by their paths, the installation's parameters, and where `service_host` listens."""

    files: dict[str, str]
    iparams: dict[str, str]
    service: str
    name: str = "Handrail"

    def __post_init__(self) -> None:
        missing = [name for name in ("app/index.html", "config/requests.json") if name not in self.files]
        if missing:
            raise ValueError(f"The package lacks {', '.join(missing)}.")

    def invoke(self, name: str, options: Mapping[str, Any], limits: Limits) -> tuple[int, str]:
        """Makes the call of a template and returns status and body. Raises `TemplateRefused`."""
        schema = self._schema(name)
        standing = limits.hit("templates", INVOCATIONS)
        if standing.retry_after:
            raise TemplateRefused(429, "The app has reached its limit of 50 requests a minute.")
        context = {str(k): str(v) for k, v in dict(options.get("context") or {}).items()}
        secure = self._secure_names()
        with requests.Session() as session:
            session.trust_env = False
            try:
                answer = session.request(
                    schema["method"],
                    self.service + self._filled(schema["path"], context, secure),
                    params={k: self._filled(v, context, secure) for k, v in schema.get("query", {}).items()},
                    headers={k: self._filled(v, context, frozenset()) for k, v in schema.get("headers", {}).items()},
                    data=str(options["body"]).encode() if options.get("body") else None,
                    timeout=SECONDS,
                    allow_redirects=False,
                )
            except requests.RequestException as broken:
                raise TemplateRefused(502, f"The host did not answer ({type(broken).__name__}).") from broken
        return answer.status_code, answer.text

    def _schema(self, name: str) -> dict[str, Any]:
        templates = json.loads(self.files["config/requests.json"])
        declared = json.loads(self.files.get("manifest.json", "{}")).get("modules", {}).get("common", {})
        if name not in templates or name not in declared.get("requests", {}):
            raise TemplateRefused(400, f"No request template {name!r} is declared.")
        schema: dict[str, Any] = templates[name]["schema"]
        return schema

    def _secure_names(self) -> frozenset[str]:
        fields = json.loads(self.files.get("config/iparams.json", "{}"))
        return frozenset(name for name, about in fields.items() if about.get("secure"))

    def _filled(self, text: str, context: Mapping[str, str], forbidden: frozenset[str]) -> str:
        def value(found: re.Match[str]) -> str:
            kind, name = found.groups()
            if name in forbidden and kind == "iparam":
                raise TemplateRefused(400, f"The secure parameter {name!r} may stand in headers only.")
            known = self.iparams if kind == "iparam" else context
            if name not in known:
                raise TemplateRefused(400, f"Nothing is given for {kind}.{name}.")
            return str(known[name])

        return _SUBSTITUTED.sub(value, text)


def origin_of(address: str) -> str:
    """Scheme, host and port of an address. Raises ValueError where it has none."""
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.username:
        raise ValueError(f"{address!r} is no address of a page.")
    return f"{parts.scheme}://{parts.netloc}"
