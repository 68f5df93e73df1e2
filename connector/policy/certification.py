"""Whether people's verdicts certify an intent for automatic sending [D4]: exact, and valid under daily looking.

A fixed-sample bound that is computed again every day certifies a bad intent far more often than it says: each
look is another chance to be lucky. So the looks are **registered in advance**, as numbers of verdicts, and the
permitted chance of error (5% at 95% confidence) is spent over them: look k spends `SPENDING[k]` of it and
certifies only if the exact (Clopper-Pearson) upper bound at that look's own confidence is at most the tolerated
error. By the union bound the chance that an intent whose true error exceeds the tolerated one is *ever*
certified is at most the sum, whatever happens between the looks and however often somebody looks. Look k lies
at the smallest number of verdicts at which k errors can still certify; the first one spends most, so that an
intent without errors is certified early (349 verdicts for one error in a hundred).

Losing the certificate costs no confidence, so it is checked at every verdict: once certified, an intent stays so
only while the plain exact bound over all its verdicts stays within the tolerated error.

A certificate is about one intent as it is read and answered now; which verdicts still say something about that after
a retraining or a change, and which start a new stream, is decided in `connector/certificates.py`.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from connector.records import Verdict

RIGHT = "right"

LOOKS = 24
"""How many looks are registered; with more errors than that an intent has to start a new stream."""

SPENDING = (0.6, *(0.4 * 0.5**k for k in range(1, LOOKS - 1)), 0.4 * 0.5 ** (LOOKS - 2))
"""Which share of the permitted error each look spends; together exactly 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A registered look: at `verdicts` verdicts it certifies with at most `errors` errors, spending `alpha`."""

    verdicts: int
    errors: int
    alpha: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What the verdicts prove.

    `bound` is the plain exact upper bound on the error over all verdicts, None without any. `next_look` is the
    number of verdicts at which the intent can next be certified if no further error comes (0 = never with these
    errors), `missing` how many verdicts that still takes. `passed` is the look that certified it, if any did;
    `demoted` says that it was certified once and no longer is. `looks` are all registered looks.
    """

    certified: bool
    verdicts: int
    errors: int
    bound: float | None
    next_look: int
    missing: int
    passed: Look | None = None
    demoted: bool = False
    looks: tuple[Look, ...] = ()


def upper_bound(errors: int, n: int, confidence: float) -> float:
    """The exact (Clopper-Pearson) one-sided upper bound on a share of which `errors` in `n` were seen."""
    if n <= 0 or errors >= n:
        return 1.0
    # The inverse of the regularised incomplete beta function is the quantile of scipy.stats.beta, without
    # loading all of scipy.stats (a second) into a process that may only want to show a page.
    from scipy.special import betaincinv

    return float(betaincinv(errors + 1, n - errors, confidence))


@lru_cache(maxsize=64)
def looks(tolerated_error: float, confidence: float = 0.95) -> tuple[Look, ...]:
    """The registered looks for this tolerated error, earliest first."""
    registered: list[Look] = []
    earliest = 1
    for errors, share in enumerate(SPENDING):
        alpha = (1 - confidence) * share
        earliest = _fewest_verdicts(errors, tolerated_error, 1 - alpha, at_least=earliest)
        registered.append(Look(verdicts=earliest, errors=errors, alpha=alpha))
    return tuple(registered)


