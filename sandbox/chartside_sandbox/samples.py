"""The sample patients: their charts, where each came from, and the real pictures restamped to them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import Any, Final

import orjson

from fhir_adapters.bundle import history_from_bundle
from fhir_adapters.restamp import restamp

CHARTS: Final = Path(__file__).parent / "charts"
COMPLETIONS: Final = Path(__file__).parent / "completions"  # words for the scripted engine, written by hand


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleImage:
    """A real DICOM file that stands in for a synthetic study's picture."""

    study: str  # "ImagingStudy/…"
    source: str  # file name in the package pydicom-data
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleChart:
    """One synthetic patient."""

    slug: str
    patient_id: str
    title: str
    provenance: str
    images: tuple[SampleImage, ...]

    @property
    def path(self) -> Path:
        """The chart's Bundle."""
        return CHARTS / f"{self.slug}.json"


@cache
def sample_charts() -> tuple[SampleChart, ...]:
    """Every sample patient, in the order of the table."""
    table = tomllib.loads((CHARTS / "charts.toml").read_text(encoding="utf-8"))
    return tuple(
        SampleChart(
            slug=row["slug"],
            patient_id=row["patient_id"],
            title=row["title"],
            provenance=row["provenance"],
            images=tuple(SampleImage(**image) for image in row.get("imaging", ())),
        )
        for row in table["chart"]
    )


def restamp_images(folder: Path) -> int:
    """Write the sample studies' pictures into `folder`, stamped as their patients'; how many are there.

    The pictures come from the package pydicom-data (extra `demo`); without it there are none.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    sources = _pydicom_data()
    count = 0
    for chart in sample_charts():
        for image in chart.images:
            target = folder / f"{chart.slug}-{image.study.rpartition('/')[2]}.dcm"
            if not target.exists() and image.source in sources:
                beside = target.with_suffix(".part")
                beside.write_bytes(_stamped(chart, image, sources[image.source]))
                beside.replace(target)
            count += target.exists()
    return count


def _stamped(chart: SampleChart, image: SampleImage, source: Path) -> bytes:
    bundle = orjson.loads(chart.path.read_bytes())
    history = history_from_bundle(bundle).history
    study = next(
        entry["resource"]
        for entry in bundle["entry"]
        if f"{entry['resource']['resourceType']}/{entry['resource']['id']}" == image.study
    )
    when = history.by_reference[image.study].when
    if when is None:
        raise ValueError(f"{image.study} has no date")
    return restamp(source, patient=history.patient, study_date=when.earliest, **_uids(study))


def _uids(study: dict[str, Any]) -> dict[str, str]:
    uid = next(one["value"] for one in study["identifier"] if one.get("system") == "urn:dicom:uid")
    series = study["series"][0]
    return {
        "study_instance_uid": uid.removeprefix("urn:oid:"),
        "series_instance_uid": series["uid"],
        "sop_instance_uid": series["instance"][0]["uid"],
    }


def _pydicom_data() -> dict[str, Path]:
    """The DICOM files of pydicom-data by name; empty where the package is not installed."""
    try:
        found = files("pydicom-data") or []
    except PackageNotFoundError:
        return {}
    return {file.name: Path(str(file.locate())) for file in found if file.suffix == ".dcm"}
