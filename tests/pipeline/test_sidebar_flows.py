"""What an agent does in the sidebar and what becomes of it at the helpdesk: over real sockets on every side."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from werkzeug.serving import make_server

from connector import web
from connector.app import App, build
from connector.model import FLOOR_INTENTS, Signal, SignalHit, Stage, Tier
from connector.policy.document import parse_policy, render_policy, with_stage
from connector.sandbox import Sandbox
from connector.settings import Settings
from connector.sidebar.installing import new_key
from tests.faults.world import CATALOGUE, KEY, Crashed, ManualClock, ScriptedTriager, Steps, World, policy_text, prepare
from tests.web.sidebar_world import KeyPair, signed

KEYS = KeyPair.make()


@dataclass
class Agent:
    """An agent with the sidebar open beside the world's ticket, as one browser page."""

    world: World
    app: App
    address: str
    headers: dict[str, str]
    version: str = ""
    draft: str = ""
    html: str = ""

    def look(self) -> requests.Response:
        path = f"{self.address}/apps/{self.world.vendor}/card/{self.world.ticket_id}?lang=en"
        return self._seen(requests.get(path, headers=self.headers, timeout=10))

    def act(self, action: str, **said: Any) -> requests.Response:
        path = f"{self.address}/apps/{self.world.vendor}/actions/{action}"
        told = {"ticket": self.world.ticket_id, "version": self.version, "lang": "en", **said}
        return self._seen(requests.post(path, json=told, headers=self.headers, timeout=10))

    def work(self) -> None:
        """A worker does what is due, until nothing is left."""
        self.world.clock.advance(2)
        for _ in range(20):
            try:
                self.world.pipeline.step(self.world.clock())
            except Crashed:
                self.world.restart()
            if self.world.quiet():
                return
            self.world.clock.advance(40)
        raise AssertionError("did not come to rest")

    def _seen(self, answer: requests.Response) -> requests.Response:
        if answer.headers["Content-Type"] == "application/json" and "html" in answer.json():
            told = answer.json()
            self.version, self.html = told["version"], told["html"]
            self.draft = (told["draft"] or {}).get("id", "")
        return answer

    def offers(self, action: str) -> bool:
        return f'data-action="{action}"' in self.html

    @property
    def audit(self) -> list[str]:
        return [entry.verb for entry in self.app.ledger.watch.audit("acme")]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., Agent]]:
    clock = ManualClock()
    opened: list[Any] = []
    with Sandbox(clock=clock) as sandbox:

        def build_agent(vendor: str = "zendesk", tier: Tier = Tier.APPROVAL, stage: Stage = Stage.LIVE) -> Agent:
            home = tmp_path / vendor
            home.mkdir()
            prepare(home, sandbox, vendor, "note")
            world = World(sandbox, vendor, home, clock, Steps())
            opened.append(world)
            publish(world, tier, stage)
            settings = Settings(
                home=home, secret_keys=(KEY,), allow_loopback_helpdesk=True, zendesk_app_key=KEYS.public
            )
            app = build(settings, clock=clock)
            opened.append(app)
            server = make_server("127.0.0.1", 0, web.create_app(app), threaded=True)
            threading.Thread(target=server.serve_forever, daemon=True).start()
            opened.append(Stopping(server))
            address = f"http://127.0.0.1:{server.server_port}"
            return Agent(world, app, address, sign_in(app, vendor, address, clock))

        yield build_agent
        for part in reversed(opened):
            part.close()


@dataclass
class Stopping:
    server: Any

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def publish(world: World, tier: Tier, stage: Stage) -> None:
    tiers = {intent.key: intent.tier for intent in CATALOGUE}
    policy = parse_policy(policy_text("note"), catalogue_tiers=tiers, floor_intents=FLOOR_INTENTS)
    rule = replace(policy.intents["order_status"], tier=tier, route="orders")
    policy = with_stage(replace(policy, intents={**policy.intents, "order_status": rule}), "order_status", stage)
    world.ledger.policies.publish("acme", render_policy(policy), by="test", comment="", now=world.clock())


def sign_in(app: App, vendor: str, address: str, clock: ManualClock) -> dict[str, str]:
    account = app.ledger.accounts.get("acme")
    assert account is not None
    if vendor == "freshdesk":
        return {
            "Authorization": f"Bearer {new_key(app.ledger, account, now=clock())}",
            "X-Handrail-Account": "acme",
        }
    host = account.base_url.partition("//")[2]
    token = signed(
        KEYS,
        clock(),
        jti=f"load at {clock()}",
        iss=host,
        aud=f"{account.base_url}/api/v2/apps/installations/77.json",
        sub=f"{account.base_url}/api/v2/users/31.json",
    )
    page = requests.post(
        f"{address}/apps/zendesk/sidebar?origin={account.base_url}&app_guid=g", data={"token": token}, timeout=10
    )
    assert page.status_code == 200, page.text
    assert f"frame-ancestors {account.base_url}" in page.headers["Content-Security-Policy"]
    token = page.text.partition('data-token="')[2].partition('"')[0]
    return {"Authorization": f"Bearer {token}"}


