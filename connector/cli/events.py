"""Commands about what was received and decided: events, replay, receipt, audit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import rich_click as click

from connector.cli.context import account_option, opened, pick_account, record
from connector.cli.output import cell, counted, json_option, plain, say, show, table
from connector.errors import HandrailError

if TYPE_CHECKING:
    from connector.app import App
    from connector.model import Account
    from connector.records import BetterCard, DecisionReceipt, StoredEffect, StoredEvent

MOST_EVENTS = 100_000
OWN_ECHO = "own_echo"

all_accounts_option = click.option("--account", "account_name", metavar="NAME", help="Only this account, not all.")


@click.command()
@click.option("--state", type=click.Choice(["waiting", "done", "ignored", "dead"]), help="Only events in this state.")
@all_accounts_option
@click.option("--all", "everything", is_flag=True, help="Also the webhooks that our own writes caused (own_echo).")
@click.option(
    "--limit", default=100, show_default=True, type=click.IntRange(1, MOST_EVENTS), help="The newest so many."
)
@json_option
def events(state: str | None, account_name: str | None, everything: bool, limit: int, as_json: bool) -> None:
    """List what was received, newest first, with state and reason; without --account, of all accounts.

    The table leaves out the webhooks that our own writes caused, unless --all or --state is given; --json holds them.
    """
    with opened() as app:
        account_id = pick_account(app.ledger, account_name).id if account_name else None
        stored = app.ledger.inbox.events(account_id=account_id, state=state, limit=limit)
        names = {account.id: account.name for account in app.ledger.accounts.all()}
    rows = [_event(event, names) for event in stored]
    columns = ("id", "account", "ticket", "kind", "state", "received_at", "reason")

    def human() -> None:
        told = rows if everything or state else [row for row in rows if row["reason"] != OWN_ECHO]
        if told:
            table("", columns, [[row[column] for column in columns] for row in told])
        else:
            say("There are no such events.")
        if len(told) < len(rows):
            say(f"{_echoes(len(rows) - len(told))} of our own writes left out: --all shows them.")

    show(rows, as_json=as_json, human=human)


def _echoes(number: int) -> str:
    return "1 echo" if number == 1 else f"{number} echoes"


def _event(event: StoredEvent, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "id": event.id,
        "account": names.get(event.account_id, event.account_id),
        "ticket": event.ticket_id,
        "kind": event.kind,
        "vendor_kind": event.vendor_kind,
        "state": event.state.value,
        "received_at": event.received_at,
        "due_at": event.due_at,
        "finished_at": event.finished_at,
        "reason": event.reason,
    }


@click.command()
@click.argument("event_id", required=False)
@click.option("--dead", is_flag=True, help="Replay every dead letter.")
@json_option
def replay(event_id: str | None, dead: bool, as_json: bool) -> None:
    """Work on an event again: its ticket is fetched anew, and nothing is written twice."""
    if event_id == "" or (event_id is None) is not dead:
        raise click.UsageError("name either one EVENT_ID or --dead")
    with opened() as app:
        wanted = [event_id] if event_id else _dead_letters(app)
        replayed = [name for name in wanted if name and app.ledger.inbox.replay(name, now=app.clock())]
        if event_id and not replayed:
            raise HandrailError(f"There is no event {event_id!r} to replay: `handrail events` lists them.")
        record(app, None, "replay", event_id or counted(len(replayed), "dead letter"))
    show(
        {"replayed": replayed},
        as_json=as_json,
        human=lambda: say(f"{len(replayed)} {'event waits' if len(replayed) == 1 else 'events wait'} again."),
    )


@click.command()
@click.argument("event_id", required=False)
@click.option("--dead", is_flag=True, help="Dismiss every dead letter.")
@json_option
def dismiss(event_id: str | None, dead: bool, as_json: bool) -> None:
    """Take a dead letter off the list: somebody has looked, and nothing is to be done. It can still be replayed."""
    if event_id == "" or (event_id is None) is not dead:
        raise click.UsageError("name either one EVENT_ID or --dead")
    with opened() as app:
        wanted = [event_id] if event_id else _dead_letters(app)
        dismissed = [name for name in wanted if app.ledger.inbox.dismiss(name, now=app.clock())]
        if event_id and not dismissed:
            raise HandrailError(f"There is no dead letter {event_id!r}: `handrail events --state dead` lists them.")
        record(app, None, "dismiss", event_id or counted(len(dismissed), "dead letter"))
    human = f"{counted(len(dismissed), 'dead letter')} dismissed."
    show({"dismissed": dismissed}, as_json=as_json, human=lambda: say(human))


def _dead_letters(app: App) -> list[str]:
    return [event.id for event in app.ledger.inbox.events(state="dead", limit=MOST_EVENTS)]


@click.command()
@click.argument("tickets", nargs=-1, required=True, metavar="TICKET...")
@account_option
@json_option
def receipt(tickets: tuple[str, ...], account_name: str | None, as_json: bool) -> None:
    """Say why a ticket was, or was not, answered: every decision with its writes and their proof.

    With --json one ticket gives one document, several give a list of them.
    """
    with opened() as app:
        account = pick_account(app.ledger, account_name)
        words = _sentences(app)
        told: list[dict[str, Any]] = [
            {"account": account.name, "ticket": ticket, "receipts": _receipts(app, account, ticket, words)}
            for ticket in tickets
        ]

    def human() -> None:
        for document in told:
            _tell(account, document["receipts"], words)

    show(told[0] if len(told) == 1 else told, as_json=as_json, human=human)


def _receipts(app: App, account: Account, ticket: str, words: Mapping[str, str]) -> list[dict[str, Any]]:
    receipts = app.ledger.decisions.receipts(account.id, ticket_id=ticket)
    if not receipts:
        raise HandrailError(
            f"There is no decision on ticket {ticket} of {account.name}: "
            "`handrail events` shows whether it was received."
        )
    effects = app.ledger.decisions.effects(account.id, ticket_id=ticket)
    better = {item.receipt_id: item for item in app.ledger.cards.of_ticket(account.id, ticket)}
    return [_in_words(_receipt(item, effects, better.get(item.id)), words) for item in receipts]


def _receipt(receipt: DecisionReceipt, effects: Sequence[StoredEffect], better: BetterCard | None) -> dict[str, Any]:
    return {
        "id": receipt.id,
        "decided_at": receipt.decided_at,
        "answers": receipt.answers,
        "action": receipt.action,
        "intent": receipt.intent,
        "template": receipt.template,
        "policy_version": receipt.policy_version,
        "would_send": receipt.would_send,
        **plain(receipt.body),
        "better_card": None if better is None else plain(better),
        "effects": [_effect(item) for item in effects if item.receipt_id == receipt.id],
    }


def _in_words(found: dict[str, Any], words: Mapping[str, str]) -> dict[str, Any]:
    """The receipt with a sentence beside every reason code."""
    for reason in (found.get("decision") or {}).get("reasons", ()):
        reason["words"] = words.get(reason["code"], reason["code"])
    return found


def _effect(stored: StoredEffect) -> dict[str, Any]:
    proof = stored.proof
    return {
        "id": stored.effect.id,
        "reference": stored.effect.reference,
        "kind": stored.effect.kind.value,
        "state": stored.state.value,
        "reason": stored.reason,
        "attempts": stored.attempts,
        "tags_add": sorted(stored.effect.tags_add),
        "proof": None
        if proof is None
        else {"remote_id": proof.remote_id, "posted_at": proof.posted_at, "found": proof.found},
    }


def _sentences(app: App) -> Mapping[str, str]:
    """Reason codes in words; the loop guard explains its own."""
    from connector import loopguard

    known = {code: app.words.sentence(code) for code in app.words.sentences}
    return {**loopguard.REASONS, **known}


def _tell(account: Account, receipts: Sequence[Mapping[str, Any]], words: Mapping[str, str]) -> None:
    for found in receipts:
        decision = found.get("decision") or {}
        triage = found.get("triage") or {}
        policy = f"policy version {found['policy_version']}" if found["policy_version"] else "no policy"
        say(f"{cell(found['decided_at'])} UTC, {account.name}: {found['action']} ({policy})")
        if triage:
            say(
                f"  read as {triage['intent']} with confidence {triage['confidence']:.2f}, "
                f"language {triage['language']}, human-only probability {triage['human_only_probability']:.2f}"
            )
        say(f"  tier {decision.get('tier', '-')}, stage {decision.get('stage', '-')}")
        for line in dict.fromkeys(_because(reason, words) for reason in decision.get("reasons", ())):
            say(line)
        for check in found.get("checks") or ():
            if not check["passed"]:
                say(f"  the draft failed the check {check['name']}: {check['detail']}")
        for source in found.get("sources") or ():
            say(f"  source: {source['title']}")
        _tell_card(found.get("card"), found["better_card"])
        _tell_effects(found["effects"])
        say("")


def _because(reason: Mapping[str, str], words: Mapping[str, str]) -> str:
    detail = f" ({reason['detail']})" if reason["detail"] else ""
    return f"  because: {words.get(reason['code'], reason['code'])}{detail} [{reason['code']}]"


def _tell_card(card: Mapping[str, Any] | None, better: Mapping[str, Any] | None) -> None:
    """The card's two lines as the note has them, or as a model put them since."""
    if card is None or better is None:
        return
    for name, label in (("summary", "summary"), ("next_action", "next action")):
        by = f" (put by {better['writing']['model']})" if better[name] else ""
        say(f"  {label}{by}: {better[name] or card[name]}")
    if better["state"] != "done":
        why = f" ({better['reason']})" if better["reason"] else ""
        say(f"  better words for the card: {better['state']}{why}")


