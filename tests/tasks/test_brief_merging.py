"""What stands together in one line: only what is one thing, and never so that a second title disappears."""

import pytest
from brief_histories import (
    LOINC,
    RXNORM,
    SNOMED,
    allergy,
    brief,
    line_with,
    lines,
    order,
    problem,
    procedure,
    resource,
    result,
)

from tasks.brief import Section

ATC = "http://www.whocc.no/atc"
ICD = "http://hl7.org/fhir/sid/icd-10-cm"


def codings(text, *pairs):
    coding = [{"system": system, "code": code} if system else {"code": code} for system, code in pairs]
    return {"text": text, "coding": coding}


def ordered(text, *pairs, dose="", **members):
    return order(text, dose=dose, **members) | {"medicationCodeableConcept": codings(text, *pairs)}


def conditions(*titles_and_members):
    return [
        resource("Condition", clinicalStatus={"coding": [{"code": "active"}]}, **members)
        for members in titles_and_members
    ]


def shown(section, *resources):
    return lines(brief(*resources), section)


def text_of(section, *resources):
    return " ".join(shown(section, *resources)).lower()


@pytest.mark.parametrize(
    "shared",
    [
        (ATC, "B01A"),
        (ATC, "B01AC04"),
        ("urn:oid:2.16.840.1.113883.6.73", "B01AC04"),
        ("", "1"),
        ("http://hospital.test/charge", "PHARMACY"),
        (RXNORM, "11289"),
    ],
)
def test_two_ingredients_are_two_medicines_whatever_code_they_share_a1(shared):
    written = brief(
        ordered("Warfarin 5 mg", (RXNORM, "855332"), shared),
        ordered("Clopidogrel 75 mg", (RXNORM, "309362"), shared, since="2026-11-01"),
    )
    assert [line.lead for line in written.of(Section.MEDICINES)] == ["Warfarin", "Clopidogrel"]
    assert "on warfarin" in written.headline


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Paracetamol 500 mg tablet", "Paracetamol 500 mg and codeine 8 mg tablet"),
        ("Paracetamol 500 mg tablet", "Paracetamol 500 mg / codeine 8 mg tablet"),
        ("Paracetamol 500 mg tablet", "Paracetamol 500 mg + codeine 8 mg tablet"),
        ("Paracetamol 500 mg tablet", "Paracetamol 500 mg with codeine"),
        ("Paracetamol tablet", "Paracetamol tablet with codeine"),
        ("Iron tablet", "Iron tablet, folic acid"),
        ("Losartan", "Losartan / hydrochlorothiazide"),
        ("Losartan 50 mg", "Losartan 50 mg-codeine 12.5 mg"),
        ("Interferon beta 1a", "Interferon beta 1b"),
        ("Vitamin B 12", "Vitamin B 6"),
        ("Insulin glargine 100 UNT/ML Injection", "Insulin lispro 100 UNT/ML Injection"),
        ("Penicillin G potassium", "Penicillin V potassium"),
        ("Oral rehydration salts", "Oral morphine"),
        ("Extended release oxycodone", "Extended release metformin"),
        ("Solution for injection heparin", "Solution for injection morphine"),
        ("Warfarin 5 mg", "Warfarin 5 mg placebo"),
    ],
)
@pytest.mark.parametrize("doses", ["", "1 tablet daily"])
def test_a_combination_or_a_sister_never_stands_behind_the_single_ingredient_a1(first, second, doses):
    for newest in (first, second):
        older = second if newest is first else first
        leads = [
            line.lead + line.text
            for line in brief(
                order(older, code="1", dose=doses), order(newest, code="1", dose=doses, since="2026-01-01")
            ).of(Section.MEDICINES)
        ]
        said = " ".join(leads).lower()
        for title in (first, second):
            assert all(
                word in said
                for word in title.lower().replace(",", "").replace("-codeine", " codeine").split()
                if word.isalpha() and word not in {"and", "mg", "tablet"}
            ), (title, said)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Metoprolol succinate", "Metoprolol tartrate"),
        ("Morphine oral solution", "Morphine injection"),
        ("Testosterone oral capsule", "Testosterone injection solution"),
        ("Insulin human", "Insulin human extended release"),
    ],
)
def test_titles_that_differ_in_salt_or_form_are_both_said_a1(first, second):
    said = text_of(Section.MEDICINES, order(first), order(second, since="2026-01-01"))
    assert first.lower() in said
    assert second.lower() in said


def test_one_dose_by_two_routes_is_two_doses():
    (line,) = shown(
        Section.MEDICINES,
        order("Methotrexate", dose="15 mg oral once weekly", since="2026-01-02"),
        order("Methotrexate", dose="15 mg subcutaneous once weekly"),
    )
    assert "15 mg oral once weekly | also 15 mg subcutaneous once weekly" in line


