"""The marketplace package of Freshdesk: its files, made from `package/`, the sidebar's page and the configuration."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from connector.errors import ConfigurationError
from providers._package import json_object, templates

HOST = "<%= iparam.service_host %>"
OTHER_HOSTS = frozenset({"zendesk.js"})
"""Adapters of other helpdesks in the folder of the sidebar's page."""


def package(sidebar: Mapping[str, bytes], *, public_url: str = "") -> dict[str, bytes]:
    """Every file by its path in the package. `sidebar` are the page, its scripts and its styles by name; with
    `public_url` the package asks for no host. ConfigurationError: an address that the platform cannot call.
    """
    folders = {".html": "app", ".js": "app/scripts", ".css": "app/styles"}
    own = {name: content for name, content in sidebar.items() if name not in OTHER_HOSTS}
    files = templates(__package__)
    files |= {f"{folders[PurePosixPath(name).suffix]}/{name}": content for name, content in own.items()}
    return _fixed(files, public_url) if public_url else files


def _fixed(files: dict[str, bytes], public_url: str) -> dict[str, bytes]:
    parts = urlsplit(public_url)
    if parts.scheme != "https" or parts.path or parts.netloc != parts.hostname:
        raise ConfigurationError(
            f"{public_url!r} cannot be called by Freshdesk: its apps call https://NAME without a port or a path."
        )
    requests = json_object(files, "config/requests.json")
    for template in requests.values():
        template["schema"]["host"] = template["schema"]["host"].replace(HOST, parts.netloc)
    settings = json_object(files, "config/iparams.json")
    settings.pop("service_host")
    return files | {"config/requests.json": _written(requests), "config/iparams.json": _written(settings)}


def _written(value: dict[str, Any]) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode()
