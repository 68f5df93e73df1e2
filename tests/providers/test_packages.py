"""The packages of both marketplaces, whole and broken: each broken one is caught by the rule it breaks."""

import json
import re
import struct
import zlib

import pytest

import providers
from connector import packaging
from connector.errors import ConfigurationError
from providers.freshdesk.script_rules import exported, faults, functions, tokens

PAGE = (
    b'<!doctype html><html lang="en"><head><title>Handrail</title><script src="{{{appclient}}}"></script></head>'
    b'<body><main id="sidebar"></main></body></html>'
)
SIDEBAR = {
    "index.html": PAGE,
    "sidebar.js": b"'use strict';\nstart(window.handrailHost);\n",
    "freshdesk.js": b"window.handrailHost = { ready: () => app.initialized() };\n",
    "zendesk.js": b"fetch('/x');\n",
    "sidebar.css": b"main { margin: 0 }\n",
}
URL = "https://handrail.acme.example"


def built(vendor, **options):
    return dict(providers.package(vendor, SIDEBAR, **options))


def rules(vendor, files, *, warned=False):
    return {finding.rule for finding in providers.package_findings(vendor, files) if finding.warns is warned}


@pytest.mark.parametrize("vendor", providers.MARKETPLACES)
@pytest.mark.parametrize("url", ["", URL])
def test_the_package_breaks_no_rule_and_draws_no_warning(vendor, url):
    assert providers.package_findings(vendor, built(vendor, public_url=url)) == ()


@pytest.mark.parametrize("vendor", providers.MARKETPLACES)
def test_the_package_with_the_page_as_it_is_breaks_no_rule(vendor):
    files = providers.package(vendor, packaging.sidebar_files())
    assert [finding.sentence for finding in providers.package_findings(vendor, files) if not finding.warns] == []


@pytest.mark.parametrize("vendor", providers.MARKETPLACES)
def test_two_builds_are_the_same_bytes(vendor):
    assert packaging.archive(built(vendor)) == packaging.archive(built(vendor))


def test_zendesk_asks_for_the_address_only_where_it_is_not_fixed():
    manifest = json.loads(built("zendesk")["manifest.json"])
    place = manifest["location"]["support"]["ticket_sidebar"]["url"]
    assert (place, manifest["signedUrls"]) == ("{{setting.service_url}}/apps/zendesk/sidebar", True)
    fixed = built("zendesk", public_url=URL)
    manifest = json.loads(fixed["manifest.json"])
    assert manifest["location"]["support"]["ticket_sidebar"]["url"] == f"{URL}/apps/zendesk/sidebar"
    assert manifest["parameters"] == []
    assert b"service_url" not in b"".join(fixed.values())


def test_both_languages_say_the_same_things():
    files = built("zendesk")
    english, german = (json.loads(files[f"translations/{language}.json"]) for language in ("en", "de"))

    def keys(value):
        return {key: keys(inner) for key, inner in value.items()} if isinstance(value, dict) else None

    assert keys(english) == keys(german)
    assert english["app"]["short_description"] != german["app"]["short_description"]


def test_freshdesk_asks_for_the_host_only_where_it_is_not_fixed():
    requests = json.loads(built("freshdesk")["config/requests.json"])
    assert {each["schema"]["host"] for each in requests.values()} == {"<%= iparam.service_host %>"}
    fixed = built("freshdesk", public_url=URL)
    requests = json.loads(fixed["config/requests.json"])
    assert {each["schema"]["host"] for each in requests.values()} == {"handrail.acme.example"}
    assert set(json.loads(fixed["config/iparams.json"])) == {"account", "installation_key"}


@pytest.mark.parametrize("url", [f"{URL}:8443", f"{URL}/below", "https://name@acme.example"])
def test_freshdesk_cannot_call_an_address_with_a_port_or_a_path(url):
    with pytest.raises(ConfigurationError, match="without a port or a path"):
        built("freshdesk", public_url=url)


def test_the_page_of_freshdesk_names_only_files_of_the_package_and_its_adapter_first():
    files = providers.package("freshdesk", packaging.sidebar_files())
    named = re.findall(r'(?:src|href)="([^{"]+)"', files["app/index.html"].decode())
    assert named == ["styles/sidebar.css", "scripts/freshdesk.js", "scripts/sidebar.js"]
    assert all(f"app/{name}" in files for name in named)
    assert not [name for name in files if "zendesk" in name]


