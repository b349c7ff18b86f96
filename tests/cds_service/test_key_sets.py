"""A client's keys are read in the background, seldom, from where the site says, and kept when a reading fails."""

import asyncio
import base64
import json
import socket
import threading
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx2
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from hook_desk import EC_KEY, ISSUER, PUBLIC, START, ehr
from joserfc import jws
from joserfc.jwk import ECKey

from cds_service.client_keys import key_set_from, open_key_sets
from cds_service.client_settings import ClientSettings
from cds_service.errors import BadKeys, KeysOutOfReach, NotConfigured, Unauthenticated
from cds_service.key_sets import KeySet, start_watching
from cds_service.key_sources import KeyAddress
from cds_service.metrics import Metrics
from cds_service.settings import Settings
from cds_service.trust import Trust

PATH = "/cds-services/chart-summary"
NEW_KEY = ECKey.generate_key("P-384", {"kid": "new"}, private=True)


def published(*keys):
    return json.dumps({"keys": [key.as_dict(private=False) for key in keys]}).encode()


def token(key, **header):
    now = int(START.timestamp())
    head = {"alg": "ES384", "typ": "JWT", "kid": key.kid} | header
    claims = {"iss": ISSUER, "aud": PUBLIC + PATH, "iat": now, "exp": now + 300, "jti": "j"}
    return jws.serialize_compact(head, json.dumps(claims).encode(), key, algorithms=["ES384"])


FIRST = published(EC_KEY)


@dataclass
class Source:
    """A key set that tests publish, and a count of who came for it."""

    content: bytes | Exception = FIRST
    every_s: float = 3_600.0
    pause_s: float = 3_600.0
    name: str = "https://ehr.test/jwks.json"
    read_count: int = 0
    came: asyncio.Event = field(default_factory=asyncio.Event)

    async def read(self):
        self.read_count += 1
        self.came.set()
        if isinstance(self.content, Exception):
            raise self.content
        return self.content


@pytest.fixture
def judged(tmp_path):
    """Makes a judge of tokens over a source of keys."""

    def make(keys):
        client = ehr(tmp_path, keys=keys, look_again=keys.look_again)
        trust = Trust([client], public_base_url=PUBLIC)

        def judge(one):
            try:
                return trust.judge([f"Bearer {one}"], path=PATH, now=START).caller.client.id
            except Unauthenticated as error:
                return error.reason

        return judge

    return make


def test_t3_a_thousand_unknown_kids_are_one_look_and_no_more_within_the_pause(judged):
    async def flood():
        source = Source()
        keys = KeySet("ehr", source, timer=lambda: 0.0)
        judge = judged(keys)
        async with AsyncExitStack() as opened:
            await start_watching((keys,))(opened)
            for number in range(1_000):
                assert judge(token(EC_KEY, kid=f"random-{number}")) == "unknown-key"
                await asyncio.sleep(0)
            assert judge(token(EC_KEY)) == "ehr"
        return source.read_count

    assert asyncio.run(flood()) == 1


def test_s36_a_new_key_is_fetched_behind_the_call_that_brings_it_and_the_next_call_is_believed(judged):
    async def rotate():
        source = Source(pause_s=0.0)
        keys = KeySet("ehr", source, timer=lambda: 0.0)
        judge = judged(keys)
        async with AsyncExitStack() as opened:
            await start_watching((keys,))(opened)
            source.content = published(NEW_KEY)
            source.came.clear()
            first = judge(token(NEW_KEY))
            await source.came.wait()
            await asyncio.sleep(0)
            return first, judge(token(NEW_KEY)), judge(token(EC_KEY))

    assert asyncio.run(rotate()) == ("unknown-key", "ehr", "unknown-key")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (KeysOutOfReach("not-200"), "not-200"),
        (b"<html>", "not-a-key-set"),
        (b'{"keys": []}', "not-a-key-set"),
        (json.dumps({"keys": [EC_KEY.as_dict(private=True)]}).encode(), "not-a-key-set"),
        (LookupError("what nobody foresaw"), "failed"),
    ],
)
def test_t3_the_last_good_set_stays_when_a_reading_fails(judged, content, why):
    failed, seconds = [], [100.0]
    source = Source()
    keys = KeySet("ehr", source, timer=lambda: seconds[0], failed=failed.append)
    asyncio.run(keys.look())
    source.content = content
    seconds[0] = 160.0
    for _ in range(2):
        asyncio.run(keys.look())

    assert judged(keys)(token(EC_KEY)) == "ehr"
    assert failed == [why, why]
    assert keys.age_s == 60.0
    source.content = published(EC_KEY)
    asyncio.run(keys.look())
    assert keys.age_s == 0.0


