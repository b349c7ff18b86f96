"""The calls that the bench makes: bodies of a sample chart, each signed with a token of its own, ready to be sent."""

from __future__ import annotations

import itertools
import time
import uuid
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson
from joserfc import jws
from joserfc.jwk import ECKey, KeySet, RSAKey

from chartside_sandbox.samples import CHARTS
from fhir_adapters.prefetch import PREFETCH

FHIR_BASE: Final = "https://ehr.test/fhir"
ISSUER: Final = "https://ehr.test"
PATH: Final = "/cds-services/chart-summary"
RESOURCES: Final = 50
_CHART: Final = CHARTS / "kidney-decline.json"
_PATIENT: Final = "example-kidney"
_TYPES: Final = {template.partition("?")[0].partition("/")[0]: key for key, template in PREFETCH.items()}
_TICKS: Final = itertools.count()
_LIFE_S: Final = 800  # seconds: two minutes of load, and what is made before it
_END: Final = b"\r\n\r\n"
_DIGITS: Final = 12
_INSTANCE: Final = str(uuid.UUID(int=0))  # where each request has a uuid of its own
_USER: Final = f"Practitioner/{'x' * _DIGITS}"

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ehr:
    """An EHR with a key of each kind (S34), which signs each call anew."""

    keys: Mapping[str, ECKey | RSAKey] = field(
        default_factory=lambda: {
            "RS384": RSAKey.generate_key(2048, {"kid": "RS384"}),
            "ES384": ECKey.generate_key("P-384", {"kid": "ES384"}),
        },
        repr=False,
    )

    def jwks(self) -> bytes:
        """Its public keys."""
        return orjson.dumps(KeySet(list(self.keys.values())).as_dict(private=False))

    def request(self, body: Body, *, origin: str, path: str = PATH, algorithm: str = "RS384") -> bytes:
        """One HTTP request: this body under a hookInstance of its own, with a token for `path` under `origin`."""
        content = orjson.dumps(body | {"hookInstance": str(uuid.uuid4())})
        return self.head(len(content), origin=origin, path=path, algorithm=algorithm) + content

    def head(self, length: int, *, origin: str, path: str = PATH, algorithm: str = "RS384") -> bytes:
        """All of a request but its body of so many bytes."""
        return (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {self._token(origin + PATH, algorithm)}\r\nContent-Length: {length}\r\n\r\n"
        ).encode()

    def _token(self, audience: str, algorithm: str) -> str:
        now = int(time.time())
        claims = {"iss": ISSUER, "aud": audience, "iat": now, "exp": now + _LIFE_S, "jti": str(uuid.uuid4())}
        header = {"alg": algorithm, "typ": "JWT", "kid": algorithm}
        return jws.serialize_compact(header, orjson.dumps(claims), self.keys[algorithm], algorithms=[algorithm])


class Requests:
    """Requests of one kind, made beforehand, each by another clinician with a token of its own; refused ones come back.

    Only what differs is kept of each: their body is the same but for hookInstance and user.
    """

    def __init__(self, ehr: Ehr, body: Body, *, origin: str) -> None:
        self._ehr, self._body, self._origin = ehr, body, origin
        self._ready: deque[bytes] = deque()
        self._content = orjson.dumps(body | {"hookInstance": _INSTANCE, "context": body["context"] | {"userId": _USER}})

    def prepare(self, count: int) -> None:
        """Make so many."""
        self._ready.extend(self._make() for _ in range(count))

    def take(self) -> bytes:
        """One of them; made now where none is left."""
        head = self._ready.popleft() if self._ready else self._make()
        user = f"Practitioner/{next(_TICKS):0{_DIGITS}}"
        own = self._content.replace(_INSTANCE.encode(), str(uuid.uuid4()).encode(), 1)
        return head + own.replace(_USER.encode(), user.encode(), 1)

    def give_back(self, request: bytes) -> None:
        """Let this one be taken again: it was not answered."""
        self._ready.append(request[: request.index(_END) + len(_END)])

    def _make(self) -> bytes:
        return self._ehr.head(len(self._content), origin=self._origin)


def sample_body(resources: int = RESOURCES) -> Body:
    """A patient-view call whose prefetch holds so many resources of a sample chart; fifty are about 43 KB.

    A chart longer than the sample goes on with the sample's own resources under other ids and at earlier times.
    """
    prefetch: Body = {}
    for resource in itertools.islice(_chart(), resources):
        key = _TYPES[resource["resourceType"]]
        if key == "patient":
            prefetch[key] = resource
        else:
            bundle = prefetch.setdefault(key, {"resourceType": "Bundle", "type": "searchset", "entry": []})
            url = f"{FHIR_BASE}/{resource['resourceType']}/{resource['id']}"
            bundle["entry"].append({"fullUrl": url, "resource": resource})
    for key in PREFETCH:
        prefetch.setdefault(key, {"resourceType": "Bundle", "type": "searchset", "total": 0})
    context = {"userId": "Practitioner/example-1", "patientId": _PATIENT}
    return {"hook": "patient-view", "context": context, "prefetch": prefetch}


def of_another_user(body: Body) -> Body:
    """The same call by a clinician who was not there yet: nobody's earlier card answers it."""
    return body | {"context": body["context"] | {"userId": f"Practitioner/example-{next(_TICKS)}"}}


def retold(body: Body) -> Body:
    """The same in other bytes: a new Patient.meta.lastUpdated is no content and leaves the summary ready."""
    patient = body["prefetch"]["patient"]
    told = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(microseconds=next(_TICKS))
    again = patient | {"meta": patient.get("meta", {}) | {"lastUpdated": told.isoformat(timespec="microseconds")}}
    return of_another_user(body | {"prefetch": body["prefetch"] | {"patient": again}})


def _chart() -> Iterator[Body]:
    """The sample's resources, and then its observations again and again, each time three days earlier."""
    resources = [entry["resource"] for entry in orjson.loads(_CHART.read_bytes())["entry"]]
    yield from resources
    observations = [one for one in resources if one["resourceType"] == "Observation" and "effectiveDateTime" in one]
    for turn in itertools.count(1):
        for one in observations:
            earlier = datetime.fromisoformat(one["effectiveDateTime"]) + timedelta(days=-3 * turn)
            yield one | {"id": f"{one['id']}-{turn}", "effectiveDateTime": earlier.isoformat()}
