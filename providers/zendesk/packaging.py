"""The marketplace package of Zendesk: its files, made from `package/` and what the installation configures.

No requirements.json: the webhook's address differs from company to company, and of a webhook that a package brings
nobody may read the signing secret. Connecting creates both through the API (`install.py`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from providers._logo import logo
from providers._package import json_object, templates

SERVICE = "{{setting.service_url}}"
LOGOS = {"assets/logo.png": 320, "assets/logo-small.png": 128}


def package(sidebar: Mapping[str, bytes], *, public_url: str = "") -> dict[str, bytes]:
    """Every file by its path in the package; with `public_url` it asks for no address. The page is our server's, so
    nothing of `sidebar` goes in.
    """
    files = templates(__package__) | {name: logo(size) for name, size in LOGOS.items()}
    return _fixed(files, public_url) if public_url else files


def _fixed(files: dict[str, bytes], public_url: str) -> dict[str, bytes]:
    manifest = json_object(files, "manifest.json")
    for place in manifest["location"]["support"].values():
        place["url"] = place["url"].replace(SERVICE, public_url)
    manifest["parameters"] = [item for item in manifest["parameters"] if item["name"] != "service_url"]
    changed = {"manifest.json": _written(manifest)}
    for name in [name for name in files if name.startswith("translations/")]:
        words = json_object(files, name)
        words["app"]["parameters"].pop("service_url")
        changed[name] = _written(words)
    return files | changed


def _written(value: dict[str, Any]) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode()