class Floored(ScriptedTriager):
    """The same ticket, now read as one that the floor keeps for a person."""

    def triage(self, ticket, context):
        hit = SignalHit(signal=Signal.LEGAL, rule="r", matched="lawyer")
        return replace(super().triage(ticket, context), hits=(hit,))


def read_as(agent: Agent, triager: Any) -> None:
    pipeline = agent.world.pipeline
    agent.world.pipeline = replace(pipeline, answerer=replace(pipeline.answerer, triager=triager))


def drafted(agent: Agent) -> Agent:
    """The customer wrote, and a draft stands on the ticket and in the sidebar."""
    agent.world.customer_writes()
    agent.world.run()
    assert agent.look().status_code == 200
    return agent


# --- approve ----------------------------------------------------------------------------------------


def test_an_approved_draft_is_sent_once_and_audited(make) -> None:
    agent = drafted(make())
    assert agent.offers("approve")
    answer = agent.act("approve", draft=agent.draft)
    assert (answer.status_code, answer.json()["notice"]["kind"], answer.json()["host"]) == (200, "success", None)
    assert agent.world.replies == 0, "the page sends nothing by itself"
    agent.work()
    assert (agent.world.notes, agent.world.replies) == (1, 1)
    assert "Parcelkite" in agent.world.sandbox.journal.replies(int(agent.world.ticket_id))[0].text
    receipt = agent.app.ledger.decisions.receipts("acme", ticket_id=agent.world.ticket_id)[0]
    first = receipt.body["decision"]["reasons"][0]
    assert first == {"code": "approved_by_person", "detail": "zendesk agent 31"}
    assert not receipt.would_send
    assert {"approve_wished", "wish_granted"} <= set(agent.audit)
    assert agent.app.ledger.watch.verify_chain() is None
    agent.look()
    assert 'data-state="sent"' in agent.html
    assert not agent.offers("approve")


def test_two_clicks_send_one_reply(make) -> None:
    agent = drafted(make())
    draft, version = agent.draft, agent.version
    for _ in range(3):
        agent.act("approve", draft=draft, version=version)
    agent.work()
    agent.act("approve", draft=draft, version=version)
    agent.work()
    assert agent.world.replies == 1


def test_an_approval_after_the_customer_wrote_again_sends_nothing(make) -> None:
    agent = drafted(make())
    world = agent.world
    agent.act("approve", draft=agent.draft)
    world.sandbox.add_comment("zendesk", int(world.ticket_id), text="And where is 48551 really?", notify=False)
    agent.work()
    assert world.replies == 0
    assert "wish_refused" in agent.audit
    assert agent.app.ledger.sidebar.wishes("acme", world.ticket_id)[0].refused == "newer_message"
    assert world.notes == 2, "and the new message got its own draft"


def test_an_approval_after_a_colleague_answered_sends_nothing(make) -> None:
    agent = drafted(make())
    world = agent.world
    agent.act("approve", draft=agent.draft)
    world.sandbox.add_comment("zendesk", int(world.ticket_id), author="agent", text="On its way.", notify=False)
    agent.work()
    assert world.replies == 0
    assert agent.app.ledger.sidebar.wishes("acme", world.ticket_id)[0].refused == "nothing_unanswered"
    agent.look()
    assert 'data-state="ignored"' in agent.html


def test_what_the_floor_keeps_is_not_sent_whoever_approves(make) -> None:
    agent = drafted(make())
    agent.act("approve", draft=agent.draft)
    read_as(agent, Floored())
    agent.work()
    assert agent.world.replies == 0
    assert agent.app.ledger.sidebar.wishes("acme", agent.world.ticket_id)[0].refused == "signal_legal"


def test_the_kill_switch_stops_an_approval_between_click_and_write(make) -> None:
    agent = drafted(make())
    agent.act("approve", draft=agent.draft)
    agent.app.ledger.policies.kill(account_id="acme", intent=None, by="Ada", now=agent.world.clock())
    agent.work()
    assert agent.world.replies == 0
    agent.look()
    assert not agent.offers("approve")
    assert agent.act("approve", draft=agent.draft).status_code == 409


def test_a_changed_policy_or_posture_stops_an_approval(make) -> None:
    agent = drafted(make())
    agent.act("approve", draft=agent.draft)
    agent.act("posture", scope="ticket", value="draft")
    agent.work()
    assert agent.world.replies == 0
    assert agent.app.ledger.sidebar.wishes("acme", agent.world.ticket_id)[0].refused == "posture_draft"


