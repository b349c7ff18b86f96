"""Whatever arrives becomes an entry or an omission, and the order in which it arrives changes nothing."""

import random
import re
import string

import orjson
import pytest
from fhir_samples import OURS, PATIENT
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_adapters.bundle import unpack_bundle
from fhir_adapters.errors import UnreadableRecord
from fhir_adapters.fingerprint import content_hash
from fhir_adapters.history import Coverage
from fhir_adapters.reading import read_history
from fhir_adapters.reading.readers import READERS
from fhir_adapters.stored import canonical, history_from_plain, history_to_plain

# The names that readers look for, so that random values land where they matter.
NAMES = re.findall(
    r"\w+",
    "status clinicalStatus verificationStatus code category criticality type reaction manifestation severity "
    "substance onsetDateTime onsetPeriod onsetAge onsetString abatementDateTime abatementBoolean recordedDate "
    "lastOccurrence bodySite stage summary note text coding system display value unit comparator low high "
    "interpretation referenceRange component valueQuantity valueCodeableConcept valueString valueBoolean "
    "valueInteger valueRange valueRatio valuePeriod valueSampledData valueTime valueDateTime dataAbsentReason "
    "effectiveDateTime effectivePeriod effectiveInstant effectiveTiming event issued hasMember derivedFrom "
    "performer actor specimen method medicationCodeableConcept medicationReference contained dosageInstruction "
    "dosage doseAndRate doseQuantity doseRange rateQuantity rateRatio numerator denominator timing repeat "
    "frequency period periodUnit when dayOfWeek timeOfDay boundsDuration boundsPeriod asNeededBoolean "
    "asNeededCodeableConcept maxDosePerPeriod sequence route intent doNotPerform authoredOn dispenseRequest "
    "validityPeriod reasonCode reasonReference reference statusReason conclusion conclusionCode presentedForm "
    "contentType data url result imagingStudy content attachment context docStatus description date author title "
    "activity detail addresses goal created performedDateTime performedPeriod performedString occurrenceDateTime "
    "protocolApplied targetDisease vaccineCode class serviceType hospitalization dischargeDisposition diagnosis "
    "condition participant individual identifier modality series uid laterality numberOfSeries started "
    "procedureCode start end meta versionId lastUpdated security securityLabel modifierExtension name given "
    "family use birthDate deceasedDateTime deceasedBoolean extension _status _clinicalStatus valueCode implicitRules "
    "focus isSubpotent taken wasNotTaken notDone notGiven prohibited active link comparator",
)
WORDS = st.sampled_from(
    [
        "active",
        "final",
        "entered-in-error",
        "resolved",
        "refuted",
        "2024-02-30",
        "2024-03-01",
        "0001-01-01T00:00:00+14:00",
        "Patient/p1",
        "Patient/p2",
        "urn:uuid:p1",
        "text/html; charset=utf-16",
        "text/plain",
        "QUJD",
        "8480-6",
        "716186003",
        "http://snomed.info/sct",
        "http://loinc.org",
        "AIAST",
        "\ud800",  # a lone surrogate cannot be written as UTF-8
        "\u202egnirts",
        "<",
        "d",
    ]
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(min_value=-(10**30), max_value=10**30)
    | st.floats()
    | WORDS
    | st.text(max_size=20)
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(NAMES) | st.text(string.ascii_letters, max_size=4), inner, max_size=5)
    ),
    max_leaves=12,
)
IDS = st.sampled_from(["a", "b", "c"]) | LEAVES
SUBJECTS = st.just(OURS) | VALUES


@st.composite
def resources(draw):
    kind = draw(st.sampled_from([*READERS, "Medication", "Goal"]))
    body = draw(st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=8))
    return {
        **body,
        "resourceType": kind,
        "id": draw(IDS),
        "subject": draw(SUBJECTS),
        "patient": draw(SUBJECTS),
    }


ANYTHING = resources() | LEAVES | st.dictionaries(st.sampled_from([*NAMES, "resourceType"]), VALUES, max_size=3)


