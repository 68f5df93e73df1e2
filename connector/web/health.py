"""Is the process alive, is the ledger writable, what waits: for load balancers, monitoring and people [K3]."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

from flask import Blueprint, Response, jsonify
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from connector.callmeter import published
from connector.errors import HandrailError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connector.app import App


class BacklogCollector:
    """Gauges read from the ledger at each scrape, so that every process of a fleet tells the same."""

    def __init__(self, app: App) -> None:
        self._app = app

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """What waits right now."""
        now = self._app.clock()
        backlog = self._app.ledger.work.backlog(now=now)
        age = (now - backlog.oldest_due_at).total_seconds() if backlog.oldest_due_at else 0.0
        yield GaugeMetricFamily("handrail_waiting_events", "Events that wait", backlog.waiting_events)
        yield GaugeMetricFamily("handrail_due_tickets", "Tickets that are due now", backlog.due_tickets)
        yield GaugeMetricFamily("handrail_oldest_due_seconds", "Age of the oldest due ticket", max(0.0, age))
        yield GaugeMetricFamily("handrail_dead_events", "Events in the dead-letter list", backlog.dead_events)
        yield GaugeMetricFamily("handrail_unsettled_effects", "Writes begun or planned", backlog.unsettled_effects)
        yield GaugeMetricFamily("handrail_open_alarms", "Alarms that nobody has closed", backlog.open_alarms)
        unfinished = GaugeMetricFamily("handrail_open", "Leased tickets and unfinished writes", labels=["state"])
        for state, count in sorted(backlog.by_state.items()):
            unfinished.add_metric([state], count)
        yield unfinished
        yield from self._helpdesks()

    def _helpdesks(self) -> Iterator[GaugeMetricFamily]:
        """Where a worker last found each account with its helpdesk."""
        budget = GaugeMetricFamily("handrail_call_budget", "Calls a minute that are ours", labels=["account"])
        left = GaugeMetricFamily("handrail_calls_left", "Calls that are left of them now", labels=["account"])
        states = "1 = the helpdesk does not answer and is left alone, 0.5 = on trial"
        breaker = GaugeMetricFamily("handrail_breaker_open", states, labels=["account"])
        for account in self._app.ledger.accounts.all():
            if standing := published(self._app.ledger, account.id):
                budget.add_metric([account.id], standing.budget)
                left.add_metric([account.id], standing.left)
                breaker.add_metric([account.id], {"closed": 0.0, "half-open": 0.5}.get(standing.breaker, 1.0))
        yield from (budget, left, breaker)


def blueprint(app: App) -> Blueprint:
    """Health, readiness, metrics and version."""
    routes = Blueprint("health", __name__)
    registry = CollectorRegistry()
    registry.register(BacklogCollector(app))

    @routes.get("/healthz")
    def healthz() -> Response:
        """The process answers."""
        return jsonify(status="ok")

    @routes.get("/readyz")
    def readyz() -> tuple[Response, int]:
        """The ledger can be written, and its secrets can be read."""
        try:
            app.ledger.check()
        except HandrailError as error:
            return jsonify(status="not ready", reason=str(error)), 503
        return jsonify(status="ready"), 200

    @routes.get("/metrics")
    def metrics() -> Response:
        """Prometheus text format."""
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)

    @routes.get("/version")
    def show_version() -> Response:
        """The running version."""
        return jsonify(version=version("handrail"))

    return routes
