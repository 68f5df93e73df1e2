"""A few drafts as customers would get them, so that a change of wording is read in review.

`python tests/unit/drafting/golden_drafts.py` writes them anew into `golden_drafts.md`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from drafting_builders import CONFIG, comment, starter_templates, ticket, triage

from connector.drafting import EmbeddedDrafter, finish, wanted_lookups
from connector.evaluation.help_centre import documents, filled_ledger
from connector.knowledge import LedgerKnowledge
from connector.model import AccountConfig, LookupAnswer, Role

FILE = Path(__file__).with_name("golden_drafts.md")
TEMPLATES = starter_templates()
COMPANIES = ("northwind", "lumenwerk")
RECORDS: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("order", "48551"): {
        "status": "shipped",
        "carrier": "Paketbär",
        "tracking_number": "PB4410027718DE",
        "tracking_url": "https://tracking.nordlicht.example/PB4410027718DE",
        "shipped_on": "2026-11-10T08:15:00Z",
        "expected_on": "2026-11-13",
    },
    ("order", "48600"): {"status": "processing", "dispatch_by": "2026-11-14", "carrier": "express_eu"},
    ("order", "48702"): {"status": "delivered", "delivered_on": "2026-11-08"},
    ("invoice", "RE 88214"): {
        "invoice_number": "RE 88214",
        "invoice_date": "2026-09-30",
        "invoice_url": "https://billing.nordlicht.example/i/k2m9",
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One ticket. `said` are its messages, oldest first; one that begins with "> " is the team's."""

    intent: str
    language: str
    said: Sequence[str]
    name: str = "Mara Lindqvist"
    subject: str = ""
    company: str = ""
    tone: str = ""


CASES = (
    Case(intent="order_status", language="en", said=["Where is order 48551?"]),
    Case(intent="order_status", language="de", said=["Wo bleibt meine Bestellung 48551?"]),
    Case(
        intent="order_status",
        language="en",
        said=["When will my order 48600 leave?", "> I have asked the warehouse.", "Any news?"],
        name="Accounts",
    ),
    Case(intent="order_status", language="de", said=["Gibt es etwas Neues?"], subject="Bestellung 48702"),
    Case(intent="order_status", language="de", said=["wo ist mein Paket?"], tone="friendly"),
    Case(intent="invoice_copy", language="en", said=["I need a copy of invoice RE 88214, please."]),
    Case(intent="invoice_copy", language="de", said=["Bitte alle Rechnungen, meine Kundennummer ist K-61907."]),
    Case(intent="return_request", language="en", said=["Please send a label for order #47655."], name="S Wendorff"),
    Case(intent="refund_status", language="de", said=["Wann kommt mein Geld zur Bestellung 47333?"]),
    Case(intent="product_how_to", language="en", said=["How do I clean my tent?"], company="northwind"),
    Case(
        intent="product_how_to", language="de", said=["Wie exportiere ich die Stunden nach DATEV?"], company="lumenwerk"
    ),
    Case(
        intent="shipping_information",
        language="de",
        said=["Was kostet der Versand nach Österreich und wie lange dauert er?"],
        company="northwind",
    ),
    Case(
        intent="password_reset_link",
        language="en",
        said=["I forgot my password, where do I reset it?"],
        company="northwind",
    ),
)


def render() -> str:
    """All drafts as one text."""
    shelves = {
        company: tuple(
            replace(one, url=f"https://help.{company}.example/{one.id.partition('/')[2]}") for one in documents(company)
        )
        for company in COMPANIES
    }
    with filled_ledger(shelves) as ledger:
        knowledge = LedgerKnowledge(ledger.documents)
        return "\n".join(part for case in CASES for part in _drafted(case, knowledge))


def _drafted(case: Case, knowledge: LedgerKnowledge) -> Iterator[str]:
    comments = tuple(
        comment(text.removeprefix("> "), role=Role.AGENT if text.startswith("> ") else Role.REQUESTER)
        for text in case.said
    )
    asked = ticket(subject=case.subject, name=case.name, comments=comments)
    facts = {"customer_number": "K-61907"} if "K-61907" in case.said[0] else {}
    known = triage(case.intent, case.language, facts)
    config = _config(case)
    sources = ()
    if case.company:
        sources = knowledge.passages(case.company, intent=case.intent, text=case.said[-1], language=case.language)
    found = {
        kind: LookupAnswer(kind=kind, reference=reference, facts=RECORDS[kind, reference])
        for kind, reference in wanted_lookups(asked, known, TEMPLATES)
        if (kind, reference) in RECORDS
    }
    made = EmbeddedDrafter(templates=TEMPLATES).draft(asked, known, config, sources, found)
    assert made is not None
    finished, checks = finish(made, asked, known, config, TEMPLATES, sources, found)
    assert not [check for check in checks if not check.passed], (case, checks)
    yield f"# {case.intent}, {case.language}{f', {case.tone}' if case.tone else ''}: {' / '.join(case.said)}\n"
    yield f"{finished.text}\n"
    if finished.missing:
        yield f"(for a person: {', '.join(finished.missing)})\n"


def _config(case: Case) -> AccountConfig:
    if not case.company:
        return replace(CONFIG, tone=case.tone)
    hosts = frozenset({f".{case.company}.example", f"{case.company}.example"})
    return replace(CONFIG, company=case.company.title(), link_hosts=hosts, tone=case.tone)


if __name__ == "__main__":
    FILE.write_text(render(), encoding="utf-8")