def read(items, **arguments):
    return read_history([PATIENT, *items], patient_id="p1", coverage={"Observation": Coverage.WHOLE}, **arguments)


def check(gathered):
    """What holds of every history."""
    history = gathered.history
    assert [entry.id for entry in history.entries] == [f"E{n}" for n in range(1, len(history.entries) + 1)]
    assert len({entry.reference for entry in history.entries}) == len(history.entries)
    for entry in history.entries:
        assert entry.line
        assert entry.title
        assert "\n" not in entry.line
        assert len(entry.line) <= 600
        assert content_hash(entry) == entry.content_hash
        assert history.covers(entry.resource_type) is not Coverage.NONE
    assert history_from_plain(orjson.loads(canonical(history_to_plain(history)))) == history


@settings(max_examples=600)
@given(st.lists(ANYTHING, max_size=4))
def test_anything_becomes_an_entry_or_an_omission(items):
    check(read(items))


@settings(max_examples=150)
@given(st.lists(resources(), max_size=6), st.randoms(use_true_random=False), st.none() | st.integers(0, 4))
def test_the_order_of_gathering_changes_nothing(items, chance, limit):
    shuffled = list(items)
    chance.shuffle(shuffled)
    first, second = read(items, limit=limit), read(shuffled, limit=limit)
    assert first.history == second.history
    assert first.alarms == second.alarms


@settings(max_examples=200)
@given(st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=8))
def test_any_patient_gives_facts(body):
    history = read_history([{**body, "resourceType": "Patient", "id": "p1"}], patient_id="p1", coverage={}).history
    assert history.patient.id == "p1"
    assert history_from_plain(orjson.loads(canonical(history_to_plain(history)))) == history


@settings(max_examples=200)
@given(VALUES | st.fixed_dictionaries({"resourceType": st.just("Bundle"), "entry": VALUES, "link": VALUES}))
def test_any_bundle_is_unpacked_or_counted(bundle):
    if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
        with pytest.raises(UnreadableRecord):
            unpack_bundle(bundle)
        return
    found, next_url, omissions = unpack_bundle(bundle)
    assert all(isinstance(resource, dict) for resource in found)
    assert next_url is None or next_url
    assert all(omission.count > 0 for omission in omissions)


def _broken(value, chance, junk):
    """`value` with a few of its parts replaced by something of another type."""
    if chance.random() < 0.03:
        return chance.choice(junk)
    if isinstance(value, dict):
        return {name: _broken(part, chance, junk) for name, part in value.items()}
    if isinstance(value, list):
        return [_broken(part, chance, junk) for part in value]
    return value


JUNK = [
    None,
    True,
    -1,
    1.5e308,
    "",
    "x",
    "2024-02-30",
    [],
    {},
    [None],
    {"coding": "x"},
    [[]],
    {"reference": "Patient/p9"},
]


def survives(path, seed):
    chance = random.Random(seed)
    found, _, _ = unpack_bundle(orjson.loads(path.read_bytes()))
    patient = next(item for item in found if item["resourceType"] == "Patient")
    rest = [item for item in found if item["resourceType"] != "Patient"]
    parts = [{name: _broken(part, chance, JUNK) for name, part in item.items()} for item in rest]
    broken = [{**item, "resourceType": whole["resourceType"]} for item, whole in zip(parts, rest, strict=True)]
    gathered = read_history([patient, *broken], patient_id=str(patient["id"]), coverage={})
    check(gathered)
    counted = len(gathered.history.entries) + sum(omission.count for omission in gathered.history.omissions)
    assert counted >= sum(item["resourceType"] in READERS for item in rest)


@pytest.mark.parametrize("seed", range(3))
def test_broken_sample_charts_are_read_as_far_as_they_go(charts, seed):
    paths = sorted(charts.glob("*.json"))
    assert paths
    for path in paths:
        survives(path, seed)


@pytest.mark.shared_data
def test_broken_real_charts_are_read_as_far_as_they_go(shared_data):
    for path in sorted(shared_data.glob("clinosim-inpatient/*.json")):
        survives(path, 7)
