"""The key images of a history: newest studies first, each file checked against the patient before it is used."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from itertools import groupby
from typing import Protocol

from fhir_adapters.details import Detail
from fhir_adapters.errors import AdapterError, AddressRefused, GuardMissing, UnreadableImage
from fhir_adapters.fhir_server import reason_of
from fhir_adapters.history import (
    AccessRecord,
    Alarm,
    AlarmKind,
    Entry,
    Kind,
    Omission,
    PatientFacts,
    PatientHistory,
    Reason,
)
from fhir_adapters.image_identity import Identity, identity_of
from fhir_adapters.image_kinds import is_picture
from fhir_adapters.image_labels import image_label, known_modality
from fhir_adapters.imaging import (
    DecodedImage,
    DicomWebServer,
    ImageHeader,
    ImagingEvidence,
    InstanceAddress,
    KeyImage,
)
from fhir_adapters.uids import is_uid, read_uid

_PER_STUDY = 2  # a film's two views; of sectional imaging the middle of two series
_SPARE_TRIES = 4  # further files of a study that are tried where one cannot be used
_SECTIONAL = frozenset(("CT", "MR", "NM", "PT"))


class Decoder(Protocol):
    """Reads DICOM files where they can do no harm; blocks, so it is called in a thread."""

    def inspect(self, dicom: bytes) -> ImageHeader:
        """What the header says. Raises UnreadableImage, GuardMissing."""
        ...

    def decode(self, dicom: bytes) -> DecodedImage:
        """One frame as a picture. Raises UnreadableImage, GuardMissing."""
        ...


async def gather_images(
    history: PatientHistory,
    server: DicomWebServer,
    decoder: Decoder,
    *,
    at_most: int = 4,
    timeout_s: float,
) -> ImagingEvidence:
    """At most `at_most` pictures of the newest studies, oldest first; everything not shown is an omission, no error.

    A file of another patient is out and raises an alarm, which stops the AI summary. After `timeout_s` seconds what was
    gathered so far stands. Of a study at most two pictures are taken: of CT, MR, NM and PET the middle image of each of
    two series, of films the first of each series and then the next.
    """
    waiting, omissions = _studies(history)
    visit = _Visit(history.patient, server, decoder)
    visit.omissions += omissions
    try:
        async with asyncio.timeout(timeout_s):
            while waiting and len(visit.images) < at_most:
                await visit.study(waiting[0], room=min(_PER_STUDY, at_most - len(visit.images)))
                waiting.pop(0)
    except TimeoutError:
        visit.give_up(waiting, "timed out")
    except GuardMissing:
        visit.give_up(waiting, "no guarded decoder")
    else:
        if waiting:
            visit.omissions.append(Omission(what="ImagingStudy", reason=Reason.OVER_LIMIT, count=len(waiting)))
    return visit.evidence()


def _studies(history: PatientHistory) -> tuple[list[Entry], list[Omission]]:
    """The studies whose pictures may be shown, newest first, and why the others may not."""
    studies: list[Entry] = []
    omissions: list[Omission] = []
    uids: set[str] = set()
    for entry in sorted(history.of_kind(Kind.IMAGING), key=lambda one: one.sort_key, reverse=True):
        uid = _study_uid(entry)
        reason = _reason_against(entry, uid, uids)
        if reason is not None:
            omissions.append(Omission(what=entry.reference, reason=reason))
        else:
            studies.append(entry)
            uids.add(uid)
    return studies, omissions


def _reason_against(entry: Entry, uid: str, earlier: set[str]) -> Reason | None:
    if entry.ai_asserted:
        return Reason.AI_ASSERTED
    if entry.restricted:
        return Reason.RESTRICTED
    if not uid:
        return Reason.NO_PIXELS
    return Reason.DUPLICATE if uid in earlier else None


class _Visit:
    """What one gathering has found so far."""

    def __init__(self, patient: PatientFacts, server: DicomWebServer, decoder: Decoder) -> None:
        self._patient = patient
        self._server = server
        self._decoder = decoder
        self.images: list[tuple[str, KeyImage]] = []
        self.omissions: list[Omission] = []
        self.access: list[AccessRecord] = []
        self.alarms: list[Alarm] = []

    def evidence(self) -> ImagingEvidence:
        """All of it, pictures oldest first."""
        ordered = sorted(self.images, key=lambda one: one[0])
        return ImagingEvidence(
            images=tuple(image for _, image in ordered),
            omissions=tuple(self.omissions),
            access_records=tuple(self.access),
            alarms=tuple(self.alarms),
        )

    def give_up(self, waiting: Sequence[Entry], why: str) -> None:
        """Say that these studies were not read, or not to their end."""
        self.omissions += (Omission(what=entry.reference, reason=Reason.FAILED, detail=why) for entry in waiting)

    async def study(self, entry: Entry, *, room: int) -> None:
        """Take at most `room` pictures of one study."""
        listed = await self._list(entry)
        pictures = [one for one in listed if is_picture(sop_class_uid=one.sop_class_uid, modality=one.modality)]
        for modality, count in _count_others(listed, pictures).items():
            self._leave_out(entry, Reason.UNSUPPORTED, modality, count=count)
        tried, before = 0, len(self.images)
        for address, place in _preferred(pictures, named=_series_uids(entry)):
            if len(self.images) - before >= room or tried >= room + _SPARE_TRIES:
                break
            await self._picture(entry, address, place)
            tried += 1
        if tried < len(pictures):
            what = f"images of {entry.reference}"
            self.omissions.append(Omission(what=what, reason=Reason.OVER_LIMIT, count=len(pictures) - tried))

    async def _list(self, entry: Entry) -> tuple[InstanceAddress, ...]:
        uid = _study_uid(entry)
        try:
            listed = await self._server.instances(uid)
        except AdapterError as error:
            self._record("search", f"studies/{uid}/instances", error.outcome or "failed")
            self._fail(entry, error)
            return ()
        self._record("search", f"studies/{uid}/instances", "ok", count=len(listed))
        if not listed:
            self._leave_out(entry, Reason.NO_PIXELS)
        return listed

    async def _picture(self, entry: Entry, address: InstanceAddress, place: tuple[int, int]) -> None:
        what = f"studies/{address.study_instance_uid}/instances/{address.sop_instance_uid}"
        try:
            dicom = await self._server.retrieve(address)
        except AdapterError as error:
            self._record("retrieve", what, error.outcome or "failed")
            self._fail(entry, error)
            return
        self._record("retrieve", what, "ok", count=1)
        try:
            header = await asyncio.to_thread(self._decoder.inspect, dicom)
            if self._may_use(entry, address, header):
                image = await asyncio.to_thread(self._decoder.decode, dicom)
                self._keep(entry, address, image, image_label(entry, header, image, place=place))
        except UnreadableImage as error:
            self._fail(entry, error)

    def _may_use(self, entry: Entry, address: InstanceAddress, header: ImageHeader) -> bool:
        """The wrong-patient guard first, then whether it is what was asked for, then whether it is a picture."""
        match identity_of(header, self._patient):
            case Identity.OTHER:
                self.alarms.append(Alarm(kind=AlarmKind.WRONG_PATIENT_IMAGE, what=entry.reference))
                self._leave_out(entry, Reason.OTHER_PATIENT)
                return False
            case Identity.UNNAMED:
                self._leave_out(entry, Reason.UNREADABLE, "the file names no patient")
                return False
            case Identity.SAME:
                pass
        if _uids(header) != _uids(address):
            self._leave_out(entry, Reason.UNREADABLE, "another instance than asked for")
            return False
        if not header.is_image:
            self._leave_out(entry, Reason.UNSUPPORTED, known_modality(header.modality))
            return False
        return True

    def _keep(self, entry: Entry, address: InstanceAddress, image: DecodedImage, label: str) -> None:
        key_image = KeyImage(
            reference=entry.reference,
            address=address,
            frame=image.frame,
            label=label,
            window=image.window,
            png=image.png,
        )
        self.images.append((entry.sort_key, key_image))

    def _fail(self, entry: Entry, error: AdapterError) -> None:
        if isinstance(error, AddressRefused):
            self.alarms.append(Alarm(kind=AlarmKind.ADDRESS_REFUSED, what=entry.reference))
        unreadable = isinstance(error, UnreadableImage)
        detail = error.outcome or (str(error) if unreadable else "")
        self._leave_out(entry, Reason.UNREADABLE if unreadable else reason_of(error), detail)

    def _leave_out(self, entry: Entry, reason: Reason, detail: str = "", *, count: int = 1) -> None:
        self.omissions.append(Omission(what=entry.reference, reason=reason, detail=detail, count=count))

    def _record(self, interaction: str, what: str, outcome: str, *, count: int = 0) -> None:
        self.access.append(
            AccessRecord(system="dicomweb", interaction=interaction, what=what, outcome=outcome, count=count)
        )


def _preferred(
    pictures: Sequence[InstanceAddress], *, named: frozenset[str]
) -> list[tuple[InstanceAddress, tuple[int, int]]]:
    """Pictures in the order in which to try them, each with its place in its series.

    Series that the ImagingStudy names come first; of each series one picture, then the others.
    """
    series = [list(members) for _, members in groupby(pictures, key=lambda one: one.series_instance_uid)]
    series.sort(key=lambda members: members[0].series_instance_uid not in named)
    firsts, others = [], []
    for members in series:
        placed = [(address, (number, len(members))) for number, address in enumerate(members, 1)]
        first = placed.pop((len(members) - 1) // 2 if members[0].modality in _SECTIONAL else 0)
        firsts.append(first)
        others += placed
    return firsts + others


def _count_others(listed: Sequence[InstanceAddress], pictures: Sequence[InstanceAddress]) -> dict[str, int]:
    others: dict[str, int] = {}
    for address in listed:
        if address not in pictures:
            code = known_modality(address.modality)
            others[code] = others.get(code, 0) + 1
    return others


def _uids(one: ImageHeader | InstanceAddress) -> tuple[str, str, str]:
    return one.study_instance_uid, one.series_instance_uid, one.sop_instance_uid


def _study_uid(entry: Entry) -> str:
    return read_uid(entry.detail.get(Detail.STUDY_INSTANCE_UID))


def _series_uids(entry: Entry) -> frozenset[str]:
    return frozenset(filter(is_uid, re.findall(r"[0-9.]+", entry.detail.get(Detail.SERIES_INSTANCE_UIDS, ""))))
