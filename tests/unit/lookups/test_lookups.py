from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.errors import ConfigurationError, LookupFailed
from connector.lookups import FileLookup, HttpLookup, Lookups, open_lookup
from connector.model import LookupAnswer, Requester

SAMPLE = Path(__file__).resolve().parents[3] / "data" / "lookups.json"
ADA = Requester(id="7", name="Ada", email="m.okafor@example.com", verified=True)


ROW = {"kind": "order", "reference": "1", "email": "a@example.com", "facts": {}}


def order(lookup: FileLookup | HttpLookup | Lookups, requester: Requester, reference: str) -> LookupAnswer | None:
    return lookup.find("a1", requester, "order", reference)


def test_the_sample_file_answers_its_owner_in_any_spelling() -> None:
    lookup = FileLookup(SAMPLE)
    for reference in ("NO-2025-118204", "no-2025-118204", "# NO-2025-118204 ", "NO–2025–118204"):
        answer = order(lookup, ADA, reference)
        assert answer is not None
        assert answer.facts["status"] == "shipped"
    assert order(lookup, replace(ADA, email="M.Okafor@EXAMPLE.com"), "NO-2025-118204") is not None


@pytest.mark.parametrize(
    "requester",
    [
        replace(ADA, email="somebody@example.com"),
        replace(ADA, email=None),
        replace(ADA, email="*"),
        replace(ADA, email=""),
        replace(ADA, verified=False),
        replace(ADA, verified=None),
    ],
)
def test_anybody_else_gets_nothing(requester: Requester) -> None:
    assert order(FileLookup(SAMPLE), requester, "NO-2025-118204") is None


def test_an_unknown_reference_or_kind_gives_nothing() -> None:
    assert order(FileLookup(SAMPLE), ADA, "NO-2025-000000") is None
    assert FileLookup(SAMPLE).find("a1", ADA, "invoice", "NO-2025-118204") is None


@given(st.emails())
def test_no_other_address_opens_a_record(email: str) -> None:
    requester = replace(ADA, email=email)
    assert (order(FileLookup(SAMPLE), requester, "NO-2025-118204") is None) == (email.lower() != ADA.email)


OTHERS = [
    ("info@strasse.example", "info@straße.example"),
    ("sales@shop.example", "ſales@shop.example"),
    ("kim@kelvin.example", "\u212aim@kelvin.example"),
    ("office@shop.example", "o\ufb03ce@shop.example"),
    ("i@shop.example", "İ@shop.example"),
]


@pytest.mark.parametrize(("owner", "other"), OTHERS)
def test_addresses_that_unicode_folds_together_are_different(tmp_path: Path, owner: str, other: str) -> None:
    path = tmp_path / "orders.json"
    path.write_text(json.dumps([{**ROW, "reference": "48551", "email": owner}]))
    assert order(FileLookup(path), replace(ADA, email=other), "48551") is None
    assert order(FileLookup(path), replace(ADA, email=owner.upper()), "48551") is not None
    path.write_text(json.dumps([{**ROW, "reference": "48551", "email": "jo\u0308rg@shop.example"}]))
    assert order(FileLookup(path), replace(ADA, email="jörg@SHOP.example"), "48551") is not None, "composed or not"


@pytest.mark.parametrize("reference", ["４８５５１", "٤٨٥٥١", "4855¹", "48551\u212a"])
def test_a_reference_has_our_own_digits_and_letters(tmp_path: Path, reference: str) -> None:
    path = tmp_path / "orders.json"
    rows = [{**ROW, "reference": text, "email": ADA.email} for text in ("48551", "48551k")]
    path.write_text(json.dumps(rows))
    assert order(FileLookup(path), ADA, reference) is None


def test_csv_columns_become_facts(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("kind,reference,email,status,carrier\norder,100 284 771,m.okafor@example.com,shipped,\n")
    answer = order(FileLookup(path), ADA, "100284771")
    assert answer is not None
    assert answer.facts == {"status": "shipped"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "not valid JSON"),
        ("{}", "must hold"),
        (json.dumps({"rows": [{**ROW, "email": "*"}]}), "row 1: email must be the one address"),
        (json.dumps({"rows": [{**ROW, "reference": ""}]}), "row 1: reference must be a text"),
        (json.dumps({"rows": [ROW, ROW]}), "row 2: the same"),
        (json.dumps({"rows": [{**ROW, "facts": {"a": ["b"]}}]}), "facts.a must be"),
        (json.dumps({"rows": [{**ROW, "facts": {"a": "b\nc"}}]}), "facts.a must be"),
    ],
)
def test_a_broken_file_names_the_row(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "orders.json"
    path.write_text(content)
    with pytest.raises(ConfigurationError, match=message):
        FileLookup(path)


def test_a_missing_file_is_a_configuration_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"none\.json cannot be read"):
        open_lookup(str(tmp_path / "none.json"))


