"""T5: a URL lies inside a configured base, or it is refused; no spelling gets around it."""

import httpx2
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fhir_adapters.addresses import address_within, read_base
from fhir_adapters.errors import AddressRefused

BASE = "https://ehr.example:8443/fhir/r4"
CANARY = "canary-in-the-address"

OUTSIDE = {
    "another host": "https://evil.example:8443/fhir/r4/Observation",
    "a host that begins like ours": "https://ehr.example.evil.example:8443/fhir/r4/Observation",
    "a host that ends like ours": "https://notehr.example:8443/fhir/r4/Observation",
    "our host with a dot at its end": "https://ehr.example.:8443/fhir/r4/Observation",
    "our host as user name": "https://ehr.example@evil.example/fhir/r4/Observation",
    "our host and port as user name and password": "https://ehr.example:8443@evil.example/fhir/r4/Observation",
    "user information before our host": "https://user:secret@ehr.example:8443/fhir/r4/Observation",
    "an encoded at sign": "https://ehr.example%40evil.example:8443/fhir/r4/Observation",
    "a host in Cyrillic look-alikes": "https://\u0435hr.ex\u0430mple:8443/fhir/r4/Observation",
    "a host in full-width letters": "https://ｅhr.example:8443/fhir/r4/Observation",
    "an IDN in punycode": "https://xn--hr-0lc.example:8443/fhir/r4/Observation",
    "an ideographic full stop in the host": "https://ehr。example:8443/fhir/r4/Observation",
    "an encoded letter in the host": "https://%65hr.example:8443/fhir/r4/Observation",
    "another port": "https://ehr.example:9443/fhir/r4/Observation",
    "the scheme's own port": "https://ehr.example/fhir/r4/Observation",
    "an empty port": "https://ehr.example:/fhir/r4/Observation",
    "a port beyond all ports": "https://ehr.example:74979/fhir/r4/Observation",
    "a port of other digits": "https://ehr.example:८४४३/fhir/r4/Observation",
    "plain http": "http://ehr.example:8443/fhir/r4/Observation",
    "a file": "file:///etc/passwd",
    "a script": "javascript:alert(1)",
    "data": "data:application/json,{}",
    "no scheme": "//ehr.example:8443/fhir/r4/Observation",
    "no scheme and another host": "//evil.example/fhir/r4/Observation",
    "three slashes": "https:///ehr.example:8443/fhir/r4/Observation",
    "one slash": "https:/ehr.example:8443/fhir/r4/Observation",
    "backslashes for slashes": "https:\\\\ehr.example:8443\\fhir\\r4",
    "a backslash before another host": "https://ehr.example:8443\\@evil.example/fhir/r4/Observation",
    "a relative backslash": "\\\\evil.example\\fhir",
    "another path": "https://ehr.example:8443/admin",
    "a path that begins like ours": "https://ehr.example:8443/fhir/r4evil/Observation",
    "our path in capitals": "https://ehr.example:8443/FHIR/r4/Observation",
    "the parent": "https://ehr.example:8443/fhir",
    "no path": "https://ehr.example:8443",
    "a climb": "https://ehr.example:8443/fhir/r4/../../admin",
    "a climb at the end": "https://ehr.example:8443/fhir/r4/..",
    "an encoded climb": "https://ehr.example:8443/fhir/r4/%2e%2e/admin",
    "a half encoded climb": "https://ehr.example:8443/fhir/r4/.%2E/admin",
    "a climb encoded twice": "https://ehr.example:8443/fhir/r4/%252e%252e/admin",
    "a climb with encoded slashes": "https://ehr.example:8443/fhir/r4/..%2fadmin",
    "a climb with an encoded backslash": "https://ehr.example:8443/fhir/r4/..%5cadmin",
    "a climb with a path parameter": "https://ehr.example:8443/fhir/r4/..;x=1/admin",
    "a relative climb": "../../admin",
    "a relative climb from the root": "/fhir/r4/../admin",
    "a path from the root": "/admin",
    "a fragment that holds a host": "https://ehr.example:8443/fhir/r4/Observation#@evil.example/",
    "another host behind a fragment": "https://evil.example#@ehr.example:8443/fhir/r4/",
    "another host behind a question mark": "https://evil.example?@ehr.example:8443/fhir/r4/",
    "a new line": "https://ehr.example:8443/fhir/r4/Observation\r\nHost: evil.example",
    "a tab in the host": "https://ehr.exa\tmple:8443/fhir/r4/Observation",
    "a space before": " https://ehr.example:8443/fhir/r4/Observation",
    "a null": "https://ehr.example:8443/fhir/r4/Observation\0.evil.example",
    "an encoded null": "https://ehr.example:8443/fhir/r4/Observation%00",
    "nothing": "",
    "endless": "https://ehr.example:8443/fhir/r4/Observation?" + "a" * 10_000,
}


@pytest.mark.parametrize("address", OUTSIDE.values(), ids=OUTSIDE)
def test_t5_an_address_outside_the_base_is_refused(address):
    with pytest.raises(AddressRefused):
        address_within(read_base(BASE), address)


