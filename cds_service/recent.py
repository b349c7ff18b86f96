"""What was just read: a chart that arrives again, byte for byte, is not read again.

An EHR fires for every clinician who opens a chart, and order hooks fire at each selection, with the same prefetch.
Reading is pure, so the same bytes of the same patient give the same history and, on the same day, the same brief.
Nothing that was read from a FHIR server is kept: what a token may see is for its own request alone.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from weakref import WeakValueDictionary

import orjson

from cds_service.limits import write_again
from fhir_adapters.history import Gathered, PatientHistory
from ledger.records import PatientKey
from tasks.brief import ChartBrief
from tasks.brief_plain import brief_to_plain
from tasks.chart_brief import write_brief


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A chart as gathered, its brief, and the brief as every card's record keeps it."""

    gathered: Gathered = field(repr=False)
    brief: ChartBrief = field(repr=False)
    brief_plain: Mapping[str, Any] = field(repr=False)

    @classmethod
    def of(cls, gathered: Gathered, *, now: datetime) -> Seen:
        """With the brief as of `now`."""
        return cls.told(gathered, write_brief(gathered.history, as_of=now))

    @classmethod
    def told(cls, gathered: Gathered, brief: ChartBrief) -> Seen:
        """With a brief that is not of the chart alone."""
        return cls(gathered=gathered, brief=brief, brief_plain=brief_to_plain(brief))

    @classmethod
    def untold(cls, gathered: Gathered, *, now: datetime) -> Seen:
        """Without a brief: for a service that makes its own, of each call's orders or encounter."""
        history = gathered.history
        nothing = ChartBrief(
            lines=(),
            headline=(),
            top=(),
            cautions=(),
            entries_read=len(history.entries),
            fingerprint=history.fingerprint,
            as_of=now,
            rules="",
        )
        return cls.told(gathered, nothing)

    def again(self, now: datetime) -> Seen:
        """The same chart at a later moment of the same day."""
        brief = replace(self.brief, as_of=now)
        return Seen(gathered=self.gathered, brief=brief, brief_plain={**self.brief_plain, "as_of": now.isoformat()})


class RecentCharts:
    """The last few charts that came whole in a prefetch, within a budget of bytes. For one thread: the event loop's."""

    def __init__(self, *, budget_bytes: int = 16_000_000, largest_bytes: int = 1_000_000) -> None:
        """Bytes are those of the JSON; in memory a chart takes several times that. A budget of 0 keeps nothing."""
        self._budget, self._largest = budget_bytes, min(largest_bytes, budget_bytes)
        self._kept: OrderedDict[bytes, tuple[Seen, int]] = OrderedDict()
        self._bytes = 0
        self._histories: WeakValueDictionary[str, PatientHistory] = WeakValueDictionary()

    def address(self, key: PatientKey, asked: str, prefetch: Mapping[str, Any], *, now: datetime) -> Address:
        """Where this very prefetch of this very patient would be kept on the day of `now`, in its zone as in the brief.

        `asked` is what else the reading depends on: the service, and whether missing keys can be read from a server.
        Raises NotJson for a prefetch nested too deeply to be kept.
        """
        sent = write_again({"prefetch": prefetch})  # as deep as it lay in the body
        day = f"{now.date()} {now.utcoffset()}"
        who = orjson.dumps([key.client, key.tenant, key.fhir_base, key.patient_id, asked, day])
        return Address(digest=hashlib.sha256(who + b"\n" + sent).digest(), size=len(sent))

    def find(self, address: Address, *, now: datetime) -> Seen | None:
        """What was kept there, its brief as of `now`."""
        found = self._kept.get(address.digest)
        if found is None:
            return None
        self._kept.move_to_end(address.digest)
        return found[0].again(now)

    def alike(self, gathered: Gathered) -> Gathered:
        """The same, with the very history that an equal one was read to before, while anything still holds that one.

        What is kept by history (words, differences) is then found without comparing two charts value by value.
        """
        history = self._histories.setdefault(gathered.history.fingerprint, gathered.history)
        return replace(gathered, history=history) if history == gathered.history else gathered

    def keep(self, address: Address, seen: Seen) -> None:
        """Keep a chart that came whole from the client; one that was read from a server, or is too large, is not."""
        from_client = all(record.system == "prefetch" for record in seen.gathered.access_records)
        if not from_client or address.size > self._largest or address.digest in self._kept:
            return
        self._kept[address.digest] = (seen, address.size)
        self._bytes += address.size
        while self._bytes > self._budget:
            _, (_, size) = self._kept.popitem(last=False)
            self._bytes -= size

    def clear(self) -> None:
        """Keep nothing of what was kept: something was purged."""
        self._kept.clear()
        self._bytes = 0


@dataclass(frozen=True, slots=True)
class Address:
    """A hash of who and what, and how large that was."""

    digest: bytes
    size: int