@pytest.mark.parametrize(("name", "size"), [("assets/logo.png", 320), ("assets/logo-small.png", 128)])
def test_logos_are_images_of_their_size(name, size):
    data = built("zendesk")[name]
    assert struct.unpack(">II", data[16:24]) == (size, size)
    chunks, at = {}, 8
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        content = data[at + 8 : at + 8 + length]
        assert struct.unpack(">I", data[at + 8 + length : at + 12 + length])[0] == zlib.crc32(kind + content)
        chunks[kind], at = content, at + 12 + length
    lines = zlib.decompress(chunks[b"IDAT"])
    assert len(lines) == size * (size // 2 + 1)
    shades = {shade for byte in lines for shade in (byte >> 4, byte & 15)}
    assert {0, 7, 15} <= shades  # nothing, the ground, the mark


def change(files, name, edit):
    value = json.loads(files[name])
    edit(value)
    return files | {name: json.dumps(value).encode()}


def manifest(edit):
    return lambda files: change(files, "manifest.json", edit)


def put(**entries):
    return manifest(lambda value: value.update(entries))


def parameter(**entries):
    def edit(files):
        files = change(files, "manifest.json", lambda value: value["parameters"].append({"name": "extra", **entries}))
        for language in ("en", "de"):
            name = f"translations/{language}.json"
            files = change(files, name, lambda value: value["app"]["parameters"].update(extra={"label": "Extra"}))
        return files

    return edit


def place(value, name="ticket_sidebar"):
    return manifest(lambda known: known["location"]["support"].update({name: value}))


def text(key, value):
    return lambda files: change(files, "translations/de.json", lambda known: known["app"].update({key: value}))


def without(name):
    return lambda files: {key: value for key, value in files.items() if key != name}


def with_file(name, content=b"x"):
    return lambda files: files | {name: content}


def required(kind, **entry):
    return with_file("requirements.json", json.dumps({kind: {"one": entry}}).encode())


ZENDESK = [
    ("file missing", without("manifest.json")),
    ("json", with_file("manifest.json", b"{")),
    ("json", with_file("manifest.json", b"[]")),
    ("duplicate key", with_file("manifest.json", b'{"name": "a", "name": "b"}')),
    ("nested manifest", with_file("app/manifest.json", b"{}")),
    ("file type", with_file("assets/help.pdf")),
    ("file type", with_file("assets/more.zip")),
    ("logo", without("assets/logo.png")),
    ("logo", with_file("assets/logo-small.png", b"GIF89a")),
    ("banner", with_file("assets/banner.png", b"GIF89a")),
    ("unknown key", put(colour="red")),
    ("text", put(version=1)),
    ("switch", put(private="yes")),
    ("noTemplate", put(noTemplate=True)),
    ("terms", put(termsConditionsURL="")),
    ("domainWhitelist", put(domainWhitelist="acme.example")),
    ("author", manifest(lambda value: value.pop("author"))),
    ("author", put(author={"name": 7})),
    ("author url", put(author={"name": "Handrail", "url": ""})),
    ("frameworkVersion", put(frameworkVersion="1.0")),
    ("location", manifest(lambda value: value.pop("location"))),
    ("location", put(location={"sell": {"deal_card": "https://acme.example"}})),
    ("marketingOnly", put(marketingOnly=True)),
    ("requirementsOnly", put(requirementsOnly=True)),
    ("place", place({"url": URL}, "left_sidebar")),
    ("icon", place({"url": URL}, "nav_bar")),
    ("switch", place({"url": URL, "flexible": "no"})),
    ("location url", place({"url": "http://handrail.acme.example"})),
    ("location url", place({})),
    ("location file", place("assets/page.html")),
    ("unknown setting", place({"url": "{{setting.host}}/page"})),
    ("parameters", put(parameters={})),
    ("parameter twice", parameter(name="service_url")),
    ("parameter name", parameter(name="name")),
    ("parameter type", parameter(type="colour")),
    ("switch", parameter(required="yes")),
    ("hidden required", parameter(type="hidden", required=True)),
    ("oauth", parameter(type="oauth", secure=True)),
    ("oauth", put(oauth={"client_id": "x"})),
    ("scopes", parameter(scopes=["header"])),
    ("scopes", parameter(secure=True, scopes=["cookie"])),
    ("defaultLocale", put(defaultLocale="english")),
    ("default translation", put(defaultLocale="fr")),
    ("translation name", with_file("translations/german.json", b"{}")),
    ("label", lambda files: change(files, "translations/de.json", lambda value: value["app"].pop("parameters"))),
    ("text missing", text("name", "")),
    ("text missing", lambda files: put(private=False)(text("long_description", "")(files))),
    ("text too long", text("short_description", "x" * 81)),
    ("requirement type", required("gadgets", title="x")),
    ("requirement", required("triggers")),
    ("requirement", required("webhooks", name="x", status="active")),
    ("requirement", required("user_fields", title="x")),
    ("requirement", required("targets", title="x", type="http_target")),
    (
        "requirements",
        with_file("requirements.json", json.dumps({"macros": {str(n): {"title": "x"} for n in range(5001)}}).encode()),
    ),
]


@pytest.mark.parametrize(("rule", "broken"), ZENDESK, ids=[f"{n}-{rule}" for n, (rule, _) in enumerate(ZENDESK)])
def test_zendesk_each_broken_package_is_caught_by_its_rule(rule, broken):
    assert rule in rules("zendesk", broken(built("zendesk")))


ZENDESK_WARNED = [
    ("scopes", parameter(secure=True)),
    ("not secure", parameter(name="api_token", type="text")),
    ("default", parameter(type="hidden", default="x")),
    ("plain http", with_file("assets/a.js", b"const a = 'http://acme.example';")),
    ("secret word", with_file("assets/a.js", b"const password = 1;")),
]


@pytest.mark.parametrize(("rule", "doubtful"), ZENDESK_WARNED)
def test_zendesk_what_only_warns_breaks_nothing(rule, doubtful):
    files = doubtful(built("zendesk"))
    assert rule in rules("zendesk", files, warned=True)


def module(name, edit):
    return manifest(lambda value: edit(value["modules"][name]))


def setting(name, **entries):
    common = {"display_name": "x", "description": "x", "type": "text"}
    return lambda files: change(files, "config/iparams.json", lambda value: value.update({name: common | entries}))


def template(**schema):
    return lambda files: change(files, "config/requests.json", lambda value: value["card"]["schema"].update(schema))


def options(**entries):
    return lambda files: change(files, "config/requests.json", lambda value: value["card"]["options"].update(entries))


def server(text):
    return lambda files: files | {"server/server.js": files["server/server.js"] + text}


def page(text):
    return lambda files: files | {"app/index.html": files["app/index.html"].replace(b"</body>", text + b"</body>")}


FRESHDESK = [
    ("platform version", put(**{"platform-version": "2.3"})),
    ("product", put(product={"freshdesk": {}})),
    ("whitelisted-domains", put(**{"whitelisted-domains": []})),
    ("name", put(name="Handrail")),
    ("engines", manifest(lambda value: value.pop("engines"))),
    ("modules", manifest(lambda value: value["modules"].pop("support_ticket"))),
    ("install events", module("common", lambda value: value.pop("events"))),
    ("empty part", module("common", lambda value: value.update(functions={}))),
    ("empty part", module("support_ticket", lambda value: value.update(events={}))),
    ("place", module("common", lambda value: value.update(location={"ticket_sidebar": {"url": "index.html"}}))),
    ("place", module("support_ticket", lambda value: value["location"].update(full_page_app={"url": "index.html"}))),
    ("location url", without("app/index.html")),
    ("location icon", without("app/styles/images/icon.svg")),
    ("handler", module("support_ticket", lambda value: value["events"]["onTicketCreate"].update(handler="onTicket"))),
    ("function", module("common", lambda value: value.update(functions={"look": {}}))),
    ("two settings pages", with_file("config/iparams.html")),
    ("settings", without("config/iparams.json")),
    ("not secure", setting("api_token")),
    ("not secure", setting("installation_key", secure=False)),
    ("setting text", setting("region", display_name="")),
    ("setting text", setting("region", description="x" * 251)),
    ("setting pattern", setting("region", type_attributes={"regex": {"pattern": "("}})),
    ("undeclared template", module("common", lambda value: value["requests"].pop("card"))),
    ("too many templates", lambda files: change(
        files, "config/requests.json", lambda value: value.update({f"t{n}": value["card"] for n in range(100)})
    )),
    ("protocol", template(protocol="http")),
    ("method", template(method="TRACE")),
    ("host", template(host="https://handrail.acme.example")),
    ("host", template(host="handrail.acme.example:8443")),
    ("host", template(host="192.0.2.7")),
    ("host", template(host="{{host}}")),
    ("path", template(path="apps")),
    ("attempts", options(maxAttempts=6)),
    ("retry delay", options(retryDelay=150)),
    ("unknown setting", template(host="<%= iparam.host %>")),
    ("secure outside header", template(query={"k": "<%= iparam.installation_key %>"})),
    ("oauth", with_file("config/oauth_config.json", b"{}")),
    ("oauth", with_file("config/oauth_config.json", b'{"integrations": {"a": {"display_name": "x"}}}')),
    ("json", with_file("config/requests.json", b"{,}")),
    ("app client", with_file("app/other.html", b"<html></html>")),
    ("page file", page(b'<script src="scripts/missing.js"></script>')),
    ("plain http", page(b'<img src="http://acme.example/a.png">')),
    ("inline script", page(b"<script>start()</script>")),
    ("inline script", page(b'<button onclick="go()">Go</button>')),
    ("var", server(b"var a = 1;")),
    ("eval", server(b"function a(b) { return eval(b); }")),
    ("eval", with_file("app/scripts/a.js", b"alert('x');")),
    ("request method", server(b"function a() { return $request.get('x'); }")),
    ("order", lambda files: files | {"server/server.js": b"function a() {}\n" + files["server/server.js"]}),
    ("async", server(b"async function a() { return 1; }")),
    ("async", with_file("app/scripts/a.js", b"const a = async () => 1;")),
    ("unused parameter", server(b"function a(b) { return 1; }")),
    ("unused parameter", with_file("app/scripts/a.js", b"list.map((_b) => 1);")),
    ("complexity", server(b"function a(b) { return b && b && b && b && b && b && b && b; }")),
    ("plain http", server(b"const a = 'http://acme.example';")),
    ("direct call", with_file("app/scripts/a.js", b"fetch('/x');")),
    ("readme", without("README.md")),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "broken"), FRESHDESK, ids=[f"{n}-{rule}" for n, (rule, _) in enumerate(FRESHDESK)])
