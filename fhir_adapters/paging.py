"""The pages of one search put together: what came is kept, and every gap is counted."""

from __future__ import annotations

from fhir_adapters.bundle import open_bundle
from fhir_adapters.errors import AdapterError, AddressRefused, ServerFailed, UnreadableRecord
from fhir_adapters.fhir_server import SearchResult, of_type, reason_of, uncounted
from fhir_adapters.history import AccessRecord, Alarm, AlarmKind, Omission, Reason
from fhir_adapters.home_base import Found, at_home, home_of


class Pages:
    """The pages of one search, in the order in which they came. Not thread-safe, used once."""

    def __init__(self, resource_type: str, *, asked: str, base: str | None = None, from_start: bool = True) -> None:
        """Start with none; `asked` is what the access record says, `from_start` whether page one is among them.

        `base` is the server's own, for references and resources that name it or another (`fhir_adapters.home_base`).
        """
        self.what = resource_type
        self.number = 0
        self._asked = asked
        self._base = base
        self._found: list[Found] = []
        self._omissions: list[Omission] = []
        self._alarms: list[Alarm] = []
        self._visited: set[str] = set()
        self._from_start = from_start
        self._totals: dict[str, object] = {}  # as the latest page spells it
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
        page = open_bundle(bundle)
        self.number += 1
        self._found += page.found
        self._omissions += of_type(self.what, page.omissions)
        self._totals |= {key: value for key, value in bundle.items() if key.strip().lower() == "total"}
        return page.next_url

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
        resources = at_home(self._found, home_of(self._found, base=self._base))
        if not self._omissions:
            totals = self._totals if self._from_start else {}
            self._omissions += uncounted(self.what, resources, totals)
        record = AccessRecord(
            system="fhir",
            interaction="search",
            what=self._asked,
            outcome=self._outcome,
            count=len(resources),
        )
        return SearchResult(
            resources=tuple(resources),
            complete=not self._omissions,
            omissions=tuple(self._omissions),
            access_records=(record,),
            alarms=tuple(self._alarms),
        )

    def _omit(self, reason: Reason, detail: str) -> None:
        what = f"{self.what}, page {self.number + 1} and after"
        self._omissions.append(Omission(what=what, reason=reason, detail=detail))
