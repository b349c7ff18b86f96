"""The page's door to its EHR's CDS Hooks client: fire, answer, send what waits, and look at an exchange."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final, Literal, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chartside_sandbox.client.client import utc_now
from chartside_sandbox.client.quirks import PRESETS
from chartside_sandbox.ehr_desk import Desk, Desks, Surroundings
from chartside_sandbox.fhir_refusal import Refused
from chartside_sandbox.orders import catalogue, signed

_LONGEST: Final = 1_000_000  # bytes of a request of the page

Handler = Callable[[Request], Awaitable[Any]]


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Fire(_Body):
    behaviour: str
    chart: str = Field(min_length=8, max_length=64)
    sending: Literal["prefetch", "first", "server"] = "prefetch"
    values: dict[str, Any]


class _Answer(_Body):
    behaviour: str
    chart: str
    card: str
    suggestion: str = ""
    reason: int | None = None
    comment: str = Field(default="", max_length=500)


class _Which(_Body):
    behaviour: str


class _Orders(_Body):
    orders: list[dict[str, Any]] = Field(min_length=1, max_length=50)


Asked = TypeVar("Asked", bound=_Body)


def cds_routes(around: Surroundings) -> list[Route]:
    """Everything under `cds/` and `orders`."""
    desks = Desks(around)

    async def fire(request: Request) -> object:
        asked = await _asked(request, _Fire)
        hook = request.path_params["hook"]
        return await _desk(desks, asked.behaviour).fire(asked.chart, hook, asked.values, sending=asked.sending)

    async def answer(request: Request) -> object:
        asked = await _asked(request, _Answer)
        desk, at = _desk(desks, asked.behaviour), utc_now()
        if asked.suggestion:
            return await desk.tried(desk.accept(asked.chart, asked.card, asked.suggestion, at=at))
        return await desk.tried(
            desk.override(asked.chart, asked.card, reason=asked.reason, comment=asked.comment, at=at)
        )

    async def send(request: Request) -> object:
        desk = _desk(desks, (await _asked(request, _Which)).behaviour)
        return await desk.tried(desk.send())

    async def exchange(request: Request) -> object:
        found = desks.exchange(request.path_params["exchange_id"])
        if found is None:
            raise Refused(404, "not-found", "That exchange is no longer kept.")
        return found

    async def sign(request: Request) -> object:
        drafts = (await _asked(request, _Orders)).orders
        entries = [
            {"resource": signed(one), "request": {"method": "POST", "url": one["resourceType"]}} for one in drafts
        ]
        done = around.kept.transact({"resourceType": "Bundle", "type": "transaction", "entry": entries})
        return {"references": [entry["response"]["location"] for entry in done["entry"]]}

    return [
        Route("/cds/behaviours", _json(_behaviours)),
        Route("/cds/hooks/{hook}", _json(fire), methods=["POST"]),
        Route("/cds/answers", _json(answer), methods=["POST"]),
        Route("/cds/feedback", _json(send), methods=["POST"]),
        Route("/cds/exchanges/{exchange_id}", _json(exchange)),
        Route("/orders", _json(_catalogue)),
        Route("/orders/sign", _json(sign), methods=["POST"]),
    ]


async def _behaviours(_request: Request) -> object:
    return [
        {"name": one.name, "title": one.title, "points": one.points, "hooks": one.hooks, "feedback": one.feedback}
        for one in PRESETS.values()
    ]


async def _catalogue(_request: Request) -> object:
    return catalogue()


def _json(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """The handler's value as JSON; a request that makes no sense is 400, without a word of what was in it."""

    async def respond(request: Request) -> Response:
        try:
            return Response(orjson.dumps(await handler(request)), media_type="application/json")
        except Refused as refused:
            return Response(orjson.dumps({"problem": str(refused)}), refused.status, media_type="application/json")
        except ValueError:
            return Response(b'{"problem": "The page sent what the EHR does not understand."}', 400)

    return respond


async def _asked(request: Request, kind: type[Asked]) -> Asked:
    """What the page asks. JSON by its type alone: a form of another site cannot say that it is (T14)."""
    if request.headers.get("content-type") != "application/json":
        raise Refused(415, "value", "Send JSON.")
    body = await request.body()
    if len(body) > _LONGEST:
        raise Refused(413, "too-long", "That is too long.")
    try:
        return kind.model_validate_json(body)
    except ValidationError:
        raise ValueError from None


def _desk(desks: Desks, name: str) -> Desk:
    desk = desks.of(name)
    if desk is None:
        raise Refused(404, "not-found", "There is no such kind of EHR.")
    return desk