class System(BaseHTTPRequestHandler):
    """An order system that answers by the last part of the path."""

    seen: list[tuple[str, str]]

    def do_GET(self) -> None:
        type(self).seen.append((self.path, self.headers.get("X-Key", "")))
        own = {"email": "M.Okafor@example.com", "facts": {"status": "shipped", "items": 2}}
        answers: dict[str, tuple[int, bytes]] = {
            "own": (200, json.dumps(own).encode()),
            "foreign": (200, json.dumps({**own, "email": "other@example.com"}).encode()),
            "nobody": (200, json.dumps({"facts": {}}).encode()),
            "list": (200, b"[]"),
            "broken": (200, b'{"email": '),
            "deep": (200, b"[" * 60_000),
            "huge": (200, b'{"a": "' + b"x" * 100_000 + b'"}'),
            "badfacts": (200, json.dumps({**own, "facts": {"a": {"b": "c"}}}).encode()),
            "error": (500, b""),
        }
        name = self.path.rpartition("/")[2]
        if name == "moved":
            self.send_response(302)
            self.send_header("Location", "/order/own")
            self.end_headers()
            return
        status, body = answers.get(name, (404, b""))
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Keep the test output clean."""


@pytest.fixture
def system() -> Iterator[ThreadingHTTPServer]:
    System.seen = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), System)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def http(system: ThreadingHTTPServer) -> HttpLookup:
    return HttpLookup(
        url_template=f"http://127.0.0.1:{system.server_port}/{{kind}}/{{reference}}",
        allowed_hosts={"127.0.0.1"},
        headers={"X-Key": "k"},
        timeout_seconds=5,
        allow_loopback=True,
    )


def test_http_answers_the_owner(http: HttpLookup) -> None:
    answer = order(http, ADA, "own")
    assert answer is not None
    assert answer.facts == {"status": "shipped", "items": "2"}
    assert System.seen == [("/order/own", "k")]


@pytest.mark.parametrize("reference", ["foreign", "nobody", "unknown"])
def test_http_gives_nothing_to_anybody_else(http: HttpLookup, reference: str) -> None:
    assert order(http, ADA, reference) is None


@pytest.mark.parametrize("reference", ["list", "broken", "deep", "huge", "badfacts", "error", "moved"])
def test_trouble_is_a_failed_look_up(http: HttpLookup, reference: str) -> None:
    with pytest.raises(LookupFailed):
        order(http, ADA, reference)
    assert len(System.seen) == 1


def test_an_unverified_requester_is_not_even_asked_about(http: HttpLookup) -> None:
    assert order(http, replace(ADA, verified=None), "own") is None
    assert System.seen == []


@pytest.mark.parametrize("reference", ["..", "../own", "a?b=c", "a&b", "x" * 65, "a\nb", ""])
def test_a_reference_cannot_change_the_path(http: HttpLookup, reference: str) -> None:
    assert order(http, ADA, reference) is None
    assert all(path == "/order/..%2Fown" for path, _ in System.seen)


def test_a_closed_port_is_a_failed_look_up(http: HttpLookup, system: ThreadingHTTPServer) -> None:
    system.shutdown()
    system.server_close()
    with pytest.raises(LookupFailed):
        order(replace(http, timeout_seconds=1), ADA, "own")


@pytest.mark.parametrize(
    ("template", "hosts"),
    [
        ("http://orders.example/{reference}", {"orders.example"}),
        ("https://orders.example/all", {"orders.example"}),
        ("https://{reference}.example/{reference}", {"orders.example"}),
        ("https://user@orders.example/{reference}", {"orders.example"}),
        ("https://elsewhere.example/{reference}", {"orders.example"}),
        ("http://127.0.0.1/{reference}", {"127.0.0.1"}),
    ],
)
def test_a_risky_address_is_refused(template: str, hosts: set[str]) -> None:
    with pytest.raises(ConfigurationError):
        HttpLookup(url_template=template, allowed_hosts=hosts)


def test_http_compares_addresses_byte_by_byte_and_sends_no_foreign_digits(http: HttpLookup) -> None:
    assert order(http, replace(ADA, email="M.OKAFOR@example.com"), "own") is not None
    assert order(http, replace(ADA, email="m.o\u212aafor@example.com"), "own") is None
    with pytest.raises(LookupFailed):
        order(http, ADA, "error")
    assert order(http, ADA, "error４") is None, "nobody is asked"


def test_several_look_ups_act_as_one(http: HttpLookup) -> None:
    both = Lookups([http, FileLookup(SAMPLE)])
    assert order(both, ADA, "own") is not None
    assert order(both, ADA, "NO-2025-118204") is not None
    assert order(both, ADA, "unknown") is None
    with pytest.raises(LookupFailed):
        order(both, ADA, "error")


def test_a_setting_names_nothing_a_file_or_an_address() -> None:
    assert order(open_lookup(""), ADA, "NO-2025-118204") is None
    assert order(open_lookup(str(SAMPLE)), ADA, "NO-2025-118204") is not None
    assert isinstance(open_lookup("https://orders.example/{kind}/{reference}"), Lookups)
    with pytest.raises(ConfigurationError):
        open_lookup("http://orders.example/{kind}/{reference}")
