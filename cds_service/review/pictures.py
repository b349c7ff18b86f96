"""Pictures on a review page: those kept with the summary, else those of the chart's studies, fetched on demand."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from fhir_adapters.details import Detail
from fhir_adapters.history import Kind, PatientHistory
from fhir_adapters.imaging import ImagingEvidence
from ledger.records import PatientKey

Look = Callable[[PatientHistory, PatientKey], ImagingEvidence]  # blocks; raises AdapterError

_KEPT: Final = 8  # charts


class Album:
    """The pictures of the last few charts looked at, in this process' memory alone."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._kept: OrderedDict[tuple[PatientKey, str], ImagingEvidence] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, history: PatientHistory, key: PatientKey) -> tuple[ImagingEvidence, bool]:
        """The pictures of this chart, and whether they were fetched just now. Raises AdapterError."""
        place = (key, history.fingerprint)
        with self._lock:
            if place in self._kept:
                self._kept.move_to_end(place)
                return self._kept[place], False
        found = self._look(history, key)  # outside the lock: a slow PACS holds up nobody else
        with self._lock:
            if found.images:  # what failed is tried again
                self._kept[place] = found
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return found, True

    def clear(self) -> None:
        """Keep no picture: something was purged."""
        with self._lock:
            self._kept.clear()


def has_studies(history: PatientHistory) -> bool:
    """Whether this chart names a study that pictures could be fetched of."""
    return any(entry.detail.get(Detail.STUDY_INSTANCE_UID) for entry in history.of_kind(Kind.IMAGING))
