"""`handrail import` and `handrail backtest` as people use them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connector import starters
from connector.backtest import comparison, running
from connector.cli import backtesting
from connector.model import (
    Account,
    Comment,
    HistoryPage,
    PastMetrics,
    PastTicket,
    Role,
    Status,
)
from connector.model.history import first_reply
from connector.ports import Provider
from connector.sandbox.model import ModelServer
from tests import builders
from tests.cli.seeding import Cli, one_sentence, opened_app

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
RESET = "How can I reset my password? I have forgotten it. Please send me the link."
DISPUTE = "You charged me twice. I dispute this invoice and my lawyer will sue you."


def said(number: int, role: Role, text: str) -> Comment:
    at = AT + timedelta(minutes=number)
    return builders.comment(text, role, id=str(number), author_id=role.value, created_at=at)


def past(number: int, *comments: Comment, reopens: int = 0) -> PastTicket:
    reply, ours = first_reply(comments)
    ticket = builders.ticket(
        account_id="id-acme",
        id=str(number),
        subject="Password" if number == 1 else "",
        requester=builders.requester("Mara Linde", "mara.linde@birkenweg.example", verified=None),
        status=Status.RESOLVED,
        vendor_status="solved",
        comments=comments,
        created_at=AT + timedelta(days=number),
        updated_at=AT + timedelta(days=number, hours=2),
        read_at=AT + timedelta(days=number, hours=3),
        url=f"https://acme.zendesk.com/agent/tickets/{number}",
    )
    metrics = PastMetrics(replies=1, reopens=reopens)
    return PastTicket(ticket=ticket, reply=reply, solved_at=None, metrics=metrics, ours=ours)


def store(account: Account, *pasts: PastTicket) -> None:
    with opened_app() as app:
        page = HistoryPage(tickets=pasts, cursor="c", more=False)
        app.ledger.history.keep(account.id, page, since=None, now=app.clock())


HISTORY = (
    past(
        1,
        said(1, Role.REQUESTER, RESET),
        said(2, Role.AGENT, "Hello Mara Linde, sorry! We will refund you 20 EUR. Call me at +49 30 901820, bitte."),
        reopens=1,
    ),
    past(2, said(1, Role.REQUESTER, DISPUTE), said(2, Role.AGENT, "I have forwarded this to our billing team.")),
    past(3, said(1, Role.REQUESTER, RESET), said(2, Role.CONNECTOR, "automatic"), said(3, Role.AGENT, "Hm.")),
    past(4, said(1, Role.AGENT, "We wrote first.")),
)


@pytest.fixture(autouse=True)
def _sources(monkeypatch: pytest.MonkeyPatch) -> None:
    root = Path(__file__).resolve().parents[2]
    monkeypatch.setenv("HANDRAIL_SOURCES", str(root / "data/sources"))


def figures(cli: Cli, *options: object, out: str = "report.html") -> dict[str, Any]:
    result = cli("backtest", "--out", out, "--json", *options)
    assert result.exit_code == 0, result.output
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def test_a_would_be_violation_is_found_and_listed_with_its_link(cli: Cli, acme: Account) -> None:
    store(acme, *HISTORY)
    run = figures(cli)["runs"]["acme"]
    assert run["n"] == 2
    assert run["left_out"] == {"no_customer_message": 1, "ours_before": 1}
    assert run["matrix"]["hand_off"]["escalated"] == 1
    (found,) = run["violating"]
    assert found["ticket"] == "1"
    assert found["violations"] == ["reply_promises", "reply_apologises", "reopened"]
    html = Path("report.html").read_text(encoding="utf-8")
    assert 'href="https://acme.zendesk.com/agent/tickets/1"' in html
    assert html.count("<svg") == 2
    assert html.count("<table") >= 5
    assert Path("report.html").stat().st_mode & 0o077 == 0
    for secret in ("Mara", "901820", "birkenweg"):
        assert secret not in html
    assert not re.search(r"<script|(?:src|href)=\"(?!https://acme\.zendesk\.com)", html)


def test_the_page_speaks_german_too(cli: Cli, acme: Account) -> None:
    store(acme, *HISTORY)
    figures(cli, "--language", "de")
    html = Path("report.html").read_text(encoding="utf-8")
    assert '<html lang="de">' in html
    assert "Mögliche Verstöße" in html
    assert "das Ticket wurde wieder geöffnet" in html


def test_a_later_agent_reply_never_changes_the_decision(cli: Cli, acme: Account) -> None:
    """Nothing that stands behind the first customer message reaches triage, gate or draft."""
    asked = said(1, Role.REQUESTER, RESET)
    endings = (
        (said(2, Role.AGENT, "Done."),),
        (said(2, Role.AGENT, "Our fault, we refund 90 EUR."), said(3, Role.REQUESTER, DISPUTE)),
        (said(2, Role.AGENT, "We passed this to the police."), said(3, Role.AGENT, "Legal will call you.")),
    )
    pasts = [past(number, asked, *ending, reopens=number - 1) for number, ending in enumerate(endings, start=1)]
    pasts = [replace(item, ticket=replace(item.ticket, subject="Password")) for item in pasts]
    store(acme, *pasts)
    figures(cli)
    with opened_app() as app:
        run = backtesting.run_name(app, backtesting.Variant(account_id=acme.id))
        bodies = [item.body for item in app.ledger.history.results(acme.id, run)]
    keys = ("ours", "intent", "confidence", "reasons", "language", "drafted")
    assert len({json.dumps([body[key] for key in keys]) for body in bodies}) == 1
    assert bodies[0]["ours"] == "send"


def test_it_goes_on_after_a_kill_and_reads_only_what_is_new(
    cli: Cli, acme: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(acme, *HISTORY)
    monkeypatch.setattr(running, "CHUNK", 1)
    whole, seen = comparison.compare, list[str]()

    def dying(bench: Any, item: PastTicket, rules: Any) -> Any:
        if len(seen) == 2:
            seen.append("killed")
            raise KeyboardInterrupt
        seen.append(item.ticket.id)
        return whole(bench, item, rules)

    monkeypatch.setattr(running, "compare", dying)
    assert cli("backtest", "--out", "report.html").exit_code != 0
    assert not Path("report.html").exists()
    assert figures(cli)["runs"]["acme"]["n"] == 2
    assert seen == ["4", "3", "killed", "2", "1"]
    figures(cli)
    assert len(seen) == 5
    store(acme, replace(HISTORY[0], ticket=replace(HISTORY[0].ticket, updated_at=AT + timedelta(days=50))))
    figures(cli)
    assert seen[5:] == ["1"]


def test_two_policies_are_compared_ticket_by_ticket(cli: Cli, acme: Account) -> None:
    store(acme, *HISTORY)
    strict = re.sub(r'tier = "auto"', 'tier = "approval"', starters.text("policy.toml")).replace(
        'owner = ""', 'owner = "team"', 1
    )
    Path("strict.toml").write_text(strict, encoding="utf-8")
    (difference,) = figures(cli, "--compare-policy", "strict.toml")["differences"]
    assert (difference["before"], difference["after"]) == ("acme", "strict.toml")
    assert difference["moves"] == {"send -> draft": 1}
    assert [item["ticket"] for item in difference["listed"]] == ["1"]
    assert "What would change" in Path("report.html").read_text(encoding="utf-8")


def test_models_are_compared_by_name(cli: Cli, acme: Account) -> None:
    store(acme, *HISTORY)
    document = figures(cli, "--compare-models", "starter,embedded", "--limit", 3)
    assert list(document["runs"]) == ["starter", "embedded"]
    assert document["differences"][0]["changed"]["hits"] == 0
    result = cli("backtest", "--out", "r.html", "--compare-models", "starter,big-model")
    assert result.exit_code == 2
    one_sentence(result, "big-model", "HANDRAIL_LLM_BASE_URL")
    assert cli("backtest", "--out", "r.html", "--compare-models", "starter").exit_code == 2


def test_a_language_model_is_measured_as_the_product_would_use_it(
    cli: Cli, acme: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One ticket may be sent; only on that one an opinion is wanted, and whoever has none gets the embedded draft."""
    store(acme, *HISTORY)
    with ModelServer() as server:
        monkeypatch.setenv("HANDRAIL_LLM_BASE_URL", server.url)
        monkeypatch.setenv("HANDRAIL_LLM_MODEL", "another")
        monkeypatch.setenv("HANDRAIL_LLM_OPINION", "1")
        both = figures(cli, "--compare-models", "embedded,sandbox")["runs"]
        assert both["embedded"]["ours"]["send"]["hits"] == 1
        assert both["sandbox"]["ours"]["draft"]["hits"] + both["sandbox"]["ours"]["send"]["hits"] == 1
        assert server.calls == 2, "an opinion and a draft"
        server.mode = "500"
        failing = figures(cli, "--compare-models", "embedded,sandbox-2")["runs"]["sandbox-2"]
        assert (failing["ours"]["send"]["hits"], failing["ours"]["draft"]["hits"]) == (0, 1)
        server.mode, calls = "good", server.calls
        monkeypatch.setenv("HANDRAIL_LLM_OPINION", "0")
        figures(cli, "--compare-models", "embedded,sandbox")
        assert server.calls == calls + 1, "a draft alone, and a run of its own"


