import pytest
from hypothesis import given
from hypothesis import strategies as st

import providers
from connector.errors import ConfigurationError
from providers import freshdesk, zendesk
from providers._address import same_host


@pytest.mark.parametrize(
    "text", ["acme", "ACME", "acme.zendesk.com", "https://acme.zendesk.com", "https://acme.zendesk.com/"]
)
def test_every_way_to_name_an_account_gives_one_address(text):
    assert zendesk.base_url(text) == "https://acme.zendesk.com"


def test_freshdesk_has_its_own_suffix():
    assert freshdesk.base_url("acme.freshdesk.com") == "https://acme.freshdesk.com"
    with pytest.raises(ConfigurationError):
        freshdesk.base_url("support.acme.example")


@pytest.mark.parametrize(
    "text",
    [
        "",
        " acme",
        "acme\n",
        "evil.example#",
        "evil.example#.zendesk.com",
        "a@evil.example#",
        "user:pass@acme.zendesk.com",
        "127.0.0.1:80#",
        "127.0.0.1",
        "localhost:80",
        "acme.zendesk.com:8443",
        "https://acme.zendesk.com/path",
        "https://acme.zendesk.com?x=1",
        "http://acme.zendesk.com",
        "acme.zendesk.com.evil.example",
        "a.b.zendesk.com",
        "-acme",
        "acme-",
        "a" * 64,
        "аcme",  # a Cyrillic letter
        "acme%2eevil",
        "https://https://acme",
        "http://10.0.0.1:80",
        "http://[::1]:80",
        "http://127.0.0.1.evil.example:80",
        "http://127.999.0.1:80",
        "http://127.0.0.1:99999",
        "http://127.0.0.1:80/path",
        "https://127.0.0.1:80",
    ],
)
def test_everything_else_is_refused_also_where_loopback_is_allowed(text):
    for allow in (False, True):
        with pytest.raises(ConfigurationError):
            zendesk.base_url(text, allow_loopback=allow)


def test_loopback_needs_permission():
    assert zendesk.base_url("http://127.0.0.1:8123/", allow_loopback=True) == "http://127.0.0.1:8123"
    with pytest.raises(ConfigurationError, match="HANDRAIL_ALLOW_LOOPBACK_HELPDESK"):
        zendesk.base_url("http://127.0.0.1:8123")


@given(st.text(max_size=80))
def test_no_text_leaves_the_vendors_domain(text):
    try:
        address = zendesk.base_url(text)
    except ConfigurationError:
        return
    assert address.startswith("https://")
    assert address.endswith(".zendesk.com")
    assert address.count(".") == 2


@pytest.mark.parametrize(
    ("link", "same"),
    [
        ("https://acme.zendesk.com/api/v2/x?page=2", True),
        ("http://acme.zendesk.com/api/v2/x", False),
        ("https://acme.zendesk.com.evil.example/x", False),
        ("https://acme.zendesk.com@evil.example/x", False),
        ("https://acme.zendesk.com:444/x", False),
        ("//evil.example/x", False),
        ("https://[", False),
    ],
)
def test_paging_links_stay_on_the_host(link, same):
    assert same_host("https://acme.zendesk.com", link) is same


def test_the_registry_knows_its_vendors():
    assert providers.base_url("zendesk", "acme") == "https://acme.zendesk.com"
    with pytest.raises(ConfigurationError, match="zendesk, freshdesk, console"):
        providers.base_url("desk.example", "acme")
