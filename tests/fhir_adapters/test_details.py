"""The labels of details are one vocabulary: what is stored under them stays, and nobody spells one a second time."""

from __future__ import annotations

import ast
import hashlib
from collections import defaultdict
from dataclasses import replace

import orjson
import pytest
from fhir_samples import concept, gather, observation, quantity, resource

from fhir_adapters.bundle import history_from_bundle
from fhir_adapters.details import FREE_TEXT, LINKED, NO_FACTS, POINTERS, SITES, Detail
from fhir_adapters.errors import UnreadableRecord
from fhir_adapters.fingerprint import content_hash
from fhir_adapters.stored import canonical, history_from_plain, history_to_plain

# As they stand in histories that are stored, and in the fingerprints of these: only ever longer.
STORED = """Activities|Addresses|Addresses references|Admitted from|Another copy|As needed|Author|Authored|Body site
Category|Class|Complications|Conclusion|Conclusion codes|Contradiction|Course|Criticality|Date as written|Derived from
Description|Discharged to|Do not give|Document status|Dose|Dose as written|Dose number|Encounter|Ended|Follow-up|Given
Goals|Imaging studies|Impression|Instructions|Intent|Issued|Last occurrence|Laterality|Members|Method|Modality|Modifier
No known|Not documented|Not read|Note|Number of instances|Number of series|Onset|Outcome|Performed|Practice setting
Reactions|Reason|Reason references|Recorded|Reference range|Reported|Results|Route|Series|Series instance UIDs|Service
Setting|Severity|Since|Site|Specimen|Stage|Stated|Status reason|Study instance UID|Subpotent|Substance|Target disease
Type|Verification""".replace("\n", "|").split("|")

CHART = (
    resource(
        "AllergyIntolerance",
        "a1",
        clinicalStatus={"coding": [{"code": "active"}]},
        verificationStatus={"coding": [{"code": "confirmed"}]},
        code=concept("Penicillin"),
        criticality="high",
        reaction=[{"manifestation": [concept("Anaphylaxis")], "severity": "severe"}],
        recordedDate="2009-02-17",
        note=[{"text": "As a child."}],
    ),
    resource(
        "MedicationRequest",
        "m1",
        status="active",
        intent="order",
        authoredOn="2026-03-01",
        medicationCodeableConcept=concept("Metformin 500 mg tablet"),
        dosageInstruction=[{"text": "twice daily with meals", "route": concept("oral")}],
        reasonReference=[{"reference": "Condition/c1"}],
    ),
    resource(
        "Procedure",
        "s1",
        status="completed",
        code=concept("Hernia repair"),
        performedDateTime="2020-05-04",
        bodySite=[concept("Right groin")],
        followUp=[concept("Wound check")],
    ),
    observation("o1", valueQuantity=quantity(131, "mmol/L"), specimen={"display": "Urine"}, method=concept("ISE")),
)
OURS = ("fhir_adapters", "tasks", "hooks", "cds_service")

# Where a string is spelt like a label and is something else.
OTHER_WORDS = {
    "fhir_adapters/dicom_frame.py": {"Modality"},  # attributes of DICOM
    "fhir_adapters/dicom_header.py": {"Modality"},
    "fhir_adapters/restamp.py": {"Modality", "Laterality"},
    "fhir_adapters/types.py": {"Encounter"},  # types of FHIR
    "fhir_adapters/reading/encounters.py": {"Encounter"},
    "fhir_adapters/reading/readers.py": {"Encounter"},
    "tasks/brief_rules/names.py": {"Encounter", "Specimen"},
    "cds_service/openapi/requests.py": {"Encounter"},
    "cds_service/openapi/answers.py": {"Service"},  # the name of a schema
    "tasks/brief_rules/results.py": {"Results"},  # headings
    "tasks/stay_rules/course.py": {"Results"},
    "cds_service/review/words.py": {"Results"},
}


def trees(repository, *packages):
    """Every module of some packages as (path, syntax tree)."""
    for package in packages:
        for path in sorted((repository / package).rglob("*.py")):
            yield path.relative_to(repository).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def is_details(node):
    return isinstance(node, ast.Attribute) and node.attr in {"detail", "details"}


