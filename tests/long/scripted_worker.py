"""`handrail worker` whose classifier takes every text for an order question: a sweep starts hundreds of them.

Loading the real one takes seconds and is no part of the protocol. `python -m tests.long.scripted_worker` is the
command in every other respect; the soak test runs the command itself. With the word `send-then-record` it follows a
protocol known to be bad, to show that a sweep finds it.
"""

import sys
from collections.abc import Sequence

from connector import outbox, triage
from connector.cli import handrail
from connector.intents import Catalogue
from connector.ports import Classification

MUTANT = "send-then-record"


class OrderQuestions:
    """Sure of itself and never doubted."""

    version = "scripted"

    def __init__(self, catalogue: Catalogue) -> None:
        others = [intent.key for intent in catalogue if intent.key != "order_status"]
        self._probabilities = {"order_status": 0.99, **{key: 0.01 / len(others) for key in others}}

    def classify(self, texts: Sequence[str]) -> Sequence[Classification]:
        return tuple(Classification(probabilities=self._probabilities, out_of_scope=0.0) for _ in texts)


def main(*words: str) -> None:
    triage.fit = OrderQuestions
    if words == (MUTANT,):
        from tests.bad_protocols import SendThenRecord

        outbox.Outbox = SendThenRecord  # type: ignore[misc]  # the mutant takes its place
    handrail.main(["worker"], prog_name="handrail")


if __name__ == "__main__":
    main(*sys.argv[1:])
