"""A token is used once, wherever its second use arrives; a client has a rate (T4, T23)."""

import asyncio
import json
from dataclasses import replace
from functools import partial

import httpx2
import pytest
from hook_desk import EC_KEY, PUBLIC, ehr, hook_body, prefetch
from joserfc.jwk import ECKey
from sqlalchemy import func, select
from starlette.testclient import TestClient

from cds_service.app import create_app
from cds_service.errors import TooManyCalls, Unauthenticated
from cds_service.rates import CallRates, Rate
from cds_service.token_use import KnownTokens, TokenUse
from ledger.answers import Answers
from ledger.cards import Cards
from ledger.errors import LedgerBusy
from ledger.events import record
from ledger.keys import create_key_file
from ledger.migrate import migrate
from ledger.nonces import Nonces
from ledger.records import Nonce
from ledger.schema import audit_entry
from ledger.store import open_store

PATH = "/cds-services/chart-summary"
RECEIVED = select(func.count()).select_from(audit_entry).where(audit_entry.c.kind == "hook.received")


def another_process(desk, **changes):
    """The same ledger behind another application, which knows nothing of what this one let in."""
    app = create_app(replace(desk.parts, **changes))
    return TestClient(app, base_url=PUBLIC, raise_server_exceptions=False)


def post(http, token, body=None, *, path=PATH, **headers):
    content = body if isinstance(body, bytes) else json.dumps(body or hook_body())
    sent = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"} | headers
    return http.post(path, content=content, headers=sent)


async def post_at_once(apps, token, times):
    clients = [httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url=PUBLIC) for app in apps]
    headers = {"Authorization": f"Bearer {token}"}
    try:
        posts = [clients[n % len(apps)].post(PATH, json=hook_body(), headers=headers) for n in range(times)]
        return [answer.status_code for answer in await asyncio.gather(*posts)]
    finally:
        for client in clients:
            await client.aclose()


def test_t4_posts_of_one_token_at_once_are_one_answer(desk):
    statuses = asyncio.run(post_at_once([create_app(desk.parts)], desk.token(PATH), 8))

    assert sorted(statuses) == [200] + [401] * 7
    assert desk.kinds().count("hook.received") == 1


@pytest.fixture
def stores(postgres_url, tmp_path):
    """Two processes' views of one PostgreSQL ledger."""
    ring = create_key_file(tmp_path / "keys" / "shared.json")
    migrate(postgres_url)
    opened = [
        open_store(postgres_url, keys=ring, checkpoint=tmp_path / name, busy_timeout_s=20) for name in ("one", "two")
    ]
    yield opened
    for store in opened:
        store.close()


@pytest.mark.servers
def test_t4_two_processes_on_one_postgresql_answer_one_token_once(make_desk, stores):
    desk = make_desk()
    apps = [
        create_app(
            replace(
                desk.parts,
                cards=Cards(store),
                answers=Answers(store),
                nonces=Nonces(store),
                record=partial(record, store),
            )
        )
        for store in stores
    ]
    statuses = asyncio.run(post_at_once(apps, desk.token(PATH), 8))

    assert sorted(statuses) == [200] + [401] * 7
    assert stores[0].rows(RECEIVED)[0]["count_1"] == 1


def test_t4_a_replay_that_only_the_database_knows_is_a_bare_401_with_nothing_on_record(desk):
    token = desk.token(PATH)
    assert post(desk.http, token).status_code == 200
    before = desk.kinds()

    again = post(another_process(desk), token)

    assert (again.status_code, again.content) == (401, b"")
    assert desk.kinds() == before


def test_t4_a_replay_that_this_process_knows_asks_the_ledger_nothing(desk):
    token = desk.token(PATH)
    http = another_process(desk, nonces=Broken(), record=Broken().record)  # a hook that succeeds needs neither
    assert post(http, token).status_code == 200

    assert post(http, token, b"never read").status_code == 401


class Broken:
    """A ledger that keeps nothing."""

    def burn(self, *_args, **_named):
        raise LedgerBusy("the database is away")

    def record(self, *_args, **_named):
        raise LedgerBusy("the database is away")


@pytest.mark.parametrize(
    ("status", "call"),
    [
        (400, (PATH, b"{", {})),
        (400, (PATH, hook_body(hook="order-sign"), {})),
        (400, (PATH, hook_body(prefetch=prefetch(patient={"resourceType": "Patient", "id": "p2"})), {})),
        (403, (PATH, hook_body(fhirServer="https://evil.test/fhir"), {})),
        (404, ("/cds-services/nothing", hook_body(), {})),
        (412, (PATH, hook_body(prefetch={}), {})),
        (413, (PATH, hook_body(padding="x" * 60_000), {})),
        (415, (PATH, hook_body(), {"Content-Encoding": "gzip"})),
    ],
)
def test_t4_a_refused_hook_has_used_its_token_up(make_desk, status, call):
    path, body, headers = call
    desk = make_desk()
    desk = replace(desk, http=another_process(desk, pace=replace(desk.parts.pace, body_bytes=50_000)))
    token = desk.token(path)
    assert post(desk.http, token, body, path=path, **headers).status_code == status
    before = desk.kinds()

    for http in (desk.http, another_process(desk)):
        assert post(http, token, path=path).status_code == 401
        assert post(http, token, body, path=path, **headers).status_code == 401
    assert desk.kinds() == before


