"""The WSGI app, nothing else."""

from __future__ import annotations

from flask import Flask

from connector import app, web


def create_app() -> Flask:
    """What granian serves: built from the environment when the server process starts."""
    return web.create_app(app.build())
