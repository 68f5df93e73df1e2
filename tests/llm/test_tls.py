"""An encrypted connection: trusted certificates only, and as bounded as a plain one."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from connector.app import utc_now
from connector.errors import ModelUnavailable
from tests.llm.conftest import MakeModel, prompt
from tests.llm.raw_server import RawServer, completion
from tests.llm.test_client import GOOD, TOLERANCE, ask, drip


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Key and certificate of 127.0.0.1, signed by itself, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "model.example")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(utc_now() - timedelta(days=1))
        .not_valid_after(utc_now() + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "server.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
def server_side(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def test_a_trusted_server_is_asked_and_a_drip_ends(
    make_model: MakeModel, certificate: Path, server_side: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with RawServer(server_side) as server:
        server.answer(completion(GOOD))
        model = make_model(server.url)
        ask(model)
        ask(model)
        assert server.connections == 1
        drip(b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 5000, server)
        started = time.monotonic()
        with pytest.raises(ModelUnavailable, match="in time"):
            ask(make_model(server.url, seconds=1.0))
        assert time.monotonic() - started < 1.0 + TOLERANCE


def test_a_server_nobody_vouches_for_learns_nothing(make_model: MakeModel, server_side: ssl.SSLContext) -> None:
    with RawServer(server_side) as server:
        with pytest.raises(ModelUnavailable):
            make_model(server.url, key="k").complete(prompt(), account_id="acme", intent="refund")
        assert server.requests == []


def test_a_handshake_that_never_comes_ends_with_the_deadline(make_model: MakeModel) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        started = time.monotonic()
        with pytest.raises(ModelUnavailable):
            ask(make_model(f"https://127.0.0.1:{silent.getsockname()[1]}/v1", seconds=1.0))
        assert time.monotonic() - started < 1.0 + TOLERANCE
