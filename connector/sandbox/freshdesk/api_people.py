"""Contacts, companies, agents and everything an admin sets up."""

from __future__ import annotations

from typing import Any

from flask import jsonify, request

from connector.sandbox.clock import stamp
from connector.sandbox.freshdesk import errors, shapes
from connector.sandbox.freshdesk.app import Host, Routes, json_body, page_of
from connector.sandbox.freshdesk.state import PRIORITY_LABELS, SOURCE_LABELS
from connector.sandbox.store import Person

_CONTACT_FIELDS = {"name", "email", "phone", "mobile", "company_id", "custom_fields", "language", "description"} | {
    "view_all_tickets",
    "tags",
    "unique_external_id",
    "job_title",
    "address",
    "other_emails",
    "time_zone",
}


def _contact(host: Host, contact_id: int) -> Person:
    person = host.store.people.get(contact_id)
    if person is None or person.is_staff:
        raise errors.not_found()
    return person


def _show_contact(host: Host, contact_id: int) -> Any:
    return shapes.contact_json(_contact(host, contact_id))


def _contacts(host: Host) -> Any:
    email, phone = request.args.get("email"), request.args.get("phone")
    chosen = [
        p
        for p in host.store.people.values()
        if not p.is_staff
        and p.active
        and (email is None or (p.email or "").lower() == email.lower())
        and (phone is None or p.phone == phone)
    ]
    return page_of(chosen, lambda p: shapes.contact_json(p, in_list=True))


def _create_contact(host: Host) -> Any:
    fields = json_body()
    _check_contact(fields)
    if not fields.get("name"):
        raise errors.validation(("name", "It should be a/an String", "missing_field"))
    if not fields.get("email") and not fields.get("phone") and not fields.get("mobile"):
        raise errors.validation(("email", "Please fill at least 1 of email, mobile, phone fields", "missing_field"))
    if fields.get("email") and host.store.person_by_email(fields["email"]):
        raise errors.validation(("email", "It should be a unique value", "duplicate_value"), status=409)
    person = host.store.add_person(
        name=fields["name"],
        email=fields.get("email"),
        phone=fields.get("phone"),
        organization_id=fields.get("company_id"),
        verified=False,
    )
    response = jsonify(shapes.contact_json(person))
    response.status_code = 201
    response.headers["Location"] = f"{host.account.url}/api/v2/contacts/{person.id}"
    return response


def _check_contact(fields: dict[str, Any]) -> None:
    unknown = [(n, "Unexpected/invalid field in request", "invalid_field") for n in fields if n not in _CONTACT_FIELDS]
    if unknown:
        raise errors.validation(*unknown)


def _update_contact(host: Host, contact_id: int) -> Any:
    fields = json_body()
    person = _contact(host, contact_id)
    _check_contact(fields)
    person.name = fields.get("name", person.name)
    person.phone = fields.get("phone", person.phone)
    person.organization_id = fields.get("company_id", person.organization_id)
    if "email" in fields:
        host.store.rename_email(person, fields["email"])
    person.updated_at = host.store.clock.now()
    return shapes.contact_json(person)


def _delete_contact(host: Host, contact_id: int) -> Any:
    _contact(host, contact_id).active = False
    return "", 204


def _autocomplete(host: Host) -> Any:
    term = request.args.get("term", "").lower()
    found = [p for p in host.store.people.values() if not p.is_staff and p.name.lower().startswith(term)]
    return jsonify([{"id": p.id, "name": p.name} for p in found])


def _search_contacts(host: Host) -> Any:
    query = request.args.get("query", "").strip('"')
    field, _, value = query.partition(":")
    value = value.strip("'").lower()
    if field not in ("email", "name", "phone"):
        raise errors.validation((field, "Unexpected/invalid field in request", "invalid_field"))
    found = [p for p in host.store.people.values() if not p.is_staff and str(getattr(p, field) or "").lower() == value]
    return {"total": len(found), "results": [shapes.contact_json(p, in_list=True) for p in found[:30]]}


