"""What a job carries: the chart as the hook saw it, and when that was. Encrypted by the ledger."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import orjson

from fhir_adapters.history import Coverage, Gathered, Omission, Reason
from fhir_adapters.reading import read_history
from tasks.errors import PayloadOfLater, PayloadUnreadable

PAYLOAD_VERSION: Final = 1
_UNREADABLE: Final = "the job's payload is not what a hook writes"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPayload:
    """The record kept with a job, for a worker without a credential of its own."""

    patient_id: str = field(repr=False)
    service_id: str
    as_of: datetime
    resources: tuple[dict[str, Any], ...] = field(repr=False)
    coverage: tuple[tuple[str, Coverage], ...]
    omissions: tuple[Omission, ...]

    @classmethod
    def of(cls, gathered: Gathered, *, service_id: str, as_of: datetime) -> JobPayload:
        """What one hook call read, to be kept for the worker.

        Omissions made by reading (unreadable, over the hook's limit) are left out: the worker reads anew, without
        that limit. Those of seeing (not supplied, refused, failed) stay.
        """
        seen = {Reason.NOT_SUPPLIED, Reason.FAILED, Reason.REFUSED}
        return cls(
            patient_id=gathered.history.patient.id,
            service_id=service_id,
            as_of=as_of,
            resources=tuple(gathered.resources),
            coverage=gathered.history.coverage,
            omissions=tuple(omission for omission in gathered.history.omissions if omission.reason in seen),
        )

    def read(self) -> Gathered:
        """The history of what was kept. Raises AdapterError as read_history does."""
        return read_history(
            self.resources, patient_id=self.patient_id, coverage=dict(self.coverage), omissions=self.omissions
        )

    def to_bytes(self) -> bytes:
        """JSON, for the ledger."""
        return orjson.dumps(
            {
                "version": PAYLOAD_VERSION,
                "patient_id": self.patient_id,
                "service_id": self.service_id,
                "as_of": self.as_of.isoformat(),
                "resources": self.resources,
                "coverage": dict(self.coverage),
                "omissions": [[o.what, o.reason, o.count, o.detail] for o in self.omissions],
            }
        )

    @classmethod
    def from_bytes(cls, payload: bytes) -> JobPayload:
        """Read back what `to_bytes` wrote. Raises PayloadUnreadable for anything else, PayloadOfLater for a later form.

        No error of a decoder is its cause: such an error holds the record.
        """
        plain = _read_object(payload)
        version = plain.get("version")
        if isinstance(version, int) and version > PAYLOAD_VERSION:
            raise PayloadOfLater(f"the payload is of version {version}, this worker reads {PAYLOAD_VERSION}: update it")
        if version != PAYLOAD_VERSION:
            raise PayloadUnreadable(_UNREADABLE)
        try:
            return cls(
                patient_id=_text(plain["patient_id"]),
                service_id=_text(plain["service_id"]),
                as_of=_moment(plain["as_of"]),
                resources=tuple(_object(one) for one in _list(plain["resources"])),
                coverage=tuple((name, Coverage(value)) for name, value in _object(plain["coverage"]).items()),
                omissions=tuple(map(_omission, _list(plain["omissions"]))),
            )
        except (ValueError, TypeError, KeyError):
            raise PayloadUnreadable(_UNREADABLE) from None


def _read_object(payload: bytes) -> dict[str, Any]:
    try:
        plain = orjson.loads(payload)
    except orjson.JSONDecodeError:
        raise PayloadUnreadable(_UNREADABLE) from None
    if not isinstance(plain, dict):
        raise PayloadUnreadable(_UNREADABLE)
    return plain


def _omission(plain: object) -> Omission:
    what, reason, count, detail = _list(plain)
    if not isinstance(count, int) or not isinstance(detail, str):
        raise TypeError
    return Omission(what=_text(what), reason=Reason(reason), count=count, detail=detail)


def _moment(plain: object) -> datetime:
    moment = datetime.fromisoformat(_text(plain))
    if moment.tzinfo is None:
        raise ValueError
    return moment


def _text(plain: object) -> str:
    if not isinstance(plain, str) or not plain:
        raise TypeError
    return plain


def _list(plain: object) -> list[Any]:
    if not isinstance(plain, list):
        raise TypeError
    return plain


def _object(plain: object) -> dict[str, Any]:
    if not isinstance(plain, dict):
        raise TypeError
    return plain
