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


_CARD = {
    "type": "object",
    "required": ["html", "ticket", "version", "draft"],
    "properties": {
        "html": {"type": "string"},
        "ticket": {"type": "string"},
        "version": {"type": "string"},
        "draft": {"type": ["object", "null"]},
        "notice": {"type": "object"},
        "host": {"type": ["object", "null"]},
    },
}


def _shown(text: str) -> dict[str, Any]:
    return {"description": text, "content": {"application/json": {"schema": _CARD}}}


def _sidebar() -> dict[str, Any]:
    """What the sidebar apps of both helpdesks call."""
    card = {"200": _shown("The card of the ticket"), "401": _ERROR, "404": _ERROR, "503": _ERROR}
    acted = {**card, "400": _ERROR, "409": _shown("Not done: the ticket has moved on, or it may not be done now")}
    paths: dict[str, Any] = {
        "/apps/zendesk/sidebar": {
            "post": {
                "summary": "The page of the Zendesk app, for a signed load",
                "responses": {"200": {"description": "The page"}, "403": {"description": "The load is not proved"}},
            }
        },
        "/apps/zendesk/token": {
            "post": {
                "summary": "A fresh page token for one that is still good",
                "responses": {"200": {"description": "The token"}, "401": _ERROR},
            }
        },
        "/apps/static/{name}": {
            "get": {
                "summary": "A script or style of the page",
                "parameters": [_parameter("name")],
                "responses": {"200": {"description": "The file"}, "404": _ERROR},
            }
        },
    }
    for vendor in ("zendesk", "freshdesk"):
        paths[f"/apps/{vendor}/card/{{ticket}}"] = {
            "get": {"summary": "The card of a ticket", "parameters": [_parameter("ticket")], "responses": card}
        }
        paths[f"/apps/{vendor}/actions/{{action}}"] = {
            "post": {
                "summary": "Do something with a ticket",
                "parameters": [_parameter("action")],
                "requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}},
                "responses": acted,
            }
        }
    return paths


def _html(summary: str, **answers: str) -> dict[str, Any]:
    described = {code.lstrip("_"): {"description": text} for code, text in answers.items()}
    refused = {"403": {"description": "A link or state that is forged, used or expired: a page that says so"}}
    return {"summary": summary, "responses": described | refused}


def _admins() -> dict[str, Any]:
    """The pages for admins of helpdesks; a visit is a cookie that a one-time link gives."""
    often = {"429": {"description": "Too many tries in a short time"}}
    pages = {
        "/connect/freshdesk": {
            "get": _html("The page of a one-time link that asks for a Freshdesk API key", _200="with a form"),
            "post": _html(
                "Checks the key; uses the link up where it is right",
                _303="on to the account's page",
                _400="no key",
                _409="the name or the helpdesk belongs to another account",
                _422="the key was refused; the link stays good",
            ),
        },
        "/connect/page": {
            "get": _html("The page of a one-time link to an account's page", _200="with a button"),
            "post": _html("Uses the link up", _303="on to the account's page"),
        },
        "/connect/account": {"get": _html("An account's page, for a visit", _200="checklist, first event, way out")},
        "/connect/account/disconnect": {
            "get": _html("Asks once more", _200="with a button"),
            "post": _html("Disconnects the account", _200="what is left to do at the helpdesk"),
        },
    }
    for methods in pages.values():
        for method in methods.values():
            method["responses"] |= {**often, "503": {"description": "Not now"}}
    arrived = {"200": {"description": "`arrived` and a sentence"}, "403": _ERROR, "429": _ERROR}
    asked = {"get": {"summary": "Whether an account's first event is there; at most every 2 s", "responses": arrived}}
    asset = {
        "get": {
            "summary": "A script or style of these pages",
            "parameters": [_parameter("name")],
            "responses": {"200": {"description": "The file"}, "404": _ERROR},
        }
    }
    return {**pages, "/connect/account/arrived": asked, "/connect/static/{name}": asset}


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
            **_sidebar(),
            "/oauth/zendesk/start": {
                "get": _html("The page of a one-time link to connect a Zendesk account", _200="with a button"),
                "post": _html("Uses the link up", _303="on to Zendesk's consent page"),
            },
            "/oauth/zendesk/callback": {
                "get": _html("Back from Zendesk's consent page", _200="connected, with a checklist", _502="no access")
            },
            **_admins(),
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
