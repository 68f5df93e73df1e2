"""What every helpdesk must do, whoever it is. A provider's tests bring a `Desk`; the helpdesk itself is the judge."""

from __future__ import annotations

import threading
from typing import Protocol

import pytest

from connector.errors import (
    CredentialsRejected,
    ProviderUnavailable,
    TicketChanged,
    TicketGone,
    WriteForbidden,
)
from connector.model import Account, EventKind, Priority, Role, Status, Ticket, Visibility
from connector.ports import CheckState, Guarantee, Provider
from tests.providers.desk import allowed, note, reply


class Desk(Protocol):
    """A helpdesk with people in it. What it answers comes from the helpdesk, not from the provider under test."""

    provider: Provider
    account: Account

    def open_ticket(self, text: str, *, tags: tuple[str, ...] = ()) -> str:
        """A verified customer writes; the ticket's id."""

    def customer_says(self, ticket_id: str, text: str) -> None:
        """The requester writes again."""

    def agent_tags(self, ticket_id: str, tag: str) -> None:
        """A person adds a tag."""

    def pass_time(self) -> None:
        """The helpdesk's clock moves on by more than a second and its exports see what happened so far."""

    def notes(self, ticket_id: str) -> list[str]:
        """Texts of our internal notes."""

    def replies(self, ticket_id: str) -> list[str]:
        """Texts of our public replies."""

    def tags(self, ticket_id: str) -> set[str]:
        """The ticket's tags."""

    def state(self, ticket_id: str) -> tuple[Status, Priority | None]:
        """Status and priority in our words."""


class NetworkDesk(Desk, Protocol):
    """A helpdesk behind a network."""

    stranger: Account
    """The same helpdesk with credentials that it does not know."""

    def lose_next_answer(self, method: str) -> None:
        """The next such call is applied and its answer lost."""

    def delay_next_write(self, method: str) -> None:
        """The next such call gets no answer and is applied when `apply_late` is called."""

    def apply_late(self) -> None:
        """What was delayed arrives now."""

    def writes(self, ticket_id: str) -> int:
        """How many calls that change something have reached the helpdesk."""


