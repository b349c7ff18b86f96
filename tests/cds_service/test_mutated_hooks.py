"""Mutated hook requests: whatever a broken EHR sends, the answer is clear and the ledger stays whole."""

import copy
import json
import random

import pytest
from hook_desk import hook_body

ODD = (
    None,
    "",
    " ",
    0,
    -1,
    1e308,
    True,
    [],
    {},
    [[]],
    "\u0000",
    "﷽" * 50,
    "Patient/other",
    "2024-02-30",
    {"resourceType": "Patient"},
)
ANSWERS = {200, 400, 403, 404, 412, 413, 415, 422}


def places(node, path=()):
    """Every place in a JSON value that can be changed."""
    yield path
    if isinstance(node, dict):
        for key, value in node.items():
            yield from places(value, (*path, key))
    elif isinstance(node, list):
        for at, value in enumerate(node):
            yield from places(value, (*path, at))


def mutated(body, chance):
    """The body with one to four of its places removed, replaced or doubled."""
    body = copy.deepcopy(body)
    for _ in range(chance.randint(1, 4)):
        path = chance.choice([path for path in places(body) if path] or [()])
        if not path:
            return body
        *way, last = path
        parent = body
        for step in way:
            parent = parent[step]
        match chance.choice(("remove", "replace", "double")):
            case "remove":
                del parent[last]
            case "replace":
                parent[last] = copy.deepcopy(chance.choice(ODD))
            case "double" if isinstance(parent, list):
                parent.append(copy.deepcopy(parent[last]))
            case _:
                parent[f"{last}"[:40] + "x" if isinstance(parent, dict) else last] = parent[last]
    return body


def assert_answers_are_clear(desk, count, seed):
    chance = random.Random(seed)
    for number in range(count):
        body = mutated(hook_body(), chance)
        answer = desk.post("/cds-services/chart-summary", content=json.dumps(body).encode())
        assert answer.status_code in ANSWERS, (seed, number, answer.status_code)
        if answer.status_code == 200:
            assert isinstance(answer.json()["cards"], list)
        else:
            assert answer.json()["resourceType"] == "OperationOutcome"


def test_500_mutated_hook_requests_get_clear_answers(desk):
    assert_answers_are_clear(desk, 500, seed=20261124)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(10))
def test_10_000_mutated_hook_requests_get_clear_answers(desk, seed):
    assert_answers_are_clear(desk, 1_000, seed=seed)
