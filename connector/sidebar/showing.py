"""What the sidebar shows of a ticket, from what the ledger knows of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any, cast

from connector.citations import is_template
from connector.model import Account, Action, EffectKind, EffectState
from connector.policy.approval import OVERRIDABLE
from connector.policy.rules import SENDING_STAGES
from connector.ports import Capabilities, Guarantee
from connector.records import StoredEffect, WishVerb
from connector.rulebook import Rulebook
from connector.sidebar.claims import Claim, Level
from connector.sidebar.found import Found
from connector.sidebar.view import (
    Card,
    Draft,
    HistoryLine,
    Paragraph,
    SidebarView,
    SourceLine,
    State,
    Why,
)
from connector.sidebar.words import Words

_MOST_HISTORY = 12
_BEFORE = frozenset({"posture"})
_DRAFTING = ("draft", "shadow")
_UNTOUCHED = ("off", "shadow")


def view_of(
    found: Found,
    *,
    account: Account,
    claim: Claim,
    rulebook: Rulebook,
    words: Words,
    capabilities: Capabilities,
    judged: bool,
    trouble: str = "",
) -> SidebarView:
    """The view of this ticket for whoever looks; `judged`: they have given their verdict on it already."""
    actions = allowed(found, claim, capabilities)
    receipt = found.receipt
    showing = found.state not in ("unknown", "ignored", "sent")
    return SidebarView(
        ticket=found.ticket_id,
        language=words.language,
        state=cast("State", found.state),
        headline=_headline(found, words),
        card=_card(found, rulebook, words) if receipt is not None and receipt.body.get("card") else None,
        draft=_draft(found, account, words, whole="approve" in actions) if showing and found.draft else None,
        why=_why(found, rulebook, words) if receipt is not None else None,
        history=_history(found, words),
        posture_ticket=found.posture_ticket.value,
        posture_requester=found.posture_requester.value,
        actions=actions - {"verdict"} if judged else actions,
        verdict_wanted="verdict" in actions and not judged,
        killed=found.killed,
        trouble=trouble or _trouble(found, rulebook, words),
    )


def allowed(found: Found, claim: Claim, capabilities: Capabilities) -> frozenset[str]:
    """What may be done now by whoever calls. The worker looks again before anything is written."""
    if found.receipt is None:
        return frozenset(_BEFORE if found.waiting or found.killed else {*_BEFORE, "regenerate"})
    actions = {*_BEFORE, "feedback"}
    if found.receipt.would_send and found.receipt.action != Action.AUTO_SEND:
        actions.add("verdict")
    if found.wish is not None or found.moved:
        return frozenset(actions)
    if found.draft is not None and not found.withheld and found.state in _DRAFTING:
        actions.add("insert")
    if found.state in _DRAFTING and not found.killed:
        actions.add("regenerate")
    if found.state == "draft" and not found.killed and found.account_stage.value not in _UNTOUCHED:
        actions.add("escalate")
    if _approvable(found, claim, capabilities):
        actions.add("approve")
    return frozenset(actions)


def draft_text(found: Found, account: Account) -> str:
    """The draft as a person sends it: without the line that calls it automatic."""
    from connector.drafting.wording import without_disclosure  # the web process is small until somebody looks

    draft = found.draft or {}
    return without_disclosure(str(draft.get("text", "")), account.config, str(draft.get("language", "")))


def draft_html(text: str) -> str:
    """The same for an editor: paragraphs, and nothing in them that is not text."""
    return "".join(f"<p>{escape(part).replace(chr(10), '<br>')}</p>" for part in paragraphs(text))


def paragraphs(text: str) -> list[str]:
    """The parts of a text between empty lines."""
    return [part.strip() for part in text.replace("\r\n", "\n").split("\n\n") if part.strip()]


def _approvable(found: Found, claim: Claim, capabilities: Capabilities) -> bool:
    """Only where the helpdesk proves the agent and fences the write; every other condition is the policy's."""
    decision = found.decision
    codes = {reason["code"] for reason in decision.get("reasons", ())}
    return (
        claim.level is Level.AGENT
        and capabilities.guarantee(EffectKind.REPLY) is Guarantee.CONDITIONAL
        and found.state == "draft"
        and decision.get("action") == Action.DRAFT
        and found.tier == "approval"
        and decision.get("floor") is False
        and decision.get("stage") in {stage.value for stage in SENDING_STAGES}
        and codes <= OVERRIDABLE
        and found.sound
        and found.reply is None
        and not found.killed
        and found.posture_ticket.value == found.posture_requester.value == "normal"
    )


def _headline(found: Found, words: Words) -> str:
    if found.wish is not None:
        return words.say(f"wish_{found.wish.verb.value}")
    if found.state == "draft" and found.withheld:
        return words.say("draft_withheld")
    if found.state == "shadow" and found.receipt and found.receipt.would_send:
        return words.say("shadow_send")
    if found.state == "waiting" and found.receipt is not None:
        return words.say("sending")
    return words.say(found.state)


def _trouble(found: Found, rulebook: Rulebook, words: Words) -> str:
    """One sentence on what is in the way: a newer message, or a wish that was not granted."""
    if found.moved and found.receipt is not None:
        return words.say("newer_message")
    newest = found.wishes[0] if found.wishes else None
    if newest is None or not newest.refused or (found.receipt and found.receipt.decided_at > newest.at):
        return ""
    return words.say("refused", why=rulebook.words.sentence(newest.refused, words.language))


