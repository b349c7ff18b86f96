"""What the checkpoint file says of the chain: that it confirms it, or by which name it fails to.

A file that is missing, empty, garbled, of another key or shorter than the chain confirms nothing, so none of these
passes for proof. The one exception is a ledger without any entry, which has nothing to confirm.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, bindparam, select

from ledger.anchor_lines import Anchor, Line
from ledger.chain import GENESIS
from ledger.errors import LedgerUnavailable
from ledger.proof import Broken
from ledger.schema import audit_entry
from ledger.store import LedgerStore

_BATCH = 500
# A writer appends its line just after its commit: what is missing is looked for again for about two seconds.
_LOOKS, _PAUSE_S = 40, 0.05
_HASHES = select(audit_entry.c.sequence, audit_entry.c.entry_hash).where(
    audit_entry.c.sequence.in_(bindparam("sequences", expanding=True))
)


class Anchoring(StrEnum):
    """What became of the comparison; all but the first two fail the verification."""

    CONFIRMED = "confirmed"  # up to the head of the chain
    NOTHING_YET = "nothing-yet"  # no entry was ever written
    CONTRADICTED = "contradicted"  # it knows entries that are gone, or that were rewritten
    WRONG_KEY = "wrong-key"  # a line was made with another key than the ledger's: forged, or of another ledger
    GARBLED = "garbled"  # lines that no writer leaves, not even one whose power was cut
    MISSING = "missing"
    EMPTY = "empty"
    ANEW = "anew"  # it begins behind an entry of the chain, and no entry since says why
    SHORT = "short"  # the last entries of the chain are behind its last line


_FAILURES = {
    Anchoring.GARBLED: "the checkpoint file has lines that cannot be read: it was altered or damaged",
    Anchoring.MISSING: "the checkpoint file is missing: nothing outside the database confirms this chain",
    Anchoring.EMPTY: "the checkpoint file is empty: nothing outside the database confirms this chain",
    Anchoring.ANEW: (
        "the checkpoint file begins behind this entry: nothing outside the database confirms this entry nor any before "
        "it; find the file that was there, or record why it is gone: chartside ledger reanchor"
    ),
    Anchoring.SHORT: (
        "the chain itself is whole, but this checkpoint file confirms neither this entry nor any later one, "
        "nor that none was cut off behind them: other hosts' writes or a killed process leave that, too"
    ),
}


@dataclass(slots=True, kw_only=True)
class Anchors:
    """The lines of the checkpoint file against the entries of one view of the database."""

    store: LedgerStore
    until: int  # the size that the file had before the view was taken: none of its lines may be of a later entry
    is_there: bool
    anchored_to: int = 0
    begins_after: int | None = None  # the lowest entry that a line anchors; 0 where the file began with the chain
    reanchored_at: int = 0  # the last entry that says why a file was begun anew
    contradicted: Broken | None = None
    whole: int = 0  # lines that can be read
    torn: int = 0  # lines cut short by a crash in the middle of the write: a later one covers them
    garbled: int = 0
    _read_to: int = 0

    @classmethod
    def of(cls, store: LedgerStore) -> Anchors:
        """The file as it is now: to be called before the view of the database is taken."""
        with _readable():
            return cls(store=store, until=store.checkpoint.size(), is_there=store.checkpoint.path.exists())

    def compare(self, connection: Connection, *, head: int, wait: Callable[[float], object] | None) -> None:
        """Compare every line; while the last entries have none, `wait` and look again for those being written."""
        with _readable():
            rest = self._read(connection, head, until=self.until, newest=None)
            for _ in range(_LOOKS):
                if wait is None or self.anchored_to >= head or self.contradicted or self.garbled:
                    break
                wait(_PAUSE_S)
                self.is_there = self.store.checkpoint.path.exists()
                # A line that came after the view may be of an entry that the view does not have.
                rest = self._read(connection, head, until=self.store.checkpoint.size(), newest=head)
        self.garbled += rest is not None and not rest.is_torn
        self.torn += rest is not None and rest.is_torn and self.anchored_to < head

    def state(self, head: int) -> Anchoring:
        """The comparison in one word."""
        if self.contradicted:
            return Anchoring.WRONG_KEY if self.contradicted.id == Anchoring.WRONG_KEY else Anchoring.CONTRADICTED
        if self.garbled:
            return Anchoring.GARBLED
        if not head and not self.torn:
            return Anchoring.NOTHING_YET
        if not (self.whole or self.torn):
            return Anchoring.EMPTY if self.is_there else Anchoring.MISSING
        if self.begins_after and self.reanchored_at <= self.begins_after:
            return Anchoring.ANEW
        return Anchoring.CONFIRMED if self.anchored_to >= head > 0 else Anchoring.SHORT

    def failure(self, head: int) -> Broken | None:
        """By which name the file fails as a whole; None where it does not."""
        state = self.state(head)
        first = min(self.anchored_to + 1, head) if state is not Anchoring.ANEW else self.begins_after or 0
        return Broken("checkpoint", state.value, first, _FAILURES[state]) if state in _FAILURES else None

    def notes(self, head: int) -> Iterator[str]:
        """What a reader should know beside it."""
        if self.anchored_to < head:
            yield f"entries {self.anchored_to + 1} to {head} are not anchored in the checkpoint file"
        if self.begins_after:
            why = f"; entry {self.reanchored_at} says why" if self.reanchored_at > self.begins_after else ""
            yield f"anchored only from entry {self.begins_after} on: the checkpoint file begins there{why}"
        if self.garbled:
            yield f"{self.garbled} lines of the checkpoint file cannot be read"
        if self.torn:
            yield f"{self.torn} lines of the checkpoint file were cut short while they were written"

    def _read(self, connection: Connection, head: int, *, until: int, newest: int | None) -> Line | None:
        """Compare the lines up to `until`, and of entries up to `newest`; the last line, where it has no end yet."""
        batch: list[Anchor] = []
        for line in self.store.checkpoint.lines(since=self._read_to, until=until):
            if not line.is_ended:
                return self._look_up(connection, batch, head, rest=line)
            self._read_to = line.end
            if line.anchor is None:
                self.torn, self.garbled = self.torn + line.is_torn, self.garbled + (not line.is_torn)
                continue
            self.whole += 1
            if newest is None or line.anchor.sequence <= newest:
                batch.append(line.anchor)
            if len(batch) == _BATCH:
                self._look_up(connection, batch, head)
                batch = []
        return self._look_up(connection, batch, head)

    def _look_up(
        self, connection: Connection, anchors: list[Anchor], head: int, *, rest: Line | None = None
    ) -> Line | None:
        wanted = {"sequences": [anchor.sequence for anchor in anchors]}
        found = connection.execute(_HASHES, wanted) if anchors else ()
        hashes = {0: GENESIS} | {row.sequence: row.entry_hash for row in found}
        for anchor in anchors:
            broken = self._contradiction(anchor, hashes.get(anchor.sequence), head)
            if broken is None:
                self.anchored_to = max(self.anchored_to, anchor.sequence)
                begins = anchor.sequence if self.begins_after is None else self.begins_after
                self.begins_after = min(begins, anchor.sequence)
            elif self.contradicted is None or broken.sequence < self.contradicted.sequence:
                self.contradicted = broken
        return rest

    def _contradiction(self, anchor: Anchor, present: str | None, head: int) -> Broken | None:
        place, name = anchor.sequence, str(anchor.sequence)
        cipher = self.store.cipher if self.store.has_keys else None
        if cipher and anchor.mac != cipher.index("checkpoint", anchor.statement):
            return Broken("checkpoint", Anchoring.WRONG_KEY.value, place, "the line's mac is not ours")
        if present is None:
            first = min(place, head + 1)
            reason = f"the entry is gone: the checkpoint file knows of entry {place}"
            return Broken("audit_entry", str(first), first, reason)
        if present != anchor.entry_hash:
            return Broken("audit_entry", name, place, "it was rewritten: the checkpoint file has another hash")
        return None


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise LedgerUnavailable(f"the checkpoint file cannot be read ({error.strerror})") from error
