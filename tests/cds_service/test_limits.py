import asyncio
from dataclasses import replace

import orjson
import pytest
from hook_desk import hook_body, prefetch

from cds_service.app import create_app
from cds_service.errors import NotJson
from cds_service.limits import parse_object, write_again

PATH = "/cds-services/chart-summary"


def nested(levels, *, leaf=1, kind=list):
    """A value with this many containers around its leaf."""
    for _ in range(levels):
        leaf = [leaf] if kind is list else {"a": leaf}
    return leaf


@pytest.mark.parametrize("kind", [list, dict])
@pytest.mark.parametrize("leaf", [1, "x", None, [], {}])
def test_t11_sixty_four_levels_are_taken_and_sixty_five_are_not(leaf, kind):
    inner = leaf in ([], {})
    whole = {"a": nested(63 - inner, leaf=leaf, kind=kind)}

    assert parse_object(orjson.dumps(whole)) == whole
    with pytest.raises(NotJson, match="64"):
        parse_object(orjson.dumps({"a": nested(64 - inner, leaf=leaf, kind=kind)}))


@pytest.mark.parametrize("levels", [65, 254, 255, 1_000, 1_100, 100_000])
def test_t11_a_list_too_deep_is_refused_before_it_is_called_no_object(levels):
    with pytest.raises(NotJson):
        parse_object(b"[" * levels + b"]" * levels)


def test_t11_the_member_written_later_is_counted_as_deep_as_it_lay():
    body = orjson.dumps({"prefetch": nested(64)})
    read = parse_object(body, written_later="prefetch")

    with pytest.raises(NotJson):
        write_again({"prefetch": read["prefetch"]})
    assert write_again({"prefetch": nested(63)})


@pytest.mark.parametrize("member", ["prefetch", "extension", "context", "fhirAuthorization", "unknown"])
@pytest.mark.parametrize("levels", [64, 100, 250])
def test_t11_a_hook_nested_deeper_than_sixty_four_is_400_and_leaves_nothing(desk, member, levels):
    answer = desk.hook(hook_body(**{member: nested(levels, kind=dict)}))

    assert answer.status_code == 400
    assert answer.json()["resourceType"] == "OperationOutcome"
    assert desk.kinds() == []


def test_a_resource_nested_within_the_limit_is_taken(desk):
    odd = {"resourceType": "Condition", "id": "x", "extension": nested(55)}
    entries = {"resourceType": "Bundle", "type": "searchset", "total": 1, "entry": [{"resource": odd}]}

    assert desk.card(hook_body(prefetch=prefetch(conditions=entries)))["summary"]


async def drip(app, path, token):
    """What a caller is answered who sends one byte of a body and then nothing, and never hangs up."""
    told, silence = [], asyncio.Event()
    parts = iter([{"type": "http.request", "body": b"{", "more_body": True}])

    async def receive():
        part = next(parts, None)
        if part is None:
            await silence.wait()
        return part

    async def send(message):
        told.append(message)

    headers = [(b"authorization", f"Bearer {token}".encode()), (b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b"",
             "headers": headers, "http_version": "1.1", "scheme": "https", "server": ("cds.test", 443)}  # fmt: skip
    await app(scope, receive, send)
    return told[0]["status"], orjson.loads(told[1]["body"])


def test_t11_a_body_that_comes_too_slowly_is_408_and_has_used_its_token_up(desk):
    app = create_app(replace(desk.parts, pace=replace(desk.parts.pace, cap_s=0.2)))
    token = desk.token(PATH)
    status, outcome = asyncio.run(drip(app, PATH, token))

    assert (status, outcome["resourceType"], outcome["issue"][0]["code"]) == (408, "OperationOutcome", "timeout")
    assert desk.http.post(PATH, json=hook_body(), headers={"Authorization": f"Bearer {token}"}).status_code == 401


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "gzip, identity", "x"])
def test_t11_a_compressed_body_is_not_unpacked(desk, encoding):
    answer = desk.post(PATH, content=b"\x1f\x8b" + b"x" * 100, **{"Content-Encoding": encoding})

    assert (answer.status_code, desk.kinds()) == (415, [])