def _tell_effects(effects: Sequence[Mapping[str, Any]]) -> None:
    if not effects:
        say("  nothing was written")
    for effect in effects:
        proof = effect["proof"]
        shown = f", proof {proof['remote_id']} at {cell(proof['posted_at'])}" if proof else ""
        why = f" ({effect['reason']})" if effect["reason"] else ""
        say(f"  {effect['kind']} {effect['reference']}: {effect['state']}{why}{shown}")


@click.group()
def audit() -> None:
    """The record of who changed what."""


@audit.command("verify")
@json_option
def verify(as_json: bool) -> None:
    """Check that no entry of the audit log and no receipt was changed or taken out."""
    with opened() as app:
        broken = app.ledger.watch.verify_chain()
    if broken is not None:
        raise HandrailError(f"The record is broken at {broken}: keep this database as it is and restore a backup.")
    show({"whole": True}, as_json=as_json, human=lambda: say("The record is whole: nothing was changed or taken out."))


@audit.command("list")
@all_accounts_option
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000), help="The newest so many.")
@json_option
def list_entries(account_name: str | None, limit: int, as_json: bool) -> None:
    """List who changed what, newest first; without --account, of all accounts and the installation."""
    with opened() as app:
        account_id = pick_account(app.ledger, account_name).id if account_name else None
        entries = app.ledger.watch.audit(account_id, limit=limit)
        names: dict[str | None, str] = {account.id: account.name for account in app.ledger.accounts.all()}
    rows = [
        {
            "at": entry.at,
            "account": names.get(entry.account_id, entry.account_id),
            "actor": entry.actor,
            "verb": entry.verb,
            "detail": entry.detail,
        }
        for entry in entries
    ]
    show(rows, as_json=as_json, human=lambda: table("", tuple(rows[0]) if rows else (), [[*r.values()] for r in rows]))


COMMANDS = (events, replay, dismiss, receipt, audit)
