"""Plays the samples: writes as the customers, waits, and holds what happened against what was meant to."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from demo.samples import SAMPLES, Sample
from demo.world import World

ACCOUNTS = {"zendesk": "nordlicht", "freshdesk": "fjordkant"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What happened to one sample. `seconds`: from the last message to our note or reply, if there is one."""

    sample: Sample
    ticket: str
    intent: str
    action: str
    author: str
    why: str
    seconds: float | None
    faults: tuple[str, ...]


def play(world: World) -> list[Row]:
    """Write all samples at once, wait until everything is quiet, and judge each."""
    chance = random.Random(4)  # noqa: S311 - the order of invented customers
    tickets: dict[int, str] = {}
    held = [index for index, sample in enumerate(SAMPLES) if sample.held]
    order = [index for index in range(len(SAMPLES)) if index not in held]
    chance.shuffle(order)
    if held:
        world.control("POST", "hold", {})
        for index in held:
            tickets[index] = write(world, SAMPLES[index])
        world.control("POST", "release", {})
    for index in order:
        tickets[index] = write(world, SAMPLES[index])
    world.control("POST", "deliveries/drain", {"timeout_seconds": 60})
    for index in order:
        if SAMPLES[index].copies > 1:
            _deliver_again(world, SAMPLES[index], tickets[index])
    world.wait_until_quiet(seconds=90)
    world.control("POST", "deliveries/drain", {"timeout_seconds": 30})  # our own echoes
    world.wait_until_quiet(seconds=30)
    told = receipts(world, tickets)
    return [judge(world, SAMPLES[index], tickets[index], told[index]) for index in range(len(SAMPLES))]


def receipts(world: World, tickets: Mapping[int, str]) -> dict[int, list[dict[str, Any]]]:
    """What Handrail says it did, by sample: one command for each account."""
    found: dict[int, list[dict[str, Any]]] = {}
    for vendor, account in ACCOUNTS.items():
        mine = [index for index in tickets if SAMPLES[index].vendor == vendor]
        told = world.command("receipt", *(tickets[index] for index in mine), "--account", account)
        found.update({index: document["receipts"] for index, document in zip(mine, told, strict=True)})
    return found


def write(world: World, sample: Sample) -> str:
    """Write one sample into its helpdesk; returns the ticket's number."""
    name, address, verified = sample.sender
    ticket = world.control(
        "POST",
        f"{sample.vendor}/tickets",
        {
            "subject": sample.subject,
            "body": sample.messages[0].text,
            "requester": {"name": name, "email": address, "verified": verified},
            "channel": "email",
            "cc": list(sample.cc),
            "flags": list(sample.flags),
        },
    )
    number = str(ticket["id"])
    for message in sample.messages[1:]:
        world.control(
            "POST", f"{sample.vendor}/tickets/{number}/comments", {"author": message.author, "text": message.text}
        )
    return number


def _deliver_again(world: World, sample: Sample, ticket: str) -> None:
    world.control(
        "POST",
        "deliveries/redeliver",
        {"vendor": sample.vendor, "ticket": int(ticket), "copies": sample.copies - 1, "shuffle_seed": 1},
    )


def judge(world: World, sample: Sample, ticket: str, told: list[dict[str, Any]]) -> Row:
    """What the helpdesk's journal and our own receipt say, against what was meant."""
    journal = world.control("GET", f"journal?vendor={sample.vendor}&ticket={ticket}")["entries"]
    deciding = next((item for item in told if item["action"] != "ignore"), told[0])
    written = [entry for entry in journal if entry["by_integration"] and entry["verb"] in ("note", "reply")]
    reasons = tuple(reason["code"] for reason in deciding["decision"]["reasons"])
    return Row(
        sample=sample,
        ticket=ticket,
        intent=deciding["intent"],
        action=deciding["action"],
        author=(deciding.get("draft") or {}).get("author", ""),
        why=_why(deciding),
        seconds=_seconds(journal, written),
        faults=tuple(_faults(sample, deciding, reasons, written)),
    )


def _why(receipt: Mapping[str, Any]) -> str:
    """The first reasons in words, as the receipt tells them; what a draft lacks is named."""
    sentences = (_worded(reason) for reason in receipt["decision"]["reasons"])
    return " ".join(list(dict.fromkeys(sentences))[:2])


def _worded(reason: Mapping[str, Any]) -> str:
    words = str(reason["words"])
    if reason["code"] != "draft_incomplete" or not reason["detail"]:
        return words
    return f"{words.rstrip('.')}: {reason['detail'].replace('_', ' ')}."


def _faults(
    sample: Sample, receipt: Mapping[str, Any], reasons: Sequence[str], written: Sequence[Mapping[str, Any]]
) -> list[str]:
    found = []
    if receipt["action"] != sample.action:
        found.append(f"{receipt['action']} instead of {sample.action}")
    if sample.intent and receipt["intent"] != sample.intent:
        found.append(f"taken for {receipt['intent']} instead of {sample.intent}")
    for verb, wanted in (("note", sample.notes), ("reply", sample.replies)):
        count = sum(entry["verb"] == verb for entry in written)
        if count != wanted:
            found.append(f"{count} {verb}(s) instead of {wanted}")
    text = "\n".join(entry["text"] for entry in written)
    found += [f"{part!r} is missing" for part in sample.must_contain if part not in text]
    found += [f"{part!r} must not be there" for part in sample.must_not_contain if part in text]
    found += [f"reason {code} is missing" for code in sample.reasons if code not in reasons]
    return found


def _seconds(journal: Sequence[Mapping[str, Any]], written: Sequence[Mapping[str, Any]]) -> float | None:
    if not written:
        return None
    asked = [entry for entry in journal if entry["verb"] in ("created", "customer_message")]
    done = datetime.fromisoformat(written[0]["exact"])
    return (done - datetime.fromisoformat(asked[-1]["exact"])).total_seconds()
