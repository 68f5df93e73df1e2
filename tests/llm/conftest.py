"""A client on real sockets, a real ledger, and servers that misbehave."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from connector.ledger import SqlLedger, open_ledger
from connector.llm.breaker import Breaker
from connector.llm.budget import Budget, Prices
from connector.llm.client import OpenAIModel
from connector.ports import Prompt, SpendLimits
from tests.ledger.samples import KEY, NOW
from tests.llm.raw_server import RawServer

SCHEMA = {
    "type": "object",
    "properties": {
        "statements": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "text": {"type": "string"},
                    "sources": {"type": "array", "items": {"type": "string"}},
                },
                "required": ["text", "sources"],
                "additionalProperties": False,
            },
        },
        "summary": {"type": "string"},
        "next_action": {"type": "string"},
        "promises_hand_off": {"type": "boolean"},
        "needs_human": {"type": "boolean"},
    },
    "required": ["statements", "summary", "next_action", "promises_hand_off", "needs_human"],
    "additionalProperties": False,
}
"""The reply's shape, so that the scripted server's answers fit."""

MakeModel = Callable[..., OpenAIModel]


@pytest.fixture(scope="session")
def ledger_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "handrail.db"
    ledger = open_ledger(str(path), keys=(KEY,))
    ledger.migrate()
    ledger.close()
    return path


@pytest.fixture
def ledger(ledger_template: Path, tmp_path: Path) -> Iterator[SqlLedger]:
    opened = open_ledger(str(shutil.copy(ledger_template, tmp_path / "handrail.db")), keys=(KEY,))
    yield opened
    opened.close()


@pytest.fixture
def make_model(ledger: SqlLedger) -> Iterator[MakeModel]:
    """A model at this address, with a breaker of its own unless one is given."""
    made: list[OpenAIModel] = []

    def make(
        address: str, *, limits: SpendLimits | None = None, prices: Prices | None = None, **changes: object
    ) -> OpenAIModel:
        values: dict[str, object] = {
            "address": address,
            "name": "small",
            "budget": Budget(ledger.spend, clock=lambda: NOW, limits=limits or SpendLimits(), prices=prices),
            "breaker": Breaker(),
            "seconds": 20.0,  # a loaded machine; what is about time says its own
        }
        made.append(OpenAIModel(**(values | changes)))  # type: ignore[arg-type]  # a test names what it is about
        return made[-1]

    yield make
    for model in made:
        model.close()


@pytest.fixture
def raw() -> Iterator[RawServer]:
    """A server that writes the bytes it is told to."""
    with RawServer() as server:
        yield server


def prompt(text: str = "Where is my order?", *, schema: object = SCHEMA) -> Prompt:
    document = (
        '{"language":"en","company":"Northwind","tone":"friendly","customer":{"name":"Ann"},"messages":'
        f'[{{"from":"customer","at":"2026-11-23T09:00:00Z","text":"{text}"}}],"facts":{{}},'
        '"sources":[{"id":"s1","title":"Delivery","text":"We deliver within three days. Orders leave at noon."}],'
        '"guidance":""}'
    )
    return Prompt(
        version="reply-1",
        system="You answer from the sources.",
        user=document,
        schema_name="reply",
        schema=schema,  # type: ignore[arg-type]  # a test may give a wrong one
        max_tokens=700,
    )
