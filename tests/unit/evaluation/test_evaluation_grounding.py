"""The measurement of a draft's checks: correct replies are what they say, and every copy has exactly one fault."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connector import drafting, starters
from connector.errors import ConfigurationError
from connector.evaluation import grounding, insertions
from connector.evaluation.grounding import config_of, draft_of, judge, measure_grounding, measure_wrong, ticket_of
from connector.evaluation.perturbation import MOST_PER_KIND, Fault, Perturbed, perturb
from connector.evaluation.replies import PARAPHRASED, QUOTED, Reply, Wrong, read_replies, read_wrong
from connector.evaluation.report import TARGETS, grounding_rows, report, wrong_rows
from connector.model import DraftCheck, Source, Statement

REPLIES = read_replies(Path(__file__).resolve().parents[3] / "data" / "drafts" / "correct.jsonl")
WRONG = read_wrong(Path(__file__).resolve().parents[3] / "data" / "drafts" / "wrong.jsonl")
BY_ID = {reply.id: reply for reply in REPLIES}
MADE = perturb(REPLIES)
TEMPLATES = drafting.parse_templates(starters.folder("templates"))
INSERTED = {
    Fault.PROMISE,
    Fault.FOREIGN,
    Fault.LANGUAGE,
    Fault.QUESTION,
    Fault.PLACEHOLDER,
    Fault.IMAGE,
    Fault.SECRET,
}


def reply(*statements: Statement, **other: Any) -> Reply:
    fields: dict[str, Any] = {
        "id": "r1",
        "language": "en",
        "style": QUOTED,
        "company": "Nordfell Outdoor",
        "link_hosts": frozenset({"help.nordfell.example"}),
        "name": "Mirela Okafor",
        "subject": "Returning",
        "customer": "How long may I return a tent?",
        "intent": "return_policy",
        "facts": {},
        "lookups": {},
        "sources": (Source(id="s1", title="Returns", text="You can return unworn items within 60 days."),),
        "statements": statements,
    }
    return Reply(**{**fields, **other})


def test_there_are_enough_replies_of_every_sort() -> None:
    assert Counter(found.language for found in REPLIES) == {"en": 169, "de": 142}
    styles = Counter(found.style for found in REPLIES)
    assert set(styles) == {QUOTED, PARAPHRASED}
    assert min(styles.values()) >= 70
    assert len(BY_ID) == len(REPLIES)
    assert len({found.company for found in REPLIES}) >= 10


@pytest.mark.parametrize("found", REPLIES, ids=lambda found: found.id)
def test_a_correct_reply_names_its_sources_and_no_link_of_its_own(found: Reply) -> None:
    known = {source.id for source in found.sources}
    texts = [source.text for source in found.sources]
    given = json.dumps([*texts, found.customer, *(list(answer.facts.values()) for answer in found.lookups.values())])
    for statement in found.statements:
        assert set(statement.sources) <= known
        for link in statement.text.split("https://")[1:]:
            assert link.split()[0].rstrip(".,;:") in given
    assert any(found.proof(statement) for statement in found.statements)


@pytest.mark.parametrize("made", MADE, ids=lambda made: f"{made.fault.name}-{made.reply.id}-{made.at}")
def test_a_perturbed_draft_has_exactly_one_fault(made: Perturbed) -> None:
    before, after = BY_ID[made.reply.id], made.reply
    assert replace(after, statements=before.statements) == before
    if made.fault in INSERTED:
        assert (*after.statements[: made.at], *after.statements[made.at + 1 :]) == before.statements
        assert made.statement not in {statement.text for statement in before.statements}
    else:
        different = [
            at for at, pair in enumerate(zip(before.statements, after.statements, strict=True)) if len({*pair}) == 2
        ]
        assert different == [made.at]
        assert before.statements[made.at].sources == after.statements[made.at].sources
        assert made.statement.strip()


def test_changes_touch_one_place_of_a_sentence() -> None:
    for made in MADE:
        if made.fault in INSERTED:
            continue
        was, now = BY_ID[made.reply.id].statements[made.at].text, made.statement
        start = next(at for at in range(len(was)) if at >= len(now) or was[at] != now[at])
        kept = 0
        while kept < min(len(was), len(now)) - start and was[-1 - kept] == now[-1 - kept]:
            kept += 1
        assert len(was) - start - kept <= 120, (was, now)
        if made.fault in {Fault.NUMBER_CHANGED, Fault.NUMBER_SWAPPED, Fault.AMOUNT_CHANGED, Fault.AMOUNT_SWAPPED}:
            assert len(was) - start - kept <= 9, (was, now)


def test_the_same_drafts_at_every_run_and_others_of_another_seed() -> None:
    again = perturb(read_replies(Path(__file__).resolve().parents[3] / "data" / "drafts" / "correct.jsonl"))
    assert again == MADE
    assert perturb(REPLIES, seed=1) != MADE


def test_there_are_enough_of_every_kind_in_both_languages_and_none_twice() -> None:
    counts = Counter(made.fault for made in MADE)
    assert set(counts) == set(Fault)
    assert min(counts.values()) >= 20
    assert max(counts.values()) == MOST_PER_KIND
    assert len(perturb(REPLIES, most=40)) >= 650
    for fault in Fault:
        assert {made.reply.language for made in MADE if made.fault is fault} == {"en", "de"}
    sentences = Counter((made.fault, made.reply.id, made.at, made.statement) for made in MADE)
    assert max(sentences.values()) == 1


def test_a_changed_number_stands_nowhere_and_a_swapped_one_in_the_source() -> None:
    for made in MADE:
        was = BY_ID[made.reply.id].statements[made.at : made.at + 1]
        if made.fault is Fault.AMOUNT_SWAPPED:
            new = _figures(made.statement) - _figures(was[0].text)
            assert all(any(number in proof for proof in made.reply.proof(was[0])) for number in new)
        if made.fault in {Fault.NUMBER_CHANGED, Fault.AMOUNT_CHANGED} and "0800" not in made.statement:
            new = _figures(made.statement) - _figures(was[0].text)
            assert not new & _figures(" ".join(source.text for source in made.reply.sources))


def _figures(text: str) -> set[str]:
    return {word.strip("€£$.,;:!?)") for word in text.split() if any(letter.isdigit() for letter in word)}


def test_a_foreign_sentence_is_of_another_company_and_a_question_of_a_known_fact() -> None:
    home = {statement.text: found.company for found in REPLIES for statement in found.statements}
    for made in MADE:
        if made.fault is Fault.FOREIGN:
            assert home[made.statement] != made.reply.company
        if made.fault is Fault.QUESTION:
            asking = insertions.QUESTIONS[made.reply.language]
            assert any(made.statement in asking.get(fact, ()) for fact in made.reply.facts)


def test_a_reply_without_anything_to_swap_gives_no_swap() -> None:
    found = perturb([reply(Statement(text="You can return unworn items within 60 days.", sources=("s1",)))])
    kinds = Counter(made.fault for made in found)
    assert kinds[Fault.NUMBER_CHANGED] == 1
    assert not kinds.keys() & {Fault.NUMBER_SWAPPED, Fault.AMOUNT_CHANGED, Fault.LINK_PATH, Fault.FOREIGN}


def test_courtesies_are_never_changed() -> None:
    found = perturb([reply(Statement(text="Thank you for waiting 60 days."))])
    assert {made.fault for made in found} <= INSERTED


def test_the_draft_stands_between_greeting_signature_and_disclosure() -> None:
    given = reply(Statement(text="First."), Statement(text="Second."))
    draft = draft_of(given, ticket_of(given), config_of(given))
    parts = draft.text.split("\n\n")
    assert parts[:3] == ["Hello Mirela Okafor,", "First. Second.", "Kind regards\nNordfell Outdoor"]
    assert draft.statements == given.statements


def test_a_quoted_reply_passes_and_an_invented_amount_in_it_does_not() -> None:
    right = Statement(text="You can return unworn items within 60 days.", sources=("s1",))
    wrong = Statement(text="Returning an item costs €14.20.", sources=("s1",))
    assert judge(reply(right), TEMPLATES).failed == ()
    assert judge(reply(right, wrong), TEMPLATES).failed != ()


def measured(monkeypatch: pytest.MonkeyPatch, rejects: str) -> Mapping[str, Any]:
    """The figures where a check rejects whatever holds this word."""

    def judged(given: Reply, _templates: object) -> grounding.Judged:
        text = " ".join(statement.text for statement in given.statements)
        failed = (DraftCheck(name="grounded", passed=False),) if rejects in text else ()
        return grounding.Judged(reply=given, failed=failed)

    monkeypatch.setattr(grounding, "judge", judged)
    return measure_grounding(several(), TEMPLATES)


def several() -> Sequence[Reply]:
    right = Statement(text="You can return unworn items within 60 days.", sources=("s1",))
    return [
        reply(right, id="r1"),
        reply(right, Statement(text="Bad luck."), id="r2", style=PARAPHRASED),
    ]


def test_faults_in_replies_that_are_rejected_anyway_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    found = measured(monkeypatch, "Bad")
    assert found["rejected"][QUOTED]["hits"] == 0
    assert (found["rejected"][PARAPHRASED]["hits"], found["rejected"]["all"]["n"]) == (1, 2)
    assert found["rejected_by"] == {"grounded": 1}
    assert found["left_out"] == found["perturbed"] / 2
    assert found["caught_all"]["hits"] == 0
    assert found["caught_all"]["n"] + found["caught"]["condition dropped"]["n"] == found["left_out"]


def test_a_marked_sentence_is_shown_and_a_fault_in_it_counts_as_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def judged(given: Reply, _templates: object) -> grounding.Judged:
        doubtful = tuple(statement.text for statement in given.statements if "within" not in statement.text)
        failed = (DraftCheck(name="grounded", passed=False, doubtful=doubtful),) if doubtful else ()
        return grounding.Judged(reply=given, failed=failed)

    monkeypatch.setattr(grounding, "judge", judged)
    found = measure_grounding(several(), TEMPLATES)
    assert found["rejected"]["all"]["hits"] == 0
    assert (found["marked"]["all"]["hits"], found["not_sent"]["all"]["hits"]) == (1, 1)
    assert found["caught"][Fault.PROMISE.value]["hits"] == found["caught"][Fault.PROMISE.value]["n"] > 0
    assert found["only_marked"] == found["caught_all"]
    assert found["caught"][Fault.NUMBER_CHANGED.value]["hits"] == 0, "the changed sentence is not the marked one"


def test_a_dropped_condition_is_counted_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    found = measured(monkeypatch, "never said")
    assert found["caught"]["condition dropped"]["n"] > 0
    kinds = sum(item["n"] for item in found["caught"].values())
    assert found["caught_all"]["n"] == kinds - found["caught"]["condition dropped"]["n"]


def test_the_table_shows_every_kind_with_its_target(monkeypatch: pytest.MonkeyPatch) -> None:
    found = measured(monkeypatch, "refund")
    rows = {(section, name): value for section, name, value in grounding_rows(found)}
    assert set(rows) >= {key for key in TARGETS if key[0] != "other"}
    assert {name for _, name in rows} >= {fault.value for fault in Fault}
    assert rows["correct drafts, rejected", "paraphrased"].endswith("0 of 1)")


def test_a_line_that_is_no_reply_is_named(tmp_path: Path) -> None:
    path = tmp_path / "replies.jsonl"
    path.write_text('\n{"id": "x"}\n', encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"replies\.jsonl line 2"):
        read_replies(path)


def test_the_report_is_as_before_without_replies() -> None:
    assert report({}) == ()


def test_a_wrong_reply_is_a_copy_with_other_statements() -> None:
    assert len(WRONG) == 140
    for item in WRONG:
        copy = BY_ID[item.copy_of]
        assert replace(item.reply, id=copy.id, statements=copy.statements) == copy
        assert item.reply.statements != copy.statements


def test_subtle_faults_are_counted_by_kind_and_apart_where_the_copy_passes() -> None:
    right = Statement(text="You can return unworn items within 60 days.", sources=("s1",))
    made_up = Statement(text="Returning an item costs €14.20.", sources=("s1",))
    passing, rejected = reply(right, id="p"), reply(made_up, id="q")
    wrong = [
        Wrong(fault="invented_cost", copy_of="p", reply=reply(made_up, id="p-w")),
        Wrong(fault="none", copy_of="p", reply=reply(right, id="r-w")),
        Wrong(fault="invented_cost", copy_of="q", reply=reply(made_up, id="q-w")),
    ]
    found = measure_wrong(wrong, [passing, rejected], TEMPLATES)
    assert (found["all"]["hits"], found["all"]["n"]) == (2, 3)
    assert (found["copy_passes"]["hits"], found["copy_passes"]["n"]) == (1, 2)
    assert found["kinds"]["none"]["hits"] == 0
    assert ("subtle faults, found", "invented cost") in {(section, name) for section, name, _ in wrong_rows(found)}
