"""A folder of DICOM files as a DICOMweb server: any names, nested, whatever else lies there."""

from __future__ import annotations

import asyncio
import os
import stat
import threading
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from fhir_adapters.dicom_header import DAMAGE, MOST_FILE_BYTES, listing_of
from fhir_adapters.errors import AddressRefused, ResourceMissing, ServerFailed, UnreadableImage
from fhir_adapters.imaging import InstanceAddress
from fhir_adapters.uids import is_uid


@dataclass(slots=True)
class _Index:
    """What the folder holds: paths by address, in order of series and instance number."""

    studies: dict[str, dict[InstanceAddress, Path]] = field(default_factory=dict)
    unreadable: int = 0


class FolderDicomWebServer:
    """The DICOM files under `folder`, read for their headers when first asked; files that come later are not seen.

    What is no readable DICOM file is counted in `unreadable_files` and left alone. Links that lead out of the folder
    are not followed. Where two files hold one instance, the first by path counts.
    """

    def __init__(self, folder: Path, *, most_bytes: int = MOST_FILE_BYTES) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        self._index: _Index | None = None
        self._lock = threading.Lock()

    @property
    def unreadable_files(self) -> int:
        """Files that are no readable DICOM, as far as the folder has been read."""
        return self._index.unreadable if self._index is not None else 0

    async def instances(self, study_instance_uid: str) -> tuple[InstanceAddress, ...]:
        """Every instance of a study; none where the folder has no such study. Raises ServerFailed, AddressRefused."""
        if not is_uid(study_instance_uid):
            raise AddressRefused("A DICOM UID is digits and dots, at most 64 of them.", outcome="no UID")
        index = await asyncio.to_thread(self._read_index)
        return tuple(index.studies.get(study_instance_uid, {}))

    async def retrieve(self, address: InstanceAddress) -> bytes:
        """One file, byte for byte. Raises as `instances`, ResourceMissing and UnreadableImage."""
        if not all(map(is_uid, (address.study_instance_uid, address.series_instance_uid, address.sop_instance_uid))):
            raise AddressRefused("A DICOM UID is digits and dots, at most 64 of them.", outcome="no UID")
        return await asyncio.to_thread(self._retrieve, address)

    def _retrieve(self, address: InstanceAddress) -> bytes:
        study = self._read_index().studies.get(address.study_instance_uid, {})
        wanted = (address.series_instance_uid, address.sop_instance_uid)
        for held, path in study.items():
            if (held.series_instance_uid, held.sop_instance_uid) == wanted:
                return self._read(path)
        raise ResourceMissing(f"instances/{address.sop_instance_uid}: not in the folder.", outcome="not in the folder")

    def _read(self, path: Path) -> bytes:
        try:
            with path.open("rb") as file:
                dicom = file.read(self._most_bytes + 1)
        except OSError as error:
            raise ServerFailed("A DICOM file cannot be read any more.", outcome=type(error).__name__) from None
        if len(dicom) > self._most_bytes:
            raise UnreadableImage(f"A DICOM file is larger than {self._most_bytes} bytes.", outcome="too large")
        return dicom

    def _read_index(self) -> _Index:
        with self._lock:
            if self._index is None:
                self._index = self._build()
            return self._index

    def _build(self) -> _Index:
        if not self._folder.is_dir():
            raise ServerFailed("The folder of DICOM files is not there.", outcome="no folder")
        index, found, seen = _Index(), [], set()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pydicom's warnings quote header text
            for path in _files(self._folder):
                try:
                    with path.open("rb") as file:
                        number, address = listing_of(file)
                except (UnreadableImage, MemoryError, *DAMAGE):
                    index.unreadable += 1
                    continue
                if address.sop_instance_uid not in seen:
                    seen.add(address.sop_instance_uid)
                    found.append((address.series_instance_uid, number, address.sop_instance_uid, address, path))
        for *_, address, path in sorted(found, key=lambda one: one[:3]):
            index.studies.setdefault(address.study_instance_uid, {})[address] = path
        return index


def _files(folder: Path) -> Iterator[Path]:
    """Regular files inside the folder, by path; never a pipe or a device, which would block or never end."""
    root = folder.resolve()
    for at, folders, names in os.walk(root):
        folders.sort()
        for name in sorted(names):
            path = Path(at, name)
            try:
                real = path.resolve(strict=True)
                if real.is_relative_to(root) and stat.S_ISREG(real.stat().st_mode):
                    yield path
            except OSError:
                continue
