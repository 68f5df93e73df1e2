"""A language model behind an OpenAI-compatible address, asked through the openai library."""

from __future__ import annotations

import logging
import ssl
import threading
import time
import weakref
from collections.abc import Callable, Mapping
from functools import partial

import httpx2
import openai
import structlog
import tenacity

from connector.errors import ModelError, ModelInvalid, ModelUnavailable
from connector.llm.answers import Reply, read_reply, read_value
from connector.llm.breaker import Breaker
from connector.llm.budget import Budget
from connector.llm.deadline import Deadline, Monotonic
from connector.llm.failures import Unanswered, meaning
from connector.llm.schema import check_schema
from connector.llm.transport import CONNECT_SECONDS, BoundedTransport
from connector.ports import Completion, Prompt, Usage

log = structlog.get_logger()

MOST_REQUESTS = 2
"""For one question: a server in trouble gets no storm of repeats."""
LEAST_SECONDS = 0.3
"""With less than this left, another request would only be cut off."""
LEAST_TO_START_SECONDS = 0.5
"""With less than this left of a ticket's time, no question is put: it would be paid for and cut off."""
DEFAULT_SECONDS = 25.0
MOST_SECONDS = 30.0

PROBE = Prompt(
    version="probe",
    system='Answer with {"ready": true}.',
    user="Ready?",
    schema_name="probe",
    schema={
        "type": "object",
        "properties": {"ready": {"type": "boolean"}},
        "required": ["ready"],
        "additionalProperties": False,
    },
    max_tokens=200,
)


class OpenAIModel:
    """The ModelClient port. `address` ends before `/chat/completions`; an empty `key` sends none.

    A connection belongs to one thread: a client shared by 64 of them is slower than the model (measured).
    """

    def __init__(
        self,
        *,
        address: str,
        name: str,
        key: str = "",
        budget: Budget,
        breaker: Breaker,
        seconds: float = DEFAULT_SECONDS,
        tokens_field: str = "max_completion_tokens",
        monotonic: Monotonic = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if not 0 < seconds <= MOST_SECONDS:
            raise ValueError(f"a question takes at most {MOST_SECONDS:g} seconds")
        self.name = name
        self.address = address
        self._key = key
        self._budget = budget
        self._breaker = breaker
        self._seconds = seconds
        self._tokens_field = tokens_field
        self._monotonic = monotonic
        self._sleep = sleep
        self._tls = ssl.create_default_context() if address.startswith("https:") else None
        self._own = threading.local()
        self._lines: weakref.WeakSet[_Line] = weakref.WeakSet()
        self._lines_lock = threading.Lock()

    def complete(self, prompt: Prompt, *, account_id: str, intent: str) -> Completion:
        """One answer within the configured seconds, at most two requests. ModelError of four kinds; see the port."""
        check_schema(prompt.schema)
        seconds = self._seconds if prompt.allowance is None else min(self._seconds, prompt.allowance.left())
        if seconds < LEAST_TO_START_SECONDS:
            raise ModelUnavailable("too little is left of the ticket's time to ask the model")
        line, started = self._line(), self._monotonic()
        line.deadline.start(seconds)
        failure: ModelError
        try:
            return self._retrying(line)(self._request, line, prompt, account_id, intent, started)
        except Unanswered as unanswered:
            failure = ModelUnavailable(str(unanswered))
        except ModelError as error:
            failure = error.with_traceback(None)
        log.warning(
            "the model gave no answer",
            account=account_id,
            intent=intent,
            reason=type(failure).__name__,
            error=str(failure),
            seconds=round(self._monotonic() - started, 3),
        )
        raise failure

    def probe(self) -> Usage:
        """What one tiny question takes, asked past breaker and budget, once: for an operator. ModelError."""
        line, started = self._line(), self._monotonic()
        line.deadline.start(self._seconds)
        try:
            reply = self._reply(line, PROBE)
        except Unanswered as unanswered:
            raise ModelUnavailable(str(unanswered)) from None
        read_value(reply, PROBE.schema)
        return Usage(
            tokens_in=reply.tokens_in, tokens_out=reply.tokens_out, seconds=round(self._monotonic() - started, 3)
        )

    def close(self) -> None:
        """Close the connections of all threads; whoever asks again opens a new one."""
        with self._lines_lock:
            lines = list(self._lines)
        for line in lines:
            line.close()

    # --- One question -----------------------------------------------------------------------------

    def _retrying(self, line: _Line) -> tenacity.Retrying:
        def enough(state: tenacity.RetryCallState) -> bool:
            late = line.deadline.left() < state.upcoming_sleep + LEAST_SECONDS
            return late or state.attempt_number >= MOST_REQUESTS

        return tenacity.Retrying(
            retry=tenacity.retry_if_exception(_worth_another),
            wait=_pause,
            stop=enough,
            sleep=self._sleep,
            reraise=True,
        )

    def _request(self, line: _Line, prompt: Prompt, account_id: str, intent: str, started: float) -> Completion:
        return self._breaker.ask(partial(self._counted, line, prompt, account_id, intent, started))

    def _counted(self, line: _Line, prompt: Prompt, account_id: str, intent: str, started: float) -> Completion:
        """One request, counted before it leaves and settled when it is over, however it ends."""
        at = self._budget.reserve(account_id, intent)
        record = partial(self._budget.record, account_id, intent, at=at)
        reply: Reply | None = None
        try:
            reply = self._reply(line, prompt)
            value = read_value(reply, prompt.schema)
        except ModelError as error:
            _record_failure(record, reply)
            raise error.with_traceback(None) from None
        cost = record(tokens_in=reply.tokens_in, tokens_out=reply.tokens_out, failed=False)
        return self._completion(reply, value, cost, started)

    def _completion(self, reply: Reply, value: Mapping[str, object], cost: int, started: float) -> Completion:
        usage = Usage(
            tokens_in=reply.tokens_in,
            tokens_out=reply.tokens_out,
            cost_micros=cost,
            seconds=round(self._monotonic() - started, 3),
        )
        return Completion(value=value, model=reply.model, usage=usage)

    def _reply(self, line: _Line, prompt: Prompt) -> Reply:
        try:
            raw = line.client.chat.completions.with_raw_response.create(
                model=self.name,
                messages=[
                    {"role": "system", "content": prompt.system},
                    {"role": "user", "content": prompt.user},
                ],
                response_format={
                    "type": "json_schema",
                    "json_schema": {"name": prompt.schema_name, "strict": True, "schema": dict(prompt.schema)},
                },
                max_tokens=prompt.max_tokens if self._tokens_field == "max_tokens" else openai.omit,
                max_completion_tokens=prompt.max_tokens if self._tokens_field != "max_tokens" else openai.omit,
            )
        except openai.OpenAIError as error:
            failure: ModelError = meaning(error)
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, RecursionError) as error:
            failure = ModelInvalid(f"the question could not be put or its answer not be read ({type(error).__name__})")
        else:
            # The library would build objects from any JSON without looking; we read the body ourselves.
            body = raw.http_response.content
            return read_reply(body, asked=self.name, asked_bytes=len((prompt.system + prompt.user).encode()))
        raise failure  # out of the except block: the library's error holds what was asked and what was said

    # --- The thread's connection ------------------------------------------------------------------

    def _line(self) -> _Line:
        line: _Line | None = getattr(self._own, "line", None)
        if line is None:
            line = self._own.line = _Line(self.address, self._key, self._tls, self._monotonic)
            with self._lines_lock:
                self._lines.add(line)
        return line


