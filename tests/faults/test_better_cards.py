"""A card that a model puts better after the hand-off: one question at most, and a failure costs nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from connector import starters
from connector.errors import ProviderUnavailable
from connector.improvement import LEASE_SECONDS, MAX_CLAIMS, Improver
from connector.llm import open_model
from connector.model import EffectState, Signal, SignalHit, Stage, Ticket, Triage
from connector.pipeline import Pipeline
from connector.ports import TriageContext
from connector.records import BetterCard, CardState
from connector.sandbox import Sandbox
from connector.sandbox.model import ModelServer
from connector.settings import Settings
from connector.writing import CARD, CardWriter, parse_prompts
from tests.faults.world import CATALOGUE, ManualClock, ScriptedTriager, Steps, World, copy_home, prepare

PROMPTS = parse_prompts(starters.folder("prompts", ".md"))


class AsksForAPerson(ScriptedTriager):
    """Every customer asks for a person."""

    def triage(self, ticket: Ticket, context: TriageContext) -> Triage:
        hit = SignalHit(signal=Signal.ASKS_FOR_HUMAN, rule="scripted", matched="")
        return replace(super().triage(ticket, context), hits=(hit,))


class Desk(World):
    """A world whose tickets are handed off, with a model that is asked about their cards."""

    server: ModelServer

    def start(self) -> None:
        super().start()
        assert self.pipeline is not None
        settings = Settings(llm_base_url=self.server.url, llm_model="sandbox", llm_seconds=5.0)
        client = open_model(settings, self.ledger.spend, self.clock)
        assert client is not None
        self._opened.append(client)
        answerer = replace(self.pipeline.answerer, triager=AsksForAPerson(), improves=True)
        improver = Improver(
            ledger=self.ledger,
            providers=self.pipeline.providers,
            triager=answerer.triager,
            knowledge=answerer.knowledge,
            catalogue=CATALOGUE,
            writer=CardWriter(client=client, prompt=PROMPTS.newest(CARD)),
            model_seconds=5.0,
        )
        self.pipeline = replace(self.pipeline, answerer=answerer, improver=improver)

    def without_improving(self) -> Pipeline:
        assert self.pipeline is not None
        return replace(self.pipeline, improver=None)

    def improve(self) -> bool:
        assert self.pipeline is not None
        return self.pipeline.improve_one(self.clock())

    def hand_off(self) -> None:
        """The customer has written, and the note is on the ticket."""
        self.customer_writes()
        self.deliver()
        for _ in range(20):
            self.without_improving().step(self.clock())
            if self.quiet():
                break
            self.clock.advance(40)
        (note,) = self.ledger.decisions.effects("acme", ticket_id=self.ticket_id)
        assert note.state is EffectState.DONE

    @property
    def card(self) -> BetterCard:
        (card,) = self.ledger.cards.of_ticket("acme", self.ticket_id)
        return cast("BetterCard", card)


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer() as server:
        yield server


@pytest.fixture(params=["zendesk", "freshdesk"])
def desk(request: pytest.FixtureRequest, tmp_path: Path, server: ModelServer) -> Iterator[Desk]:
    clock = ManualClock()
    with Sandbox(clock=clock) as sandbox:
        prepared = tmp_path / "prepared"
        prepared.mkdir()
        prepare(prepared, sandbox, request.param, "draft")
        Desk.server = server
        desk = Desk(sandbox, request.param, copy_home(prepared, tmp_path / "run"), clock, Steps())
        yield desk
        desk.close()


def test_the_note_is_written_first_and_the_card_put_better_beside_the_receipt(desk: Desk, server: ModelServer) -> None:
    desk.hand_off()
    assert desk.card.state is CardState.WANTED
    assert server.calls == 0, "the note waited for no model"

    assert desk.improve()
    card = desk.card
    assert card.state is CardState.DONE
    assert "order" in card.summary
    assert card.writing is not None
    assert (card.writing.prompt, card.writing.model) == ("card-1", "sandbox")
    assert card.writing.tokens_in > 0
    assert server.requests[0]["response_format"]["json_schema"]["name"] == "card"
    assert "mara.lindqvist" not in str(server.requests)
    assert len(desk.ledger.decisions.effects("acme", ticket_id=desk.ticket_id)) == 1, "no second note"
    assert desk.ledger.watch.verify_chain() is None
    (day,) = desk.ledger.spend.spent("acme", since=desk.clock())
    assert (day.calls, day.failures) == (1, 0)


def test_nobody_asks_twice(desk: Desk, server: ModelServer) -> None:
    desk.hand_off()
    assert desk.improve()
    for _ in range(3):
        desk.clock.advance(3600)
        assert not desk.improve()
    desk.restart()
    assert not desk.improve()
    desk.deliver("d-again")
    desk.run()
    assert server.calls == 1


@pytest.mark.parametrize("fault", ["500", "bad_json", "refusal", "reset", "429"])
def test_a_model_that_fails_leaves_the_card_as_it_was_and_is_not_asked_again(
    desk: Desk, server: ModelServer, fault: str
) -> None:
    server.mode = fault
    desk.hand_off()
    before = desk.ledger.decisions.receipts("acme", ticket_id=desk.ticket_id)
    assert desk.improve()
    asked = server.calls
    assert 1 <= asked <= 2
    assert (desk.card.state, desk.card.summary, desk.card.next_action) == (CardState.FAILED, "", "")
    assert desk.card.reason.startswith("Model")
    server.mode = "good"
    for _ in range(5):
        desk.clock.advance(3600)
        assert not desk.improve()
    assert server.calls == asked
    assert desk.ledger.decisions.receipts("acme", ticket_id=desk.ticket_id) == before


def test_a_ticket_that_is_due_comes_first(desk: Desk, server: ModelServer) -> None:
    desk.hand_off()
    desk.deliver("d-new")
    assert not desk.improve()
    assert server.calls == 0
    desk.run()
    assert desk.card.state is CardState.DONE


def test_a_worker_that_dies_before_it_asks_gives_the_card_to_the_next_one(desk: Desk, server: ModelServer) -> None:
    desk.hand_off()
    assert desk.ledger.cards.claim(now=desk.clock(), lease_seconds=LEASE_SECONDS) is not None
    assert not desk.improve(), "leased"
    desk.clock.advance(LEASE_SECONDS + 1)
    assert desk.improve()
    assert desk.card.state is CardState.DONE


def test_a_worker_that_dies_while_it_asks_loses_the_better_words_and_nothing_else(
    desk: Desk, server: ModelServer
) -> None:
    desk.hand_off()
    claim = desk.ledger.cards.claim(now=desk.clock(), lease_seconds=LEASE_SECONDS)
    desk.ledger.cards.begin(claim)
    desk.restart()
    desk.clock.advance(LEASE_SECONDS + 1)
    assert not desk.improve()
    assert server.calls == 0
    assert desk.card.state is CardState.ASKED


def test_a_newer_message_makes_the_card_stale(desk: Desk, server: ModelServer) -> None:
    desk.hand_off()
    desk.sandbox.add_comment(desk.vendor, int(desk.ticket_id), text="And when will it come?", notify=False)
    assert desk.improve()
    assert (desk.card.state, desk.card.reason) == (CardState.DROPPED, "superseded")
    assert server.calls == 0


class Unreachable:
    """A helpdesk that cannot be asked now."""

    def fetch(self, *_: object) -> Ticket:
        raise ProviderUnavailable("nobody there")


def test_a_helpdesk_that_cannot_be_asked_is_asked_later_and_not_for_ever(desk: Desk, server: ModelServer) -> None:
    desk.hand_off()
    assert desk.pipeline is not None
    assert desk.pipeline.improver is not None
    away = replace(desk.pipeline.improver, providers=cast("Any", {desk.vendor: Unreachable()}))
    for _ in range(MAX_CLAIMS):
        assert desk.card.state is CardState.WANTED
        assert away.step_one(desk.clock())
        assert not away.step_one(desk.clock()), "not at once"
        desk.clock.advance(3600)
    assert (desk.card.state, desk.card.reason) == (CardState.FAILED, "ProviderUnavailable")
    assert not desk.improve()
    assert server.calls == 0


@pytest.mark.parametrize("forget", ["before", "while asked", "after"])
def test_erasing_the_ticket_erases_the_better_words(desk: Desk, server: ModelServer, forget: str) -> None:
    desk.hand_off()
    if forget == "after":
        desk.improve()
    if forget == "while asked":
        claimed = desk.ledger.cards.claim(now=desk.clock(), lease_seconds=LEASE_SECONDS)
        desk.ledger.cards.begin(claimed)
    desk.ledger.decisions.erase("acme", desk.ticket_id)
    assert desk.ledger.cards.of_ticket("acme", desk.ticket_id) == ()
    assert not desk.improve()
    assert server.calls == (1 if forget == "after" else 0)


def test_an_account_that_is_removed_takes_its_cards_along(desk: Desk) -> None:
    desk.hand_off()
    desk.ledger.accounts.remove("acme", now=desk.clock())
    assert desk.ledger.cards.of_ticket("acme", desk.ticket_id) == ()
    assert not desk.improve()


@pytest.mark.parametrize("stop", ["stage_off", "kill_switch"])
def test_a_card_of_what_was_stopped_since_is_not_told_to_a_model(desk: Desk, server: ModelServer, stop: str) -> None:
    desk.hand_off()
    if stop == "stage_off":
        desk.ledger.accounts.set_stage("acme", Stage.OFF, now=desk.clock())
    else:
        desk.ledger.policies.kill(account_id="acme", intent=None, by="Ada", now=desk.clock())
    assert desk.improve()
    assert (desk.card.state, desk.card.reason) == (CardState.DROPPED, stop)
    assert server.calls == 0


def test_what_is_stopped_when_it_is_handed_off_wants_no_better_card(desk: Desk) -> None:
    desk.ledger.policies.kill(account_id=None, intent=None, by="Ada", now=desk.clock())
    desk.customer_writes()
    desk.deliver()
    desk.without_improving().step(desk.clock())
    assert desk.ledger.decisions.receipts("acme", ticket_id=desk.ticket_id)
    assert desk.ledger.cards.of_ticket("acme", desk.ticket_id) == ()


def test_a_card_that_kills_its_workers_is_given_up(desk: Desk, server: ModelServer) -> None:
    desk.hand_off()
    for _ in range(MAX_CLAIMS):
        assert desk.ledger.cards.claim(now=desk.clock(), lease_seconds=LEASE_SECONDS) is not None
        desk.clock.advance(LEASE_SECONDS + 1)
    assert desk.improve()
    assert (desk.card.state, desk.card.reason) == (CardState.FAILED, "given_up")
    assert server.calls == 0
