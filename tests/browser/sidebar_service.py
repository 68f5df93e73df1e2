"""A stand-in for our server on real sockets: the sidebar's pages and API, with invented views instead of a ledger."""

import json
import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask, jsonify, render_template, request, send_from_directory
from werkzeug.serving import make_server

from connector.web.pages import freshdesk_page
from tests.browser.sidebar_views import view

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "connector" / "web" / "static" / "sidebar"
WORDS = tomllib.loads((ROOT / "mappings" / "sidebar.toml").read_text())


class Service:
    """What it shows and what it was asked; `state`, `status` and `answers` may be changed at any time."""

    def __init__(self, sdk: str) -> None:
        self.state = "draft"
        self.status = 200
        self.conflict = False
        self.host_verb: str | None = None
        self.loads: list[tuple[dict[str, str], str]] = []
        self.renewals = 0
        self.cards: list[str] = []
        self.actions: list[tuple[str, dict[str, Any]]] = []
        self.headers: list[dict[str, str]] = []
        self.gate = threading.Event()
        self.gate.set()
        self.url = ""
        self.app = self._build(sdk)

    def _build(self, sdk: str) -> Flask:
        app = Flask(
            "sidebar_service", template_folder=str(ROOT / "connector" / "web" / "templates"), static_folder=None
        )
        app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True

        @app.post("/apps/zendesk/sidebar")
        def page() -> Any:
            self.loads.append((request.args.to_dict(), request.form["token"]))
            scripts = ("/sdk.js", "/static/zendesk.js", "/static/sidebar.js")
            body = render_template(
                "sidebar/page.html",
                vendor="zendesk",
                words={language: WORDS[language]["client"] for language in ("en", "de")},
                language="en",
                scheme=request.args.get("colorScheme", ""),
                styles=("/static/sidebar.css",),
                scripts=scripts,
                token="T1",
                base="/apps/zendesk",
            )
            policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; frame-ancestors "
            policy += request.args["origin"]
            return body, 200, {"Content-Security-Policy": policy}

        @app.post("/apps/zendesk/token")
        def renew() -> Any:
            self.renewals += 1
            return jsonify(token="T2")

        @app.get("/sdk.js")
        def script() -> Any:
            return sdk, 200, {"Content-Type": "text/javascript"}

        @app.get("/static/<name>")
        def static(name: str) -> Any:
            return send_from_directory(STATIC, name)

        @app.get("/apps/<vendor>/card/<ticket>")
        def card(vendor: str, ticket: str) -> Any:
            self.cards.append(ticket)
            self.headers.append(dict(request.headers))
            self.gate.wait(10)
            if self.status != 200:
                return jsonify(error=""), self.status
            return jsonify(html=self.fragment(ticket, request.args["lang"]), ticket=ticket, version="v1", draft=None)

        @app.post("/apps/<vendor>/actions/<action>")
        def act(vendor: str, action: str) -> Any:
            body = request.get_json()
            self.actions.append((action, body))
            self.headers.append(dict(request.headers))
            self.gate.wait(10)
            if self.status != 200:
                return jsonify(error=""), self.status
            html = self.fragment(body["ticket"], body["lang"])
            if self.conflict:
                return jsonify(html=html, version="v2", notice=None), 409
            drafted = view("draft", body["lang"], body["ticket"]).draft
            assert drafted
            verb = self.host_verb or ("insert" if action == "insert" else None)
            done = {"do": verb, "html": drafted.html, "text": drafted.text} if verb else None
            return jsonify(html=html, version="v2", notice={"kind": "success", "text": f"done: {action}"}, host=done)

        return app

    def fragment(self, ticket: str, language: str) -> str:
        with self.app.test_request_context():
            return render_template("sidebar/card.html", view=view(self.state, language, ticket), t=WORDS[language])

    def package(self) -> dict[str, str]:
        """The files of a Freshdesk package."""
        scripts = ("scripts/freshdesk.js", "scripts/sidebar.js")
        page = freshdesk_page(WORDS, styles=("styles/sidebar.css",), scripts=scripts)
        schema = {"protocol": "https", "host": "<%= iparam.service_host %>"}
        headers = {
            "Authorization": "Bearer <%= iparam.installation_key %>",
            "X-Handrail-Account": "<%= iparam.account %>",
        }
        card = {
            "method": "GET",
            "path": "/apps/freshdesk/card/<%= context.ticket %>",
            "query": {"lang": "<%= context.lang %>"},
        }
        act = {"method": "POST", "path": "/apps/freshdesk/actions/<%= context.action %>"}
        kind = {"Content-Type": "application/json"}
        requests = {
            "card": {"schema": {**schema, **card, "headers": headers}},
            "act": {"schema": {**schema, **act, "headers": headers | kind}},
        }
        return {
            "manifest.json": json.dumps({"modules": {"common": {"requests": {"card": {}, "act": {}}}}}),
            "config/requests.json": json.dumps(requests),
            "config/iparams.json": json.dumps({"installation_key": {"secure": True}, "account": {}}),
            "app/index.html": page,
            "app/styles/sidebar.css": (STATIC / "sidebar.css").read_text(),
            "app/scripts/freshdesk.js": (STATIC / "freshdesk.js").read_text(),
            "app/scripts/sidebar.js": (STATIC / "sidebar.js").read_text(),
        }


@contextmanager
def serving(sdk: str) -> Iterator[Service]:
    service = Service(sdk)
    server = make_server("127.0.0.1", 0, service.app, threaded=True)
    service.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield service
    service.gate.set()
    server.shutdown()
    thread.join(5)
    server.server_close()
