"""B7: a restriction is seen in every spelling of its system and every shape of its place."""

import pytest
from fhir_samples import concept, entry_of, resource

from fhir_adapters.reading.labels import labels_of

R4 = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality"
SYSTEMS = [
    R4, f"{R4}|3.0.0", f"{R4}/", R4.upper(), "http://hl7.org/fhir/v3/Confidentiality",
    "http://hl7.org/fhir/v3/vs/Confidentiality", "urn:oid:2.16.840.1.113883.5.25", "URN:OID:2.16.840.1.113883.5.25",
    "2.16.840.1.113883.5.25", "http://terminology.hl7.org/ValueSet/v3-Confidentiality", "",
]  # fmt: skip
VERY = {"system": R4, "code": "V"}
SHAPES = [
    {"meta": {"security": [VERY]}}, {"meta": {"security": VERY}}, {"meta": [{"security": [VERY]}]},
    {"meta": [{"profile": []}, {"security": VERY}]}, {"meta": {"security": {"coding": [VERY]}}},
    {"meta": {"security": [{"coding": VERY}]}}, {"meta": {"security": [[VERY]]}}, {"meta": {"security": "V"}},
    {"meta": {"security": ["V"]}}, {"securityLabel": [{"coding": [VERY]}]}, {"securityLabel": {"coding": VERY}},
    {"securityLabel": [VERY]}, {"securityLabel": VERY}, {"securityLabel": [{"text": "Very restricted"}]},
    {"meta": {"security": [{"system": R4, "code": " v "}]}}, {"meta": {"security": [{"display": "restricted"}]}},
    {"meta": {"security": [{"code": "N"}, VERY]}},
]  # fmt: skip


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("code", ["R", "V"])
def test_a_restriction_is_seen_under_every_name_of_its_system(system, code):
    label = {"system": system, "code": code} if system else {"code": code}
    problem = resource("Condition", code=concept("x"), meta={"security": [label]})
    assert entry_of(problem).restricted


@pytest.mark.parametrize("labelled", SHAPES)
def test_a_restriction_is_seen_in_every_shape(labelled):
    assert labels_of(labelled) == (False, True)


@pytest.mark.parametrize(
    "labelled",
    [
        {}, {"meta": None}, {"meta": "R"}, {"meta": {"security": None}}, {"meta": {"security": [{"code": "N"}]}},
        {"meta": {"security": [{"system": "http://example.org/review", "code": "R"}]}}, {"meta": [["R"]]},
        {"meta": {"security": 5}}, {"meta": {"tag": [{"code": "R"}]}},
    ],
)  # fmt: skip
def test_what_is_no_label_of_confidentiality_restricts_nothing(labelled):
    assert labels_of(labelled) == (False, False)


@pytest.mark.parametrize("label", [{"code": "AIAST"}, {"code": "aiast "}, {"coding": [{"code": "AIAST"}]}, "AIAST"])
def test_a_label_of_ai_is_seen_in_the_same_shapes(label):
    assert labels_of({"meta": {"security": label}})[0]


def test_endless_nesting_of_labels_is_not_followed():
    deep = VERY
    for _ in range(5_000):
        deep = {"coding": [deep]}
    assert labels_of({"meta": {"security": deep}}) == (False, False)
