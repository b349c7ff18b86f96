"""Draft orders: a noun of its own. They are what a clinician may yet sign, and never entries of a history.

A draft of another patient is refused with an alarm like any other resource (T24); what cannot be read is counted.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final

from fhir_adapters.bundle import open_bundle
from fhir_adapters.history import Alarm, AlarmKind, Entry
from fhir_adapters.home_base import at_home, home_of
from fhir_adapters.reading.concepts import codes_of, concept, label_at, label_of, relative
from fhir_adapters.reading.elements import Element, child, children, text_of
from fhir_adapters.reading.medicines import medications_by_reference, with_medicine
from fhir_adapters.reading.subject import Owner, owner_of
from fhir_adapters.stored import canonical
from tasks.order_rules.order import Order

# Where each type says what is ordered: https://hl7.org/fhir/R4/request.html, and Appointment, which books it.
_NAMED_AT: Final[Mapping[str, tuple[str, ...]]] = {
    "ServiceRequest": ("code",),
    "MedicationRequest": ("medicationCodeableConcept", "medicationReference"),
    "DeviceRequest": ("codeCodeableConcept", "codeReference"),
    "NutritionOrder": ("oralDiet.type", "supplement.type", "enteralFormula.baseFormulaType"),
    "CommunicationRequest": ("category", "reasonCode"),
    "VisionPrescription": ("lensSpecification.product",),
    "SupplyRequest": ("itemCodeableConcept", "itemReference"),
    "Appointment": ("serviceType", "appointmentType", "reasonCode"),
}
_WITHOUT_NAME: Final = {"VisionPrescription": "Vision prescription", "Appointment": "Appointment"}
_BESIDE: Final = frozenset({"Patient", "Medication", "Practitioner", "PractitionerRole", "Organization", "Location"})
_MOST_COUNTED: Final = 99
_SUBJECTLESS: Final = "SupplyRequest"  # R4 gives it no patient: it is of whom the context names
# What changes from one firing to the next while the order stays what it is.
_NO_CONTENT: Final = frozenset({"id", "meta", "text", "identifier", "authoredOn", "dateWritten", "created"})


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftOrders:
    """The orders of one call that are this patient's, and what came beside them and cannot be used."""

    orders: tuple[Order, ...] = field(default=(), repr=False)
    contents: tuple[str, ...] = ()  # one hash for each order, of what is ordered: never of an id or a time
    refused: tuple[tuple[str, int], ...] = ()  # drafts of others, by type
    unread: tuple[str, ...] = field(default=(), repr=False)  # drafts without a name, a patient or a readable form
    unseen: tuple[str, ...] = field(default=(), repr=False)  # orders that were named, and could not be had

    @classmethod
    def of_bundle(cls, bundle: Mapping[str, Any], *, patient_id: str, base: str) -> DraftOrders:
        """The drafts of a Bundle; absolute references count on `base` alone. Raises nothing for any Bundle."""
        page = open_bundle(bundle)
        resources = at_home(page.found, home_of(page.found, base=base))
        medications = medications_by_reference(
            one for one in resources if one.get("resourceType") == "Medication" and one.get("id")
        )
        orders: list[tuple[Order, str]] = []
        refused: Counter[str] = Counter()
        unread = ["" for omission in page.omissions for _ in range(min(omission.count, _MOST_COUNTED))]
        for resource in (one for one in resources if one.get("resourceType") not in _BESIDE):
            kind = text_of(resource, "resourceType")
            owner = _owner(resource, kind, patient_id=patient_id, base=base)
            order = _order(with_medicine(resource, medications), kind) if owner is Owner.OURS else None
            if owner in {Owner.OTHER, Owner.UNCLEAR}:
                refused[kind] += 1
            elif order is None:
                unread.append(f"{kind}/{text_of(resource, 'id')}")
            else:
                orders.append((order, _content(resource)))
        return cls(
            orders=tuple(order for order, _ in orders),
            contents=tuple(content for _, content in orders),
            refused=tuple(sorted(refused.items())),
            unread=tuple(unread),
        )

    @classmethod
    def of_entries(cls, entries: Mapping[str, Entry], references: Iterable[str], *, base: str) -> DraftOrders:
        """The orders that a chart holds under these references. What it does not hold was not seen."""
        wanted = tuple(dict.fromkeys(map(partial(_on, base), references)))
        found = [entries[reference] for reference in wanted if reference in entries]
        return cls(
            orders=tuple(map(Order.of, found)),
            contents=tuple(entry.content_hash for entry in found),
            unseen=tuple(reference for reference in wanted if reference not in entries),
        )

    def selected(self, selections: Iterable[str], *, base: str) -> DraftOrders:
        """Those that are selected; a selection that names no draft selects nothing."""
        wanted = set(map(partial(_on, base), selections))
        names = [{order.reference, f"urn:uuid:{order.reference.partition('/')[2]}"} for order in self.orders]
        chosen = [place for place, name in enumerate(names) if name & wanted]
        return replace(
            self,
            orders=tuple(self.orders[place] for place in chosen),
            contents=tuple(self.contents[place] for place in chosen),
            unread=tuple(one for one in self.unread if one in wanted),
        )

    @property
    def digest(self) -> str:
        """A hash of what is ordered: the same orders under other ids, in any order, have the same."""
        return hashlib.sha256("\n".join([*sorted(self.contents), *sorted(self.unseen)]).encode()).hexdigest()[:32]

    @property
    def alarms(self) -> tuple[Alarm, ...]:
        """One for each type of which a draft was another patient's."""
        kind = AlarmKind.WRONG_PATIENT_RESOURCE
        return tuple(Alarm(kind=kind, what=f"draft {what}", count=count) for what, count in self.refused)