def test_a_client_whose_keys_were_never_read_is_not_believed_and_alone_makes_nobody_ready(judged, tmp_path):
    keys = KeySet("ehr", Source(content=KeysOutOfReach("no-connection")), timer=lambda: 0.0)
    asyncio.run(keys.look())

    assert (len(keys), keys.age_s) == (0, None)
    assert judged(keys)(token(EC_KEY)) == "unknown-key"
    assert not Trust([ehr(tmp_path, keys=keys)], public_base_url=PUBLIC).can_judge
    assert Trust([ehr(tmp_path)], public_base_url=PUBLIC).can_judge


def test_s36_a_file_that_is_replaced_is_read_again_without_a_restart(judged, tmp_path):
    path = tmp_path / "ehr.jwks.json"
    path.write_bytes(published(EC_KEY))
    keys = key_set_from(client_settings(jwks_file=path), http=httpx2.AsyncClient(), every_s=300)
    judge = judged(keys)
    assert judge(token(NEW_KEY)) == "unknown-key"

    path.write_bytes(published(EC_KEY, NEW_KEY))
    asyncio.run(keys.look())
    assert (judge(token(NEW_KEY)), judge(token(EC_KEY))) == ("ehr", "ehr")
    path.write_bytes(b"half a fi")
    asyncio.run(keys.look())
    path.unlink()
    asyncio.run(keys.look())
    assert (judge(token(NEW_KEY)), judge(token(EC_KEY))) == ("ehr", "ehr")


def client_settings(**changes):
    plain = {"id": "ehr", "issuer": ISSUER, "fhir_bases": [{"url": "https://ehr.test/fhir"}]}
    return ClientSettings.model_validate(plain | changes)


@pytest.mark.parametrize(("content", "error"), [(None, NotConfigured), (b"{}", BadKeys)])
def test_a_key_file_that_cannot_be_used_stops_the_start(tmp_path, content, error):
    path = tmp_path / "ehr.jwks.json"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(error, match="client ehr"):
        key_set_from(client_settings(jwks_file=path), http=httpx2.AsyncClient(), every_s=300)


@pytest.mark.parametrize(
    "url",
    [
        "http://ehr.test/jwks.json",
        "file:///etc/passwd",
        "ftp://ehr.test/jwks.json",
        "https://user:secret@ehr.test/jwks.json",
        "https://ehr.test:0/jwks.json",
        "//ehr.test/jwks.json",
        "http://127.0.0.1@ehr.test/jwks.json",
        "http://169.254.169.254/jwks.json",
    ],
)
def test_t2_an_address_that_is_not_https_stops_the_start_and_is_not_repeated(url):
    with pytest.raises(NotConfigured, match="client ehr: jwks_url") as caught:
        key_set_from(client_settings(jwks_url=url), http=httpx2.AsyncClient(), every_s=300)

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("url", ["https://ehr.test/jwks.json?tenant=a", "http://127.0.0.1:8080/keys", "http://[::1]/k"])
def test_https_anywhere_and_http_on_loopback_will_do(url):
    assert KeyAddress(url, http=httpx2.AsyncClient()).name == url


