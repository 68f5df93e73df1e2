import io
import json

import pytest

import providers
from connector.errors import ConfigurationError, TicketChanged, WebhookRejected
from connector.model import EventKind, Role, Visibility
from connector.ports import CheckState
from providers.console import Console
from tests.providers.desk import NOW, MemoryAccounts, account, allowed, clock, note, request

ROWS = [{"id": 1, "subject": "Parcel", "body": "Where is it?", "from": "mara@birkenweg.example", "tags": ["a"]}]


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "tickets.json"
    path.write_text(json.dumps(ROWS), encoding="utf-8")
    return path


@pytest.fixture
def out():
    return io.StringIO()


@pytest.fixture
def console(out):
    return Console(clock=clock, out=out)


def of(file):
    return account("console", base_url=providers.base_url("console", str(file)))


def test_tickets_come_from_the_file(console, file):
    ticket = console.fetch(of(file), "1")
    assert (ticket.subject, ticket.comments[0].text, ticket.comments[0].role) == (
        "Parcel",
        "Where is it?",
        Role.REQUESTER,
    )
    assert console.requester(of(file), ticket).verified is True


def test_writes_are_printed_and_seen_again(console, file, out):
    ticket = console.fetch(of(file), "1")
    console.write(of(file), ticket, note(ticket), permit=allowed)
    assert out.getvalue().startswith("--- note on ticket 1 ---\nHandrail: draft\n")
    after = console.fetch(of(file), "1")
    assert (after.comments[-1].role, after.comments[-1].visibility) == (Role.CONNECTOR, Visibility.INTERNAL)
    with pytest.raises(TicketChanged):
        console.write(of(file), ticket, note(ticket), permit=allowed)


def test_verify_and_parse(console, file):
    console.verify(request({}, {"x-handrail-secret": "whs-current-secret"}), of(file), now=NOW)
    event = console.parse(request({"ticket_id": "1", "event": "created"}), of(file), now=NOW)
    assert (event.ticket_id, event.kind) == ("1", EventKind.CREATED)
    with pytest.raises(WebhookRejected):
        console.parse(request({"event": "created"}), of(file), now=NOW)


def test_inspection_names_a_broken_file(console, tmp_path):
    broken = tmp_path / "broken.json"
    broken.write_text("{", encoding="utf-8")
    found = console.inspect(account("console", base_url=f"file:{broken}"))
    assert [check.state for check in found.checks] == [CheckState.FAIL]


def test_a_file_that_is_not_there_is_told_in_words():
    with pytest.raises(ConfigurationError, match="file:PATH"):
        providers.base_url("console", "nowhere.json")


def test_the_registry_builds_it():
    built = providers.build("console", accounts=MemoryAccounts(), clock=clock, allow_loopback=False)
    assert built.name == "console"
