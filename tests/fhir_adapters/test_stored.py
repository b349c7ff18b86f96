"""What is stored of a history is the history."""

import json
from decimal import Decimal
from pathlib import Path

import orjson
import pytest
from fhir_samples import PATIENT, gather, observation, quantity, resource

from fhir_adapters.bundle import history_from_bundle
from fhir_adapters.errors import UnreadableRecord
from fhir_adapters.reading import read_history
from fhir_adapters.stored import canonical, history_from_plain, history_to_plain


def round_trip(history):
    return history_from_plain(orjson.loads(canonical(history_to_plain(history))))


def test_every_sample_chart_comes_back_as_it_was(charts):
    paths = sorted(charts.glob("*.json"))
    assert paths
    for path in paths:
        history = history_from_bundle(orjson.loads(path.read_bytes())).history
        assert round_trip(history) == history


@pytest.mark.shared_data
def test_every_real_chart_comes_back_as_it_was(shared_data):
    for path in [*shared_data.glob("clinosim-inpatient/*.json"), *shared_data.glob("ips/*.json")]:
        history = history_from_bundle(orjson.loads(path.read_bytes())).history
        assert round_trip(history) == history


def test_numbers_come_back_exactly_as_decimals():
    history = gather(observation(valueQuantity=quantity(0.1 + 0.2, "g"))).history
    plain = history_to_plain(history)
    assert json.dumps(plain)  # nothing but JSON's own types
    value = round_trip(history).entries[0].values[0]
    assert value.number == Decimal("0.30000000000000004")
    assert isinstance(value.number, Decimal)


@pytest.mark.parametrize("deceased", [{"deceasedBoolean": True}, {"deceasedDateTime": "2026-03"}, {}])
def test_the_patient_comes_back(deceased):
    history = read_history([{**PATIENT, "birthDate": "1951", **deceased}], patient_id="p1", coverage={}).history
    assert round_trip(history).patient == history.patient


def test_canonical_bytes_are_equal_for_equal_data():
    assert canonical({"b": 1, "a": [Decimal("1.50")]}) == canonical({"a": [Decimal("1.50")], "b": 1})
    assert canonical({"b": 1, "a": [Decimal("1.50")]}) == b'{"a":["1.50"],"b":1}'


def test_canonical_json_does_not_depend_on_order_and_keeps_every_letter():
    assert canonical({"b": 1, "a": [True, "é"]}) == '{"a":[true,"é"],"b":1}'.encode()


def test_canonical_json_is_made_in_one_place_and_in_the_ledger_which_imports_nothing_of_ours():
    root = Path(__file__).parents[2]
    packages = ("cds_service", "hooks", "tasks", "fhir_adapters", "ledger")
    makers = [path for name in packages for path in (root / name).rglob("*.py") if "OPT_SORT_KEYS" in path.read_text()]
    assert {path.relative_to(root).as_posix() for path in makers} == {"fhir_adapters/stored.py", "ledger/sealing.py"}


def test_what_is_not_data_cannot_be_made_canonical():
    with pytest.raises(TypeError):
        canonical({"a": object()})


def damaged(change):
    plain = history_to_plain(gather(observation(valueQuantity=quantity(1, "g"), effectiveDateTime="2026")).history)
    change(plain)
    return plain


@pytest.mark.parametrize(
    "change",
    [
        lambda plain: plain.pop("entries"),
        lambda plain: plain.update(entries=None),
        lambda plain: plain["entries"][0].update(kind="gossip"),
        lambda plain: plain["entries"][0].update(when="yesterday"),
        lambda plain: plain["entries"][0].update(surprise=1),
        lambda plain: plain["entries"][0].update(reference=""),
        lambda plain: plain["entries"][0]["values"][0].update(number="much"),
        lambda plain: plain.update(coverage=[]),
        lambda plain: plain.update(patient="PHI-CANARY"),
    ],
)
def test_what_is_no_history_is_refused_without_its_content(change):
    with pytest.raises(UnreadableRecord) as refused:
        history_from_plain(damaged(change))
    assert "CANARY" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_coverage_and_omissions_come_back():
    history = gather({"resourceType": "Goal", "id": "g"}, resource("Condition", subject=None)).history
    assert round_trip(history).omissions == history.omissions
    assert round_trip(history).coverage == history.coverage