def test_a_single_dose_is_not_a_daily_one():
    (line,) = shown(Section.MEDICINES, order("Prednisolone", dose="40 mg once"), order("Prednisolone", dose="40 mg"))
    assert "also" in line


def test_two_strengths_without_a_dose_are_both_said():
    (line,) = shown(Section.MEDICINES, order("Warfarin 1 mg tablet"), order("Warfarin 5 mg tablet"))
    assert "1 mg tablet" in line
    assert "5 mg tablet" in line


def test_a_strength_is_not_taken_for_repeated_by_a_dose_that_ends_alike():
    (line,) = shown(Section.MEDICINES, order("Warfarin 1 mg tablet", dose="11 mg daily"))
    assert "1 mg tablet; 11 mg daily" in line


def test_a_stopped_medicine_that_shares_a_code_does_not_hide_the_one_in_use():
    written = brief(
        ordered("Warfarin", (ATC, "B01A")), ordered("Clopidogrel", (ATC, "B01A"), status="stopped", since="2026-10-01")
    )
    assert [line.lead for line in written.of(Section.MEDICINES)] == ["Warfarin"]
    assert "clopidogrel" in line_with(written, "Medicines ended").text


@pytest.mark.parametrize(
    "shared", [(ICD, "C79.89"), (ICD, "Z85"), ("", "1"), (SNOMED, "64572001"), (SNOMED, "230690007")]
)
@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Metastasis in the brain", "Metastasis in the spleen"),
        ("Stroke", "History of stroke"),
        ("Breast cancer", "Family history of breast cancer"),
        ("Cataract, left eye", "Cataract, right eye"),
        ("Burn, grade 2 of left hand", "Burn, grade 3 of right hand"),
        ("Angina", "Suspected angina"),
        ("Diabetic retinopathy stage 2, left eye", "Diabetic retinopathy stage 3, right eye"),
    ],
)
def test_two_titles_are_two_problems_whatever_code_they_share_a1(first, second, shared):
    made = conditions({"code": codings(first, shared)}, {"code": codings(second, shared)})
    leads = {line.partition(":")[0] for line in shown(Section.PROBLEMS, *made)}
    assert leads == {first, second}


def test_a_later_doubt_does_not_pass_over_an_earlier_certainty():
    def stroke(verification, onset):
        return problem("Stroke", onset=onset, verificationStatus={"coding": [{"code": verification}]})

    sure, unsure = stroke("confirmed", "2019"), stroke("differential", "2026-10-01")
    assert shown(Section.PROBLEMS, sure, unsure) == ["Stroke: differential, also recorded as confirmed, since 2019"]


def test_a_colon_is_no_part_of_a_name():
    (line,) = shown(Section.MEDICINES, order("Metformin: 500 mg"), order("Metformin 500 mg"))
    assert line == "Metformin: 500 mg, since Jan 2024"


def test_stages_at_two_sites_are_two_lines():
    sites = [{"bodySite": [{"text": site}]} for site in ("Sacrum", "Heel")]
    made = [problem(f"Pressure ulcer stage {n}", **site) for n, site in enumerate(sites, 3)]
    assert shown(Section.PROBLEMS, *made) == ["Pressure ulcer stage 3, sacrum", "Pressure ulcer stage 4, heel"]


def test_a_site_that_only_says_the_title_again_or_nothing_is_no_part_of_it():
    sites = ("Heart structure", "Body site not specified", "Left ventricle")
    (line,) = shown(Section.PROBLEMS, problem("Acute MI", bodySite=[{"text": sites[0]}]))
    assert line == "Acute MI"
    (line,) = shown(Section.PROBLEMS, *(problem("Acute MI", bodySite=[{"text": site}]) for site in (sites[1], "")))
    assert line == "Acute MI"
    assert len(shown(Section.PROBLEMS, *(problem("Acute MI", bodySite=[{"text": site}]) for site in sites))) == 3


@pytest.mark.parametrize(("here", "there"), [("Left eye", "Right eye"), ("Liver", "Brain"), ("Left eye", "")])
def test_one_problem_at_two_sites_is_two_lines_that_say_the_site_c8(here, there):
    sites = [{"bodySite": [{"text": site}]} if site else {} for site in (here, there)]
    made = conditions(*({"code": codings("Metastasis", (SNOMED, "1")), **site} for site in sites))
    found = shown(Section.PROBLEMS, *made)
    assert len(found) == 2
    assert all(not site or any(site.lower() in line.lower() for line in found) for site in (here, there))


def test_sides_of_a_problem_are_said_wherever_it_is_named():
    made = conditions(
        {"code": codings("Fracture of radius"), "bodySite": [{"text": "Left"}], "onsetDateTime": "2026-10-01"}
    )
    written = brief(*made)
    assert "left" in line_with(written, "New problems").text.lower()
    assert "left" in written.of(Section.PROBLEMS)[0].plain.lower()
    assert all("left" in phrase.lower() for phrase in written.headline if "fracture" in phrase)


