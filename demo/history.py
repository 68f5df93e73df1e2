"""A week of order questions from before the pilot, and the team's verdicts on what Handrail would have sent.

The team knows the truth: who wrote what about which order. A verdict is "right" only if the would-be reply belongs to
an order question and names that customer's own order; anything else is what a careful person would have called it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_GREETINGS = {
    "en": ("Hi,", "Hello,", "Good morning,", "Hi there,", "Dear team,", ""),
    "de": ("Hallo,", "Guten Tag,", "Moin,", "Guten Morgen,", "Liebes Team,", ""),
}
_QUESTIONS = {
    "en": (
        "where is my order {n}?",
        "could you tell me where my order {n} is right now?",
        "has order {n} been shipped yet?",
        "when will my order {n} arrive?",
        "what is the status of order {n}?",
        "is there a tracking number for my order {n}?",
        "I am waiting for order {n}. Can you tell me when it will be delivered?",
        "could you check how far my order {n} has got?",
    ),
    "de": (
        "wo ist meine Bestellung {n}?",
        "können Sie mir sagen, wo meine Bestellung {n} gerade ist?",
        "wurde die Bestellung {n} schon verschickt?",
        "wann kommt meine Bestellung {n} an?",
        "wie ist der Stand meiner Bestellung {n}?",
        "gibt es eine Sendungsnummer zu meiner Bestellung {n}?",
        "ich warte auf die Bestellung {n}. Wann wird sie geliefert?",
        "könnten Sie nachsehen, wie weit die Bestellung {n} ist?",
    ),
}
_CLOSINGS = {
    "en": ("Thanks", "Many thanks", "Kind regards", "Thank you very much", "Best wishes"),
    "de": ("Danke", "Vielen Dank", "Viele Grüße", "Mit freundlichen Grüßen", "Besten Dank"),
}
_SUBJECTS = {
    "en": ("Where is my order?", "Order {n}", "Order status", "Delivery date", "Tracking"),
    "de": ("Wo ist meine Bestellung?", "Bestellung {n}", "Bestellstatus", "Liefertermin", "Sendungsverfolgung"),
}
_FIRST = ("Ada", "Bertil", "Carla", "Dorian", "Elske", "Finn", "Greta", "Hauke", "Ilva", "Joris", "Katla", "Lennart")
_LAST = ("Ahlberg", "Brandvold", "Corvinus", "Dahlgren", "Eschenbach", "Falkner", "Grönhagen", "Hollbrook")
_STATES = ("shipped", "processing", "delivered")


@dataclass(frozen=True, slots=True, kw_only=True)
class PastTicket:
    """One order question with its truth."""

    name: str
    address: str
    subject: str
    body: str
    order_number: str
    state: str
    tracking_number: str


def past_tickets(count: int, *, seed: int, first_number: int) -> Iterator[PastTicket]:
    """Different customers, each asking about an order of their own."""
    chance = random.Random(seed)  # noqa: S311 - invented people, not secrets
    for index in range(count):
        language = chance.choice(("en", "de"))
        first, last = chance.choice(_FIRST), chance.choice(_LAST)
        number = str(first_number + index)
        greeting = chance.choice(_GREETINGS[language])
        question = chance.choice(_QUESTIONS[language]).format(n=number)
        if not greeting:
            question = question[0].upper() + question[1:]
        lines = [part for part in (greeting, question) if part]
        yield PastTicket(
            name=f"{first} {last}",
            address=f"{first}.{last}.{number}@example.com".lower().replace("ö", "oe"),
            subject=chance.choice(_SUBJECTS[language]).format(n=number),
            body="\n\n".join((*lines, f"{chance.choice(_CLOSINGS[language])}\n{first}")),
            order_number=number,
            state=chance.choice(_STATES),
            tracking_number=f"PK-{chance.randrange(10**9, 10**10)}",
        )


def verdicts(would_sends: list[Mapping[str, str]], truth: Mapping[str, PastTicket]) -> Iterator[Mapping[str, str]]:
    """The team's verdict on each would-be reply (`ticket`, `intent`, `template`, `draft`)."""
    for item in would_sends:
        past = truth.get(item["ticket"])
        if past is None or item["intent"] != "order_status":
            verdict = "wrong_intent"
        elif past.order_number not in item["draft"]:
            verdict = "wrong_facts"
        else:
            verdict = "right"
        yield {
            "ticket": item["ticket"],
            "intent": item["intent"],
            "template": item["template"],
            "verdict": verdict,
            "who": "Ines Albrecht",
            "when": item["when"],
        }