@pytest.mark.parametrize("address", [None, 5, b"https://ehr.example:8443/fhir/r4", ["x"], {"url": BASE}])
def test_t5_what_is_no_text_is_refused(address):
    with pytest.raises(AddressRefused):
        address_within(read_base(BASE), address)


@pytest.mark.parametrize(
    ("base", "address"),
    [
        ("http://127.0.0.1/fhir", "http://2130706433/fhir/Observation"),
        ("http://127.0.0.1/fhir", "http://0x7f.0.0.1/fhir/Observation"),
        ("http://127.0.0.1/fhir", "http://0177.0.0.1/fhir/Observation"),
        ("http://127.0.0.1/fhir", "http://127.1/fhir/Observation"),
        ("http://127.0.0.1/fhir", "http://[::ffff:127.0.0.1]/fhir/Observation"),
        ("http://[::1]/fhir", "http://[::ffff:169.254.169.254]/fhir/Observation"),
        ("http://[::1]/fhir", "http://[0:0:0:0:0:0:0:1]/fhir/Observation"),
        ("http://[::1]/fhir", "http://[::1%25eth0]/fhir/Observation"),
        ("http://127.0.0.1/fhir", "http://169.254.169.254/fhir/Observation"),
    ],
)
def test_t5_another_spelling_of_an_ip_address_is_another_host(base, address):
    with pytest.raises(AddressRefused):
        address_within(read_base(base), address)


@pytest.mark.parametrize(
    ("address", "asked"),
    [
        (f"{BASE}/Observation?patient=1&page=2", f"{BASE}/Observation?patient=1&page=2"),
        (f"{BASE}?_getpages=3f-1&_getpagesoffset=20&_count=20", f"{BASE}?_getpages=3f-1&_getpagesoffset=20&_count=20"),
        (BASE, BASE),
        (f"{BASE}/Observation?code=http://loinc.org|4548-4&next=a%2Fb..%2e", None),
        ("HTTPS://EHR.Example:8443/fhir/r4/Observation", None),
        ("Observation?patient=1&page=2", f"{BASE}/Observation?patient=1&page=2"),
        ("?_getpages=3f-1", f"{BASE}?_getpages=3f-1"),
        ("/fhir/r4/Observation?page=2", f"{BASE}/Observation?page=2"),
        ("Patient/1/$everything?_page_token=Cj8K", f"{BASE}/Patient/1/$everything?_page_token=Cj8K"),
        (f"{BASE}/Observation/a.b..c", None),
    ],
)
def test_an_address_inside_the_base_is_asked_as_it_was_given(address, asked):
    assert address_within(read_base(BASE), address) == (asked or address)


def test_two_spellings_of_one_base_are_equal():
    assert read_base("https://ehr.example/fhir") == read_base("HTTPS://EHR.example:443/fhir/")
    assert str(read_base("https://ehr.example:443/fhir/")) == "https://ehr.example/fhir"
    assert read_base("https://ehr.example/fhir") != read_base("https://ehr.example/FHIR")


@pytest.mark.parametrize(
    "base",
    [
        "",
        "ehr.example/fhir",
        "ftp://ehr.example/fhir",
        "https://u:p@ehr.example/fhir",
        "https://ehr.example/fhir?x=1",
        "https://ehr.example/fhir/../x",
        "https://ehr.example:0/fhir",
        "https://ehr.example:70000/fhir",
        None,
    ],
)
def test_a_base_that_is_no_plain_http_url_is_refused(base):
    with pytest.raises(AddressRefused):
        read_base(base)


def test_the_refusal_says_why_and_never_quotes_the_address():
    with pytest.raises(AddressRefused) as refused:
        address_within(read_base(BASE), f"https://evil.example/{CANARY}")
    assert "another origin" in str(refused.value)
    assert CANARY not in repr(refused.value)
    assert "evil" not in repr(refused.value)


_PIECES = st.sampled_from(
    ["https://", "http://", "ehr.example", "evil.example", ":8443", ":443", "/", "//", "fhir", "r4", "..", ".", "%2e",
     "%2f", "\\", "@", "#", "?", ";", ":", "&", "=", "[", "]", "|", "%", "Observation", " ", "\n", "\u0435", "é"]
)  # fmt: skip


@given(st.lists(_PIECES, max_size=12).map("".join))
@example(f"{BASE}/Observation")
@example("https://ehr.example:8443/fhir/r4;..//Observation")
def test_t5_whatever_is_let_through_goes_to_our_host_and_path_in_the_http_clients_own_reading(address):
    base = read_base(BASE)
    try:
        asked = httpx2.URL(address_within(base, address))
    except AddressRefused:
        return
    assert (asked.scheme, asked.host, asked.port) == ("https", "ehr.example", 8443)
    assert not asked.userinfo
    assert asked.path == base.path or asked.path.startswith(base.path + "/")
    assert ".." not in asked.path.split("/")
