"""Allergies: in words, with severity, and never confused with their absence (C6)."""

import pytest
from fhir_samples import SNOMED, coded, concept, entry_of, omission_of, resource

from fhir_adapters.history import Kind, Reason, Standing
from fhir_adapters.reading.absences import says_nothing

IPS = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"


def allergy(**elements):
    return resource("AllergyIntolerance", **{"clinicalStatus": coded("active"), **elements})


def test_an_allergy_says_what_happens_how_badly_and_since_when():
    entry = entry_of(
        allergy(
            code=concept("Allergy to penicillin", code="91936005"),
            criticality="high",
            type="allergy",
            category=["medication"],
            onsetDateTime="1987",
            recordedDate="2019-03-12",
            reaction=[{"manifestation": [concept("anaphylaxis")], "severity": "severe"}],
        )
    )
    assert entry.line == ("Allergy: penicillin — anaphylaxis (severe), high criticality, active, recorded 12-Mar-2019")
    assert (entry.kind, entry.title, entry.standing) == (Kind.ALLERGY, "penicillin", Standing.CURRENT)
    assert entry.detail == {
        "Substance": "penicillin",
        "Criticality": "high",
        "Reactions": "anaphylaxis (severe)",
        "Type": "allergy",
        "Category": "medication",
        "Onset": "1987",
        "Recorded": "12-Mar-2019",
    }
    assert entry.codes[0].code == "91936005"


@pytest.mark.parametrize(
    ("name", "substance"),
    [
        ("Penicillin allergy", "Penicillin"),
        ("Allergic to nuts", "nuts"),
        ("Mold (organism)", "Mold"),
        ("Aspirin", "Aspirin"),
    ],
)
def test_the_substance_stands_alone(name, substance):
    assert entry_of(allergy(code=concept(name))).detail["Substance"] == substance


@pytest.mark.parametrize(
    ("system", "code", "title"),
    [
        (SNOMED, "716186003", "No known allergies"),
        (SNOMED, "409137002", "No known drug allergies"),
        (SNOMED, "428607008", "No known environmental allergies"),
        (SNOMED, "429625007", "No known food allergies"),
        (IPS, "no-known-allergies", "No known allergies"),
    ],
)
def test_no_known_allergy_is_an_entry_only_by_its_explicit_code_c6(system, code, title):
    entry = entry_of(
        allergy(code=concept(code=code, system=system, display="No known allergy"), recordedDate="2026-03-12")
    )
    assert (entry.title, entry.standing, entry.detail["No known"]) == (title, Standing.CURRENT, "yes")
    assert entry.line == f"{title}, recorded 12-Mar-2026"
    assert "Substance" not in entry.detail


def test_the_same_words_without_a_code_are_marked_as_words_c6():
    entry = entry_of(allergy(code=concept("NKDA")))
    assert (entry.title, entry.detail["No known"]) == ("No known drug allergies", "as text")


def test_the_same_code_of_another_system_is_no_such_statement_c6():
    entry = entry_of(allergy(code=concept(code="716186003", system="http://example.org", display="Bee venom")))
    assert entry.title == "Bee venom"
    assert "No known" not in entry.detail


def test_nobody_asked_is_not_none_known_c6():
    entry = entry_of(allergy(code=concept(code="no-allergy-info", system=IPS)))
    assert (entry.title, entry.standing) == ("No information about allergies", Standing.UNKNOWN)
    assert "No known" not in entry.detail


@pytest.mark.parametrize(
    ("clinical", "standing"), [("resolved", Standing.CURRENT), ("inactive", Standing.PAST), ("", Standing.CURRENT)]
)
def test_none_known_has_no_clinical_course_but_can_be_withdrawn(clinical, standing):
    entry = entry_of(allergy(code=concept(code="716186003"), clinicalStatus=coded(clinical)))
    assert entry.standing is standing


def test_a_refuted_allergy_and_a_refuted_absence_are_refuted():
    refuted = coded("refuted")
    assert entry_of(allergy(code=concept("Latex"), verificationStatus=refuted)).standing is Standing.REFUTED
    absence = entry_of(allergy(code=concept(code="716186003"), verificationStatus=refuted))
    assert absence.standing is Standing.REFUTED
    assert "refuted" in absence.line


def test_an_allergy_without_a_status_is_unknown_and_says_so():
    entry = entry_of(allergy(code=concept("Latex"), clinicalStatus=None))
    assert entry.standing is Standing.UNKNOWN
    assert "status not recorded" in entry.line


def test_an_intolerance_is_called_one_and_an_unconfirmed_allergy_keeps_its_hedge():
    entry = entry_of(allergy(code=concept("Ramipril"), type="intolerance", verificationStatus=coded("unconfirmed")))
    assert entry.line == "Intolerance: Ramipril, unconfirmed, active"


def test_what_was_entered_in_error_is_left_out():
    assert omission_of(allergy(verificationStatus=coded("entered-in-error"))).reason is Reason.ENTERED_IN_ERROR


def test_an_allergy_named_only_by_its_reaction_is_named():
    entry = entry_of(allergy(reaction=[{"substance": concept("Amoxicillin"), "description": "rash"}]))
    assert entry.title == "Amoxicillin"
    assert entry.detail["Reactions"] == "rash"


NKA = concept(code="716186003", display="No known allergy (situation)")
PENICILLIN = {"system": SNOMED, "code": "373270004", "display": "Penicillin"}


