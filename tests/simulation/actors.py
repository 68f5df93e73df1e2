"""Everybody else: customers and agents at the helpdesks, whoever turns the kill switch, and the helpdesks' webhooks."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from connector.errors import StoreUnavailable
from connector.model import Account, RawRequest
from tests.simulation import freshdesk, zendesk
from tests.simulation.clock import stamp
from tests.simulation.helpdesk import AGENT, BOT, Helpdesk, Person, Ticket

if TYPE_CHECKING:
    from tests.simulation.world import World

PEOPLE = (
    Person(id=11, name="Mara", email="mara@customer.example", verified=True),
    Person(id=12, name="Jonas", email="jonas@customer.example", verified=True),
    Person(id=13, name="Unknown", email="unknown@customer.example", verified=False),
    Person(id=14, name="Robot", email="no-reply@customer.example", verified=True),
)

CHAOS_SECONDS = 1200.0
RETRIES = {"zendesk": (10.0, 40.0, 120.0), "freshdesk": (300.0, 1800.0, 3600.0)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One message of a customer, as the judge remembers it."""

    number: int
    account: str
    ticket: int
    at: float
    entry: int
    legal: bool
    person: Person
    copied: bool


class Actors:
    """Acts by a timetable drawn from the seed, and now and then right after the connector has read a ticket."""

    def __init__(self, world: World, chance: random.Random) -> None:
        self.said: list[Said] = []
        self.switches: list[tuple[float, float, str]] = []  # on, off, account ("" = all)
        self.lost = 0
        self._world = world
        self._chance = chance
        self._number = 100_000
        self._deliveries = 0

    def plan(self) -> None:
        """Put everything that people will do into the agenda."""
        chance = self._chance
        for account in self._world.accounts:
            desk = self._world.desks[account.id]
            desk.changed = lambda ticket, kind, author, account=account: self._announce(account, ticket, kind, author)
            # The same ids on both accounts; now and then one account is flooded, by many people or by one.
            for ticket_id in range(1, 1 + chance.choice((1, 1, 2))):
                self._at(chance.uniform(0.0, CHAOS_SECONDS * 0.4), self._open, account, desk, ticket_id)
        if chance.random() < 0.1:
            account, start = chance.choice(self._world.accounts), chance.uniform(0.0, CHAOS_SECONDS * 0.4)
            sender = chance.choice((None, PEOPLE[0]))
            for ticket_id in range(3, 9):
                self._at(start + chance.random(), self._open, account, self._world.desks[account.id], ticket_id, sender)
        for _ in range(self._world.plan.switches):
            self._at(chance.uniform(0.0, CHAOS_SECONDS), self._switch)
        self._at(chance.uniform(0.0, CHAOS_SECONDS), self._send_rubbish)
        self._world.network.read = self._meddle

    # --- customers --------------------------------------------------------------------------------

    def _open(self, account: Account, desk: Helpdesk, ticket_id: int, sender: Person | None = None) -> None:
        person = sender or self._chance.choices(PEOPLE, (6, 3, 1, 1))[0]
        copied = (77,) if self._chance.random() < 0.08 else ()
        number, html, legal = self._words()
        self._remember(account, ticket_id, number, legal, person, copied=bool(copied), entry=desk.next_id)
        desk.open(ticket_id, "", html, person, copied)
        for _ in range(self._chance.choice((0, 0, 1, 1, 2, 3))):
            gap = self._chance.choice((3.0, 30.0, 200.0, 900.0)) * self._chance.uniform(0.3, 1.5)
            act = self._chance.choices((self._write, self._answer, self._annotate, self._move), (4, 2, 1, 2))[0]
            self._at(gap, act, account, desk, ticket_id)

    def _write(self, account: Account, desk: Helpdesk, ticket_id: int) -> None:
        ticket = desk.tickets[ticket_id]
        if ticket.versions[-1].status == "closed":
            return
        number, html, legal = self._words()
        copied = bool(ticket.copied)
        self._remember(account, ticket_id, number, legal, ticket.requester, copied=copied, entry=desk.next_id)
        desk.add(ticket, author=ticket.requester.id, public=True, html=html)

    def _words(self) -> tuple[int, str, bool]:
        self._number += self._chance.randint(1, 9)
        legal = self._chance.random() < 0.15
        matter = "My lawyer asks for" if legal else "Where is"
        return self._number, f"<p>{matter} my order {self._number}?</p>", legal

    def _remember(
        self, account: Account, ticket: int, number: int, legal: bool, person: Person, *, copied: bool, entry: int
    ) -> None:
        at = self._world.clock.seconds
        self._world.trace.add(account.id, f"customer writes {number} on {ticket}")
        self.said.append(
            Said(
                number=number,
                account=account.id,
                ticket=ticket,
                at=at,
                entry=entry,
                legal=legal,
                person=person,
                copied=copied,
            )
        )

    # --- agents -----------------------------------------------------------------------------------

    def _answer(self, account: Account, desk: Helpdesk, ticket_id: int) -> None:
        self._act(account, ticket_id, "answers")
        desk.add(desk.tickets[ticket_id], author=AGENT, public=True, html="<p>I look after it.</p>")

    def _annotate(self, account: Account, desk: Helpdesk, ticket_id: int) -> None:
        self._act(account, ticket_id, "annotates")
        desk.add(desk.tickets[ticket_id], author=AGENT, public=False, html="<p>Known customer.</p>")

    def _move(self, account: Account, desk: Helpdesk, ticket_id: int) -> None:
        ticket = desk.tickets[ticket_id]
        tags = (*ticket.versions[-1].tags, f"team_{self._chance.randint(1, 9)}")
        change = self._chance.choices(
            ({"assignee": AGENT}, {"status": "pending"}, {"tags": tags}, {"status": "closed"}), (2, 2, 4, 1)
        )[0]
        self._act(account, ticket_id, f"sets {change}")
        desk.change(ticket, author=AGENT, **change)

    def _act(self, account: Account, ticket_id: int, what: str) -> None:
        self._world.trace.add(account.id, f"agent {what} on {ticket_id}")

    def _meddle(self, account_id: str, ticket_id: str, path: str) -> None:
        """Somebody acts just when the connector has read the ticket and is about to write."""
        chance = self._chance
        where = (self._world.account(account_id), self._world.desks[account_id], int(ticket_id))
        if where[-1] not in where[1].tickets:
            return  # a webhook named what was never opened
        if chance.random() < self._world.plan.fidgeting:
            self._fidget(*where)
        before_a_write = path.endswith("/audits.json")
        if chance.random() >= self._world.plan.meddling * (3.0 if before_a_write else 1.0):
            return
        delay = chance.uniform(0.0, 0.15 if before_a_write else chance.choice((0.3, 1.5)))
        for _ in range(chance.choice((1, 1, 2))):
            act = chance.choices((self._write, self._answer, self._annotate, self._move), (3, 3, 1, 2))[0]
            self._at(delay, act, *where)
            delay += chance.uniform(0.02, chance.choice((0.3, 1.0)))

    def _fidget(self, account: Account, desk: Helpdesk, ticket_id: int) -> None:
        """An automation of the team's own changes a tag several times a second."""
        at = 0.0
        for turn in range(self._chance.randint(5, 25)):
            at += self._chance.uniform(0.1, 0.6)
            tags = (f"auto_{turn % 2}",)
            self._at(at, lambda tags=tags: desk.change(desk.tickets[ticket_id], author=AGENT, tags=tags))

    @property
    def switched_off_at(self) -> float:
        """When the last kill switch is off again; long ago where none was ever on."""
        return max((off for _, off, _ in self.switches), default=float("-inf"))

    def _switch(self) -> None:
        """Somebody turns the kill switch on, and off again later."""
        account = self._chance.choice(("", *(account.id for account in self._world.accounts)))
        lasting = self._chance.uniform(20.0, 400.0)
        policies, clock = self._world.ledger.policies, self._world.clock

        def off() -> None:
            self._insist(lambda: policies.unkill(account_id=account or None, intent=None, by="Ines", now=clock()))

        def on() -> None:
            policies.kill(account_id=account or None, intent=None, by="Ines", now=clock())
            # Counted from when it is certainly on until it may be off again.
            self.switches.append((clock.seconds, clock.seconds + lasting, account))
            self._world.scheduler.after(lasting, off)

        self._insist(on)

    def _insist(self, act) -> None:
        """What a person does who gets an error page: the same again."""
        try:
            act()
        except StoreUnavailable:
            self._at(2.0, self._insist, act)

    # --- webhooks ---------------------------------------------------------------------------------

    def _announce(self, account: Account, ticket: Ticket, kind: str, author: int) -> None:
        """The helpdesk makes webhooks of a change: none, one or several, now or late."""
        plan, chance = self._world.plan, self._chance
        if kind == "changed" and author != BOT and chance.random() < 0.5:
            return  # no subscription for that
        self._deliveries += 1
        number = self._deliveries
        if chance.random() < plan.webhooks_lost:
            self.lost += 1
            return
        at = self._world.clock.seconds
        copies = 1 + (chance.choice((1, 2)) if chance.random() < plan.webhooks_copied else 0)
        for _ in range(copies):
            delay = chance.uniform(0.05, 3.0)
            if chance.random() < plan.webhooks_late:
                delay = chance.uniform(30.0, 1200.0)
            body = (
                zendesk.webhook(ticket, kind, author, number, at)
                if account.vendor == "zendesk"
                else freshdesk.webhook(ticket, kind)
            )
            self._at(delay, self._deliver, account, body, 0)

    def _deliver(self, account: Account, body: bytes, tries: int) -> None:
        world, plan, chance = self._world, self._world.plan, self._chance
        status = 0
        draw = chance.random()
        if draw >= plan.receiver_dies * 0.5:
            status = world.receiver.receive(account, RawRequest(headers=self._headers(account, body), body=body))
            if draw < plan.receiver_dies:
                status = 0  # stored, and dead before the answer
        world.trace.add("receiver", f"{account.id} {body[:60]!r} -> {status or 'no answer'}")
        if status == 202:
            world.ring()
        elif status in (0, 503) and tries < len(RETRIES[account.vendor]):
            self._at(RETRIES[account.vendor][tries], self._deliver, account, body, tries + 1)

    def _headers(self, account: Account, body: bytes) -> dict[str, str]:
        secret = account.webhook_secrets[0]
        if account.vendor == "zendesk":
            return zendesk.signed(secret, body, timestamp=stamp(self._world.clock.seconds))
        return {"x-handrail-secret": secret}

    def _send_rubbish(self) -> None:
        """Somebody sends what no helpdesk would; some of it carries the right secret."""
        account = self._chance.choice(self._world.accounts)
        body = self._chance.choice(
            (
                b"",
                b"{",
                b"[" * 9_000,
                b'{"ticket_id": "\\ud800"}',
                b'{"ticket_id": 1e400}',
                b"\xff\xfe",
                b'{"detail": 7}',
            )
        )
        headers = self._headers(account, body)
        if self._chance.random() < 0.5:
            headers = zendesk.signed(account.webhook_secrets[0], body, timestamp="some time ago")
        self._world.receiver.receive(account, RawRequest(headers=headers, body=body))

    def _at(self, seconds: float, act, *given) -> None:
        self._world.scheduler.after(seconds, lambda: act(*given))
