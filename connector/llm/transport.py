"""One request over one connection, bounded in time and size whatever the server does.

A time-out of an HTTP library limits the silence between two reads: a server that sends a byte a second is never
silent. Here the time left of the whole question limits every look-up of a name, connection, read and write.
"""

from __future__ import annotations

import contextlib
import ipaddress
import queue
import socket
import ssl
import threading
from collections.abc import Iterable, Sequence

import httpcore2
import httpx2

from connector.errors import ModelError, ModelInvalid
from connector.llm.deadline import Deadline
from connector.llm.failures import PAUSE_SECONDS, Unanswered

MOST_BYTES = 256 * 1024
CONNECT_SECONDS = 5.0

_WRITE_BYTES = 8 * 1024
_SENT_HEADERS = frozenset({b"host", b"accept", b"content-type", b"content-length", b"user-agent"})
"""All that leaves of what the library would send: its others come from the environment or tell of the machine."""


class BoundedTransport(httpx2.BaseTransport):
    """Sends a request and reads the whole answer. Raises our own errors, so that nothing has to be translated back.

    ModelInvalid: more than `MOST_BYTES`, compressed (we ask for plain), or cut off. ModelUnavailable: the rest.
    """

    def __init__(self, deadline: Deadline, *, key: str, tls: ssl.SSLContext | None) -> None:
        self._authorization = f"Bearer {key}".encode("ascii") if key else b""
        self._pool = httpcore2.ConnectionPool(
            ssl_context=tls,
            max_connections=1,
            keepalive_expiry=20.0,
            network_backend=BoundedBackend(deadline),
        )

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """The answer, read to its end."""
        try:
            answer = self._pool.handle_request(self._plain(request))
        except httpcore2.TimeoutException as error:
            failure: ModelError = _late(error)
        except (httpcore2.ConnectError, httpcore2.ReadError, httpcore2.WriteError, httpcore2.RemoteProtocolError):
            # Nobody there, or a connection kept open that the server has closed meanwhile.
            failure = Unanswered("the connection to the model's server failed", again=PAUSE_SECONDS)
        except (httpcore2.ProtocolError, httpcore2.UnsupportedProtocol, httpcore2.NetworkError):
            failure = Unanswered("the model's server could not be asked")
        else:
            return httpx2.Response(answer.status, headers=answer.headers, content=_body(answer))
        raise failure  # out of the except block: the library's error would come along with it

    def close(self) -> None:
        """Close the connection."""
        self._pool.close()

    def _plain(self, request: httpx2.Request) -> httpcore2.Request:
        url = request.url
        headers = [(name, value) for name, value in request.headers.raw if name.lower() in _SENT_HEADERS]
        headers.append((b"Accept-Encoding", b"identity"))
        if self._authorization:
            headers.append((b"Authorization", self._authorization))
        return httpcore2.Request(
            method=request.method,
            url=httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=headers,
            content=request.read(),
            extensions={"timeout": {"connect": CONNECT_SECONDS, "pool": 1.0}},
        )


def _body(answer: httpcore2.Response) -> bytes:
    failure: ModelError
    try:
        return _limited(answer)
    except httpcore2.TimeoutException as error:
        failure = _late(error)
    except httpcore2.RemoteProtocolError:
        failure = ModelInvalid("the answer is cut off")
    except httpcore2.NetworkError:
        failure = Unanswered("the connection broke while the answer came", again=PAUSE_SECONDS)
    finally:
        answer.close()
    raise failure


def _limited(answer: httpcore2.Response) -> bytes:
    headers = {name.lower(): value for name, value in answer.headers}
    if headers.get(b"content-encoding", b"identity").strip().lower() != b"identity":
        raise ModelInvalid("the answer is compressed, which was not asked for")
    stated = headers.get(b"content-length", b"")
    too_long = ModelInvalid(f"the answer is longer than {MOST_BYTES // 1024} KiB")
    if stated.isdigit() and int(stated) > MOST_BYTES:
        raise too_long
    body = bytearray()
    for chunk in answer.iter_stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise too_long
    return bytes(body)


def _late(error: httpcore2.TimeoutException) -> Unanswered:
    if isinstance(error, httpcore2.ConnectTimeout):
        return Unanswered("the model's server could not be reached in time", again=PAUSE_SECONDS)
    return Unanswered("the model's server did not answer in time")


class BoundedBackend(httpcore2.NetworkBackend):
    """Connections of which no step lasts longer than the deadline."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        self._inner = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        """Connect to the first address of the name that answers; the time-out is for all of them."""
        this_step = Deadline(self._deadline.monotonic)
        this_step.start(self._deadline.within(timeout))
        refusal: Exception = httpcore2.ConnectError("the name has no address")
        for address in addresses(host, port, this_step.left()):
            if not this_step.left():
                raise httpcore2.ConnectTimeout
            try:
                stream = self._inner.connect_tcp(address, port, this_step.left(), local_address, socket_options)
            except httpcore2.ConnectError as error:
                refusal = error
            else:
                return BoundedStream(stream, self._deadline)
        raise refusal


class BoundedStream(httpcore2.NetworkStream):
    """A connection whose reads and writes end with the deadline."""

    def __init__(self, inner: httpcore2.NetworkStream, deadline: Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """What has come."""
        if not (seconds := self._deadline.within(timeout)):
            raise httpcore2.ReadTimeout
        return self._inner.read(max_bytes, seconds)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Piece by piece: the library's own loop would grant the whole time to each."""
        for start in range(0, len(buffer), _WRITE_BYTES):
            if not (seconds := self._deadline.within(timeout)):
                raise httpcore2.WriteTimeout
            self._inner.write(buffer[start : start + _WRITE_BYTES], seconds)

    def close(self) -> None:
        """Close the connection."""
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        """The same connection, encrypted."""
        if not (seconds := self._deadline.within(timeout)):
            raise httpcore2.ConnectTimeout
        return BoundedStream(self._inner.start_tls(ssl_context, server_hostname, seconds), self._deadline)

    def get_extra_info(self, info: str) -> object:
        """As the connection says."""
        return self._inner.get_extra_info(info)


def addresses(host: str, port: int, seconds: float) -> Sequence[str]:
    """The addresses of a name. ConnectError; ConnectTimeout: the system's resolver has no time-out of its own."""
    with contextlib.suppress(ValueError):
        return (str(ipaddress.ip_address(host)),)
    found: queue.SimpleQueue[Sequence[str] | Exception] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            known = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.put(tuple(dict.fromkeys(str(entry[4][0]) for entry in known)))
        except (OSError, UnicodeError) as error:
            found.put(error)

    threading.Thread(target=look_up, name="model-address", daemon=True).start()
    try:
        answer = found.get(timeout=seconds)
    except queue.Empty:
        raise httpcore2.ConnectTimeout from None
    if isinstance(answer, Exception):
        raise httpcore2.ConnectError(type(answer).__name__) from None
    return answer
