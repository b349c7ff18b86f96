"""A card whose EHR had gone before the answer: recorded as issued, so the ledger must say that it was not sent.

It tells of connections that were seen to be closed. Whether a card that was sent was also shown, feedback alone tells.
"""

from __future__ import annotations

from typing import Final

import orjson
import structlog

from cds_service.clients import Caller
from cds_service.errors import OutOfTime
from cds_service.kinds import ServiceEvent
from cds_service.parts import Parts
from hooks.service import Service
from ledger.errors import LedgerError
from ledger.records import Event

log = structlog.get_logger(__name__)
_WAITS_S: Final = 10.0  # nobody waits for it, but hooks behind it wait for the ledger


async def note_unsent(parts: Parts, service: Service, caller: Caller, answer: bytes) -> None:
    """Put on record, card by card, that this answer had nobody to be sent to. Raises nothing: there is no one to tell.

    An empty answer is on record as what it is, and being unsent adds nothing to it.
    """
    now, detail = parts.clock(), {"service": service.id, "client": caller.client.id}
    ids = [card["uuid"] for card in orjson.loads(answer)["cards"]]
    parts.metrics.unsent.labels(service.id).inc(len(ids))
    events = [Event(kind=ServiceEvent.CARD_UNSENT, subject=one, at=now, detail=detail) for one in ids]
    if not events:
        return
    try:
        await parts.lanes.hooks.run(_WAITS_S, lambda: parts.record(events, timeout_s=_WAITS_S))
    except (LedgerError, OutOfTime) as error:
        log.error("card.unsent_not_recorded", service=service.id, cards=len(ids), error=type(error).__name__)  # noqa: TRY400