class _Line:
    """One thread's connection to the server, closed at the latest when the thread has ended."""

    def __init__(self, address: str, key: str, tls: ssl.SSLContext | None, monotonic: Monotonic) -> None:
        self.deadline = Deadline(monotonic)
        transport = BoundedTransport(self.deadline, key=key, tls=tls)
        self.close = transport.close
        weakref.finalize(self, transport.close)
        self.client = openai.OpenAI(
            base_url=address,
            # The transport sends the key: what the library holds cannot appear in what it logs or raises.
            api_key="none",
            max_retries=0,
            timeout=httpx2.Timeout(MOST_SECONDS, connect=CONNECT_SECONDS),
            http_client=httpx2.Client(transport=transport, trust_env=False, follow_redirects=False),
        )


def _record_failure(record: Callable[..., int], reply: Reply | None) -> None:
    """Count it, with the tokens where the server said them. What failed matters more than that it was not counted."""
    tokens_in, tokens_out = (reply.tokens_in, reply.tokens_out) if reply else (0, 0)
    try:
        record(tokens_in=tokens_in, tokens_out=tokens_out, failed=True)
    except ModelUnavailable as error:
        log.warning("a failed model call was not counted", error=str(error))


def _worth_another(error: BaseException) -> bool:
    return isinstance(error, Unanswered) and error.again is not None


def _pause(state: tenacity.RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    return error.again or 0.0 if isinstance(error, Unanswered) else 0.0


def silence_the_library() -> None:
    """No words of openai and its HTTP layer in any log, whatever OPENAI_LOG says: at their lower levels they quote."""
    for name in ("openai", "httpx2", "httpcore2"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)


silence_the_library()  # the library reads OPENAI_LOG when it is imported, which is above