def test_an_old_approval_is_refused(make) -> None:
    agent = drafted(make())
    agent.act("approve", draft=agent.draft)
    agent.world.clock.advance(601)
    agent.work()
    assert agent.world.replies == 0
    assert agent.app.ledger.sidebar.wishes("acme", agent.world.ticket_id)[0].refused == "approval_too_old"


@pytest.mark.parametrize(
    ("tier", "stage"),
    [(Tier.AUTO, Stage.DRAFT), (Tier.APPROVAL, Stage.DRAFT), (Tier.APPROVAL, Stage.SHADOW)],
)
def test_only_released_approval_intents_can_be_approved(make, tier: Tier, stage: Stage) -> None:
    agent = drafted(make(tier=tier, stage=stage))
    assert not agent.offers("approve")
    assert agent.act("approve", draft=agent.draft).status_code == 409
    agent.work()
    assert agent.world.replies == 0


def test_a_draft_is_approved_by_its_own_name_only(make) -> None:
    agent = drafted(make())
    for said in ({"draft": "another"}, {"draft": ""}, {}, {"draft": agent.draft, "version": "old"}):
        assert agent.act("approve", **said).status_code == 409
    agent.work()
    assert agent.world.replies == 0


def test_on_freshdesk_nothing_is_sent_and_the_editor_gets_the_draft(make) -> None:
    agent = drafted(make("freshdesk"))
    assert not agent.offers("approve")
    answer = agent.act("approve", draft=agent.draft, agent="Ines")
    host = answer.json()["host"]
    assert (answer.status_code, host["do"]) == (200, "openReply")
    assert "Parcelkite" in host["text"]
    agent.work()
    assert agent.world.replies == 0
    assert agent.app.ledger.watch.audit("acme")[0].actor == "freshdesk app"
    assert "claimed agent: Ines" in agent.app.ledger.watch.audit("acme")[0].detail


def test_an_approval_survives_the_death_of_its_worker_at_any_step(make) -> None:
    agent = drafted(make())
    world = agent.world
    world.steps.log.clear()
    for dies_at in range(1, 40):
        agent.look()
        agent.act("approve", draft=agent.draft)
        world.steps.log.clear()
        world.steps.crash_at = dies_at
        agent.work()
        died = len(world.steps.log) >= dies_at
        world.steps.crash_at = None
        assert world.replies == 1, f"died at step {dies_at}: {world.steps.log}"
        agent.look()
        assert 'data-state="sent"' in agent.html
        if not died:
            break
        world.clock.advance(86_400)  # approvals count towards the caps of a customer's day
        agent.headers = sign_in(agent.app, "zendesk", agent.address, world.clock)
        world.customer_writes()
        world.deliver(key=f"t-{dies_at}")
        agent.work()
    assert dies_at > 8
    assert not died, "every step was tried"


# --- the other actions ------------------------------------------------------------------------------


@pytest.mark.parametrize("vendor", ["zendesk", "freshdesk"])
def test_insert_gives_the_draft_as_text_without_markup_of_its_own(make, vendor: str) -> None:
    agent = drafted(make(vendor))
    host = agent.act("insert", draft=agent.draft).json()["host"]
    assert host["do"] == "insert"
    assert host["html"].startswith("<p>")
    assert "automatic" not in host["text"], "a reply that a person sends is not automatic"
    assert "draft_inserted" in agent.audit


@pytest.mark.parametrize("vendor", ["zendesk", "freshdesk"])
def test_a_draft_that_is_written_again_stays_in_the_sidebar(make, vendor: str) -> None:
    agent = drafted(make(vendor))
    before = agent.draft
    answer = agent.act("regenerate", instruction="shorter")
    assert (answer.status_code, answer.json()["notice"]["kind"]) == (200, "warning"), "no model is set"
    assert 'data-state="waiting"' in agent.html
    agent.work()
    agent.look()
    assert agent.draft not in ("", before)
    assert (agent.world.notes, agent.world.replies) == (1, 0)
    assert agent.act("insert", draft=before, version=before).status_code == 409
    too_long = agent.act("regenerate", instruction="x" * 301)
    assert (too_long.status_code, set(too_long.json())) == (400, {"error"})


def test_a_draft_that_was_written_again_can_be_approved(make) -> None:
    agent = drafted(make())
    agent.act("regenerate", instruction="")
    agent.work()
    agent.look()
    agent.act("approve", draft=agent.draft)
    agent.work()
    assert (agent.world.notes, agent.world.replies) == (1, 1)