def test_t4_discovery_and_feedback_burn_at_once(desk):
    for path, method in (("/cds-services", "GET"), (f"{PATH}/feedback", "POST")):
        headers = {"Authorization": f"Bearer {desk.token(path)}"}
        statuses = [
            http.request(method, path, headers=headers, content=b'{"feedback":[]}').status_code
            for http in (desk.http, desk.http, another_process(desk))
        ]
        assert statuses == [200, 401, 401]


def test_t4_a_hook_that_could_not_be_recorded_has_used_nothing_up(desk):
    class Away(Cards):
        def issue(self, *_args, **_named):
            raise LedgerBusy("the database is away")

    token = desk.token(PATH)
    assert post(another_process(desk, cards=Away(desk.store)), token).status_code == 503
    assert post(desk.http, token).status_code == 200


def test_rel1_a_refused_hook_whose_token_cannot_be_burnt_is_503(desk):
    http, token = another_process(desk, nonces=Broken()), desk.token(PATH)

    assert post(http, token, b"{").status_code == 503
    assert post(http, token).status_code == 200  # it was not used up


def test_t4_an_unsigned_token_takes_nobodys_place(desk):
    path, stranger = "/cds-services/chart-summary", ECKey.generate_key("P-384", {"kid": "k1"}, private=True)
    forged = desk.token(path, key=stranger, jti="mine")

    assert post(desk.http, forged).status_code == 401
    assert post(desk.http, desk.token(path, key=EC_KEY, jti="mine")).status_code == 200


def nonce(jti, clock, **life):
    clock.forward(**life)
    expires_at = clock()
    clock.forward(**{unit: -span for unit, span in life.items()})
    return Nonce(issuer="https://ehr.test", jti=jti, expires_at=expires_at)


def test_known_tokens_are_forgotten_when_nobody_could_use_them_and_where_there_are_too_many(desk):
    clock, known = desk.clock, KnownTokens(most=2)
    known.claim(nonce("a", clock, minutes=5), now=clock())
    with pytest.raises(Unauthenticated):
        known.claim(nonce("a", clock, minutes=5), now=clock())
    clock.forward(minutes=6)
    known.claim(nonce("a", clock, minutes=5), now=clock())
    known.claim(nonce("b", clock, minutes=5), now=clock())
    known.claim(nonce("c", clock, minutes=5), now=clock())
    known.claim(nonce("a", clock, minutes=5), now=clock())  # for want of room; the database knows it still


def test_a_write_that_failed_leaves_the_token_to_the_next(desk):
    token = nonce("a", desk.clock, minutes=5)
    use, given = TokenUse(token), []

    def fail(one):
        given.append(one)
        raise LedgerBusy("busy")

    with pytest.raises(LedgerBusy):
        use.within(fail)
    use.within(given.append)
    use.within(given.append)

    assert given == [token, token, None]


def test_t23_a_client_that_calls_too_fast_is_429_and_hinders_nobody_else(make_desk, tmp_path):
    slow = ehr(tmp_path, rate=Rate(per_second=0.25, burst=2))
    other = replace(slow, id="other", issuer="https://other.test", rate=Rate(per_second=0.25, burst=2))
    desk = make_desk(clients=(slow, other), timer=lambda: 0.0)
    path = "/cds-services"
    assert [desk.get(path).status_code for _ in range(2)] == [200, 200]

    for _ in range(3):
        refused = desk.get(path)
        assert refused.status_code == 429
        assert refused.headers["retry-after"] == "4"
        assert refused.json()["issue"][0]["code"] == "throttled"
    token = desk.token(path, iss="https://other.test")
    assert desk.http.get(path, headers={"Authorization": f"Bearer {token}"}).status_code == 200


def test_t23_who_has_no_valid_token_empties_nobodys_bucket_and_a_throttled_token_is_not_used_up(make_desk, tmp_path):
    seconds = [0.0]
    desk = make_desk(clients=(ehr(tmp_path, rate=Rate(per_second=1, burst=1)),), timer=lambda: seconds[0])
    for _ in range(5):
        assert desk.http.post(PATH, headers={"Authorization": "Bearer x.y.z"}).status_code == 401
    assert desk.hook().status_code == 200

    token = desk.token(PATH)
    assert post(desk.http, token).status_code == 429
    seconds[0] = 1.0
    assert post(desk.http, token).status_code == 200


def test_t23_who_replays_a_token_empties_nobodys_bucket(make_desk, tmp_path):
    desk = make_desk(clients=(ehr(tmp_path, rate=Rate(per_second=1, burst=2)),), timer=lambda: 0.0)
    overheard = desk.token(PATH)
    assert post(desk.http, overheard).status_code == 200

    assert [post(desk.http, overheard).status_code for _ in range(5)] == [401] * 5
    assert desk.hook().status_code == 200


def test_a_bucket_fills_with_time_and_no_higher_than_its_burst():
    seconds = [0.0]
    rates, rate = CallRates(lambda: seconds[0]), Rate(per_second=10, burst=3)

    def allowed(calls):
        count = 0
        for _ in range(calls):
            try:
                rates.take("ehr", rate)
            except TooManyCalls:
                continue
            count += 1
        return count

    assert allowed(5) == 3
    seconds[0] = 0.21
    assert allowed(5) == 2
    seconds[0] = 100.0
    assert allowed(5) == 3
    assert rates.take("ehr", None) is None  # without a rate, as fast as it likes
