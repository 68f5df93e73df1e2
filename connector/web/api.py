"""The machine-readable description of our HTTP interface."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from flask import Blueprint, Response, jsonify

_ERROR = {
    "description": "One sentence that says what is wrong",
    "content": {
        "application/json": {
            "schema": {"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}}
        }
    },
}
_ACCEPTED = {
    "description": "Stored on disk, or known already",
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["status", "event"],
                "properties": {
                    "status": {"type": "string", "enum": ["accepted", "duplicate", "ignored"]},
                    "event": {"type": "string"},
                },
            }
        }
    },
}
_ANSWERS = {"202": _ACCEPTED, "400": _ERROR, "401": _ERROR, "413": _ERROR, "503": _ERROR}


def _parameter(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _webhook(summary: str, *parameters: str) -> dict[str, Any]:
    return {
        "post": {
            "summary": summary,
            "parameters": [_parameter(name) for name in parameters],
            "requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}},
            "responses": _ANSWERS,
        }
    }


def _page(summary: str, **answers: str) -> dict[str, Any]:
    described = {code.lstrip("_"): {"description": text} for code, text in answers.items()}
    return {"get": {"summary": summary, "responses": described}}


def description() -> dict[str, Any]:
    """The OpenAPI document of every route there is (a test holds it against the route table)."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Handrail", "version": version("handrail")},
        "paths": {
            "/webhooks/zendesk/{account}": _webhook("A signed Zendesk webhook", "account"),
            "/webhooks/freshdesk/{account}": _webhook("A Freshdesk webhook, secret in a header", "account"),
            "/webhooks/freshdesk/{account}/{secret}": _webhook(
                "A Freshdesk webhook, secret in the address", "account", "secret"
            ),
            "/healthz": _page("The process answers", _200="alive"),
            "/readyz": _page("The ledger can be written and its secrets read", _200="ready", _503="not ready"),
            "/metrics": _page("Prometheus metrics", _200="text format", _503="the ledger cannot be read"),
            "/version": _page("The running version", _200="version"),
            "/openapi.json": _page("This document", _200="OpenAPI 3.1"),
        },
    }


def blueprint() -> Blueprint:
    """`/openapi.json`."""
    routes = Blueprint("api", __name__)

    @routes.get("/openapi.json")
    def openapi() -> Response:
        """This description."""
        return jsonify(description())

    return routes
