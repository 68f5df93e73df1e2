"""A challenger against the champion on the account's reserved tickets: neither model has learnt from them.

Two judges: the labels of the rows, for every reserved ticket; and people's verdicts, for those on which there was a
would-be send. What is compared is the gate (both keys, as far as the message is concerned), as in `handrail eval`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from connector import starters
from connector.errors import ConfigurationError
from connector.evaluation.dataset import Labelled
from connector.evaluation.intervals import share
from connector.intents import Catalogue
from connector.model import HUMAN_ONLY_SIGNALS, Account
from connector.policy.certification import RIGHT, upper_bound
from connector.policy.document import Policy, as_if_live
from connector.policy.engine import Question, Standing, decide
from connector.policy.reserve import reserved
from connector.ports import TriageContext, Triager
from connector.receipts import text_hash
from connector.records import DecisionReceipt, OwnExample, Verdict
from connector.triage.dataset import ticket_from_row
from connector.triage.language import detect
from connector.triage.material import text_of
from connector.triage.own import known_intents
from connector.triage.signals import Rules

LEAST_EXAMPLES = 10
"""Fewer of one's own change nothing that could be measured."""

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """The rows of a file: those to learn from, and those that are set aside."""

    learn: tuple[OwnExample, ...]
    reserved: tuple[Labelled, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What a model made of one ticket, and whether its draft could be sent."""

    intent: str
    sends: bool


def split(rows: Sequence[Labelled], account_id: str, catalogue: Catalogue, *, name: str) -> Split:
    """The rows apart. ConfigurationError names the ticket whose label is missing or unknown, or says that there are
    too few; `name` is that of the file.
    """
    known = known_intents(catalogue)
    for row in rows:
        intent = row.row.get("intent")
        if not isinstance(intent, str) or intent not in known:
            said = "is missing" if intent is None else f"{intent!r} is not in the catalogue"
            raise ConfigurationError(
                f"{name}: ticket {row.id}: intent {said}: write one of {', '.join(sorted(known))}."
            )
    examples = tuple(_example(row) for row in rows if not reserved(account_id, row.id))
    learn = tuple(example for example in examples if example.text)
    if len(learn) < LEAST_EXAMPLES:
        raise ConfigurationError(
            f"{name} has {len(learn)} tickets to learn from beside the reserved ones: label at least {LEAST_EXAMPLES}."
        )
    return Split(learn=learn, reserved=tuple(row for row in rows if reserved(account_id, row.id)))


def read(
    triager: Triager, rows: Iterable[Labelled], account: Account, policy: Policy, catalogue: Catalogue
) -> dict[str, Read]:
    """What this model makes of each row, by ticket, at a moment when nothing else stands against a send."""
    context = TriageContext(config=account.config, human_only_intents=catalogue.human_only)
    live, standing = as_if_live(policy), Standing.permissive(account.config.languages)
    found = {}
    for row in rows:
        triage = triager.triage(row.ticket, context)
        question = Question(ticket=row.ticket, triage=triage, policy=live, standing=standing, review=None)
        found[row.id] = Read(intent=triage.intent, sends=decide(question).gate)
    return found


def proven(rows: Iterable[Labelled], receipts: Iterable[DecisionReceipt]) -> frozenset[tuple[str, str]]:
    """The (ticket, intent) pairs of which the receipts show that the row holds the text people judged an answer to.

    A file may say of any ticket that it held any text, and a model that answers that text proves nothing. Would-be
    sends from before the hash was recorded, erased ones, and tickets on which one was about another text prove nothing.
    """
    texts = {row.id: text_hash(row.ticket) for row in rows}
    found: dict[tuple[str, str], bool] = {}
    for receipt in receipts:
        if receipt.ticket_id in texts:
            key = (receipt.ticket_id, receipt.intent)
            same = receipt.body.get("text_hash") == texts[receipt.ticket_id]
            found[key] = found.get(key, True) and same
    return frozenset(key for key, same in found.items() if same)


@cache
def delicate() -> tuple[Labelled, ...]:
    """Shipped tickets that need a person and look as if they did not."""
    rows = (
        json.loads(line)
        for name, content in starters.folder("tickets", ".jsonl").items()
        if name.rpartition("/")[2].startswith("delicate-")
        for line in content.split("\n")
        if line.strip()
    )
    return tuple(
        Labelled(id=row["id"], row=row, ticket=ticket_from_row(row)) for row in rows if row["must_not_send"] is True
    )


def still_open(rules: Rules) -> tuple[Labelled, ...]:
    """The delicate tickets that depend on the model: on the others a rule calls a person, whatever it says."""

    def called(row: Labelled) -> bool:
        hits = rules.hits(text_of(row.ticket))
        return any(hit.signal in HUMAN_ONLY_SIGNALS and not hit.hint for hit in hits)

    return tuple(row for row in delicate() if not called(row))


def let_through(
    triager: Triager, rows: Iterable[Labelled], account: Account, policy: Policy, catalogue: Catalogue
) -> int:
    """How many of these delicate tickets this model would answer."""
    return sum(found.sends for found in read(triager, rows, account, policy, catalogue).values())


def figures(
    reads: Mapping[str, Read], rows: Sequence[Labelled], verdicts: Sequence[Verdict], policy: Policy
) -> Mapping[str, Any]:
    """Accuracy, sends and errors of one model on the reserved rows, with their uncertainty."""
    right = sum(reads[row.id].intent in _meant(row) for row in rows)
    sends = [row for row in rows if reads[row.id].sends]
    wrong = [row.id for row in sends if reads[row.id].intent not in _meant(row) or row.row.get("must_not_send") is True]
    judged = _judged(reads, verdicts, policy)
    errors = sum(judged.values())
    return {
        "accuracy": share(right, len(rows)),
        "gate_sends": len(sends),
        "gate_errors": len(wrong),
        "gate_error_tickets": wrong[:20],
        "verdicts": len(judged),
        "verdict_errors": errors,
        "bound": upper_bound(errors, len(judged), CONFIDENCE) if judged else None,
    }


def would_answer(reads: Mapping[str, Read], known: Collection[tuple[str, str]]) -> frozenset[tuple[str, str]]:
    """The (ticket, intent) pairs whose verdicts go on counting under this model; `known` are the `proven` ones."""
    found = {(ticket, found.intent) for ticket, found in reads.items() if found.sends}
    return frozenset(found & set(known))


def _judged(reads: Mapping[str, Read], verdicts: Sequence[Verdict], policy: Policy) -> dict[tuple[str, str], bool]:
    """Whether each judged would-be send that this model would make as well was wrong; one error is enough."""
    found: dict[tuple[str, str], bool] = {}
    for verdict in verdicts:
        now, rule = reads.get(verdict.ticket_id), policy.intents.get(verdict.intent)
        if now is None or rule is None or not now.sends or now.intent != verdict.intent:
            continue
        if verdict.template == rule.template:
            key = (verdict.ticket_id, verdict.intent)
            found[key] = found.get(key, False) or verdict.verdict != RIGHT
    return found


def _meant(row: Labelled) -> frozenset[str]:
    also = row.row.get("intents_also") or ()
    return frozenset({str(row.row.get("intent")), *(str(key) for key in also if isinstance(also, list))})


def _example(row: Labelled) -> OwnExample:
    given = row.row.get("language")
    # As the ledger can keep it, so that what is stored is what was learnt.
    text = text_of(row.ticket).encode("utf-8", "replace").decode().replace("\x00", "")
    language = given if isinstance(given, str) and given.strip() else detect(text)
    return OwnExample(ticket_id=row.id, intent=str(row.row["intent"]), language=language.strip().lower(), text=text)
