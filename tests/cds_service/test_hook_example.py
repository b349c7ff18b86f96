"""The examples of docs/hooks.md are services that work as they stand."""

import re

import pytest
from hook_desk import USER, allergy, bundle, hook_body, patient, prefetch

from hooks.discovery import find_services


@pytest.fixture
def example(repository, tmp_path):
    """A services_dir with the files of the examples."""
    blocks = re.findall(r"```python\n(.*?)```", (repository / "docs" / "hooks.md").read_text(), re.DOTALL)
    folder = tmp_path / "services"
    folder.mkdir()
    for name, code in zip(("allergy_gap", "allergy_twice"), blocks, strict=True):
        (folder / f"{name}.py").write_text(code)
    return folder


def test_the_documented_example_is_found_beside_the_built_in_service(example):
    assert {"allergy-gap", "allergy-twice", "chart-summary"} <= find_services(example).keys()


def test_the_documented_example_speaks_only_where_allergies_were_seen_and_none_is_recorded(example, make_desk):
    desk = make_desk(services=find_services(example))
    silent = desk.hook(hook_body(), service="allergy-gap")
    assert silent.json() == {"cards": []}
    bundle = {"resourceType": "Bundle", "type": "searchset", "total": 0}
    spoken = desk.hook(hook_body(prefetch=prefetch("p1") | {"allergies": bundle}), service="allergy-gap")
    (card,) = spoken.json()["cards"]
    assert card["summary"] == "Allergies: not recorded in this chart"
    unseen = {key: value for key, value in prefetch("p1").items() if key != "allergies"}
    assert desk.hook(hook_body(prefetch=unseen), service="allergy-gap").json() == {"cards": []}


def create(desk, entered, *, of="p1", **context):
    """Fire allergyintolerance-create for an allergy of this name."""
    named = {"resourceType": "AllergyIntolerance", "patient": {"reference": f"Patient/{of}"}, "code": {"text": entered}}
    context = {"userId": USER, "patientId": "p1", "allergyIntolerance": named} | context
    sent = {"patient": patient(), "allergies": bundle(allergy())}
    body = hook_body(hook="allergyintolerance-create", context=context, prefetch=sent)
    return desk.hook(body, service="allergy-twice")


def test_the_example_of_another_hook_answers_it_in_one_file(example, make_desk):
    desk = make_desk(services=find_services(example))
    (card,) = create(desk, "penicillin").json()["cards"]
    assert card["summary"] == "Already in the chart: Penicillin (active)"
    assert create(desk, "Latex").json() == {"cards": []}


def test_s11_t24_the_example_of_another_hook_refuses_what_it_cannot_read_and_another_patients(example, make_desk):
    desk = make_desk(services=find_services(example))
    refused = [
        create(desk, "Latex", of="p2"),
        create(desk, "Latex", userId=None),
        create(desk, "Latex", allergyIntolerance="x"),
        create(desk, "Latex", allergyIntolerance={"patient": "Patient/p1"}),
    ]
    assert [one.status_code for one in refused] == [400] * len(refused)
    assert create(desk, None).json() == {"cards": []}
