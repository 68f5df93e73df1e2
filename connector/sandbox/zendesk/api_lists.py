"""Small lists that all behave alike: groups, organizations, brands, macros, fields, statuses."""

from __future__ import annotations

from typing import Any

from connector.sandbox.zendesk import errors, paging
from connector.sandbox.zendesk.app import PREFIX, Host, Routes, View

_LISTS = {
    "groups": "group",
    "organizations": "organization",
    "brands": "brand",
    "macros": "macro",
    "ticket_fields": "ticket_field",
    "custom_statuses": "custom_status",
}


def _views(plural: str, singular: str) -> tuple[View, View, View]:
    def shaped(host: Host, record: dict[str, Any]) -> dict[str, Any]:
        return {**record, "url": f"{host.account.url}/api/v2/{plural}/{record['id']}.json"}

    def page(host: Host, records: list[dict[str, Any]]) -> Any:
        return paging.page_of(plural, records, lambda r: shaped(host, r), lambda r: int(r["id"]))

    def index(host: Host) -> Any:
        return page(host, getattr(host.account, plural))

    def active(host: Host) -> Any:
        return page(host, [r for r in getattr(host.account, plural) if r.get("active", True)])

    def show(host: Host, record_id: int) -> Any:
        record = host.account.find(plural, record_id)
        if record is None:
            raise errors.not_found()
        return {singular: shaped(host, record)}

    return index, active, show


def _routes() -> Routes:
    rows: list[tuple[str, tuple[str, ...], View]] = []
    for plural, singular in _LISTS.items():
        index, active, show = _views(plural, singular)
        base = f"{PREFIX}/{plural}"
        rows += [(base, ("GET",), index), (f"{base}/active", ("GET",), active)]
        rows.append((f"{base}/<int:record_id>", ("GET",), show))
    return tuple(rows)


ROUTES: Routes = _routes()