def certify(verdicts: Sequence[Verdict], *, tolerated_error: float, confidence: float = 0.95) -> Certificate:
    """What the verdicts on one intent with one template prove. Any order; all verdicts are used.

    Several verdicts on one ticket are one send, wrong if any of them says so. Sends count in the order in which they
    were decided, whatever time a verdict names: nobody chooses which sends a registered look sees.
    """
    if not (0 < tolerated_error < 1 and 0 < confidence < 1):
        raise ValueError("tolerated_error and confidence are shares between 0 and 1")
    registered = looks(tolerated_error, confidence)
    final, at_the_time = _outcomes(verdicts)
    count, errors = len(final), sum(final)
    bound = upper_bound(errors, count, confidence) if count else None
    passed = _passed(registered, final)
    certified = passed is not None and bound is not None and bound <= tolerated_error
    if certified:
        next_look = passed.verdicts if passed else 0
    elif passed is not None:
        # A look was passed and the plain bound broke since: it holds again at this count.
        next_look = _fewest_verdicts(errors, tolerated_error, confidence, at_least=count)
    else:
        next_look = next((item.verdicts for item in registered if item.errors >= errors and item.verdicts > count), 0)
    return Certificate(
        certified=certified,
        verdicts=count,
        errors=errors,
        bound=bound,
        next_look=next_look,
        missing=0 if certified else max(0, next_look - count),
        passed=passed,
        demoted=not certified and (passed is not None or _passed_once(registered, at_the_time)),
        looks=registered,
    )


def streams(verdicts: Iterable[Verdict]) -> Mapping[tuple[str, str], tuple[Verdict, ...]]:
    """The verdicts by (intent, template), each in the order of their sends."""
    grouped: dict[tuple[str, str], list[Verdict]] = defaultdict(list)
    for verdict in sorted(verdicts, key=_sent):
        grouped[verdict.intent, verdict.template].append(verdict)
    return {key: tuple(items) for key, items in grouped.items()}


def days_missing(certificate: Certificate, per_day: float) -> float:
    """Days until the missing verdicts are there at this many a day; infinite where they never will be."""
    if certificate.certified:
        return 0.0
    if certificate.next_look == 0 or per_day <= 0:
        return math.inf
    return certificate.missing / per_day


def _fewest_verdicts(errors: int, tolerated_error: float, confidence: float, *, at_least: int) -> int:
    """The smallest number of verdicts, `at_least` or more, whose bound with these errors is tolerable."""
    low, high = at_least, max(at_least, errors + 1)
    while upper_bound(errors, high, confidence) > tolerated_error:
        low, high = high + 1, high * 2
    while low < high:
        middle = (low + high) // 2
        if upper_bound(errors, middle, confidence) <= tolerated_error:
            high = middle
        else:
            low = middle + 1
    return high


def _outcomes(verdicts: Sequence[Verdict]) -> tuple[list[bool], list[tuple[int, int]]]:
    """Whether each send was wrong, in the order of the sends; and (sends, errors) as they stood after each verdict, in
    the order in which those came in.
    """
    wrong: dict[tuple[str, str], bool] = {}
    history: list[tuple[int, int]] = []
    errors = 0
    for verdict in sorted(verdicts, key=lambda item: (item.batch, item.given_at)):
        send = (verdict.account_id, verdict.ticket_id)
        is_wrong = verdict.verdict != RIGHT
        if is_wrong and not wrong.get(send, False):
            errors += 1
        wrong[send] = wrong.get(send, False) or is_wrong
        history.append((len(wrong), errors))
    places = dict.fromkeys((item.account_id, item.ticket_id) for item in sorted(verdicts, key=_sent))
    return [wrong[send] for send in places], history


def _sent(verdict: Verdict) -> tuple[datetime, int]:
    """The place of the judged send; of one that nobody recorded, the time of the verdict is all there is."""
    return verdict.sent_at or verdict.given_at, verdict.sent_seq


def _passed(registered: tuple[Look, ...], outcomes: list[bool]) -> Look | None:
    """The first registered look that these outcomes pass."""
    for look in registered:
        if look.verdicts <= len(outcomes) and sum(outcomes[: look.verdicts]) <= look.errors:
            return look
    return None


def _passed_once(registered: tuple[Look, ...], history: list[tuple[int, int]]) -> bool:
    """Whether a look was passed with what was known then, before later verdicts corrected earlier ones."""
    allowed = {look.verdicts: look.errors for look in registered}
    return any(count in allowed and errors <= allowed[count] for count, errors in history)
