"""Freshdesk's error answers (reference section 3)."""

from __future__ import annotations

from connector.sandbox.store import ApiError


def validation(*problems: tuple[str, str, str], status: int = 400) -> ApiError:
    """Validation failed: (field, message, code) for each problem."""
    errors = [{"field": field, "message": message, "code": code} for field, message, code in problems]
    return ApiError(status, {"description": "Validation failed", "errors": errors})


def invalid_value(field: str, message: str) -> ApiError:
    """A known field with a value it cannot take."""
    return validation((field, message, "invalid_value"))


def wrong_type(field: str, expected: str, given: str) -> ApiError:
    """A known field with a value of another type."""
    return validation((field, f"Value set is of type {given}.It should be a/an {expected}", "datatype_mismatch"))


def unauthenticated() -> ApiError:
    """A wrong or missing API key."""
    text = "You have to be logged in to perform this action."
    return ApiError(401, {"code": "invalid_credentials", "message": text})


def denied() -> ApiError:
    """The agent's role does not allow this."""
    return ApiError(403, {"code": "access_denied", "message": "You are not authorized to perform this action."})


def not_found() -> ApiError:
    """A wrong id or path: an empty body, which clients must survive."""
    return ApiError(404, "")


def method_not_allowed(allowed: str) -> ApiError:
    """A wrong verb, or a ticket that is spam or deleted."""
    return ApiError(405, {"message": "Method not allowed"}, {"Allow": allowed})
