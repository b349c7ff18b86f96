"""The pages of one search put together: what came is kept, and every gap is counted."""

from __future__ import annotations

from fhir_adapters.bundle import unpack_bundle
from fhir_adapters.errors import AdapterError, AddressRefused, ServerFailed, UnreadableRecord
from fhir_adapters.fhir_server import SearchResult, of_type, reason_of, uncounted
from fhir_adapters.history import AccessRecord, Alarm, AlarmKind, Omission, Reason


class Pages:
    """The pages of one search, in the order in which they came. Not thread-safe, used once."""

    def __init__(self, resource_type: str, *, asked: str, from_start: bool = True) -> None:
        """Start with none; `asked` is what the access record says, `from_start` whether page one is among them."""
        self.what = resource_type
        self.number = 0
        self._asked = asked
        self._resources: list[dict[str, object]] = []
        self._omissions: list[Omission] = []
        self._alarms: list[Alarm] = []
        self._visited: set[str] = set()
        self._from_start = from_start
        self._total: object = None
        self._outcome = "ok"

    def add(self, bundle: dict[str, object], *, asked: str) -> str | None:
        """Take one page, and give its `next` link as it stands there.

        Raises ServerFailed for an OperationOutcome in its place, UnreadableRecord for anything else that is no Bundle.
        """
        self._visited.add(asked)
        match bundle.get("resourceType"):
            case "Bundle":
                pass
            case "OperationOutcome":
                raise ServerFailed(f"{self.what}: an OperationOutcome in place of a page.", outcome="OperationOutcome")
            case _:
                raise UnreadableRecord(f"{self.what}: a page that is no Bundle.", outcome="not a Bundle")
        resources, next_url, omissions = unpack_bundle(bundle)
        self.number += 1
        self._resources += resources
        self._omissions += of_type(self.what, omissions)
        self._total = bundle.get("total", self._total)
        return next_url

    def repeats(self, url: str) -> bool:
        """Whether a `next` link leads back to a page already seen; then the search ends there."""
        if url not in self._visited:
            return False
        self._outcome = "next link repeats"
        self._omit(Reason.FAILED, self._outcome)
        return True

    def cut(self) -> None:
        """Say that more pages were there than are read."""
        self._omit(Reason.OVER_LIMIT, f"after {self.number} pages")

    def fail(self, error: AdapterError) -> None:
        """Say that the next page could not be had."""
        self._outcome = error.outcome or "failed"
        if isinstance(error, AddressRefused):
            self._alarms.append(Alarm(kind=AlarmKind.ADDRESS_REFUSED, what=f"{self.what}, next link"))
        self._omit(reason_of(error), self._outcome)

    def result(self) -> SearchResult:
        """Everything that came."""
        if self._from_start and not self._omissions:
            self._omissions += uncounted(self.what, self._resources, self._total)
        record = AccessRecord(
            system="fhir",
            interaction="search",
            what=self._asked,
            outcome=self._outcome,
            count=len(self._resources),
        )
        return SearchResult(
            resources=tuple(self._resources),
            complete=not self._omissions,
            omissions=tuple(self._omissions),
            access_records=(record,),
            alarms=tuple(self._alarms),
        )

    def _omit(self, reason: Reason, detail: str) -> None:
        what = f"{self.what}, page {self.number + 1} and after"
        self._omissions.append(Omission(what=what, reason=reason, detail=detail))
