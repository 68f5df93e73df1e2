"""One-line mistakes that break an invariant, and the test that fails for each: `docs/explanation/invariants.md`.

`python -m tests.breaks [I3 ...]` plants each in a copy of the tree, runs the test there and wants it red.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
FAILED = 1
"""What pytest says when tests failed; an error before that has another code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """In `file`, the one place with `old` becomes `new`; then `test` fails."""

    invariant: str
    file: str
    old: str
    new: str
    test: str


BREAKS = (
    Break(
        invariant="I1",
        file="connector/ledger/sqlite.py",
        old='f"synchronous = {self._synchronous}"',
        new='"synchronous = OFF"',
        test="tests/faults/test_fsync.py::test_the_receipt_is_synced_before_the_answer",
    ),
    Break(
        invariant="I1",
        file="connector/web/__init__.py",
        old="return answer, 503",
        new="return answer, 202",
        test="tests/faults/test_storage.py::test_a_broken_disk_refuses_in_words_and_loses_nothing",
    ),
    Break(
        invariant="I2",
        file="connector/outbox.py",
        old="self.ledger.work.confirm(claim)",
        new="pass",
        test="tests/faults/test_crashes.py::test_a_worker_that_stood_still_does_not_write_after_its_heir",
    ),
    Break(
        invariant="I2",
        file="connector/outbox.py",
        old="proof = provider.find_proof(account, ticket, effect)",
        new="proof = None",
        test="tests/faults/test_crashes.py::test_a_crash_at_any_step_loses_nothing_and_doubles_nothing",
    ),
    Break(
        invariant="I3",
        file="connector/outbox.py",
        old="if ambiguous and guarantee is Guarantee.AT_MOST_ONCE:",
        new="if False:",
        test="tests/faults/test_crashes.py::test_a_freshdesk_reply_nobody_can_find_goes_to_a_person",
    ),
    Break(
        invariant="I4",
        file="connector/ledger/work.py",
        old="state=EventState.DEAD, reason=reason):",
        new="state=EventState.DONE, reason=reason):",
        test="tests/pipeline/test_flows.py::test_a_helpdesk_that_stays_down_ends_in_a_dead_letter_that_can_be_replayed",
    ),
    Break(
        invariant="I4",
        file="connector/ledger/work.py",
        old="if ahead and attempt == 0:",
        new="if False:",
        test="tests/pipeline/test_flows.py::test_what_waits_when_the_clock_is_set_back_is_done_at_once",
    ),
    Break(
        invariant="I4",
        file="connector/reconcile.py",
        old="found += self._receive(account, page.events, now)",
        new="found += len(page.events)",
        test="tests/pipeline/test_flows.py::test_the_poll_finds_what_webhooks_lost",
    ),
    Break(
        invariant="I5",
        file="connector/policy/rules.py",
        old="return NOT if case.question.standing.requester_verified else APPLIES",
        new="return NOT",
        test="tests/unit/policy/test_policy_table.py::test_one_spoilt_fact_gives_its_reason_and_nothing_else",
    ),
    Break(
        invariant="I5",
        file="connector/outbox.py",
        old="if self.ledger.policies.killed(account.id, intent) is not None:",
        new="if False:",
        test="tests/pipeline/test_flows.py::test_the_kill_switch_stops_even_what_is_planned",
    ),
    Break(
        invariant="I6",
        file="connector/ledger/sql/decisions.sql",
        old="SELECT * FROM effects WHERE account_id = :account_id AND id = :id;",
        new="SELECT * FROM effects WHERE id = :id;",
        test="tests/ledger/test_effects.py::test_an_effect_of_another_ticket_or_account_cannot_be_settled",
    ),
    Break(
        invariant="I7",
        file="connector/ledger/accounts.py",
        old='"config": config_to_text(account.config),',
        new='"config": config_to_text(account.config) + str(account.credentials),',
        test="tests/ledger/test_sqlite.py::test_no_secret_is_in_clear_in_any_file_even_while_it_is_written",
    ),
    Break(
        invariant="I8",
        file="providers/_json.py",
        old="except (ValueError, RecursionError) as error:",
        new="except ValueError as error:",
        test="tests/faults/test_hostile_clients.py::test_rubbish_is_no_error_of_ours_and_stops_nothing",
    ),
    Break(
        invariant="I9",
        file="connector/ledger/sql/work.sql",
        old="ORDER BY turns.served, turns.account_id LIMIT 1 {lock_skipping};",
        new="ORDER BY turns.account_id LIMIT 1 {lock_skipping};",
        test="tests/ledger/test_claims.py::test_a_flood_of_one_account_does_not_starve_another",
    ),
    Break(
        invariant="I10",
        file="connector/ledger/chain.py",
        old='if _content_digest(entry.salt or "", entry.content or "") != entry.content_digest:',
        new="if False:",
        test="tests/ledger/test_chain.py::test_any_one_changed_cell_is_found",
    ),
)


def outcome(broken: Break) -> tuple[int, str]:
    """pytest's exit code and last words on a copy of the tree with this mistake in it."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        _copy(tree)
        file = tree / broken.file
        text = file.read_text(encoding="utf-8")
        assert text.count(broken.old) == 1, f"{broken.file} does not hold this once: {broken.old}"
        file.write_text(text.replace(broken.old, broken.new), encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", broken.test],
            cwd=tree,
            env={**os.environ, "PYTHONPATH": str(tree)},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout[-1500:] + done.stderr[-500:]


def _copy(tree: Path) -> None:
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    for name in names:
        if (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, tree / name)


def main(words: Sequence[str]) -> int:
    """0 when every test failed as it should."""
    survived = 0
    for broken in BREAKS:
        if words and broken.invariant not in words:
            continue
        code, said = outcome(broken)
        print(f"{broken.invariant} {broken.file}: {'found' if code == FAILED else f'NOT found ({code})'}", flush=True)
        print("\n".join(line for line in said.splitlines() if line.startswith(("E  ", "FAILED"))), flush=True)
        survived += code != FAILED
    return 1 if survived else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