def exported(tree):
    """The strings of `__all__`, which are names of Python's."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(
            isinstance(one, ast.Name) and one.id == "__all__" for one in node.targets
        ):
            yield from ast.walk(node.value)


def test_the_labels_are_those_under_which_histories_are_stored():
    assert sorted(Detail) == sorted(STORED)


def test_a_history_keeps_the_fingerprint_and_the_stored_form_that_it_had_when_labels_were_plain_strings():
    history = gather(*CHART).history
    assert history.fingerprint == "da9196af77cc05a75eed5cf9afb0d76e607cdddb8640df7299ec91cd20ced099"
    assert (
        hashlib.sha256(canonical(history_to_plain(history))).hexdigest()
        == "c49f00c03426dbc660cbe350844ff0bba2d00faa91e7f36b1ba31d649b6d2116"  # with the encounter of an entry
    )


def test_labels_are_members_after_reading_and_after_storing(charts):
    for path in sorted(charts.glob("*.json")):
        history = history_from_bundle(orjson.loads(path.read_bytes())).history
        again = history_from_plain(orjson.loads(canonical(history_to_plain(history))))
        for each in (history, again):
            assert {type(label) for entry in each.entries for label, _ in entry.details} <= {Detail}
        assert again == history


def test_what_is_stored_holds_plain_strings():
    stored = history_to_plain(gather(*CHART).history)
    assert {type(label) for entry in stored["entries"] for label, _ in entry["details"]} == {str}


def test_the_content_hash_is_that_of_the_plain_labels():
    for entry in gather(*CHART).history.entries:
        plain = replace(entry, details=tuple((str(label), text) for label, text in entry.details))
        assert content_hash(plain) == entry.content_hash


def test_a_stored_label_that_no_member_has_is_refused_and_not_silently_unread():
    stored = history_to_plain(gather(*CHART).history)
    stored["entries"][0]["details"][0][0] = "Certainty"
    with pytest.raises(UnreadableRecord):
        history_from_plain(stored)


def test_a_label_says_references_if_and_only_if_it_has_one_in_words_beside_it():
    """The rule for labels that are made of another one."""
    assert {label for label in Detail if label.endswith(" references")} == set(LINKED)
    assert all(label == f"{in_words} references" for label, in_words in LINKED.items())


def test_what_a_person_worded_is_a_fact_and_pointers_are_none():
    assert POINTERS < NO_FACTS
    assert NO_FACTS.isdisjoint(FREE_TEXT | SITES)


def test_every_member_is_added_by_a_reader(repository):
    used = {
        node.attr
        for _, tree in trees(repository, "fhir_adapters/reading")
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Detail"
    }
    assert used == set(Detail.__members__)


def test_no_module_spells_a_label_that_is_a_member(repository):
    """Use the member of Detail; another word that is spelt alike belongs into OTHER_WORDS with what it is."""
    labels, spelt = set(Detail), defaultdict(set)
    for path, tree in trees(repository, *OURS):
        for node in set(ast.walk(tree)) - set(exported(tree)):
            if isinstance(node, ast.Constant) and node.value in labels and path != "fhir_adapters/details.py":
                spelt[path].add(node.value)
    assert spelt == OTHER_WORDS


def test_no_module_asks_the_details_of_an_entry_for_a_string(repository):
    """Neither `"No known" in entry.detail` nor `entry.detail["Note"]`, whether or not a member is spelt so."""
    asked = [
        f"{path}:{node.lineno}"
        for path, tree in trees(repository, "fhir_adapters", "tasks")
        for node in ast.walk(tree)
        if (
            isinstance(node, ast.Compare)
            and isinstance(node.left, ast.Constant)
            and any(map(is_details, node.comparators))
        )
        or (
            isinstance(node, ast.Subscript)
            and isinstance(node.slice, ast.Constant)
            and isinstance(node.slice.value, str)
            and is_details(node.value)
        )
    ]
    assert not asked


def test_no_module_matches_a_part_of_a_label(repository):
    """Of a detail's (label, text), the label is compared whole: a prefix finds what was not meant, or nothing."""
    parts = [
        f"{path}:{node.lineno}"
        for path, tree in trees(repository, *OURS)
        if any(map(is_details, ast.walk(tree)))
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr in {"startswith", "endswith", "removeprefix", "removesuffix"}
        and isinstance(node.value, ast.Name)
        and node.value.id == "label"
    ]
    assert not parts
