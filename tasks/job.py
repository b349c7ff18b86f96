"""What a job carries: the chart as the hook saw it, and when that was. Encrypted by the ledger."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import orjson

from fhir_adapters.history import Coverage, Gathered, Omission, Reason
from fhir_adapters.reading import read_history
from tasks.errors import PayloadUnreadable

PAYLOAD_VERSION: Final = 1


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
        """Read back what `to_bytes` wrote. Raises PayloadUnreadable for anything else, a later version included."""
        try:
            plain = orjson.loads(payload)
            if plain["version"] != PAYLOAD_VERSION:
                raise PayloadUnreadable(f"this worker reads job payloads of version {PAYLOAD_VERSION}")
            return cls(
                patient_id=plain["patient_id"],
                service_id=plain["service_id"],
                as_of=datetime.fromisoformat(plain["as_of"]),
                resources=tuple(plain["resources"]),
                coverage=tuple((name, Coverage(value)) for name, value in plain["coverage"].items()),
                omissions=tuple(
                    Omission(what=what, reason=Reason(reason), count=count, detail=detail)
                    for what, reason, count, detail in plain["omissions"]
                ),
            )
        except (ValueError, TypeError, KeyError) as error:
            raise PayloadUnreadable("the job's payload is not what a hook writes") from error
