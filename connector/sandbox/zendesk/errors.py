"""Zendesk's error answers (reference section 4)."""

from __future__ import annotations

from connector.sandbox.store import ApiError


def not_found() -> ApiError:
    """The record does not exist, or is deleted."""
    return ApiError(404, {"error": "RecordNotFound", "description": "Not found"})


def no_endpoint() -> ApiError:
    """No such path."""
    return ApiError(404, {"error": "InvalidEndpoint", "description": "Not found"})


def invalid(field: str, description: str, error: str | None = None) -> ApiError:
    """A rule of the record was broken."""
    detail = {"description": description} | ({"error": error} if error else {})
    return ApiError(
        422,
        {"error": "RecordInvalid", "description": "Record validation errors", "details": {field: [detail]}},
    )


def conflict() -> ApiError:
    """The stamp of a safe update is old."""
    return ApiError(
        409,
        {
            "error": "UpdateConflict",
            "description": "Safe Update prevented the update due to outdated ticket data. "
            "Please fetch the latest ticket data and try again.",
        },
    )


def forbidden(message: str) -> ApiError:
    """The user may not do this."""
    return ApiError(403, {"error": {"title": "Forbidden", "message": message}})


def missing_scope(scopes: str) -> ApiError:
    """The token may not do this."""
    text = f"You are missing the following required scopes: {scopes}"
    return ApiError(403, {"error": "Forbidden", "description": text})


def unauthenticated() -> ApiError:
    """Wrong or missing Basic credentials."""
    return ApiError(401, {"error": "Couldn't authenticate you"})


def bad_token() -> ApiError:
    """A bearer token that is unknown, expired or revoked."""
    text = "The access token provided is expired, revoked, malformed or invalid for other reasons."
    return ApiError(401, {"error": "invalid_token", "error_description": text}, {"WWW-Authenticate": "Bearer"})


def malformed(text: str) -> ApiError:
    """A request Zendesk refuses before looking at records: plain text."""
    return ApiError(400, text)