def _me(host: Host) -> Any:
    return shapes.agent_json(host.account, host.person)


def _agents(host: Host) -> Any:
    email = request.args.get("email")
    staff = [p for p in host.store.people.values() if p.is_staff and (email is None or p.email == email)]
    return page_of(staff, lambda p: shapes.agent_json(host.account, p))


def _agent(host: Host, agent_id: int) -> Any:
    person = host.store.people.get(agent_id)
    if person is None or not person.is_staff:
        raise errors.not_found()
    return shapes.agent_json(host.account, person)


def _account(host: Host) -> Any:
    return {
        "account_id": host.account.account_id,
        "account_name": "Northwind",
        "account_domain": "northwind.freshdesk.com",
        "tier_type": "Pro",
        "timezone": "Berlin",
        "data_center": "EUC",
        "organisation_id": 1,
        "organisation_name": "Northwind",
        "contact_person": {"firstname": "Marta", "lastname": "Lindqvist", "email": "marta@northwind.example"},
        "total_agents": {"full_time": 3, "occasional": 0, "field_service": 0, "collaborators": 0},
        "hipaa_compliant": False,
    }


def _helpdesk(host: Host) -> Any:
    return {"primary_language": "en", "supported_languages": ["de"], "portal_languages": ["en", "de"]}


def _ticket_fields(host: Host) -> Any:
    account, kind = host.account, request.args.get("type")
    now = stamp(host.store.clock.now())
    statuses = {str(number): [label, label] for number, label in account.statuses.items()}
    choices: list[tuple[str, str, Any]] = [
        ("requester", "default_requester", None),
        ("subject", "default_subject", None),
        ("ticket_type", "default_ticket_type", ["Question", "Incident", "Problem", "Feature Request", "Refund"]),
        ("source", "default_source", {label: number for number, label in SOURCE_LABELS.items()}),
        ("status", "default_status", statuses),
        ("priority", "default_priority", {label: number for number, label in PRIORITY_LABELS.items()}),
        ("group", "default_group", {g["name"]: g["id"] for g in account.groups}),
        ("agent", "default_agent", {p.name: p.id for p in host.store.people.values() if p.is_staff}),
        ("description", "default_description", None),
    ]
    fields: list[dict[str, Any]] = []
    for position, (name, field_type, values) in enumerate(choices, 1):
        field = {"id": 500 + position, "name": name, "label": name.capitalize(), "description": None}
        field |= {"position": position, "required_for_closure": False, "required_for_agents": False}
        field |= {"type": field_type, "default": True, "created_at": now, "updated_at": now}
        fields.append(field | ({} if values is None else {"choices": values}))
    fields += account.custom_fields
    return jsonify([f for f in fields if kind is None or f["type"] == kind])


def _create_company(host: Host) -> Any:
    fields = json_body()
    if not fields.get("name"):
        raise errors.validation(("name", "It should be a/an String", "missing_field"))
    now = stamp(host.store.clock.now())
    company = {"id": host.store.other_ids.next(), "domains": [], "custom_fields": {}, **fields}
    company |= {"created_at": now, "updated_at": now}
    host.account.companies.append(company)
    return company, 201


ROUTES: Routes = (
    ("/contacts", ("GET",), _contacts),
    ("/contacts", ("POST",), _create_contact),
    ("/contacts/<int:contact_id>", ("GET",), _show_contact),
    ("/contacts/<int:contact_id>", ("PUT",), _update_contact),
    ("/contacts/<int:contact_id>", ("DELETE",), _delete_contact),
    ("/contacts/autocomplete", ("GET",), _autocomplete),
    ("/search/contacts", ("GET",), _search_contacts),
    ("/agents/me", ("GET",), _me),
    ("/agents", ("GET",), _agents),
    ("/agents/<int:agent_id>", ("GET",), _agent),
    ("/account", ("GET",), _account),
    ("/settings/helpdesk", ("GET",), _helpdesk),
    ("/ticket_fields", ("GET",), _ticket_fields),
    ("/companies", ("POST",), _create_company),
)
