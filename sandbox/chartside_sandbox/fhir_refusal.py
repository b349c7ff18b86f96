"""A FHIR request that is refused: what it is answered with repeats nothing of what was sent."""

from __future__ import annotations


class Refused(Exception):
    """Answered with an OperationOutcome of this issue code."""

    def __init__(self, status: int, code: str, words: str) -> None:
        super().__init__(words)
        self.status, self.code = status, code
