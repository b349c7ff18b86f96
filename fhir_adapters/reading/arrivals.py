"""Sort what arrived: ours by reference, the Patient, Medications to look up, and everything that is left out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping

from fhir_adapters.errors import PatientMissing, WrongPatient
from fhir_adapters.history import PatientFacts, Reason
from fhir_adapters.reading.elements import Element
from fhir_adapters.reading.medicines import medications_by_reference
from fhir_adapters.reading.patient import read_patient
from fhir_adapters.reading.person import facts_said, is_one_person
from fhir_adapters.reading.readers import ADMINISTRATIVE, READERS
from fhir_adapters.reading.subject import Owner, names_another_patient, owner_of
from fhir_adapters.reading.versions import version_key

_TYPE = re.compile(r"[A-Z][A-Za-z]{1,63}", re.ASCII)
# FHIR ids are [A-Za-z0-9\-\.]{1,64}; longer ones and underscores occur, and are safe in a page, a path and a prompt.
_ID = re.compile(r"(?!\.+\Z)[A-Za-z0-9._-]{1,128}", re.ASCII)


class Arrivals:
    """Resources of one gathering, sorted one by one; the order in which they come changes nothing."""

    def __init__(self, patient_id: str, *, orders: Iterable[str] = ()) -> None:
        """`orders` are the types of order that are read beside everything else."""
        self.patient_id = patient_id
        self._kinds = READERS.keys() | set(orders)
        self.ours: dict[str, list[dict[str, object]]] = {}  # by reference; more than one are copies or versions
        self.left_out: Counter[tuple[str, Reason, str]] = Counter()  # (what, reason, detail)
        self.others: Counter[str] = Counter()  # resources of other patients, by type
        self.unseen: set[str] = set()  # types of which something could not be read
        self._patients: list[dict[str, object]] = []
        self._nameless: list[dict[str, object]] = []  # Patients without an id: no use, but they may be somebody else
        self._medications: list[dict[str, object]] = []

    def take(self, resource: object) -> None:
        """Put one resource where it belongs."""
        kind = resource.get("resourceType") if isinstance(resource, dict) else None
        if isinstance(resource, dict) and isinstance(kind, str) and (kind in READERS or _TYPE.fullmatch(kind)):
            self._take_typed(resource, kind)
        else:
            self.left_out["resource", Reason.UNREADABLE, "no resource type"] += 1

    def patient(self) -> PatientFacts:
        """Our Patient. Raises WrongPatient where another one came too, PatientMissing where ours did not.

        Copies of our Patient may be versions of it; a copy that is another person by name, birth date, sex or
        identifier is another Patient under the same id. A copy that says less never hides the one that says more.
        """
        if any(patient["id"] != self.patient_id for patient in self._patients):
            raise WrongPatient("Another Patient than the context's is among the resources. Nothing of them is used.")
        if not self._patients:
            raise PatientMissing("The Patient is not among the resources. Supply it, or let it be read.")
        if not is_one_person([*self._patients, *self._nameless]):
            raise WrongPatient("Two Patients with one id are two persons. Nothing of them is used.")
        facts = [
            (facts_said(read := read_patient(resource)), version_key(resource), repr(read), read)
            for resource in self._patients
        ]
        return max(facts, key=lambda fact: fact[:3])[3]

    def medications(self) -> Mapping[str, Element]:
        """Medications by every reference that may name one."""
        return medications_by_reference(self._medications)

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
        if kind in self._kinds:
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
        elif owner is Owner.UNCLEAR:
            self._take_other(kind, "which patient is not clear")
        elif owner is Owner.UNSAID:
            self.leave(kind, Reason.UNREADABLE, "no subject")
        elif not isinstance(id_, str) or not _ID.fullmatch(id_):
            self.leave(kind, Reason.UNREADABLE, "no id")
        else:
            self.ours.setdefault(f"{kind}/{id_}", []).append(resource)

    def _take_known(self, resource: dict[str, object], kind: str, shelf: list[dict[str, object]]) -> None:
        """A Patient or a Medication. One of another server has its whole address for an id (see home_base)."""
        id_ = resource.get("id")
        if isinstance(id_, str) and (_ID.fullmatch(id_) or "://" in id_):
            shelf.append(resource)
            return
        self.leave(kind, Reason.UNREADABLE, "no id")
        if kind == "Patient":
            self._nameless.append(resource)

    def _take_other(self, kind: str, detail: str = "") -> None:
        """Another's, or perhaps ours: either way the answer that brought it was not the answer about our patient."""
        self.left_out[kind, Reason.OTHER_PATIENT, detail] += 1
        self.others[kind] += 1
        self.unseen.add(kind)