def test_one_operation_on_two_sides_is_two_operations_c8():
    def amputation(side, when):
        return procedure("Amputation of leg", when) | {"bodySite": [{"text": side}]}

    written = brief(amputation("Left leg", "2026-10-01"), amputation("Right leg", "2026-11-01"))
    said = line_with(written, "Procedures").text
    assert said == "amputation of leg, right leg (01-Nov-2026); amputation of leg, left leg (01-Oct-2026)"
    written = brief(amputation("Left leg", "2012-10-01"), amputation("Right leg", "2026-11-01"))
    assert "left leg (01-Oct-2012)" in line_with(written, "Earlier procedures").text


def test_medicines_that_share_a_title_without_a_name_say_what_their_codes_say():
    def unnamed(code, display):
        named = {"text": "Home medication", "coding": [{"system": RXNORM, "code": code, "display": display}]}
        return order("") | {"medicationCodeableConcept": named}

    (line,) = shown(Section.MEDICINES, unnamed("1", "warfarin 5 MG Oral Tablet"), unnamed("2", "clopidogrel 75 MG"))
    assert "warfarin 5 MG" in line
    assert "clopidogrel 75 MG" in line


def test_problems_that_share_a_title_say_what_their_codes_say():
    def cancer(code, display):
        return {"code": {"text": "Breast cancer", "coding": [{"system": ICD, "code": code, "display": display}]}}

    (line,) = shown(
        Section.PROBLEMS,
        *conditions(
            cancer("C50.9", "Malignant neoplasm of breast"),
            cancer("Z80.3", "Family history of malignant neoplasm of breast"),
        ),
    )
    assert "“Malignant neoplasm of breast”" in line
    assert "“Family history of malignant neoplasm of breast”" in line


def test_a_resolved_side_does_not_hide_that_the_other_is_active():
    gone = problem("Deep vein thrombosis", status="resolved", onset="2026-09-01", bodySite=[{"text": "Right leg"}])
    here = problem("Deep vein thrombosis", onset="2026-10-01", bodySite=[{"text": "Left leg"}])
    written = brief(gone, here)
    assert "left leg" in written.of(Section.PROBLEMS)[0].plain.lower()
    assert "right leg" in line_with(written, "Problems resolved").text.lower()


@pytest.mark.parametrize("shared", [("", "CHEM"), ("http://hospital.test/panel", "CHEM")])
def test_two_results_that_share_a_code_are_two_results_a1(shared):
    made = [
        result(title, value, when, unit="mmol/L", flag=flag) | {"code": codings(title, shared)}
        for title, value, when, flag in (("Potassium", 6.9, "2026-11-20", "HH"), ("Sodium", 140, "2026-11-21", "N"))
    ]
    said = text_of(Section.RESULTS, *made)
    assert "potassium critical high: 6.9" in said
    assert "sodium 140" in said


def test_a_local_code_that_looks_like_a_loinc_code_is_not_taken_for_one():
    made = [
        result("Potassium", 6.9, "2026-11-20", unit="mmol/L", flag="HH", code="2823-3"),
        result("Bed number", 12, "2026-11-21") | {"code": codings("Bed number", ("http://hospital.test", "2823-3"))},
    ]
    assert "potassium critical high: 6.9" in text_of(Section.RESULTS, *made)


def test_one_measurement_of_two_sides_is_two_results_c8():
    def eye(side, value, when, flag):
        site = {"bodySite": {"text": f"{side} eye"}, "code": codings("Intraocular pressure", (LOINC, "56844-4"))}
        return result("Intraocular pressure", value, when, unit="mmHg", flag=flag) | site

    said = text_of(Section.RESULTS, eye("Left", 34, "2026-11-20", "H"), eye("Right", 14, "2026-11-21", "N"))
    assert "intraocular pressure, left eye high: 34 mmhg" in said
    assert "intraocular pressure, right eye 14 mmhg" in said


def test_one_culture_of_two_specimens_is_two_results():
    def culture(specimen, value, when, flag=""):
        return result("Culture", value, when, flag=flag, specimen={"display": specimen})

    said = text_of(
        Section.RESULTS,
        culture("Blood", "Staphylococcus aureus", "2026-11-20", "A"),
        culture("Urine", "No growth", "2026-11-21"),
    )
    assert "staphylococcus aureus" in said
    assert "no growth" in said
    assert "blood" in said


def test_a_confirmed_allergy_is_not_called_unconfirmed_for_another_entry_of_it():
    unsure = {"verificationStatus": {"coding": [{"code": "unconfirmed"}]}}
    sure = {"verificationStatus": {"coding": [{"code": "confirmed"}]}, "criticality": "high"}
    (line,) = shown(
        Section.ALLERGIES,
        allergy("Penicillin", reaction="Anaphylaxis", criticality="low", **unsure),
        allergy("Penicillin", reaction="Rash", **sure),
    )
    assert line == "Allergies: penicillin (anaphylaxis; rash, high criticality)"
