"""What connecting to a Freshdesk account shows: our agent, our addresses, its rights, the plan. Reads only."""

from __future__ import annotations

from connector.errors import HandrailError
from connector.model import Account
from connector.ports import Check, CheckState, Inspection
from connector.runbooks import runbook_for
from providers._http import Answer, remedy
from providers._values import identifier, rows, text
from providers.freshdesk.client import Client, Json, refusal
from providers.freshdesk.fields import SCOPES

LITTLE_ROOM = 200
"""Calls a minute; one handled ticket takes about eight, and the team's other apps draw on the same."""


def inspect(client: Client, account: Account) -> Inspection:
    """Every check that can be made; the first failure of address or credentials ends them."""
    checks: list[Check] = []
    try:
        checks.append(Check(name="address", state=CheckState.PASS, found=client.base(account)))
        answer = client.get(account, "/api/v2/agents/me")
        if not answer.ok:
            raise refusal(answer, "our own agent")
        me = answer.object()
    except HandrailError as error:
        checks.append(
            Check(
                name="credentials" if checks else "address",
                state=CheckState.FAIL,
                found=str(error),
                fix=remedy(
                    error,
                    "the domain and the API key (profile settings of the agent)",
                    stored=bool(account.bot_user_id),  # one that is not added yet does not know its own user
                ),
                runbook=runbook_for(error),
            )
        )
        return Inspection(bot_user_id="", own_addresses=frozenset(), checks=tuple(checks))
    checks += [_agent_check(account, me), _scope_check(me), _signature_check(me), _plan_check(answer)]
    addresses, check = _mailboxes(client, account, me)
    return Inspection(
        bot_user_id=identifier(me.get("id")) or "",
        own_addresses=addresses,
        checks=(*checks, check),
        clock_at=answer.at if "Date" in answer.headers else None,
    )


def _agent_check(account: Account, me: Json) -> Check:
    agent_id = identifier(me.get("id"))
    if agent_id is None:
        return Check(
            name="agent", state=CheckState.FAIL, found="the key belongs to no agent", fix="Use an agent's API key."
        )
    if account.bot_user_id and agent_id != account.bot_user_id:
        return Check(
            name="agent",
            state=CheckState.FAIL,
            found="the key belongs to another agent than before",
            fix="Add the account again: notes and replies of the former agent would count as a person's.",
        )
    return Check(name="agent", state=CheckState.PASS, found=f"agent {agent_id}")


def _scope_check(me: Json) -> Check:
    scope = me.get("ticket_scope")
    if scope == 1 or not isinstance(scope, int):
        return Check(name="ticket scope", state=CheckState.PASS, found=SCOPES[1] if scope == 1 else "not said")
    return Check(
        name="ticket scope",
        state=CheckState.WARN,
        found=f"sees only {SCOPES.get(scope, 'some tickets')}",
        fix="Give the agent the scope of all tickets that Handrail shall work on.",
    )


def _signature_check(me: Json) -> Check:
    if text(me.get("signature")).strip():
        return Check(
            name="signature",
            state=CheckState.WARN,
            found="the agent has a signature",
            fix="Remove it: Handrail writes its own, with the line that says a reply is automatic.",
        )
    return Check(name="signature", state=CheckState.PASS, found="none")


def _plan_check(answer: Answer) -> Check:
    total = answer.headers.get("X-RateLimit-Total", "")
    if not total.isdigit():
        return Check(name="plan limit", state=CheckState.PASS, found="Freshdesk named no limit")
    low = int(total) <= LITTLE_ROOM
    return Check(
        name="plan limit",
        state=CheckState.WARN if low else CheckState.PASS,
        found=f"{total} calls a minute for all apps of the account",
        fix="Expect slow catching-up after a rush; a larger plan has more." if low else "",
    )


def _mailboxes(client: Client, account: Account, me: Json) -> tuple[frozenset[str], Check]:
    """Own addresses, so that mail from ourselves is never answered."""
    contact = me.get("contact")
    found = {text(contact.get("email")).lower()} if isinstance(contact, dict) else set()
    try:
        answer = client.get(account, "/api/v2/email_configs")
        readable = answer.ok
        for row in rows(answer.value()) if readable else []:
            found |= {text(row.get("to_email")).lower(), text(row.get("reply_email")).lower()}
    except HandrailError:
        readable = False
    if readable:
        return frozenset(found - {""}), Check(
            name="mailboxes", state=CheckState.PASS, found=f"{len(found - {''})} own addresses"
        )
    return frozenset(found - {""}), Check(
        name="mailboxes",
        state=CheckState.WARN,
        found="the account's mailboxes are not readable for this key",
        fix="List the support addresses as own_addresses in the account's configuration.",
    )
