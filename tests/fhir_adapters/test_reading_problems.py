"""Conditions read as a clinician reads a problem list."""

import pytest
from fhir_samples import coded, concept, entry_of, omission_of, resource

from fhir_adapters.history import Kind, Reason, Standing


def condition(**elements):
    return resource("Condition", **{"code": concept("Type 2 diabetes mellitus"), **elements})


@pytest.mark.parametrize(
    ("clinical", "standing"),
    [
        ("active", Standing.CURRENT),
        ("recurrence", Standing.CURRENT),
        ("relapse", Standing.CURRENT),
        ("inactive", Standing.PAST),
        ("remission", Standing.PAST),
        ("resolved", Standing.PAST),
        ("brand-new-code", Standing.UNKNOWN),
    ],
)
def test_the_clinical_status_decides_whether_a_problem_is_current_c5(clinical, standing):
    entry = entry_of(condition(clinicalStatus=coded(clinical)))
    assert (entry.kind, entry.standing, entry.status) == (Kind.PROBLEM, standing, clinical)


def test_without_a_clinical_status_an_end_means_past_and_nothing_means_unknown():
    assert entry_of(condition()).standing is Standing.UNKNOWN
    assert "status not recorded" in entry_of(condition()).line
    assert entry_of(condition(abatementDateTime="2020")).standing is Standing.PAST
    assert entry_of(condition(abatementString="as a child")).standing is Standing.PAST
    assert entry_of(condition(abatementBoolean=False)).standing is Standing.UNKNOWN


@pytest.mark.parametrize("verification", ["unconfirmed", "provisional", "differential"])
def test_an_uncertain_problem_keeps_its_hedge_c7(verification):
    entry = entry_of(condition(clinicalStatus=coded("active"), verificationStatus=coded(verification)))
    assert verification in entry.line
    assert entry.detail["Verification"] == verification


def test_a_confirmed_problem_is_said_plainly():
    entry = entry_of(
        condition(
            clinicalStatus=coded("active"),
            verificationStatus=coded("confirmed"),
            onsetDateTime="2014-06-10",
            recordedDate="2015-01-01",
            category=[coded("problem-list-item")],
            recorder={"display": "Dr Nobody"},
        )
    )
    assert entry.line == "Type 2 diabetes mellitus (active, since 10-Jun-2014)"
    assert str(entry.when) == "10-Jun-2014"
    assert entry.detail == {
        "Verification": "confirmed",
        "Category": "problem list",
        "Onset": "10-Jun-2014",
        "Recorded": "01-Jan-2015",
        "Author": "Dr Nobody",
    }


@pytest.mark.parametrize("verification", ["refuted", "ruled-out"])
def test_a_refuted_problem_is_refuted_whatever_its_clinical_status_c5(verification):
    entry = entry_of(condition(clinicalStatus=coded("active"), verificationStatus=coded(verification)))
    assert entry.standing is Standing.REFUTED
    assert "refuted" in entry.line


def test_what_was_entered_in_error_is_left_out_and_counted():
    omission = omission_of(condition(verificationStatus=coded("entered-in-error")))
    assert (omission.what, omission.reason) == ("Condition", Reason.ENTERED_IN_ERROR)


def test_a_past_problem_says_when_it_ended():
    entry = entry_of(
        condition(clinicalStatus=coded("resolved"), onsetDateTime="2022-11", abatementDateTime="2022-12-06")
    )
    assert entry.line == "Type 2 diabetes mellitus (resolved 06-Dec-2022, since Nov 2022)"
    assert str(entry.until) == "06-Dec-2022"


def test_an_onset_that_is_no_date_is_kept_in_words():
    assert entry_of(condition(onsetAge={"value": 45, "unit": "years"})).detail["Onset"] == "at 45 years"
    assert "onset childhood" in entry_of(condition(onsetString="childhood")).line


def test_a_date_that_does_not_exist_is_no_date_and_is_not_lost():
    entry = entry_of(condition(clinicalStatus=coded("active"), onsetDateTime="2024-02-30"))
    assert entry.when is None
    assert entry.detail["Date as written"] == "2024-02-30"


def test_the_side_is_in_the_line_where_only_the_body_site_says_it_c8():
    fracture = condition(code=concept("Fracture of wrist"), bodySite=[concept("Left wrist structure")])
    assert entry_of(fracture).line.startswith("Fracture of wrist, left wrist structure (")
    heart = condition(code=concept("Acute MI"), bodySite=[concept("Heart structure")])
    assert "heart" not in entry_of(heart).line


def test_a_semantic_tag_is_not_shown_and_a_code_without_a_name_is():
    assert entry_of(condition(code=concept("Sinusitis (disorder)"))).title == "Sinusitis"
    assert entry_of(condition(code=concept("Pain (left)"))).title == "Pain (left)"
    assert entry_of(condition(code=concept(code="123"))).title == "code 123"
    assert entry_of(condition(code=concept(code="123", display="Asthma"))).title == "Asthma"
    assert entry_of(condition(code={})).title == "Problem without a name"


def test_a_modifier_extension_makes_no_claim_stand():
    entry = entry_of(condition(clinicalStatus=coded("active"), modifierExtension=[{"url": "x", "valueBoolean": True}]))
    assert entry.standing is Standing.UNKNOWN
    assert entry.detail["Modifier"] == "changed by an extension that is not understood"
    assert "not understood" in entry.line


def test_no_known_problems_is_marked_as_such():
    entry = entry_of(condition(code=concept(code="160245001"), clinicalStatus=coded("active")))
    assert (entry.title, entry.detail["No known"]) == ("No known problems", "yes")


def test_labels_of_ai_and_of_confidentiality_are_seen():
    ai = {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "AIAST"}]}
    secret = {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}]}
    local = {"security": [{"system": "http://example.org/review", "code": "R"}]}
    assert entry_of(condition(meta=ai)).ai_asserted
    assert entry_of(condition(meta=secret)).restricted
    plain = entry_of(condition(meta=local))
    assert not plain.ai_asserted
    assert not plain.restricted