def _on(base: str, reference: str) -> str:
    """`Type/id` for the same on our base, and in any version; every other reference as it is."""
    return relative(reference.strip().removeprefix(f"{base.rstrip('/')}/") if base else reference.strip())


def _owner(resource: Element, kind: str, *, patient_id: str, base: str) -> Owner:
    if kind == "Appointment":
        actors = (text_of(child(one, "actor"), "reference") for one in children(resource, "participant"))
        return _booked_for([_on(base, actor) for actor in actors], patient_id)
    owner = owner_of(resource, kind, patient_id)
    return Owner.OURS if owner is Owner.UNSAID and kind == _SUBJECTLESS else owner


def _booked_for(actors: Iterable[str], patient_id: str) -> Owner:
    """Whose an appointment is: the patient is named among others, and no second patient may be there."""
    named = ({"subject": {"reference": actor}} for actor in actors)
    said = {owner_of(one, "Appointment", patient_id) for one in named} - {Owner.UNSAID}
    return said.pop() if len(said) == 1 else Owner.UNCLEAR if said else Owner.UNSAID


def _order(resource: Element, kind: str) -> Order | None:
    identifier, named = text_of(resource, "id"), _concept(resource, kind)
    title = label_of(named) or text_of(named, "display") or _WITHOUT_NAME.get(kind, "")
    if not identifier or not title or kind not in _NAMED_AT:
        return None
    return Order(
        reference=f"{kind}/{identifier}",
        title=title,
        codes=codes_of(named),
        site=label_at(resource, "bodySite"),
        category=label_at(resource, "category"),
    )


def _concept(resource: Element, kind: str) -> Element:
    """The first concept that says what is ordered; of a reference, its display."""
    for path in _NAMED_AT.get(kind, ()):
        outer, _, inner = path.rpartition(".")
        holder = child(resource, outer) if outer else resource
        named = concept(holder, inner)
        if label_of(named) or text_of(named, "display"):
            return named
    return {}


def _content(resource: Mapping[str, object]) -> str:
    kept = {name: value for name, value in resource.items() if name not in _NO_CONTENT}
    return hashlib.sha256(canonical(kept)).hexdigest()
