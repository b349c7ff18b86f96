"""The example of docs/hooks.md is a service that works as it stands."""

import re

import pytest
from hook_desk import hook_body, prefetch

from hooks.discovery import find_services


@pytest.fixture
def example(repository, tmp_path):
    """A services_dir with the example's file."""
    (code,) = re.findall(r"```python\n(.*?)```", (repository / "docs" / "hooks.md").read_text(), re.DOTALL)
    folder = tmp_path / "services"
    folder.mkdir()
    (folder / "allergy_gap.py").write_text(code)
    return folder


def test_the_documented_example_is_found_beside_the_built_in_service(example):
    assert {"allergy-gap", "chart-summary"} <= find_services(example).keys()


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