@contextmanager
def key_server(answer):
    """A loopback server: `answer(handler)` writes the response. Yields its base and the paths asked for."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append((self.path, dict(self.headers)))
            answer(self)

        def log_message(self, *_args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def send(handler, content, status=200, **headers):
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content)


def read(base, **named):
    async def once():
        async with httpx2.AsyncClient(trust_env=False) as http:
            return await KeyAddress(f"{base}/jwks.json", http=http, **named).read()

    return asyncio.run(once())


def test_s36_keys_are_read_over_http_with_nothing_of_ours_but_the_address():
    with key_server(lambda handler: send(handler, published(EC_KEY), **{"Set-Cookie": "a=b"})) as (base, asked):
        assert read(base) == published(EC_KEY)

    ((path, headers),) = asked
    assert path == "/jwks.json"
    assert "authorization" not in {name.lower() for name in headers}
    assert headers["Accept-Encoding"] == "identity"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda handler: send(handler, b"", 302, Location="/elsewhere"), "not-200"),
        (lambda handler: send(handler, published(EC_KEY), 500), "not-200"),
        (lambda handler: send(handler, b" " * 300_000 + published(EC_KEY)), "too-large"),
        (lambda handler: handler.connection.shutdown(socket.SHUT_RDWR), "no-connection"),
    ],
)
def test_t2_t3_a_redirect_an_error_and_a_flood_bring_no_keys(answer, why):
    with key_server(answer) as (base, asked), pytest.raises(KeysOutOfReach) as caught:
        read(base)

    assert caught.value.why == why
    assert [path for path, _ in asked] == ["/jwks.json"]


def test_t3_an_address_that_hangs_is_given_up(tmp_path):
    hold = threading.Event()
    with key_server(lambda _handler: hold.wait(20)) as (base, _asked):
        try:
            with pytest.raises(KeysOutOfReach) as caught:
                read(base, within_s=0.05)
        finally:
            hold.set()

    assert caught.value.why == "timed-out"


def test_an_address_out_of_reach_keeps_nobody_from_starting_and_the_metrics_say_so():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: every connection is refused
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/jwks.json"
        metrics, settings = Metrics(), Settings(clients=(client_settings(jwks_url=url),))

        async def start():
            async with httpx2.AsyncClient(trust_env=False) as http, AsyncExitStack() as opened:
                sets = open_key_sets(settings, http=http, metrics=metrics)
                await start_watching(sets)(opened)

        asyncio.run(start())

    told = metrics.exposition().decode()
    assert 'chartside_key_set_age_seconds{client="ehr"} +Inf' in told
    assert 'chartside_key_set_failures_total{client="ehr",reason="no-connection"} 1.0' in told


@pytest.fixture
def dialled(monkeypatch):
    """Every address that this process tries to reach."""
    found = []
    monkeypatch.setattr(socket.socket, "connect", lambda _self, address: found.append(address))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *where, **_named: found.append(where) or [])
    return found


@pytest.mark.parametrize(
    "jku",
    ["http://169.254.169.254/", "file:///etc/passwd", "https://ehr.test/other.json", "https://ehr.test/jwks.json#x",
     "https://EHR.test/jwks.json", "https://ehr.test@evil.test/jwks.json", ["https://ehr.test/jwks.json"], None, ""],
)  # fmt: skip
def test_t2_the_jku_of_a_token_is_never_asked(make_desk, dialled, tmp_path, jku):
    keys = KeySet("ehr", Source(), timer=lambda: 0.0)
    desk = make_desk(clients=(ehr(tmp_path, keys=keys, look_again=keys.look_again),))
    asyncio.run(keys.look())
    claims = desk.token(PATH).split(".")[1]
    signed = sign({"alg": "ES384", "typ": "JWT", "kid": "k1", "jku": jku}, claims)
    answer = desk.http.post(PATH, headers={"Authorization": f"Bearer {signed}"})

    assert (answer.status_code, answer.content) == (401, b"")
    assert dialled == []


def sign(header, claims):
    """A good signature under any header; libraries refuse to sign some."""
    told = base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode() + f".{claims}"
    r, s = decode_dss_signature(EC_KEY.private_key.sign(told.encode(), ec.ECDSA(hashes.SHA384())))
    signature = r.to_bytes(48, "big") + s.to_bytes(48, "big")
    return f"{told}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def test_t2_the_same_token_with_its_own_jku_is_believed(make_desk, tmp_path):
    desk = make_desk(clients=(ehr(tmp_path),))
    claims = desk.token("/cds-services").split(".")[1]
    signed = sign({"alg": "ES384", "typ": "JWT", "kid": "k1", "jku": "https://ehr.test/jwks.json"}, claims)

    assert desk.http.get("/cds-services", headers={"Authorization": f"Bearer {signed}"}).status_code == 200