def _card(found: Found, rulebook: Rulebook, words: Words) -> Card:
    told = cast("Mapping[str, Any]", found.receipt.body["card"] if found.receipt else {})
    intent = found.receipt.intent if found.receipt else ""
    label, usual = rulebook.labels(words.language).get(intent, ("", ""))
    better = found.better
    by_model = found.draft is not None and bool(found.draft.get("writing"))
    action = (better.next_action if better else "") or (str(told["next_action"]) if by_model or not usual else usual)
    return Card(
        intent_title=label or str(told["intent"]),
        summary=(better.summary if better else "") or str(told["summary"]),
        priority=words.name("priority", str(told["priority"])),
        next_action=action,
        given=tuple((words.name("given", name), str(value)) for name, value in told.get("facts", {}).items()),
        asked=tuple(told.get("asked", ())),
        tried=tuple(told.get("tried", ())),
        sentiment=words.name("sentiment", str(told.get("sentiment", ""))),
        language_name=words.name("language", str(told.get("language", ""))),
        why=_reasons(found, rulebook, words)[0] if found.state == "hand_off" and found.decision.get("reasons") else "",
    )


def _draft(found: Found, account: Account, words: Words, *, whole: bool) -> Draft:
    """The draft; `whole` shows also the line that goes out with it when it is approved."""
    told = found.draft or {}
    text = draft_text(found, account)
    numbers = {source["id"]: at for at, source in enumerate(told.get("sources", ()), 1)}
    doubtful = [line for check in found.checks for line in check.get("doubtful", ())]
    return Draft(
        id=found.version,
        paragraphs=tuple(
            Paragraph(
                text=part,
                sources=_cited(part, told, numbers),
                doubtful=any(line in part for line in doubtful),
            )
            for part in paragraphs(str(told["text"]) if whole else text)
        ),
        sources=tuple(
            SourceLine(
                number=at,
                title=words.say("approved_reply") if is_template(source["id"]) else source["title"],
                url=source.get("url") or source.get("ticket_url") or "",
            )
            for at, source in enumerate(told.get("sources", ()), 1)
        ),
        doubts=_doubts(found, words),
        text=text,
        html=draft_html(text),
    )


def _cited(part: str, told: Mapping[str, Any], numbers: Mapping[str, int]) -> tuple[int, ...]:
    """The numbers of what the statements of this paragraph name."""
    named = [
        source for item in told.get("statements", ()) if item["text"] in part for source in item.get("sources", ())
    ]
    return tuple(sorted({numbers[source] for source in named if source in numbers}))


def _doubts(found: Found, words: Words) -> tuple[str, ...]:
    missing = [words.name("given", name) for name in (found.draft or {}).get("missing", ())]
    lines = [words.say("missing", names=", ".join(missing))] if missing else []
    for check in found.checks:
        if not check["passed"]:
            detail = " ".join(f"“{line}”" for line in check.get("doubtful", ())) or str(check.get("detail", ""))
            lines.append(words.say("check_found", check=words.name("check", check["name"]), detail=detail))
    return tuple(lines)


def _reasons(found: Found, rulebook: Rulebook, words: Words) -> tuple[str, ...]:
    told = found.decision.get("reasons", ())
    return tuple(dict.fromkeys(rulebook.words.sentence(reason["code"], words.language) for reason in told))


def _why(found: Found, rulebook: Rulebook, words: Words) -> Why:
    instead = found.reply
    reasons = _reasons(found, rulebook, words)
    if instead is not None and instead.reason:
        reasons = (rulebook.words.sentence(instead.reason.partition(":")[0], words.language), *reasons)
    return Why(
        reasons=reasons,
        policy_version=found.receipt.policy_version if found.receipt else "",
        checks=tuple((words.name("check", check["name"]), bool(check["passed"])) for check in found.checks),
        decided_at=found.receipt.decided_at if found.receipt else None,
    )


def _history(found: Found, words: Words) -> tuple[HistoryLine, ...]:
    """What happened, newest first."""
    lines = [
        HistoryLine(at=receipt.decided_at, words=words.say(f"h_{receipt.action}"))
        for receipt in found.receipts
        if receipt.action != Action.IGNORE
    ]
    lines += [
        HistoryLine(at=at, words=words.say(name)) for stored in found.effects for at, name in _written(stored) if name
    ]
    lines += [
        HistoryLine(at=wish.at, words=words.say(f"h_{WishVerb(wish.verb).value}", by=wish.by)) for wish in found.wishes
    ]
    return tuple(sorted(lines, key=lambda line: line.at, reverse=True)[:_MOST_HISTORY])


_ENDS: Mapping[tuple[EffectKind, EffectState], str] = {
    (EffectKind.NOTE, EffectState.DONE): "h_note_done",
    (EffectKind.NOTE, EffectState.FAILED): "h_note_failed",
    (EffectKind.REPLY, EffectState.DONE): "h_reply_done",
    (EffectKind.REPLY, EffectState.FAILED): "h_reply_failed",
    (EffectKind.REPLY, EffectState.UNKNOWN): "h_reply_unknown",
    (EffectKind.NOTE, EffectState.VOID): "h_void",
    (EffectKind.REPLY, EffectState.VOID): "h_void",
}


def _written(stored: StoredEffect) -> list[tuple[Any, str]]:
    """When and how this write ended, where it did."""
    at = stored.proof.posted_at if stored.proof else stored.intent_at
    name = _ENDS.get((stored.effect.kind, stored.state), "")
    return [(at, name)] if at is not None and name else []
