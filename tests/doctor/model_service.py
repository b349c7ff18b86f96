"""A small CDS service that is not ours: right in all it does, but for the one fault that a test gives it.

Written from the standard, in one file, and as other services are: it knows nothing of Chartside.
"""

from __future__ import annotations

import asyncio
import base64
import json
import time
import traceback
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from loopback import address_of, free_port, serving
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp

KEY = ECKey.generate_key("P-384", {"kid": "k1"}, private=True)
ISSUER = "https://ehr.test"
MOST_BYTES = 1_000_000
_CLAIMS = ("iss", "aud", "exp", "iat", "jti")


@contextmanager
def listening(make: Any) -> Iterator[str]:
    """The address of the application that `make` makes for its address."""
    with free_port() as bound, serving(make(address_of(bound)), bound, waits_for_calls=False) as address:
        yield address  # some of its faults are calls that hang


class Refused(Exception):
    def __init__(self, status: int) -> None:
        super().__init__()
        self.status = status


class ModelService:
    """The service. `fault` is what it does wrong."""

    def __init__(self, address: str = "") -> None:
        self.address = address
        self.fault = ""
        self.is_open = False  # takes unsigned calls
        self.seen: set[str] = set()
        self.cards: set[str] = set()
        self.calls: list[Any] = []

    def app(self, address: str) -> ASGIApp:
        self.address = address
        every = ["GET", "POST", "OPTIONS"]
        return Starlette(routes=[Route("/{rest:path}", self.answer, methods=every)])

    async def answer(self, request: Request) -> Response:
        if rude := await self._rude(request):
            return rude
        body = await request.body()
        self.calls.append((request.method, request.url.path, body))
        try:
            self._authenticate(request)
            response = await self._routed(request, body)
        except Refused as error:
            response = self._refusal(error.status, body)
        except Exception:  # noqa: BLE001 - a service may do anything
            if self.fault == "crash-is-empty":
                response = _json({"cards": []})
            else:
                told = traceback.format_exc() if self.fault == "stack-trace" else "failed"
                response = Response(told, status_code=500)
        return self._dressed(request, response)

    async def _rude(self, request: Request) -> Response | None:
        """Answers that are no answers."""
        match self.fault:
            case "html":
                return Response("<html><b>[red]Welcome[/red]</b></html>", media_type="text/html")
            case "redirect":
                return RedirectResponse("http://127.0.0.1:1/cds-services")
            case "endless":
                return StreamingResponse(_endless(), media_type="application/json")
            case "hanging":
                await asyncio.sleep(30)
            case "dripping":
                return StreamingResponse(_dripping(), media_type="application/json")
            case "deaf-to-posts" if request.method == "POST":
                await asyncio.sleep(30)
            case "not-utf-8":
                return Response('{"services":[],"cards":[],"x":"é"}'.encode("latin-1"), media_type="application/json")
        return None

    async def _routed(self, request: Request, body: bytes) -> Response:
        path = request.url.path
        if request.method == "OPTIONS":
            return Response(status_code=405)
        listed_at = "/cds-discovery" if self.fault == "listed-elsewhere" else "/cds-services"
        if path == listed_at and request.method == "GET":
            return _json({"services": self._services()})
        if path in {"/cds-services/model", "/cds-services/other"} and request.method == "POST":
            return await self._call(request, path.rpartition("/")[2], body)
        if path == "/cds-services/model/feedback" and request.method == "POST" and self.fault != "no-feedback":
            return self._feedback(body)
        if self.fault == "any-id" and request.method == "POST":
            return _json({"cards": []})
        raise Refused(404)

    def _services(self) -> list[dict[str, Any]]:
        prefetch = {
            "patient": "Patient/{{context.patientId}}",
            "conditions": "Condition?patient={{context.patientId}}&_count=50",
        }
        model: dict[str, Any] = {
            "hook": "patient-view", "id": "model", "title": "Model", "description": "A model", "prefetch": prefetch,
        }  # fmt: skip
        other = model | {"id": "other", "title": "Other"}
        match self.fault:
            case "no-prefetch":
                del model["prefetch"]
            case "no-description":
                del model["description"]
            case "nested-token":
                model["prefetch"] = prefetch | {"x": "Practitioner/{{context.user.id}}"}
            case "chained-search":
                model["prefetch"] = prefetch | {"x": "Condition?patient.name={{context.patientId}}"}
            case "own-hook":
                other["hook"] = "chart-open"
            case "listed-twice":
                return [model, model]
            case "empty-title":
                model["title"] = ""
        return [model, other]

    def _authenticate(self, request: Request) -> None:
        header = request.headers.get("authorization", "")
        if (self.is_open or self.fault == "unsigned") and not header:
            return
        try:
            self._check_token(header.removeprefix("Bearer "), self.address + request.url.path)
        except (JoseError, ValueError, KeyError, TypeError, AssertionError):
            raise Refused(401) from None

    def _check_token(self, token: str, address: str) -> None:
        header, claims = (json.loads(base64.urlsafe_b64decode(part + "==")) for part in token.split(".")[:2])
        if self.fault == "jku-fetched" and "jku" in header:
            urllib.request.urlopen(header["jku"], timeout=5).close()  # noqa: S310 - loopback
        lets = {"alg-none": "none", "hs256": "HS256"}.get(self.fault)
        if header["alg"] != lets and self.fault != "unverified":
            assert header["alg"] == "ES384"
            jws.deserialize_compact(token, KEY, algorithms=["ES384"], registry=_lenient())
        now = time.time()
        if self.fault != "unchecked-header":
            assert header["kid"] == "k1"
            assert header["typ"] == "JWT"
            assert "crit" not in header
            assert "jku" not in header
        if self.fault != "unchecked-claims":
            assert all(claims[name] for name in _CLAIMS)
            assert claims["iss"] == ISSUER
        if self.fault != "expired":
            assert claims["exp"] > now
            assert claims["iat"] < now + 60
            assert claims["exp"] - claims["iat"] < 3_600
        audience = claims.get("aud")
        if self.fault not in {"other-audience", "unchecked-claims"}:
            assert address in (audience if isinstance(audience, list) else [audience])
        if self.fault != "replay":
            assert claims.get("jti") not in self.seen
            self.seen.add(claims.get("jti"))

    async def _call(self, request: Request, service: str, body: bytes) -> Response:
        if self.fault == "blocking":
            time.sleep(0.4)  # noqa: ASYNC251 - that is the fault
        sent = self._read(request, body)
        if len(body) > MOST_BYTES:
            raise Refused(500 if self.fault == "large-fails" else 413)
        self._check(sent)
        if sent.get("fhirServer"):
            if self.fault == "fhir-server-is-silence":
                return _json({"cards": []})
            if self.fault == "reads-anywhere":
                token = sent["fhirAuthorization"]["access_token"]
                asked = urllib.request.Request(  # noqa: S310 - loopback
                    f"{sent['fhirServer']}/Patient/{sent['context']['patientId']}",
                    headers={"Authorization": f"Bearer {token}"},
                )
                await asyncio.to_thread(lambda: urllib.request.urlopen(asked, timeout=5).close())  # noqa: S310
            else:
                raise Refused(403)
        self._check_prefetch(sent.get("prefetch") or {})
        speaker = "model" if self.fault == "last-wins" else service
        return _json(
            {"cards": [self._card(speaker)]} | ({"systemActions": []} if self.fault == "empty-actions" else {})
        )

    def _read(self, request: Request, body: bytes) -> dict[str, Any]:
        if request.headers.get("content-encoding") or not request.headers.get("content-type", "").endswith("json"):
            raise Refused(415)
        try:
            sent = json.loads(body)
        except RecursionError:
            raise (Exception if self.fault == "deep-fails" else Refused)(400) from None
        except ValueError:
            raise Refused(400) from None
        if not isinstance(sent, dict):
            raise Refused(400)
        return sent

    def _check(self, sent: dict[str, Any]) -> None:
        context = sent.get("context")
        refuses = Exception if self.fault in {"crash-is-empty", "stack-trace"} else Refused
        if sent.get("hook") != "patient-view" and not (self.fault == "any-hook" and sent.get("hook")):
            raise refuses(400)
        if not isinstance(sent.get("hookInstance"), str) and self.fault != "no-hook-instance":
            raise refuses(400)
        if not isinstance(context, dict):
            raise refuses(400)
        for name in ("patientId", "userId"):
            value = context.get(name)
            if self.fault == "context-unchecked":
                continue
            if not isinstance(value, str) or ("/" in value) != (name == "userId"):
                raise refuses(400)
        if self.fault == "encounter-required" and "encounterId" not in context:
            raise Refused(400)
        if self.fault == "strict" and set(sent) - {
            "hook",
            "hookInstance",
            "context",
            "prefetch",
            "fhirServer",
            "fhirAuthorization",
        }:
            raise Refused(422)

    def _check_prefetch(self, prefetch: dict[str, Any]) -> None:
        patient, conditions = prefetch.get("patient"), prefetch.get("conditions")
        if not isinstance(patient, dict) or patient.get("resourceType") != "Patient":
            raise Exception if self.fault == "crash-is-empty" else Refused(412)
        if self.fault == "null-fails":
            assert not ("conditions" in prefetch and conditions is None)
        if self.fault == "entries-wanted" and isinstance(conditions, dict):
            assert all(one["resource"]["resourceType"] == "Condition" for one in conditions["entry"])

    def _card(self, speaker: str) -> dict[str, Any]:
        card: dict[str, Any] = {
            "uuid": str(uuid.uuid4()), "summary": f"A word of {speaker}", "indicator": "info",
            "source": {"label": speaker},
            "selectionBehavior": "any",
            "suggestions": [{"label": "Reviewed", "uuid": str(uuid.uuid4())}],
            "overrideReasons": [{"code": "a", "system": "urn:model", "display": "A"}],
            "links": [{"label": "More", "url": "https://model.example/", "type": "absolute"}],
        }  # fmt: skip
        match self.fault:
            case "no-uuid":
                del card["uuid"]
            case "auto-launchable":
                card["links"][0]["autoLaunchable"] = True
            case "no-selection-behavior":
                del card["selectionBehavior"]
            case "hard-stop":
                card["indicator"] = "hard-stop"
            case "no-source":
                del card["source"]
            case "nulls":
                card["detail"] = None
            case "empty-list":
                card["suggestions"][0]["actions"] = []
            case "long-summary":
                card["summary"] = "x" * 140
        self.cards.add(card.get("uuid", ""))
        return card

    def _feedback(self, body: bytes) -> Response:
        try:
            items = json.loads(body)["feedback"]
            assert isinstance(items, list)
            if self.fault != "any-outcome":
                assert all(one["outcome"] in {"accepted", "overridden"} for one in items)
        except (ValueError, KeyError, TypeError, AssertionError):
            raise Refused(400) from None
        if self.fault == "plural-fails" and any("overrideReasons" in one for one in items):
            raise RuntimeError
        if self.fault == "feedback-unchecked":
            return Response(status_code=500)
        if items and not any(one["card"] in self.cards for one in items):
            raise Refused(404)
        return Response(status_code=200)

    def _refusal(self, status: int, body: bytes) -> Response:
        if status == 401:
            return Response("The token is expired." if self.fault == "explained" else b"", status_code=401)
        if self.fault == "echo":
            return Response(b'{"detail": ' + body + b"}", status_code=status)
        if self.fault == "plain-errors":
            return Response("Bad request", status_code=status)
        outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "invalid"}]}
        return Response(json.dumps(outcome), status_code=status, media_type="application/fhir+json")

    def _dressed(self, request: Request, response: Response) -> Response:
        if self.fault != "cacheable":
            response.headers["cache-control"] = "no-store"
        if self.fault == "any-origin" and "origin" in request.headers:
            response.headers["access-control-allow-origin"] = request.headers["origin"]
            response.headers["access-control-allow-credentials"] = "true"
        if self.fault == "text-json" and response.status_code == 200:
            response.headers["content-type"] = "text/json"
        return response


def _lenient() -> jws.JWSRegistry:
    return jws.JWSRegistry(algorithms=["ES384"], strict_check_header=False)


def _json(body: object) -> Response:
    return Response(json.dumps(body), media_type="application/json")


async def _endless() -> Any:
    for _ in range(200):  # 20 MB: endless enough
        yield b" " * 100_000
        await asyncio.sleep(0)


async def _dripping() -> Any:
    for _ in range(200):
        yield b" "
        await asyncio.sleep(0.05)
