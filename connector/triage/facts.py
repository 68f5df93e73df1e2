"""What the customer gave already, by name: the facts that nobody may ask for again [T2, H3].

Precise rather than greedy: a wrong order number in a reply is worse than none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from connector.triage.lexicon import words
from connector.triage.measures import Found, find_measures
from connector.triage.references import find_references
from connector.triage.sentences import MAX_CHARS, fold

# "my new number is ...", "change it to ...": what comes next replaces what the account holds.
_NEW = re.compile(
    r"\b(?:new|neue[nrsm]?|nouve\w{1,3}|nuev[oa]|nuov[oa]|nieuwe?|now[yea]\w?)(?: [\w-]{2,14}){0,2}(?: is| ist|"
    r" lautet)?[\s:(]{1,3}$",
    re.IGNORECASE,
)
_TO = re.compile(r"\b(?:to|auf|into|zu|par(?: le)?|por|con|naar|na)(?: mine)?[\s:(]{1,3}$", re.IGNORECASE)
_CHANGE = re.compile(
    r"\b(?:chang\w{1,3}|switch\w{0,3}|updat\w{1,3}|replac\w{1,3}|mov(?:e|ing)|änder\w{0,3}|umstell\w{0,3}|"
    r"stell\w{0,3}|ersetz\w{0,3}|wechsel\w{0,3}|"
    r"remplac\w{1,3}|chang\w{1,4}|modifi\w{1,3}|cambi\w{1,4}|sostitu\w{1,4}|wijzig\w{0,3}|vervang\w{0,3}|"
    r"zmie\w{1,4})\b",
    re.IGNORECASE,
)
_FAX = re.compile(r"\bfax\W{0,4}$", re.IGNORECASE)
_WORKSPACE = re.compile(
    r"\b[Ww]ork ?[Ss]pace[ =:]{1,3}(?:is |named |called |heißt )?(?:[\"'„“‚‘«»]([A-Za-z][\w-]{2,40})|"
    r"([A-Za-z][\w-]{2,40})(?=[.,;)]|\s*$)|([A-Za-z]\w*[-_][\w-]{1,40}))",
    re.MULTILINE,
)
_PLAN = re.compile(
    r"\b(Starter|Basic|Free|Team|Business|Pro|Professional|Premium|Enterprise|Plus|Standard|Family|"
    r"Student)[ -](?:plan|subscription|tier|Tarif|Paket|Abo)\b|"
    r"\b(?:plan|Tarif|Paket|abonnement|piano|planu)[ :]{1,2}(Starter|Basic|Free|Team|Business|Pro|Professional|"
    r"Premium|Enterprise|Plus|Standard|Family|Student)\b"
)
_COUNTRY_INTENTS = frozenset({"shipping_information", "order_change", "contact_and_hours"})
_SEAT_INTENTS = frozenset({"subscription_change", "plan_and_pricing", "subscription_cancellation", "invoice_copy"})


def find_facts(texts: Sequence[str], *, intent: str = "") -> Mapping[str, str]:
    """The facts in these texts, which stand in the order of their weight: the first value of a name counts.

    A second, different number of the same kind is told as `other_<name>`.
    """
    facts: dict[str, str] = {}
    for text in texts:
        for name, value in _in_text(text[:MAX_CHARS], intent):
            _add(facts, name, value)
    return facts


def _add(facts: dict[str, str], name: str, value: str) -> None:
    if _key(value) in {_key(known) for known in facts.values()}:
        return
    if name not in facts:
        facts[name] = value
    elif name in ("order_number", "invoice_number", "ticket_number", "email"):
        facts.setdefault(f"other_{name}", value)


def _key(value: str) -> str:
    return re.sub(r"[\W_]", "", value).casefold()


def _in_text(text: str, intent: str) -> list[tuple[str, str]]:
    measures = tuple(find_measures(text))
    taken = [(found.start, found.end) for found in measures if found.kind not in ("seats", "quantity", "month")]
    facts = [(found.kind, found.value) for found in find_references(text, intent=intent, taken=taken)]
    facts += [(name, found.value) for found in measures if (name := _name(found, text, intent))]
    facts += [("date", found.value) for found in measures if found.kind == "month"]
    if intent in _COUNTRY_INTENTS and (country := _country(text)):
        facts.append(("country", country))
    facts += [("workspace", match[1] or match[2] or match[3]) for match in _WORKSPACE.finditer(text)]
    facts += [("plan", match.group(1) or match.group(2)) for match in _PLAN.finditer(text)]
    return facts


def _name(found: Found, text: str, intent: str) -> str:
    """The fact's name for a measure; empty where it is none."""
    before = text[max(0, found.start - 40) : found.start]
    if found.kind in ("phone", "email"):
        if _FAX.search(before):
            return ""
        replaces = _NEW.search(before) or (
            _TO.search(before) and _CHANGE.search(text[max(0, found.start - 90) : found.start])
        )
        return f"new_{found.kind}" if replaces else found.kind
    if found.kind == "seats":
        return "seats" if intent in _SEAT_INTENTS else ""
    return found.kind if found.kind in ("amount", "date", "quantity", "error_code") else ""


def _country(text: str) -> str | None:
    """The country as the customer wrote it."""
    found = words("countries").find("country", fold(text))
    if found is None:
        return None
    for word in re.finditer(r"[^\W\d_][\w.-]*(?: [^\W\d_][\w.-]*){0,3}", text):
        parts = word.group().split(" ")
        for begin in range(len(parts)):
            for end in range(len(parts), begin, -1):
                if fold(" ".join(parts[begin:end])).rstrip(".") == found:
                    return " ".join(parts[begin:end]).rstrip(".")
    return found.title()
