"""Mutated hook requests: whatever a broken EHR sends to any service, the answer is clear and the ledger stays whole."""

import copy
import json
import random
from collections import Counter

import pytest
from hook_calls import body

AUTHORIZATION = {
    "access_token": "canary-mutated",
    "token_type": "Bearer",
    "expires_in": 300,
    "scope": "user/*.rs",
    "subject": "cds",
}

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


def lawful(entry, fhir, chance):
    """A call of this service: half of them with a server to read from, and with less in the prefetch."""
    made = body(entry, f"mutated{chance.randint(1, 40)}")
    if chance.random() < 0.5:
        made |= {"fhirServer": fhir.base, "fhirAuthorization": AUTHORIZATION}
        for key in chance.sample(sorted(made["prefetch"]), k=chance.randint(0, 2)):
            del made["prefetch"][key]
    return made


def assert_answers_are_clear(service, discovery, fhir, *, count, seed):
    """Each answer is judged by the rules of the wire as well (`wire_rules`): an OperationOutcome, nothing empty."""
    chance = random.Random(seed)
    statuses = Counter()
    for number in range(count):
        entry = discovery[chance.choice(sorted(discovery))]
        sent = json.dumps(mutated(lawful(entry, fhir, chance), chance)).encode()
        answer = service.post(f"/cds-services/{entry['id']}", content=sent)
        assert answer.status_code in ANSWERS, (seed, number, entry["id"], answer.status_code)
        if answer.status_code == 200:
            assert isinstance(answer.json()["cards"], list)
        statuses[answer.status_code] += 1
    assert statuses[200] > count / 10  # most of what is odd in a chart costs no card
    assert statuses[400] > count / 20


def test_500_mutated_hook_requests_get_clear_answers(service, discovery, fhir):
    assert_answers_are_clear(service, discovery, fhir, count=500, seed=20261124)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(10))
def test_10_000_mutated_hook_requests_get_clear_answers(service, discovery, fhir, seed):
    assert_answers_are_clear(service, discovery, fhir, count=1_000, seed=seed)