def test_of_an_automatic_intent_a_draft_written_again_is_not_sent(make) -> None:
    agent = drafted(make(tier=Tier.AUTO))
    assert 'data-state="draft"' in agent.html, "it is not certified"
    agent.act("regenerate", instruction="")
    agent.work()
    assert agent.world.replies == 0
    assert not agent.app.ledger.decisions.receipts("acme", ticket_id=agent.world.ticket_id)[0].would_send


@pytest.mark.parametrize("vendor", ["zendesk", "freshdesk"])
def test_an_escalation_hands_the_ticket_over_with_its_card(make, vendor: str) -> None:
    agent = drafted(make(vendor))
    assert agent.offers("escalate")
    assert agent.act("escalate").status_code == 200
    agent.work()
    notes = agent.world.sandbox.journal.notes(int(agent.world.ticket_id), vendor=vendor)
    assert len(notes) == 2
    assert "hand-off" in notes[-1].text
    assert "A colleague handed this ticket over." in notes[-1].text
    agent.look()
    assert 'data-state="hand_off"' in agent.html
    assert not agent.offers("escalate")
    due = agent.app.ledger.watch.hand_offs_overdue(now=agent.world.clock() + timedelta(days=5))
    assert [item.ticket_id for item in due] == [agent.world.ticket_id]


def test_a_posture_counts_from_the_next_message_on(make) -> None:
    agent = drafted(make())
    assert agent.act("posture", scope="requester", value="off").status_code == 200
    assert agent.act("posture", scope="brand", value="off").status_code == 400
    assert agent.act("posture", scope="ticket", value="on").status_code == 400
    world = agent.world
    world.sandbox.add_comment("zendesk", int(world.ticket_id), text="Where is 48551 now?", notify=False)
    world.clock.advance(3)
    world.deliver(key="d-2")
    agent.work()
    assert world.notes == 1
    agent.look()
    assert 'data-state="off"' in agent.html


def test_a_verdict_on_a_would_be_send_counts_once_each(make) -> None:
    agent = drafted(make(tier=Tier.AUTO, stage=Stage.SHADOW))
    assert agent.offers("verdict")
    assert agent.act("verdict", value="maybe").status_code == 400
    assert agent.act("verdict", value="right").status_code == 200
    assert not agent.offers("verdict")
    (kept,) = agent.app.ledger.policies.verdicts("acme", "order_status")
    assert (kept.verdict, kept.who, kept.ticket_id) == ("right", "zendesk agent 31", agent.world.ticket_id)
    assert kept.edition, "the ledger knows which send it is about"


def test_feedback_is_kept_with_its_reason_and_goes_with_the_account(make) -> None:
    agent = drafted(make())
    assert agent.act("feedback", value="wrong_facts", reason="Der Preis\x00 stimmt nicht").status_code == 200
    (kept,) = agent.app.ledger.sidebar.feedback("acme", agent.world.ticket_id)
    assert (kept.value, kept.reason) == ("wrong_facts", "Der Preis stimmt nicht")
    assert kept.receipt_id == agent.draft
    assert agent.act("feedback", value="boring").status_code == 400
    assert agent.act("feedback", value="tone", reason="x" * 1001).status_code == 400
    assert agent.act("dance").status_code == 400
    agent.app.ledger.accounts.erase("acme", now=agent.world.clock())
    assert agent.app.ledger.sidebar.feedback("acme") == ()
    assert agent.look().status_code == 401


def test_a_ticket_that_was_never_read_is_asked_for_and_read_on_request(make) -> None:
    agent = make()
    agent.world.customer_writes()
    assert agent.look().status_code == 200
    assert 'data-state="unknown"' in agent.html
    assert agent.act("regenerate", instruction="").status_code == 200
    agent.work()
    agent.look()
    assert 'data-state="draft"' in agent.html
    agent.world.ticket_id = "999999"
    assert agent.look().status_code == 404


def test_where_the_helpdesk_does_not_answer_the_card_says_so(make) -> None:
    agent = make()
    agent.world.customer_writes()
    agent.world.sandbox.faults.add("status", vendor="zendesk", path=r"/tickets/", status=503, times=50)
    answer = agent.look()
    assert answer.status_code == 200
    assert "does not answer right now" in agent.html


def test_the_card_is_quick_and_page_and_assets_are_light(make) -> None:
    agent = drafted(make())
    agent.look()
    took = []
    for _ in range(20):
        begun = time.perf_counter()
        agent.look()
        took.append(time.perf_counter() - begun)
    assert sorted(took)[len(took) // 2] < 0.3
    assets = [
        requests.get(f"{agent.address}/apps/static/{name}", timeout=10)
        for name in ("sidebar.css", "sidebar.js", "zendesk.js")
    ]
    assert {answer.status_code for answer in assets} == {200}
    assert sum(len(answer.content) for answer in assets) + len(agent.look().content) < 90_000
