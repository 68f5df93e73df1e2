"""HTTP: webhooks in, health and metrics out. One place turns our errors into statuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from flask import Flask, Response, jsonify
from werkzeug.exceptions import HTTPException

from connector.errors import ConfigurationError, HandrailError, StoreError, WebhookRejected
from connector.web import account, api, connect, health, oauth, sidebar, webhooks

if TYPE_CHECKING:
    from connector.app import App

log = structlog.get_logger()

RETRY_AFTER_SECONDS = 30
"""Zendesk delivers a 503 again only when Retry-After is under 60 seconds (zendesk.md 1.6)."""


def create_app(app: App) -> Flask:
    """The Flask app over a built App."""
    flask = Flask("handrail", static_folder=None)
    flask.config["MAX_CONTENT_LENGTH"] = webhooks.MAX_BODY_BYTES
    flask.register_blueprint(webhooks.blueprint(app))
    flask.register_blueprint(sidebar.blueprint(app))
    flask.register_blueprint(oauth.blueprint(app))
    flask.register_blueprint(connect.blueprint(app))
    flask.register_blueprint(account.blueprint(app))
    flask.register_blueprint(health.blueprint(app))
    flask.register_blueprint(api.blueprint())
    flask.register_error_handler(HTTPException, _http_error)
    flask.register_error_handler(HandrailError, _our_error)
    _make_ready(app, flask)
    return flask


def _make_ready(app: App, flask: Flask) -> None:
    """Load what every delivery and every card needs, so that the first of them waits no longer than the others."""
    _ = app.providers, app.rulebook.tiers
    flask.jinja_env.get_template("sidebar/card.html")


def _http_error(error: HTTPException) -> tuple[Response, int]:
    return jsonify(error=error.name), error.code or 500


def _our_error(error: HandrailError) -> tuple[Response, int]:
    if isinstance(error, WebhookRejected):
        return jsonify(error=str(error)), error.status
    if isinstance(error, (StoreError, ConfigurationError)):
        # Also a setting of ours, such as a key that opens nothing: whoever mends it must not have lost the event.
        log.error("not_served", error=type(error).__name__, reason=str(error))
        answer = jsonify(error="The event could not be stored; send it again.")
        answer.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
        return answer, 503
    return jsonify(error="The request could not be served."), 500