def test_freshdesk_each_broken_package_is_caught_by_its_rule(rule, broken):
    assert rule in rules("freshdesk", broken(built("freshdesk")))


def test_freshdesk_what_only_warns_breaks_nothing():
    files = built("freshdesk")
    more = module("common", lambda value: value["requests"].update(unused={}))(files)
    assert rules("freshdesk", more, warned=True) == {"unused request"}
    assert rules("freshdesk", more) == set()


def test_functions_are_told_apart_and_words_in_texts_are_none():
    source = """
    const a = (one, two) => one.map((three) => three && 'var eval( ? && ||' /* && */) || /[/"]&&/.test(two);
    const b = { async run(four) { await four; return four ? `?` : "?"; } }; // var
    """
    found = {function.parameters: function for function in functions(tokens(source))}
    assert set(found) == {("one", "two"), ("three",), ("four",)}
    assert found[("three",)].own.count("&&") == 1
    assert found[("one", "two")].own.count("&&") == 0
    assert list(faults(source)) == []


def test_a_parameter_may_be_used_in_a_text_under_another_name_or_keep_a_place():
    assert list(faults("const a = (one) => `x ${ { b: 1 }[one] || '' }`;")) == []
    assert list(faults("function a({ do: one }, [two]) { return one + two; }")) == []
    assert list(faults("new Promise((_, reject) => reject());")) == []
    assert [rule for rule, _ in faults("const a = (one, two) => one;")] == ["unused parameter"]


def test_what_the_server_exports_is_read():
    assert exported("exports = { one: function (a) { return { b: a }; }, async two() { await x; } };") == {"one", "two"}
    assert exported("const a = 1;") == set()
