"""One order as the rules see it: what is ordered, in the words and codes of whoever wrote it."""

from __future__ import annotations

from dataclasses import dataclass, field

from fhir_adapters.details import Detail
from fhir_adapters.history import Code, Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order that is being written or sent. It is no entry of the history, and nothing takes it as a fact."""

    reference: str  # "ServiceRequest/1"
    title: str = field(repr=False)
    codes: tuple[Code, ...] = field(default=(), repr=False)
    site: str = field(default="", repr=False)  # where in the body, in words
    category: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        """What is ordered has a name: one without is not looked at, and the card says so."""
        if not self.reference or not self.title:
            raise ValueError("an order needs a reference and a title")

    @classmethod
    def of(cls, entry: Entry) -> Order:
        """An order that the record itself holds."""
        detail = entry.detail
        return cls(
            reference=entry.reference,
            title=entry.title,
            codes=entry.codes,
            site=detail.get(Detail.BODY_SITE, ""),
            category=detail.get(Detail.CATEGORY, ""),
        )

    @property
    def resource_type(self) -> str:
        """The FHIR type."""
        return self.reference.partition("/")[0]

    @property
    def searched(self) -> str:
        """Its title, and the displays of its codes that say more."""
        return " | ".join(dict.fromkeys((self.title, *(code.display for code in self.codes if code.display))))
