"""A status decides whether a fact holds: however it is written, it is understood or shown as not understood (C5)."""

import pytest
from fhir_samples import coded, concept, entry_of, gather, observation, omission_of, resource
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_adapters.history import Kind, Reason, Standing
from fhir_adapters.reading import statuses
from fhir_adapters.reading.readers import READERS

ALLERGY_CLINICAL = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"
ALLERGY_VERIFICATION = "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification"
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
VERIFICATION = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
LOCAL = "urn:local"

PLAIN = sorted(READERS.keys() - {"AllergyIntolerance", "Condition"})  # types with one `status` code
CURRENT = {
    "CarePlan": "active",
    "DiagnosticReport": "final",
    "DocumentReference": "current",
    "Encounter": "in-progress",
    "ImagingStudy": "available",
    "MedicationRequest": "active",
    "MedicationStatement": "active",
    "Observation": "final",
    "Procedure": "in-progress",
}
ENDED = {
    "CarePlan": ("revoked", Standing.PAST),
    "DocumentReference": ("superseded", Standing.PAST),
    "Encounter": ("finished", Standing.PAST),
    "Immunization": ("not-done", Standing.REFUTED),
    "MedicationRequest": ("stopped", Standing.PAST),
    "MedicationStatement": ("not-taken", Standing.PAST),
    "Procedure": ("not-done", Standing.REFUTED),
}


def codings(*pairs):
    """Codings of (system, code) or of (system, code, display)."""
    return {"coding": [dict(zip(("system", "code", "display"), pair, strict=False)) for pair in pairs]}


def problem(**elements):
    return resource("Condition", **{"code": concept("Stroke"), "clinicalStatus": coded("active"), **elements})


def allergy(**elements):
    return resource(
        "AllergyIntolerance", **{"code": concept("Penicillin"), "clinicalStatus": coded("active"), **elements}
    )


MISTAKES = [
    "Entered-in-Error",
    " ENTERED-IN-ERROR ",
    "entered in error",
    "Entered_In_Error",
    "EnteredInError",
    "entered\u2011in\u2011error",
]


@pytest.mark.parametrize("written", [*MISTAKES, ["entered-in-error"], coded("entered-in-error"), {"text": MISTAKES[2]}])
@pytest.mark.parametrize("kind", PLAIN)
def test_a_mistake_is_left_out_however_its_status_is_written(kind, written):
    assert omission_of(resource(kind, status=written)).reason is Reason.ENTERED_IN_ERROR


@pytest.mark.parametrize(
    "change", [str.upper, str.title, lambda text: f"\n {text}\t", lambda text: text.replace("-", " ")]
)
@pytest.mark.parametrize("kind", sorted(ENDED))
def test_what_has_ended_has_ended_in_any_case(kind, change):
    status, standing = ENDED[kind]
    entry = entry_of(resource(kind, status=change(status)))
    assert (entry.status, entry.standing) == (status, standing)


@pytest.mark.parametrize("kind", sorted(CURRENT))
def test_a_current_status_is_read_in_any_case_and_two_that_contradict_are_unknown(kind):
    status = CURRENT[kind]
    assert entry_of(resource(kind, status=f" {status.upper()}")).standing is Standing.CURRENT
    other = "registered" if kind in {"DiagnosticReport", "ImagingStudy", "Observation"} else ENDED[kind][0]
    both = entry_of(resource(kind, status=[status, other]))
    assert both.standing is Standing.UNKNOWN
    assert status in both.status
    assert other in both.status


@pytest.mark.parametrize("status", ["current-ish", 1, True, {"code": {}}, [], "  "])
@pytest.mark.parametrize("kind", PLAIN)
def test_a_status_that_is_not_understood_never_counts_as_current(kind, status):
    assert entry_of(resource(kind, status=status)).standing is Standing.UNKNOWN


@pytest.mark.parametrize("kind", PLAIN)
def test_a_status_in_an_extension_alone_is_shown_and_not_believed(kind):
    word = CURRENT.get(kind, "completed")
    entry = entry_of(resource(kind, _status={"extension": [{"url": "urn:x", "valueCode": word}]}))
    assert entry.standing is Standing.UNKNOWN
    assert entry.status == f"{word}, by an extension only"