class ProviderContract:
    """Rules for every provider. Subclasses define the fixture `desk`."""

    def test_a_new_ticket_is_read_as_the_customer_wrote_it(self, desk: Desk) -> None:
        ticket = desk.provider.fetch(desk.account, desk.open_ticket("Where is my parcel?", tags=("vip",)))
        assert [(entry.role, entry.visibility, entry.text) for entry in ticket.comments] == [
            (Role.REQUESTER, Visibility.PUBLIC, "Where is my parcel?")
        ]
        assert "vip" in ticket.tags
        assert ticket.account_id == desk.account.id
        assert ticket.status in (Status.NEW, Status.OPEN)
        assert desk.provider.requester(desk.account, ticket).verified is True

    def test_refresh_sees_what_the_customer_wrote_meanwhile(self, desk: Desk) -> None:
        ticket = desk.provider.fetch(desk.account, desk.open_ticket("First"))
        desk.customer_says(ticket.id, "Second")
        again = desk.provider.refresh(desk.account, ticket)
        assert [entry.text for entry in again.comments] == ["First", "Second"]
        assert again.newest_customer_message is not None
        assert again.newest_customer_message.text == "Second"

    def test_a_note_is_internal_written_once_and_found_again(self, desk: Desk) -> None:
        ticket = self._settled(desk, "Where is my parcel?", tags=("vip",))
        effect = note(ticket)
        assert desk.provider.find_proof(desk.account, ticket, effect) is None
        desk.provider.write(desk.account, ticket, effect, permit=allowed)
        assert len(desk.notes(ticket.id)) == 1
        assert "arrives <soon>" in desk.notes(ticket.id)[0]
        assert desk.replies(ticket.id) == []
        assert desk.tags(ticket.id) == {"vip", "hr", "hr_order_status", "hr_draft"}
        assert desk.state(ticket.id)[1] is Priority.HIGH
        after = desk.provider.fetch(desk.account, ticket.id)
        assert (after.comments[-1].role, after.comments[-1].visibility) == (Role.CONNECTOR, Visibility.INTERNAL)
        proof = desk.provider.find_proof(desk.account, after, effect)
        assert proof is not None
        assert proof.found

    def test_a_reply_is_public_and_sets_the_status(self, desk: Desk) -> None:
        ticket = self._settled(desk, "Where is my parcel?")
        effect = reply(ticket)
        desk.provider.write(desk.account, ticket, effect, permit=allowed)
        assert len(desk.replies(ticket.id)) == 1
        assert "your parcel left on Monday" in desk.replies(ticket.id)[0]
        assert desk.notes(ticket.id) == []
        assert desk.state(ticket.id)[0] is Status.PENDING
        after = desk.provider.fetch(desk.account, ticket.id)
        assert after.unanswered == ()
        assert desk.provider.find_proof(desk.account, after, effect) is not None

    def test_somebody_elses_effect_is_no_proof(self, desk: Desk) -> None:
        ticket = self._settled(desk, "Where is my parcel?")
        desk.provider.write(desk.account, ticket, note(ticket), permit=allowed)
        after = desk.provider.fetch(desk.account, ticket.id)
        assert desk.provider.find_proof(desk.account, after, note(ticket, id="q" * 32)) is None

    def test_our_own_tags_go_and_those_of_others_stay(self, desk: Desk) -> None:
        ticket = self._settled(desk, "Where is my parcel?", tags=("vip", "hr_draft"))
        desk.agent_tags(ticket.id, "warehouse")
        desk.pass_time()
        ticket = desk.provider.refresh(desk.account, ticket)
        change = note(ticket, tags_add=frozenset({"hr_handoff"}), tags_remove=frozenset({"hr_draft"}))
        desk.provider.write(desk.account, ticket, change, permit=allowed)
        assert desk.tags(ticket.id) == {"vip", "warehouse", "hr_handoff"}

    def test_a_forbidden_write_changes_nothing(self, desk: Desk) -> None:
        ticket = self._settled(desk, "Where is my parcel?", tags=("vip",))

        def permit() -> None:
            raise WriteForbidden("the kill switch is on")

        for effect in (note(ticket), reply(ticket)):
            with pytest.raises(WriteForbidden):
                desk.provider.write(desk.account, ticket, effect, permit=permit)
        assert (desk.notes(ticket.id), desk.replies(ticket.id), desk.tags(ticket.id)) == ([], [], {"vip"})

    def test_a_conditional_write_on_a_moved_ticket_is_refused(self, desk: Desk) -> None:
        old = self._settled(desk, "First")
        desk.customer_says(old.id, "Second")
        for effect in (note(old), reply(old)):
            if desk.provider.capabilities.guarantee(effect.kind) is Guarantee.CONDITIONAL:
                with pytest.raises(TicketChanged):
                    desk.provider.write(desk.account, old, effect, permit=allowed)
                assert (desk.notes(old.id), desk.replies(old.id)) == ([], [])

    def test_of_two_racing_workers_one_writes(self, desk: Desk) -> None:
        ticket = self._settled(desk, "Where is my parcel?")
        if desk.provider.capabilities.note is not Guarantee.CONDITIONAL:
            self._race(desk, ticket.id, workers=1)
            return
        self._race(desk, ticket.id, workers=4)
        assert len(desk.notes(ticket.id)) == 1

    def _race(self, desk: Desk, ticket_id: str, *, workers: int) -> None:
        ticket = desk.provider.fetch(desk.account, ticket_id)
        outcomes: list[str] = []

        def work() -> None:
            try:
                desk.provider.write(desk.account, ticket, note(ticket), permit=allowed)
                outcomes.append("written")
            except TicketChanged:
                outcomes.append("refused")

        threads = [threading.Thread(target=work) for _ in range(workers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes) == ["refused"] * (workers - 1) + ["written"]

    def test_an_unknown_ticket_is_gone(self, desk: Desk) -> None:
        with pytest.raises(TicketGone):
            desk.provider.fetch(desk.account, "999999999")

    def test_the_poll_finds_what_moved_and_only_that_later(self, desk: Desk) -> None:
        first, second = desk.open_ticket("One"), desk.open_ticket("Two")
        desk.pass_time()
        found, cursor = self._poll(desk, None)
        assert {first, second} <= set(found)
        desk.pass_time()
        desk.customer_says(second, "Two again")
        desk.pass_time()
        again, _ = self._poll(desk, cursor)
        assert second in again
        assert set(again) - set(found) or again[second] != found[second]

    def _poll(self, desk: Desk, cursor: str | None) -> tuple[dict[str, str], str]:
        """Keys of the newest event by ticket id, and the cursor at the end."""
        found: dict[str, str] = {}
        now = desk.provider.fetch(desk.account, desk.open_ticket("What time is it?")).read_at
        for _ in range(50):
            page = desk.provider.updates(desk.account, cursor, now=now)
            cursor = page.cursor
            for event in page.events:
                assert event.kind is EventKind.POLLED
                assert event.ticket_id is not None
                found[event.ticket_id] = event.key
            if not page.more:
                return found, cursor
        raise AssertionError("the poll does not end")

    def test_inspection_of_a_sound_account_fails_nothing(self, desk: Desk) -> None:
        desk.open_ticket("Something to look at")
        found = desk.provider.inspect(desk.account)
        assert found.bot_user_id == desk.account.bot_user_id
        assert [check for check in found.checks if check.state is CheckState.FAIL] == []

    @staticmethod
    def _settled(desk: Desk, text: str, *, tags: tuple[str, ...] = ()) -> Ticket:
        """A ticket read after the second of its stamp, as the pipeline waits for."""
        ticket_id = desk.open_ticket(text, tags=tags)
        desk.pass_time()
        return desk.provider.fetch(desk.account, ticket_id)


class NetworkContract(ProviderContract):
    """Further rules for helpdesks behind a network, where answers get lost."""

    def test_bad_credentials_are_named(self, desk: NetworkDesk) -> None:
        ticket_id = desk.open_ticket("Where is my parcel?")
        with pytest.raises(CredentialsRejected):
            desk.provider.fetch(desk.stranger, ticket_id)
        found = desk.provider.inspect(desk.stranger)
        assert [check.name for check in found.checks if check.state is CheckState.FAIL] == ["credentials"]

    def test_a_lost_answer_is_found_and_nothing_is_sent_twice(self, desk: NetworkDesk) -> None:
        for make, written in ((note, desk.notes), (reply, desk.replies)):
            ticket = self._settled(desk, "Where is my parcel?")
            effect = make(ticket, id=f"{ticket.id:a>8}" + "b" * 24)
            effect = make(ticket, id=effect.id, text=f"{effect.text}\nRef {effect.reference}")
            desk.lose_next_answer("POST" if desk.provider.name == "freshdesk" else "PUT")
            with pytest.raises(ProviderUnavailable):
                desk.provider.write(desk.account, ticket, effect, permit=allowed)
            assert len(written(ticket.id)) == 1
            after = desk.provider.refresh(desk.account, ticket)
            proof = desk.provider.find_proof(desk.account, after, effect)
            assert proof is not None
            assert proof.found

    def test_a_forbidden_write_never_leaves(self, desk: NetworkDesk) -> None:
        ticket = self._settled(desk, "Where is my parcel?")
        before = desk.writes(ticket.id)

        def permit() -> None:
            raise WriteForbidden("the kill switch is on")

        for effect in (note(ticket), reply(ticket)):
            with pytest.raises(WriteForbidden):
                desk.provider.write(desk.account, ticket, effect, permit=permit)
        assert desk.writes(ticket.id) == before

    def test_a_note_that_arrives_late_ends_as_one_note(self, desk: NetworkDesk) -> None:
        """The worst case: the first request is still under way while we look, find nothing and write again."""
        ticket = self._settled(desk, "Where is my parcel?")
        effect = note(ticket, tags_add=frozenset(), priority=None)
        desk.delay_next_write("POST" if desk.provider.name == "freshdesk" else "PUT")
        with pytest.raises(ProviderUnavailable):
            desk.provider.write(desk.account, ticket, effect, permit=allowed)
        again = desk.provider.refresh(desk.account, ticket)
        assert desk.provider.find_proof(desk.account, again, effect) is None
        desk.provider.write(desk.account, again, effect, permit=allowed)
        desk.apply_late()
        desk.provider.repair(desk.account, desk.provider.fetch(desk.account, ticket.id), effect)
        assert len(desk.notes(ticket.id)) == 1
