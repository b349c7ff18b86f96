"""Sort what arrived: ours by reference, the Patient, Medications to look up, and everything that is left out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from fhir_adapters.errors import PatientMissing, WrongPatient
from fhir_adapters.history import PatientFacts, Reason
from fhir_adapters.reading.concepts import codes_of, concept, label_at
from fhir_adapters.reading.elements import Element
from fhir_adapters.reading.patient import read_patient
from fhir_adapters.reading.readers import ADMINISTRATIVE, READERS
from fhir_adapters.reading.subject import Owner, names_another_patient, owner_of
from fhir_adapters.reading.versions import version_key

_TYPE = re.compile(r"[A-Z][A-Za-z]{1,63}", re.ASCII)
# FHIR ids are [A-Za-z0-9\-\.]{1,64}; longer ones and underscores occur, and are safe in a page, a path and a prompt.
_ID = re.compile(r"(?!\.+\Z)[A-Za-z0-9._-]{1,128}", re.ASCII)


class Arrivals:
    """Resources of one gathering, sorted one by one; the order in which they come changes nothing."""

    def __init__(self, patient_id: str) -> None:
        self.patient_id = patient_id
        self.ours: dict[str, list[dict[str, object]]] = {}  # by reference; more than one are copies or versions
        self.left_out: Counter[tuple[str, Reason, str]] = Counter()  # (what, reason, detail)
        self.others: Counter[str] = Counter()  # resources of other patients, by type
        self.unseen: set[str] = set()  # types of which something could not be read
        self._patients: list[dict[str, object]] = []
        self._medications: list[dict[str, object]] = []

    def take(self, resource: object) -> None:
        """Put one resource where it belongs."""
        kind = resource.get("resourceType") if isinstance(resource, dict) else None
        if isinstance(resource, dict) and isinstance(kind, str) and (kind in READERS or _TYPE.fullmatch(kind)):
            self._take_typed(resource, kind)
        else:
            self.left_out["resource", Reason.UNREADABLE, "no resource type"] += 1

    def patient(self) -> PatientFacts:
        """Our Patient. Raises WrongPatient where another one came too, PatientMissing where ours did not."""
        if any(patient["id"] != self.patient_id for patient in self._patients):
            raise WrongPatient("Another Patient than the context's is among the resources. Nothing of them is used.")
        if not self._patients:
            raise PatientMissing("The Patient is not among the resources. Supply it, or let it be read.")
        facts = [(version_key(resource), repr(read := read_patient(resource)), read) for resource in self._patients]
        return max(facts, key=lambda fact: fact[:2])[2]

    def medications(self) -> Mapping[str, Element]:
        """Medications by reference and by bare id (for a urn:uuid); of several versions the newest."""
        newest_last = sorted(self._medications, key=_medication_key)
        by_id = {str(medication["id"]): medication for medication in newest_last}
        return by_id | {f"Medication/{id_}": medication for id_, medication in by_id.items()}

    def read(self) -> tuple[dict[str, object], ...]:
        """Every resource that this history was made from, to be kept for the job."""
        ours = (resource for versions in self.ours.values() for resource in versions)
        return (*self._patients, *self._medications, *ours)

    def leave(self, reference_or_type: str, reason: Reason, detail: str) -> None:
        """Leave one whole resource out. What could not be read, or did not fit, makes its type seen in part."""
        kind = reference_or_type.partition("/")[0]
        self.left_out[kind, reason, detail] += 1
        if reason in {Reason.UNREADABLE, Reason.OVER_LIMIT}:
            self.unseen.add(kind)

    def _take_typed(self, resource: dict[str, object], kind: str) -> None:
        if kind in READERS:
            self._take_ours(resource, kind)
        elif kind == "Patient":
            self._take_known(resource, kind, self._patients)
        elif kind == "Medication":
            self._take_known(resource, kind, self._medications)
        elif kind not in ADMINISTRATIVE:
            if names_another_patient(resource, self.patient_id):
                self._take_other(kind)
            else:
                self.left_out[kind, Reason.UNSUPPORTED, ""] += 1

    def _take_ours(self, resource: dict[str, object], kind: str) -> None:
        owner = owner_of(resource, kind, self.patient_id)
        id_ = resource.get("id")
        if owner is Owner.OTHER:
            self._take_other(kind)
        elif owner is Owner.UNSAID:
            self.leave(kind, Reason.UNREADABLE, "no subject")
        elif not isinstance(id_, str) or not _ID.fullmatch(id_):
            self.leave(kind, Reason.UNREADABLE, "no id")
        else:
            self.ours.setdefault(f"{kind}/{id_}", []).append(resource)

    def _take_known(self, resource: dict[str, object], kind: str, shelf: list[dict[str, object]]) -> None:
        id_ = resource.get("id")
        if isinstance(id_, str) and _ID.fullmatch(id_):
            shelf.append(resource)
        else:
            self.leave(kind, Reason.UNREADABLE, "no id")

    def _take_other(self, kind: str) -> None:
        self.left_out[kind, Reason.OTHER_PATIENT, ""] += 1
        self.others[kind] += 1


def _medication_key(medication: Element) -> tuple[object, ...]:
    """Version first; where that tells nothing apart, the content decides and never the order of arrival."""
    codes = tuple((code.system, code.code, code.display) for code in codes_of(concept(medication, "code")))
    return version_key(medication), label_at(medication, "code"), codes
