"""What connecting to a Zendesk account shows: our user, our addresses, scopes, plan. Reads only."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from connector.errors import HandrailError
from connector.model import Account
from connector.ports import Check, CheckState, Inspection
from connector.runbooks import Runbook, runbook_for
from providers._http import Answer, remedy
from providers._values import identifier, rows, text
from providers.zendesk.client import Client, Json, refusal
from providers.zendesk.fields import PLAN_CALLS_PER_MINUTE
from providers.zendesk.oauth import API_TOKENS_END


def inspect(client: Client, account: Account, *, now: datetime) -> Inspection:
    """Every check that can be made; the first failure of address or credentials ends them."""
    checks: list[Check] = []
    try:
        checks.append(Check(name="address", state=CheckState.PASS, found=client.base(account)))
        answer = client.get(account, "/api/v2/users/me.json")
        if not answer.ok:
            raise refusal(answer, "our own user")
        me = answer.object().get("user")
    except HandrailError as error:
        name = "credentials" if checks else "address"
        # An account that is not added yet does not know its own user.
        fix = remedy(error, "the subdomain and the credentials", stored=bool(account.bot_user_id))
        checks.append(_failed(name, str(error), fix, runbook_for(error)))
        return Inspection(bot_user_id="", own_addresses=frozenset(), checks=tuple(checks))
    user = me if isinstance(me, dict) else {}
    checks += [_user_check(account, user), _plan_check(answer), *_token_checks(account, now)]
    checks += [
        _attempt("audits", _probe_audits, client, account, now),
        _attempt("incremental export", _probe_export, client, account, now),
    ]
    return Inspection(
        bot_user_id=identifier(user.get("id")) or "",
        own_addresses=_own_addresses(client, account, user),
        checks=tuple(checks),
        clock_at=answer.at if "Date" in answer.headers else None,
    )


def _user_check(account: Account, user: Json) -> Check:
    user_id, role = identifier(user.get("id")), text(user.get("role"))
    if user_id is None or role not in ("agent", "admin"):
        return _failed("user", "the credentials belong to no agent", "Use a full agent or admin of its own.")
    if account.bot_user_id and user_id != account.bot_user_id:
        return _failed("user", "the credentials belong to another user than before", "Add the account again.")
    return Check(name="user", state=CheckState.PASS, found=f"user {user_id}, role {role}")


def _plan_check(answer: Answer) -> Check:
    limit = answer.headers.get("X-Rate-Limit", "")
    if not limit.isdigit():
        return Check(name="plan limit", state=CheckState.PASS, found="Zendesk named no limit")
    low = int(limit) < PLAN_CALLS_PER_MINUTE
    return Check(
        name="plan limit",
        state=CheckState.WARN if low else CheckState.PASS,
        found=f"{limit} calls a minute for all apps of the account",
        fix="Expect slow catching-up after a rush; a larger plan has more." if low else "",
    )


def _token_checks(account: Account, now: datetime) -> list[Check]:
    if account.credentials.get("kind") != "api_token":
        return []
    days = (API_TOKENS_END - now.date()).days
    return [
        Check(
            name="api token",
            state=CheckState.WARN if days > 0 else CheckState.FAIL,
            found=f"Zendesk ends all API tokens on {API_TOKENS_END}, in {max(days, 0)} days",
            fix="Make an OAuth client in the Admin Center and add the account with --client-id and --client-secret.",
        )
    ]


def _probe_audits(client: Client, account: Account, now: datetime) -> Check:
    """Finding our own marker again needs the global `read` scope."""
    page = client.get(account, "/api/v2/tickets.json", {"page[size]": "1"})
    tickets = rows(page.object().get("tickets")) if page.ok else []
    ticket_id = identifier(tickets[0].get("id")) if tickets else None
    if ticket_id is None:
        return Check(name="audits", state=CheckState.WARN, found="no ticket to try it on", fix="Look again later.")
    answer = client.get(account, f"/api/v2/tickets/{ticket_id}/audits.json", {"page[size]": "1"})
    if answer.ok:
        return Check(name="audits", state=CheckState.PASS, found="readable")
    return _failed("audits", f"not readable ({answer.status})", "Give the OAuth client the global scope `read`.")


def _probe_export(client: Client, account: Account, now: datetime) -> Check:
    start = str(int((now - timedelta(minutes=5)).timestamp()))
    answer = client.get(account, "/api/v2/incremental/tickets/cursor.json", {"start_time": start, "per_page": "1"})
    if answer.ok:
        return Check(name="incremental export", state=CheckState.PASS, found="readable")
    return Check(
        name="incremental export",
        state=CheckState.WARN,
        found=f"not readable ({answer.status}): webhooks that get lost are not noticed",
        fix="Use the credentials of an admin.",
    )


def _own_addresses(client: Client, account: Account, user: Json) -> frozenset[str]:
    """The account's support addresses and our user's own; what we may not read is left out."""
    found = {text(user.get("email")).lower()}
    try:
        answer = client.get(account, "/api/v2/recipient_addresses.json", {"page[size]": "100"})
        if answer.ok:
            found |= {text(row.get("email")).lower() for row in rows(answer.object().get("recipient_addresses"))}
    except HandrailError:  # optional: the loop shield has other signs as well
        return frozenset(found - {""})
    return frozenset(found - {""})


def _attempt(
    name: str, probe: Callable[[Client, Account, datetime], Check], client: Client, account: Account, now: datetime
) -> Check:
    try:
        return probe(client, account, now)
    except HandrailError as error:
        return Check(name=name, state=CheckState.WARN, found=str(error), fix="Try `handrail doctor` again.")


def _failed(name: str, found: str, fix: str, runbook: Runbook | None = None) -> Check:
    return Check(name=name, state=CheckState.FAIL, found=found, fix=fix, runbook=runbook)