def test_processes_of_their_own_find_the_same(cli: Cli, acme: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    store(acme, *HISTORY)
    monkeypatch.setattr(running, "WORTH_PROCESSES", 1)
    assert figures(cli, "--processes", 2)["runs"]["acme"]["n"] == 2


def test_one_odd_ticket_does_not_end_the_run(cli: Cli, acme: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    store(acme, *HISTORY)
    whole = comparison.compare

    def odd(bench: Any, item: PastTicket, rules: Any) -> Any:
        if item.ticket.id == "2":
            raise ValueError("customer words that must not be logged")
        return whole(bench, item, rules)

    monkeypatch.setattr(running, "compare", odd)
    run = figures(cli)["runs"]["acme"]
    assert run["left_out"]["failed"] == 1
    assert run["n"] == 1


def test_without_history_it_says_what_to_do(cli: Cli, acme: Account) -> None:
    result = cli("backtest", "--out", "report.html")
    assert result.exit_code == 2
    one_sentence(result, "handrail import", acme.name)


def test_an_import_is_told_and_audited(cli: Cli, acme: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Any] = []

    class Desk:
        def history(self, account: Account, **given: Any) -> HistoryPage:
            calls.append((account.name, given["cursor"], given["since"]))
            return HistoryPage(tickets=HISTORY[:2], cursor="next", more=False)

        def close(self) -> None:
            return None

    desk: Provider = Desk()  # type: ignore[assignment]  # the part of the port that an import uses
    monkeypatch.setattr("connector.app.App.providers", {"zendesk": desk})
    result = cli("import", "--since", "2026-01-31", "--json")
    assert json.loads(result.stdout) == {"account": acme.name, "tickets": 2, "gone": 0, "ratings": 0, "in_all": 2}
    assert "2 tickets" in cli("import").stdout
    assert calls == [
        (acme.name, None, datetime(2026, 1, 31, tzinfo=UTC)),
        (acme.name, "next", datetime(2026, 1, 31, tzinfo=UTC)),
    ]
    with opened_app() as app:
        assert app.ledger.watch.audit(acme.id)[0].verb == "history import"
    one_sentence(cli("import", "--since", "yesterday"), "2026-01-31")
