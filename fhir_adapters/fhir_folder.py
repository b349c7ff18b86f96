"""A FHIR server that is a folder: every `*.json` in it one Bundle, for demos and for sites without a server."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from pathlib import Path
from threading import Lock
from urllib.parse import urlencode

from fhir_adapters.chart_index import ChartIndex
from fhir_adapters.errors import AddressRefused, ResourceMissing, ServerFailed, UnreadableRecord
from fhir_adapters.fhir_json import read_object
from fhir_adapters.fhir_server import SearchResult, check_reference, check_search
from fhir_adapters.history import AccessRecord, Omission, Reason

_LARGEST_FILE = 200_000_000  # bytes; a long life's record takes some 20 MB


class FolderFhirServer:
    """The twin of HttpFhirServer over files. Each file is parsed once, at the first question; changes need a new one.

    Reads and searches raise ServerFailed where the folder is not there. A file that cannot be read is an omission of
    every search: it could be about any patient; a broken entry, of every search about the patient of its file.
    """

    def __init__(self, folder: Path) -> None:
        """Name the folder; nothing is opened yet."""
        self._folder = folder
        self._lock = Lock()
        self._index: ChartIndex | None = None

    async def read(self, reference: str, *, until: float | None = None) -> dict[str, object]:
        """The resource at `reference`. Raises ResourceMissing."""
        check_reference(reference)
        index = await self._loaded(until)
        resource = index.resource(reference)
        if resource is None:
            raise ResourceMissing(f"{reference}: the folder has no such resource.", outcome="not in the folder")
        return resource

    async def search(
        self, resource_type: str, parameters: Mapping[str, str], *, until: float | None = None
    ) -> SearchResult:
        """One patient's resources of a type: `patient`, `category`, `_id`, `_include`, `_count`, `_sort`.

        The order is that of the files, whatever `_sort` says. Raises ServerFailed for any other parameter: an answer
        that left a filter out would look like a complete one.
        """
        check_search(resource_type, parameters)
        index = await self._loaded(until)
        found = index.search(resource_type, parameters)
        unreadable = index.unreadable(parameters["patient"])
        gap = Omission(what=resource_type, reason=Reason.UNREADABLE, count=unreadable, detail="chart file")
        asked = f"{resource_type}?{urlencode(parameters)}"
        record = AccessRecord(system="fhir", interaction="search", what=asked, outcome="ok", count=len(found))
        return SearchResult(
            resources=tuple(found),
            complete=not unreadable,
            omissions=(gap,) if unreadable else (),
            access_records=(record,),
        )

    async def follow(
        self,
        resource_type: str,
        next_url: str,  # noqa: ARG002 - the port's
        *,
        until: float | None = None,  # noqa: ARG002 - the port's
    ) -> SearchResult:
        """AddressRefused: a folder gives no `next` links, so this one comes from elsewhere."""
        raise AddressRefused(f"{resource_type}: a folder has no such page.", outcome="address refused")

    async def _loaded(self, until: float | None) -> ChartIndex:
        if self._index is not None:
            return self._index
        try:
            async with asyncio.timeout_at(until):
                return await asyncio.to_thread(self._load)  # parsing would hold up every other request
        except TimeoutError:
            raise ServerFailed("The chart folder was not read in time.", outcome="timed out") from None

    def _load(self) -> ChartIndex:
        with self._lock:
            if self._index is None:
                self._index = ChartIndex(_bundles(self._folder))
            return self._index


def _bundles(folder: Path) -> Iterable[dict[str, object] | None]:
    """Each file's content, None where it cannot be read. Sorted by name, so that the last of two versions is known."""
    if not folder.is_dir():
        raise ServerFailed("The chart folder is not there.", outcome="no folder")
    for path in sorted(folder.glob("*.json")):
        try:
            if path.stat().st_size > _LARGEST_FILE:
                yield None
                continue
            yield read_object(path.read_bytes(), what="a chart file")  # its name may hold the patient's
        except (OSError, UnreadableRecord):
            yield None