@pytest.mark.parametrize(
    ("elements", "title"),
    [
        ({"code": {**NKA, "text": "Penicillin"}}, "Penicillin"),
        ({"code": {"coding": [*NKA["coding"], PENICILLIN]}}, "Penicillin"),
        ({"code": concept(code="716186003", display="Penicillin")}, "Penicillin"),
        ({"code": {**NKA, "text": "No known allergies except penicillin"}}, "No known allergies except penicillin"),
        ({"reaction": [{"manifestation": [concept("anaphylaxis")]}]}, ""),
        ({"reaction": [{"substance": concept("Latex")}]}, "Latex"),
        ({"criticality": "high"}, ""),
        ({"criticality": " HIGH"}, ""),
        ({"lastOccurrence": "2026-01-01"}, ""),
        ({"code": concept("NKDA"), "criticality": "high"}, ""),
    ],
)
def test_none_known_beside_a_sign_of_an_allergy_is_no_statement_of_absence_c6(elements, title):
    entry = entry_of(allergy(**{"code": NKA, **elements}))
    assert "No known" not in entry.detail
    assert entry.standing is Standing.UNKNOWN
    assert entry.title == (title or "substance not named")
    assert entry.detail["Contradiction"].startswith("contradiction: also says none are known")
    assert "contradiction: also says none are known" in entry.line


@pytest.mark.parametrize(
    "text",
    ["NKA", "No Known Allergies", "No known allergy (situation)", "None known", "Patient denies any allergies",
     "Keine bekannten Allergien", "No known allergies on file.", "Nessuna allergia nota", "Pas d'allergie connue",
     "Geen allergieën bekend", "No Known Active Allergies", "No se conocen alergias", "Sem alergias conhecidas",
     "Inga kända allergier"],
)  # fmt: skip
def test_the_words_of_an_absence_do_not_contradict_its_code_c6(text):
    entry = entry_of(allergy(code={**NKA, "text": text}, criticality="unable-to-assess"))
    assert (entry.title, entry.detail["No known"]) == ("No known allergies", "yes")


def test_the_narrower_of_two_absences_stands_c6():
    """A statement about drugs alone says nothing of foods."""
    entry = entry_of(allergy(code={**NKA, "text": "NKDA"}))
    assert entry.title == "No known drug allergies"


@pytest.mark.parametrize(
    "elements",
    [
        {"verificationStatus": {"text": "perhaps"}},
        {"clinicalStatus": {"text": "odd"}},
        {"modifierExtension": [{"url": "urn:not", "valueBoolean": True}]},
        {"note": [{"modifierExtension": [{"url": "urn:not"}]}]},
        {"implicitRules": "urn:rules"},
    ],
)
def test_an_absence_that_is_not_certain_does_not_speak_c6(elements):
    entry = entry_of(allergy(code=NKA, **elements))
    assert "No known" not in entry.detail
    assert (entry.title, entry.standing) == ("not certain whether there are allergies", Standing.UNKNOWN)


@pytest.mark.parametrize("text", ["Refuted", "Refuted by patient", "REFUTED"])
@pytest.mark.parametrize("code", [NKA, concept("NKDA")])
def test_an_absence_refuted_in_words_is_refuted_c6(code, text):
    entry = entry_of(allergy(code=code, verificationStatus={"text": text}))
    assert entry.standing is Standing.REFUTED


@pytest.mark.parametrize("kind", ["Condition", "MedicationStatement"])
def test_no_known_problems_or_medicines_beside_a_name_is_no_absence(kind):
    element, code = ("code", "160245001") if kind == "Condition" else ("medicationCodeableConcept", "787481004")
    named = {**concept(code=code), "text": "Warfarin"}
    entry = entry_of(resource(kind, status="active", clinicalStatus=coded("active"), **{element: named}))
    assert (entry.title, entry.standing) == ("Warfarin", Standing.UNKNOWN)
    assert "No known" not in entry.detail
    unsure = resource(kind, status="odd", clinicalStatus=coded("odd"), **{element: concept(code=code)})
    assert "No known" not in entry_of(unsure).detail


@pytest.mark.parametrize(
    "text", ["Nessuna allergia nota tranne penicillina", "No penicillin allergy", "Latex, no others"]
)
def test_a_code_of_absence_beside_words_for_a_thing_is_not_decisive_c6(text):
    assert "Contradiction" in entry_of(allergy(code={**NKA, "text": text})).detail


def test_a_low_criticality_is_no_sign_of_an_allergy_c6():
    assert entry_of(allergy(code=NKA, criticality="low")).detail["No known"] == "yes"
    assert "Contradiction" in entry_of(allergy(code={**NKA, "text": "Penicillin"}, criticality="low")).detail


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("No Known Allergies (NKA)", "No known allergies"),
        ("No Known Active Allergies", "No known allergies"),
        ("Patient denies any allergies", "No known allergies"),
        ("No known drug allergies (NKDA).", "No known drug allergies"),
        ("No allergy to latex", "No known latex allergies"),
    ],
)
def test_an_absence_in_other_words_is_one_in_words_c6(text, title):
    entry = entry_of(allergy(code=concept(text)))
    assert (entry.title, entry.detail["No known"]) == (title, "as text")


@pytest.mark.parametrize(
    "text",
    ["Not on File", "No allergies on file", "None recorded", "Allergies not documented", "Unknown", "No information"],
)
def test_an_empty_field_is_neither_an_allergy_nor_an_absence_c6(text):
    entry = entry_of(allergy(code=concept(text)))
    assert entry.title == "No information about allergies"
    assert says_nothing(entry)
    assert entry.standing is Standing.UNKNOWN
    assert "No known" not in entry.detail
    assert entry.detail["Not documented"] == text


def test_an_allergy_to_something_unknown_is_one_c6():
    shock = entry_of(allergy(code=concept("Unknown"), reaction=[{"manifestation": [concept("Anaphylaxis")]}]))
    assert not says_nothing(shock)
    assert shock.title == "Unknown"
    assert not says_nothing(entry_of(allergy(code=concept("Unknown", code="111088007"))))
