"""The control API on the desk port: the same verbs as the facade, as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from connector.sandbox.people import ticket_json
from connector.sandbox.store import ApiError

if TYPE_CHECKING:
    from connector.sandbox.facade import Sandbox


def create_blueprint(sandbox: Sandbox) -> Blueprint:
    """Routes below /control. Bodies must be JSON, so no page of another site can send them."""
    control = Blueprint("control", __name__, url_prefix="/control")
    control.register_error_handler(ApiError, _refused)
    control.register_error_handler(KeyError, lambda e: (jsonify(error=f"No such record: {e.args[0]}"), 404))
    control.register_error_handler(ValueError, lambda e: (jsonify(error=str(e)), 400))
    control.register_error_handler(TypeError, lambda e: (jsonify(error=str(e)), 400))
    control.register_error_handler(HTTPException, lambda e: (jsonify(error=e.description), e.code))
    _add_ticket_routes(control, sandbox)
    _add_account_routes(control, sandbox)
    _add_webhook_routes(control, sandbox)
    _add_fault_routes(control, sandbox)
    _add_model_routes(control, sandbox)
    return control


def _refused(error: ApiError) -> tuple[Response, int]:
    return jsonify(error=error.body), error.status


def _body() -> Any:
    if not request.content_length:
        return {}
    if request.mimetype != "application/json":
        raise ValueError("Send JSON with Content-Type: application/json.")
    return request.get_json()


def _add_ticket_routes(control: Blueprint, sandbox: Sandbox) -> None:
    @control.post("/<vendor>/tickets")
    def add_tickets(vendor: str) -> Any:
        desk, body = sandbox.helpdesk(vendor).desk, _body()
        if isinstance(body, list):
            return {"ids": [desk.add_ticket(fields).id for fields in body]}, 201
        return {"id": desk.add_ticket(body).id}, 201

    @control.get("/<vendor>/tickets")
    def list_tickets(vendor: str) -> Any:
        return {"tickets": sandbox.tickets(vendor)}

    @control.get("/<vendor>/tickets/<int:ticket_id>")
    def show_ticket(vendor: str, ticket_id: int) -> Any:
        return {"ticket": sandbox.ticket(vendor, ticket_id)}

    @control.post("/<vendor>/tickets/<int:ticket_id>")
    def change_ticket(vendor: str, ticket_id: int) -> Any:
        desk = sandbox.helpdesk(vendor).desk
        return {"ticket": ticket_json(desk, desk.change(ticket_id, _body()))}

    @control.post("/<vendor>/tickets/<int:ticket_id>/comments")
    def add_comment(vendor: str, ticket_id: int) -> Any:
        return {"id": sandbox.helpdesk(vendor).desk.add_comment(ticket_id, _body()).id}, 201


def _add_account_routes(control: Blueprint, sandbox: Sandbox) -> None:
    @control.post("/<vendor>/tickets/<int:ticket_id>/rating")
    def rate(vendor: str, ticket_id: int) -> Any:
        sandbox.rate(vendor, ticket_id, good=bool(_body().get("good", True)))
        return {}, 201

    @control.post("/<vendor>/articles")
    def add_article(vendor: str) -> Any:
        return {"article": sandbox.add_article(vendor, **_body())}, 201

    @control.post("/<vendor>/credentials")
    def renew_credentials(vendor: str) -> Any:
        return {"credentials": sandbox.renew_credentials(vendor)}, 201

    @control.post("/<vendor>/app")
    def install_app(vendor: str) -> Any:
        return sandbox.install_app(vendor, **_body()), 201

    @control.post("/<vendor>/settings")
    def settings(vendor: str) -> Any:
        sandbox.helpdesk(vendor).change_settings(_body())
        return {}


def _add_webhook_routes(control: Blueprint, sandbox: Sandbox) -> None:
    @control.post("/<vendor>/webhook")
    def set_webhook(vendor: str) -> Any:
        return sandbox.helpdesk(vendor).desk.set_webhook(_body()), 201

    @control.get("/deliveries")
    def deliveries() -> Any:
        ticket = request.args.get("ticket", type=int)
        return {"deliveries": sandbox.deliveries(request.args.get("vendor"), ticket)}

    @control.post("/deliveries/redeliver")
    def redeliver() -> Any:
        return {"counts": sandbox.redeliver(**_body())}

    @control.post("/deliveries/drain")
    def drain() -> Any:
        return {"drained": sandbox.drain(float(_body().get("timeout_seconds", 30)))}

    @control.post("/hold")
    def hold() -> Any:
        sandbox.hold()
        return {}

    @control.post("/release")
    def release() -> Any:
        return {"released": sandbox.release(shuffle_seed=_body().get("shuffle_seed"))}


def _add_fault_routes(control: Blueprint, sandbox: Sandbox) -> None:
    @control.post("/faults")
    def add_fault() -> Any:
        fields = dict(_body())
        sandbox.faults.add(str(fields.pop("kind", "")), **fields)
        return {}, 201

    @control.delete("/faults")
    def clear_faults() -> Any:
        sandbox.faults.clear()
        return {}

    @control.post("/faults/apply-late")
    def apply_late() -> Any:
        return {"applied": sandbox.faults.apply_late()}

    @control.get("/journal")
    def journal() -> Any:
        args = request.args
        entries = sandbox.journal.entries(
            vendor=args.get("vendor"), ticket=args.get("ticket", type=int), verb=args.get("verb"), by=args.get("by")
        )
        return {"entries": [entry.as_json() for entry in entries]}

    @control.get("/calls")
    def calls() -> Any:
        args = request.args
        found = sandbox.journal.calls(
            vendor=args.get("vendor"),
            ticket=args.get("ticket", type=int),
            method=args.get("method"),
            path=args.get("path"),
        )
        shown = [{"method": c.method, "path": c.path, "status": c.status, "fault": c.fault} for c in found]
        return {"count": len(found), "calls": shown}

    @control.post("/advance")
    def advance() -> Any:
        return {"now": sandbox.advance(float(_body().get("seconds", 0))).isoformat()}

    @control.post("/reset")
    def reset() -> Any:
        sandbox.reset()
        return {}


def _add_model_routes(control: Blueprint, sandbox: Sandbox) -> None:
    @control.get("/model")
    def show_model() -> Any:
        return sandbox.model.control()

    @control.post("/model")
    def change_model() -> Any:
        return sandbox.model.control(_body())