@pytest.mark.parametrize("named", [problem, allergy])
@pytest.mark.parametrize(
    "extended",
    [
        {"clinicalStatus": {"extension": [{"url": "urn:x", "valueCode": "active"}]}},
        {"clinicalStatus": None, "_clinicalStatus": {"extension": [{"url": "urn:x", "valueString": "active"}]}},
    ],
)
def test_a_clinical_status_in_an_extension_alone_is_not_believed(named, extended):
    entry = entry_of(named(**extended))
    assert (entry.standing, entry.status) == (Standing.UNKNOWN, "active, by an extension only")


def test_a_reason_for_a_missing_status_is_no_status():
    absent = {
        "extension": [{"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}]
    }
    assert entry_of(observation(status=None, _status=absent)).status == ""


@pytest.mark.parametrize(
    "written",
    [
        {"text": "Entered in Error"},
        {"text": "Entered in error: wrong chart"},
        codings((LOCAL, "E"), (VERIFICATION, "entered-in-error")),
        codings((VERIFICATION, "confirmed"), (VERIFICATION, "entered-in-error")),
        codings((VERIFICATION, "refuted"), (VERIFICATION, "entered-in-error")),
        codings((LOCAL, "E", "Entered in error")),
        {"coding": [{"display": "Entered-in-Error"}]},
        {**codings((VERIFICATION, "confirmed")), "text": "ENTERED IN ERROR"},
        [coded("confirmed"), coded("entered-in-error")],
        "entered-in-error",
    ],
)
@pytest.mark.parametrize("element", ["verificationStatus", "clinicalStatus"])
@pytest.mark.parametrize("named", [problem, allergy])
def test_a_problem_or_allergy_entered_in_error_is_left_out_wherever_that_stands(named, element, written):
    assert omission_of(named(**{element: written})).reason is Reason.ENTERED_IN_ERROR


@pytest.mark.parametrize(
    "written",
    [
        {"text": "Refuted"},
        {"text": "Refuted by patient"},
        {"text": "ruled out"},
        codings((LOCAL, "RO", "Ruled out"), (ALLERGY_VERIFICATION, "refuted")),
        codings((LOCAL, "R"), (VERIFICATION, "refuted")),
        codings((VERIFICATION, "confirmed"), (VERIFICATION, "refuted")),
        {"coding": [{"display": "Refuted"}]},
    ],
)
@pytest.mark.parametrize("element", ["verificationStatus", "clinicalStatus"])
@pytest.mark.parametrize("named", [problem, allergy])
def test_a_refuted_problem_or_allergy_is_refuted_wherever_that_stands(named, element, written):
    entry = entry_of(named(**{element: written}))
    assert entry.standing is Standing.REFUTED
    assert "refuted" in entry.line


@pytest.mark.parametrize(("named", "system"), [(problem, CLINICAL), (allergy, ALLERGY_CLINICAL)])
def test_the_coding_of_fhirs_own_system_decides_over_a_local_one(named, system):
    behind = entry_of(named(clinicalStatus=codings((LOCAL, "active"), (system, "resolved"))))
    assert (behind.status, behind.standing) == ("resolved", Standing.PAST)
    shown = entry_of(named(clinicalStatus={**codings((system, "inactive")), "text": "Was found by chance"}))
    assert shown.standing is Standing.PAST


@pytest.mark.parametrize(
    "said",
    [
        ("active", "Resolved 2020", Standing.UNKNOWN),
        ("active", "resolved (May 2020)", Standing.UNKNOWN),
        ("active", "Problem resolved", Standing.UNKNOWN),
        ("active", "Inactive", Standing.UNKNOWN),
        ("inactive", "Active", Standing.UNKNOWN),
        ("resolved", "Inactive", Standing.PAST),
        ("active", "Active since 2020", Standing.CURRENT),
        ("active", "Chronic", Standing.CURRENT),
    ],
)
@pytest.mark.parametrize(("named", "system"), [(problem, CLINICAL), (allergy, ALLERGY_CLINICAL)])
def test_a_text_of_another_meaning_contradicts_the_code_beside_it_c5(named, system, said):
    code, text, standing = said
    entry = entry_of(named(clinicalStatus={**codings((system, code)), "text": text}))
    assert entry.standing is standing
    assert (" or " in entry.status) is (standing is Standing.UNKNOWN)


SNOMED_CT = "http://snomed.info/sct"


@pytest.mark.parametrize(
    ("written", "status"),
    [
        (codings((SNOMED_CT, "55561003", "Active (qualifier value)")), "active"),
        (codings((SNOMED_CT, "413322009", "Problem resolved (finding)")), "resolved"),
        (codings((SNOMED_CT, "73425007", "Inactive (qualifier value)")), "inactive"),
        (codings((SNOMED_CT, "413322009")), "resolved"),
        ({"text": "In remission"}, "remission"),
        ({"text": "Problem not active"}, "problem not active"),
    ],
)
def test_a_clinical_status_in_snomeds_words_is_understood(written, status):
    assert entry_of(problem(clinicalStatus=written)).status == status


@pytest.mark.parametrize("named", [problem, allergy])
def test_clinical_codes_that_contradict_are_unknown_and_both_are_shown(named):
    entry = entry_of(named(clinicalStatus=codings((LOCAL, "active"), (LOCAL, "resolved"))))
    assert entry.standing is Standing.UNKNOWN
    assert "active or resolved" in entry.line


def test_a_code_and_its_narrower_one_do_not_contradict():
    entry = entry_of(problem(clinicalStatus=codings((CLINICAL, "active"), (CLINICAL, "recurrence"))))
    assert (entry.status, entry.standing) == ("active", Standing.CURRENT)


@pytest.mark.parametrize("text", ["E", "not refuted", "possibly entered in error", "Refuted?"])
@pytest.mark.parametrize("named", [problem, allergy])
def test_a_verification_that_is_not_understood_is_shown_and_makes_no_claim_stand(named, text):
    entry = entry_of(named(verificationStatus={"text": text}))
    assert entry.standing is Standing.UNKNOWN
    assert text.lower() in entry.line
    assert entry.detail["Verification"] == text.lower()


@pytest.mark.parametrize("named", [problem, allergy])
def test_words_of_doubt_beside_a_confirmation_make_it_unknown(named):
    written = {**codings((VERIFICATION, "confirmed")), "text": "was entered in error?"}
    assert entry_of(named(verificationStatus=written)).standing is Standing.UNKNOWN


@pytest.mark.parametrize("flag", [True, "true", "True ", "yes", 1, "not understood", {"value": True}])
def test_whatever_does_not_plainly_allow_a_medicine_forbids_it(flag):
    entry = entry_of(
        resource("MedicationRequest", status="active", medicationCodeableConcept=concept("Aspirin"), doNotPerform=flag)
    )
    assert entry.standing is Standing.REFUTED
    assert entry.line.startswith("Do not give: Aspirin")


@pytest.mark.parametrize("flag", [False, None, "false", " False", "no", 0, ""])
def test_what_plainly_allows_a_medicine_does_not_forbid_it(flag):
    entry = entry_of(resource("MedicationRequest", status="active", doNotPerform=flag))
    assert entry.standing is Standing.CURRENT


@pytest.mark.parametrize("intent", ["Plan", " PROPOSAL", "option"])
def test_an_intention_in_any_case_is_planned(intent):
    assert entry_of(resource("MedicationRequest", status="active", intent=intent)).standing is Standing.PLANNED


@pytest.mark.parametrize("kind", ["MedicationRequest", "CarePlan"])
def test_an_intent_that_is_not_understood_puts_nothing_in_force(kind):
    entry = entry_of(resource(kind, status="active", intent="whim"))
    assert entry.standing is Standing.UNKNOWN
    assert entry.detail["Intent"] == "whim"


@pytest.mark.parametrize(
    ("kind", "element"),
    [("Procedure", "notDone"), ("Procedure", "doNotPerform"), ("Immunization", "notGiven")],
)
def test_a_denial_of_an_older_release_is_read(kind, element):
    """https://hl7.org/fhir/STU3/procedure.html, https://hl7.org/fhir/STU3/immunization.html."""
    entry = entry_of(resource(kind, status="completed", **{element: "true"}))
    assert (entry.standing, entry.status) == (Standing.REFUTED, "not-done")
    assert entry_of(resource(kind, status="completed", **{element: "false"})).standing is Standing.PAST


@pytest.mark.parametrize(
    ("said", "standing"),
    [
        ({"taken": "n"}, Standing.PAST),
        ({"taken": "N "}, Standing.PAST),
        ({"wasNotTaken": "true"}, Standing.PAST),
        ({"taken": "unk"}, Standing.UNKNOWN),
        ({"taken": "y"}, Standing.CURRENT),
        ({"taken": "na"}, Standing.UNKNOWN),
    ],
)
def test_a_medicine_that_an_older_release_calls_not_taken_is_not_in_use(said, standing):
    """https://hl7.org/fhir/STU3/medicationstatement.html: `taken` is a modifier."""
    assert entry_of(resource("MedicationStatement", status="active", **said)).standing is standing


@pytest.mark.parametrize("written", ["Cancelled", "canceled", ["cancelled"], " CANCELLED"])
@pytest.mark.parametrize("kind", ["Observation", "DiagnosticReport", "ImagingStudy"])
def test_what_was_cancelled_is_left_out_however_it_is_written(kind, written):
    assert omission_of(resource(kind, status=written)).reason is Reason.CANCELLED


@pytest.mark.parametrize(
    ("written", "standing", "is_said"),
    [
        ("FINAL", Standing.CURRENT, False),
        (" Preliminary", Standing.CURRENT, True),
        ("deprecated", Standing.UNKNOWN, True),
        ("odd", Standing.UNKNOWN, True),
    ],
)
def test_a_text_has_a_status_of_its_own(written, standing, is_said):
    entry = entry_of(resource("DocumentReference", status="current", docStatus=written))
    assert entry.standing is standing
    assert (written.strip().lower() in entry.line) is is_said
    wrong = resource("DocumentReference", status="current", docStatus="Entered-In-Error")
    assert omission_of(wrong).reason is Reason.ENTERED_IN_ERROR


@pytest.mark.parametrize("kind", PLAIN)
def test_a_status_called_unknown_is_unknown(kind):
    unknown = entry_of(resource(kind, status="unknown"))
    assert (unknown.standing, unknown.status) == (Standing.UNKNOWN, "unknown")


def test_booleans_written_as_text_are_read():
    value = entry_of(observation(valueBoolean="true")).values[0]
    assert value.text == "yes"
    assert entry_of(observation(valueBoolean="False")).values[0].text == "no"
    assert entry_of(observation(valueBoolean="perhaps")).values[0].text == "perhaps"
    dosed = resource("MedicationRequest", status="active", dosageInstruction=[{"asNeededBoolean": "True"}])
    assert entry_of(dosed).detail["As needed"] == "yes"
    assert entry_of(dosed).detail["Dose"] == "as needed"
    assert entry_of(problem(clinicalStatus=None, abatementBoolean="false")).standing is Standing.UNKNOWN
    assert entry_of(problem(clinicalStatus=None, abatementBoolean="true")).standing is Standing.PAST


@pytest.mark.parametrize(
    ("interpretation", "flag"),
    [
        ([codings((LOCAL, "7"), ("urn:v3", "H"))], "H"),
        ([codings((LOCAL, "7", "High"))], "H"),
        ([codings(("urn:v3", "N")), codings(("urn:v3", "H"))], "H"),
        ([codings(("urn:v3", "h"))], "H"),
        ([{**codings((LOCAL, "7")), "text": "critically low"}], "LL"),
        ([codings((LOCAL, "N")), {"text": "Abnormal"}], "A"),
        ([codings((LOCAL, "XYZ"))], "XYZ"),
    ],
)
def test_the_decisive_interpretation_flags_a_value(interpretation, flag):
    made = observation(valueQuantity={"value": 5}, interpretation=interpretation)
    assert entry_of(made).values[0].flag == flag


@pytest.mark.parametrize(
    "category", [coded("Vital-Signs"), {"text": "Vital signs"}, codings((LOCAL, "7", "Vital Signs"))]
)
def test_a_category_is_read_in_any_case_and_in_words(category):
    assert entry_of(observation(category=[category])).kind is Kind.VITAL


def test_an_intolerance_in_any_case_is_called_one():
    assert entry_of(allergy(type="Intolerance ")).line.startswith("Intolerance: Penicillin")


def test_a_reason_for_no_value_is_read_from_any_coding():
    made = observation(dataAbsentReason=codings((LOCAL, "ND"), (LOCAL, "not-performed", "Not performed")))
    assert entry_of(made).values[0].text.startswith("not done")


def test_a_comparator_that_is_not_understood_is_never_dropped():
    value = entry_of(observation(valueQuantity={"value": 31, "comparator": "ad", "unit": "mL"})).values[0]
    assert (value.text, value.number) == ("ad 31 mL", None)
    spaced = entry_of(observation(valueQuantity={"value": 31, "comparator": " < ", "unit": "mL"})).values[0]
    assert (spaced.text, spaced.comparator) == ("<31 mL", "<")


def test_equal_facts_with_statuses_written_otherwise_have_one_hash():
    one, other = (gather(observation(status=status)).history.entries[0] for status in ("final", "FINAL "))
    assert one.content_hash == other.content_hash


WORD = st.sampled_from(
    [
        *("active", "Active", "confirmed", "Confirmed", "Vital Signs", "vital-signs", "vital  signs", "resolved"),
        *(
            "refuted",
            "Refuted by patient",
            "ruled-out",
            "Ruled out?",
            "onhold",
            "entered in error",
            "Entered-in-Error",
            "E I E",
        ),
        *("er ror", "in-error", "nullified", "disproved", "re\u200bfuted", "entered\u2010in\u2010error", "suspended"),
        *("Normal Range", "normal", "treatment", "not understood", "", " ", "held", "7", "active or resolved"),
    ]
) | st.text(max_size=12)
SYSTEM = st.sampled_from(["http://terminology.hl7.org/CodeSystem/condition-ver-status", "urn:local", "", None, 7])
KNOWN = {"active": 1, "resolved": 2, "confirmed": 1, "refuted": 3, "vital-signs": 1, "normal": 1, "on-hold": 4}


CODING = st.fixed_dictionaries({}, optional={"system": SYSTEM, "code": WORD, "display": WORD | st.integers()})
CONCEPT = st.fixed_dictionaries({"coding": st.lists(CODING, min_size=1, max_size=1)}, optional={"text": WORD})


@settings(max_examples=600)
@given(CONCEPT, st.sampled_from(["", "condition-ver-status"]))
def test_the_quick_look_at_a_concept_finds_what_the_thorough_one_does(said, system):
    quick = statuses._plainly(said, KNOWN, system)
    if quick:
        words = list(statuses._words(said, system))
        texts = statuses._texts(said)
        assert quick == statuses._decided(words, KNOWN, texts=texts, has_hierarchy=bool(system))


@pytest.mark.parametrize("system", ["", "condition-ver-status"])
def test_the_quick_look_passes_over_no_doubt(system):
    own = {"system": "http://terminology.hl7.org/CodeSystem/condition-ver-status", "code": "confirmed"}
    for word in ("Refuted by patient", "entered in error?", "E-I-E", "ruled out", "disproved", "in er ror"):
        assert not statuses._plainly({"coding": [own], "text": word}, KNOWN, system)
    assert statuses._plainly({"coding": [own], "text": "Confirmed"}, KNOWN, system) == "confirmed"
    assert not statuses._plainly({"coding": [{**own, "code": "onhold"}]}, KNOWN, system)
    unknown = statuses._plainly({"coding": [{**own, "code": "treatment"}], "text": "Critical range"}, KNOWN, system)
    assert unknown == ("treatment" if system else "")
