"""A server that fails again and again is left alone for a while, and asked twice only as often as it can bear (REL-5).

What counts is whole visits, not questions: one chart that is slow to search would otherwise, by its dozen searches,
shut the server off for every other patient.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import StrEnum
from typing import Final

_EARNED: Final = 0.1  # of a second question, by each first one: at most a tenth more load on a server in trouble
_MOST_EARNED: Final = 10.0


class CircuitState(StrEnum):
    """Whether questions go through."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"  # one visit may try whether the server answers again


class Circuit:
    """The one circuit of one server, for all who ask it. For one thread: the event loop's."""

    def __init__(
        self, *, failures: int = 3, cool_down_s: float = 10.0, timer: Callable[[], float] = time.monotonic
    ) -> None:
        """Open after so many failed visits in a row; after each cool-down one visit may try again."""
        self._most, self._cool_down_s, self._timer = failures, cool_down_s, timer
        self._failed = 0
        self._again_at = 0.0
        self._probe: Visit | None = None
        self._earned = _MOST_EARNED

    @property
    def state(self) -> CircuitState:
        """What a visitor who came now would meet."""
        if self._failed < self._most:
            return CircuitState.CLOSED
        return CircuitState.OPEN if self._timer() < self._again_at else CircuitState.HALF_OPEN

    def visit(self) -> Visit:
        """The questions of one request. Nothing is decided until the first is asked."""
        return Visit(self)

    def admits(self, visit: Visit) -> bool:
        """Whether this visit may ask."""
        match self.state:
            case CircuitState.CLOSED:
                return True
            case CircuitState.OPEN:
                return visit is self._probe
            case CircuitState.HALF_OPEN:
                self._probe = visit  # should it vanish without an outcome, the next may try a cool-down later
                self._again_at = self._timer() + self._cool_down_s
                return True

    def answered(self) -> None:
        """The server answered somebody: it is there."""
        self._failed, self._probe = 0, None

    def failed(self) -> None:
        """A whole visit has met a failure."""
        self._failed += 1
        self._probe = None
        self._again_at = self._timer() + self._cool_down_s

    def earn(self) -> None:
        """A first question was asked."""
        self._earned = min(_MOST_EARNED, self._earned + _EARNED)

    def spend(self) -> bool:
        """Whether a question may be asked a second time."""
        if self._earned < 1:
            return False
        self._earned -= 1
        return True


class Visit:
    """What one request asks of one server: it fails once, however many of its questions do."""

    def __init__(self, circuit: Circuit) -> None:
        self._circuit = circuit
        self._has_failed = False

    def may_ask(self) -> bool:
        """Whether a question may go out now."""
        if not self._circuit.admits(self):
            return False
        self._circuit.earn()
        return True

    def may_ask_again(self) -> bool:
        """Whether there is room for a second try."""
        return self._circuit.spend()

    def answered(self) -> None:
        """The server answered, be it with a refusal."""
        self._circuit.answered()

    def failed(self) -> None:
        """The server did not answer, or said that it cannot."""
        if not self._has_failed:
            self._has_failed = True
            self._circuit.failed()
