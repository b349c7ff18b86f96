"""Each check, on sentences that a tired clinician could be misled by; and on those that are simply true."""

import pytest
from little_history import chart, entry, history

from fhir_adapters.history import Kind, Standing
from tasks.checks import CHECKS, run_checks
from tasks.checks.claim import Claim
from tasks.checks.dates import printed_dates
from tasks.checks.frequency import frequencies
from tasks.checks.units import figures, same_unit
from tasks.summary import CheckOutcome, StatementKind, Verdict
from tasks.verdict import judge

CHART = chart()


def claim(text, refs, kind="result", record=CHART):
    return Claim.of(StatementKind(kind), text, tuple(record.by_id[ref] for ref in refs.split()), record)


def failures(text, refs, kind="result", record=CHART):
    results = run_checks(claim(text, refs, kind, record))
    return {result.check for result in results if result.outcome is CheckOutcome.FAILED}


TRUE = [
    ("eGFR fell from 58 (17-Jan-2023) to 31 mL/min/1.73 m2 (02-Nov-2026).", "E6 E8", "result"),
    ("eGFR 58, 44 and 31 mL/min/1.73 m2.", "E6 E7 E8", "result"),
    ("Kidney function fell from 44 to 31 mL/min/1.73 m2.", "E7 E8", "result"),
    ("eGFR 31 mL/min/1.73 m2, down from 44 mL/min/1.73 m2.", "E7 E8", "result"),
    ("HbA1c 8.1 % on 2 Nov 2026.", "E9", "result"),
    ("HbA1c 8.14 % in November 2026.", "E9", "result"),
    ("Blood pressure 152/84 mmHg on 2026-11-02.", "E10", "result"),
    ("Takes metformin 500 mg twice daily.", "E4", "medicine"),
    ("Takes metformin for type 2 diabetes.", "E4 E2", "medicine"),
    ("Ibuprofen was stopped because kidney function is falling.", "E5", "medicine"),
    ("Penicillin allergy: severe anaphylaxis.", "E1", "allergy"),
    ("Pneumonia, resolved on 06-Dec-2022.", "E3", "problem"),
    ("Type 2 diabetes since 2014.", "E2", "problem"),
    ("New small right pleural effusion on the chest radiograph of 18-Nov-2026.", "E11", "imaging"),
    ("No pneumothorax on the chest radiograph.", "E11", "imaging"),
    ("Heart failure is a possible cause.", "E11", "imaging"),
    ("Follow-up CT is recommended.", "E11", "imaging"),
    ("Denies chest pain.", "E12", "course"),
    ("The note says “feels tired”.", "E12", "course"),
    ("Colonoscopy is planned for 01-Dec-2026.", "E13", "course"),
    ("Repair of right inguinal hernia in 2013.", "E14", "course"),
    ("Oedema due to amlodipine.", "E12", "course"),
    ("No longer takes ibuprofen.", "E5", "medicine"),
    ("HbA1c 8.1 % and blood pressure 152/84 mmHg on 02-Nov-2026.", "E9 E10", "result"),
    ("On 12-Nov-2024 eGFR was 44 mL/min/1.73 m2.", "E7 E8", "result"),
    ("Type 2 diabetes since 2014; pneumonia resolved in Dec 2022.", "E2 E3", "problem"),
    ("Family history: mother had breast cancer.", "E12", "course"),
]
FALSE = [
    # figures, units and doses are for C2 and C3
    ("eGFR 32 mL/min/1.73 m2.", "E8", "result", "C2"),
    ("eGFR 3.1 mL/min/1.73 m2.", "E8", "result", "C2"),
    ("HbA1c 8.2 %.", "E9", "result", "C2"),
    ("HbA1c 8 %.", "E9", "result", "C2"),
    ("Three episodes of pneumonia, resolved.", "E3", "problem", "C2"),
    ("Metformin 5000 mg twice daily.", "E4", "medicine", "C2"),
    ("eGFR fell by 14 mL/min/1.73 m2.", "E7 E8", "result", "C2"),
    ("eGFR 60 mL/min/1.73 m2.", "E8", "result", "C2"),
    ("Metformin 500 mcg twice daily.", "E4", "medicine", "C3"),
    ("Metformin 500 g twice daily.", "E4", "medicine", "C3"),
    ("eGFR 31.", "E8", "result", "C3"),
    ("HbA1c 8.14 mmol/mol.", "E9", "result", "C3"),
    ("Metformin 500 mg three times daily.", "E4", "medicine", "C3"),
    ("Metformin 500.0 mg twice daily.", "E4", "medicine", "C3"),
    ("Metformin 500 U twice daily.", "E4", "medicine", "C3"),
    ("Metformin 500 µg twice daily.", "E4", "medicine", "C3"),
    ("Metformin 500 mg QD.", "E4", "medicine", "C3"),
    # Of C4: dates
    ("HbA1c 8.1 % on 3 Nov 2026.", "E9", "result", "C4"),
    ("HbA1c 8.1 % on 02-Nov-2025.", "E9", "result", "C4"),
    ("HbA1c 8.1 % in October 2026.", "E9", "result", "C4"),
    ("HbA1c 8.1 % in 2021.", "E9", "result", "C4"),
    ("HbA1c 8.1 % on 02/11/2026.", "E9", "result", "C4"),
    ("Ibuprofen was stopped, ordered 19-Apr-2022.", "E5", "medicine", "C4"),  # the record says Apr 2022
    ("Repair of right inguinal hernia in June 2013.", "E14", "course", "C4"),
    ("HbA1c 8.1 % yesterday.", "E9", "result", "C4"),
    ("HbA1c 8.1 % three weeks ago.", "E9", "result", "C4"),
    ("HbA1c 8.1 % at 10:30.", "E9", "result", "C4"),
    ("eGFR 58 mL/min/1.73 m2 (02-Nov-2026) and 31 mL/min/1.73 m2.", "E6 E8", "result", "C4"),
    # each figure, date and trend is of the thing that the sentence says it is of
    ("HbA1c 31 mL/min/1.73 m2 and eGFR 8.1 %.", "E8 E9", "result", "C2"),
    ("Takes metformin 400 mg twice daily; ibuprofen 500 mg was stopped.", "E4 E5", "medicine", "C2"),
    ("Blood pressure 84/152 mmHg.", "E10", "result", "C2"),
    ("On 02-Nov-2026 eGFR was 44 mL/min/1.73 m2.", "E7 E8", "result", "C4"),
    ("Type 2 diabetes since 2022; pneumonia resolved in 2014.", "E2 E3", "problem", "C4"),
    # Of C5: standing
    ("Takes ibuprofen 400 mg.", "E5", "medicine", "C5"),
    ("Ibuprofen 400 mg.", "E5", "medicine", "C5"),
    ("Pneumonia is active.", "E3", "problem", "C5"),
    ("Pneumonia since 08-Nov-2022.", "E3", "problem", "C5"),
    ("Metformin was stopped.", "E4", "medicine", "C5"),
    ("Colonoscopy was performed on 01-Dec-2026.", "E13", "course", "C5"),
    ("Colonoscopy on 01-Dec-2026.", "E13", "course", "C5"),
    ("Metformin was stopped, but ibuprofen is active.", "E4 E5", "medicine", "C5"),
    ("Metformin is active and was stopped.", "E4", "medicine", "C5"),
    ("Currently takes amlodipine.", "E12", "medicine", "C5"),  # the note does not say that it is taken
    # Of C6: allergies
    ("No known allergies.", "E2", "allergy", "C6"),
    ("NKDA.", "E12", "allergy", "C6"),
    ("Not allergic to penicillin.", "E1", "allergy", "C6"),
    ("Metformin allergy.", "E4", "allergy", "C6"),
    # Of C7: negation and doubt
    ("Pneumothorax on the chest radiograph.", "E11", "imaging", "C7"),
    ("No right pleural effusion on the chest radiograph.", "E11", "imaging", "C7"),
    ("Heart failure on the chest radiograph.", "E11", "imaging", "C7"),
    ("Chest pain.", "E12", "course", "C7"),
    ("Breast cancer.", "E12", "problem", "C7"),
    # Of C8: sides
    ("New small left pleural effusion.", "E11", "imaging", "C8"),
    ("New small bilateral pleural effusion.", "E11", "imaging", "C8"),
    ("Repair of left inguinal hernia in 2013.", "E14", "course", "C8"),
    # Of C9: terms
    ("Takes metoprolol 500 mg twice daily.", "E4", "medicine", "C9"),
    ("Type 2 diabetes with retinopathy.", "E2", "problem", "C9"),
    ("Metformin 500 mg twice daily.", "E2", "medicine", "C9"),
    ("Takes metformin 500 mg twice daily.", "E4 E2", "medicine", "C9"),  # cites what it does not name
    # Of C10: trends
    ("eGFR rose from 58 to 31 mL/min/1.73 m2.", "E6 E8", "result", "C10"),
    ("eGFR fell to 31 mL/min/1.73 m2.", "E8", "result", "C10"),
    ("eGFR fell from 31 to 58 mL/min/1.73 m2.", "E6 E8", "result", "C10"),
    ("eGFR improved: 44 then 31 mL/min/1.73 m2.", "E7 E8", "result", "C10"),
    ("eGFR is stable at 31 mL/min/1.73 m2.", "E6 E8", "result", "C10"),
    ("New type 2 diabetes.", "E2", "problem", "C10"),
    # Of C13: identity and links
    ("Testa has type 2 diabetes.", "E2", "problem", "C13"),
    ("Probe takes metformin.", "E4", "medicine", "C13"),
    ("Record MRN-4711: type 2 diabetes.", "E2", "problem", "C13"),
    ("Type 2 diabetes, see https://example.org.", "E2", "problem", "C13"),
    ("Type 2 diabetes, see www.example.org.", "E2", "problem", "C13"),
    ("Type 2 diabetes (evil.com).", "E2", "problem", "C13"),
    ("Type 2 diabetes, write a@b.org.", "E2", "problem", "C13"),
    ("Type 2 diabetes javascript:alert(1).", "E2", "problem", "C13"),
    # Of C14: quotations
    ("The note says “feels well”.", "E12", "course", "C14"),
    ('The note says "feels tired.', "E12", "course", "C14"),
    # Of C15: format and orders
    ("Start metformin 500 mg twice daily.", "E4", "medicine", "C15"),
    ("Metformin should be taken twice daily.", "E4", "medicine", "C15"),
    ("Type 2 diabetes. Stop metformin.", "E2 E4", "problem", "C15"),
    ("**Type 2 diabetes**", "E2", "problem", "C15"),
    ("[Type 2 diabetes](x)", "E2", "problem", "C15"),
    ("<b>Type 2 diabetes</b>", "E2", "problem", "C15"),
    ("- Type 2 diabetes", "E2", "problem", "C15"),
    ("Type 2 diabetes\nmellitus", "E2", "problem", "C15"),
    ("Type 2 diabetes " * 20, "E2", "problem", "C15"),
    ("31 %", "E8", "result", "C15"),
    # Of C17: relations
    ("Metformin caused anaphylaxis.", "E4 E1", "allergy", "C17"),
    ("Pneumonia due to type 2 diabetes, resolved.", "E2 E3", "problem", "C17"),
    ("Takes metformin for pneumonia.", "E4 E3", "medicine", "C17"),
    ("Amlodipine due to oedema.", "E12", "course", "C17"),
    ("Right pleural effusion after metformin.", "E11 E4", "imaging", "C17"),
    ("eGFR fell because of ibuprofen.", "E5 E6 E8", "result", "C17"),
]


@pytest.mark.parametrize(("text", "refs", "kind"), TRUE)
def test_a_true_sentence_passes_every_check(text, refs, kind):
    assert failures(text, refs, kind) == set()
    verdict, reasons = judge(claim(text, refs, kind), run_checks(claim(text, refs, kind)))
    assert verdict is not Verdict.CONTRADICTED
    assert reasons == ()


@pytest.mark.parametrize(("text", "refs", "kind", "check"), FALSE)
def test_a_false_sentence_fails_the_check_that_is_for_it(text, refs, kind, check):
    assert check in failures(text, refs, kind)


def test_every_check_runs_once_in_the_order_of_its_number_and_reasons_what_it_fails():
    results = run_checks(claim("Takes metoprolol 5000 mg for pneumonia.", "E4", "medicine"))
    numbers = [int(result.check.removeprefix("C")) for result in results]
    assert numbers == sorted(set(numbers))
    assert len(numbers) == len(CHECKS)
    assert all(bool(result.reason) == (result.outcome is CheckOutcome.FAILED) for result in results)


def test_c1_an_entry_of_another_version_of_the_chart_is_no_source():
    other = entry("E2", Kind.PROBLEM, "Type 1 diabetes mellitus")
    foreign = Claim.of(StatementKind.PROBLEM, "Type 1 diabetes.", (other,), CHART)
    assert "C1" in {result.check for result in run_checks(foreign) if result.outcome is CheckOutcome.FAILED}


def test_c6_no_known_allergies_passes_with_the_entry_that_says_so_and_with_nothing_else():
    record = history(entry("E1", Kind.ALLERGY, "No known allergy", codes=["716186003"]), entry("E2", Kind.NOTE, "Note"))
    assert failures("No known allergies.", "E1", "allergy", record) == set()
    assert "C6" in failures("No known allergies.", "E2", "allergy", record)


def test_c7_a_provisional_diagnosis_keeps_its_doubt():
    record = history(
        entry("E1", Kind.PROBLEM, "Pulmonary embolism", details=[("Verification", "provisional")]),
        entry("E2", Kind.PROBLEM, "Suspected pulmonary embolism"),
    )
    assert "C7" in failures("Pulmonary embolism.", "E2", "problem", record)
    assert failures("Suspected pulmonary embolism.", "E2", "problem", record) == set()
    assert "C7" in failures("Pulmonary embolism.", "E1", "problem", record)
    assert failures("Pulmonary embolism, provisional.", "E1", "problem", record) == set()


def test_c5_on_hold_and_unknown_standing_are_not_current():
    record = history(
        entry("E1", Kind.MEDICATION, "Warfarin 3 mg", standing=Standing.ON_HOLD),
        entry("E2", Kind.MEDICATION, "Digoxin", standing=Standing.UNKNOWN),
    )
    assert "C5" in failures("Takes warfarin 3 mg.", "E1", "medicine", record)
    assert failures("Warfarin 3 mg is on hold.", "E1", "medicine", record) == set()
    assert "C5" in failures("Takes digoxin.", "E2", "medicine", record)


def test_c13_a_name_that_is_also_a_disease_of_the_record_is_allowed():
    record = history(entry("E1", Kind.PROBLEM, "Graves disease"), name="Ada Graves")
    assert "C13" not in failures("Graves disease is active.", "E1", "problem", record)
    assert "C13" in failures("Ada has Graves disease.", "E1", "problem", record)


@pytest.mark.parametrize(
    ("text", "refs", "kind", "verdict"),
    [
        ("HbA1c 8.1 % on 02-Nov-2026.", "E9", "result", Verdict.VERIFIED),
        ("Takes metformin 500 mg twice daily.", "E4", "medicine", Verdict.VERIFIED),
        ("Chest radiograph of 18-Nov-2026: new small right pleural effusion.", "E11", "imaging", Verdict.CITED),
        ("Doing well.", "E2", "course", Verdict.CONTRADICTED),
        ("The patient is stable.", "E2", "course", Verdict.CONTRADICTED),
        ("On 02-Nov-2026.", "E9", "course", Verdict.CONTRADICTED),
        ("HbA1c.", "E9", "result", Verdict.CITED),
    ],
)
def test_verified_needs_a_compared_fact_and_every_term_in_a_coded_part(text, refs, kind, verdict):
    assert judge(claim(text, refs, kind), run_checks(claim(text, refs, kind)))[0] is verdict


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("mcg", "µg"), ("mm[Hg]", "mmHg"), ("mm Hg", "mmHg"), ("10*3/uL", "10^9/L"),
        ("×10⁹/L", "10*9/L"), ("K/uL", "10*3/uL"),
        ("{score}", ""), ("mL/min/{1.73_m2}", "mL/min/1.73 m2"), ("bpm", "/min"), ("Cel", "°C"), ("U/L", "units/L"),
        ("milligrams", "mg"), ("m[IU]/L", "mIU/L"), ("years", "a"),
    ],
)  # fmt: skip
def test_the_same_unit_in_two_spellings_is_one(one, other):
    assert same_unit(one) == same_unit(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("mg", "g"), ("mg", "mcg"), ("mmol/L", "mg/dL"), ("mL/min", "mL/min/1.73 m2"), ("U/L", "/L"), ("mL", "L")],
)
def test_two_units_are_never_one(one, other):
    assert same_unit(one) != same_unit(other)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("HbA1c and B12 and vitamin D2", []),
        ("152/84 mmHg", [("152", "mmhg"), ("84", "mmhg")]),
        ("58 to 31 mL/min", [("58", "ml/minute"), ("31", "ml/minute")]),
        ("12,500 /uL and 10 000 steps", [("12500", "/ul"), ("10000", "")]),
        ("-2.5", [("-2.5", "")]),
        ("4–11 10*3/uL", [("4", "10*9/l"), ("11", "10*9/l")]),
        ("two tablets", [("2", "tablet")]),
        ("0.3 mL of 1 mg/mL", [("0.3", "ml"), ("1", "mg/ml")]),
        ("K 5.4 H", [("5.4", "")]),
        ("500mg", [("500", "mg")]),
    ],
)
def test_figures_are_read_with_their_units(text, found):
    assert [(str(figure.value), figure.unit) for figure in figures(text)] == found


@pytest.mark.parametrize(
    ("text", "dates"),
    [
        ("2026-11-02", [(2026, 11, 2)]),
        ("02-Nov-2026 and 3 November 2026", [(2026, 11, 2), (2026, 11, 3)]),
        ("Nov 2nd, 2026", [(2026, 11, 2)]),
        ("the 2nd of Nov 2026", [(2026, 11, 2)]),
        ("May 2021", [(2021, 5, None)]),
        ("may be 2021", [(2021, None, None)]),
        ("11/2026", [(2026, 11, None)]),
        ("in March", [(None, 3, None)]),
        ("13/11/2026", [(2026, 11, 13)]),
        ("2000 mg", []),
        ("1.2021", []),
    ],
)
def test_dates_are_read_in_any_common_form_at_their_own_precision(text, dates):
    found = printed_dates(text)
    assert [(date.readings[0].year, date.readings[0].month, date.readings[0].day) for date in found] == dates


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("twice daily", {(2, "day")}), ("BID", {(2, "day")}), ("2 times per day", {(2, "day")}),
        ("every 12 hours", {(2, "day")}),
        ("Q8H", {(3, "day")}), ("three times a day", {(3, "day")}), ("once weekly", {(1, "week")}),
        ("daily", {(1, "day")}),
        ("every 3 months", {(1, "3 months")}), ("often", set()), ("every 0 hours", {(0, "0 hours")}),
        ("every 5 hours", {(0, "5 hours")}),
        ("every " + "9" * 5_000 + " hours", {(0, "every " + "9" * 5_000 + " hours")}),
    ],
)  # fmt: skip
def test_frequencies_are_one_however_they_are_said(text, found):
    assert frequencies(text) == found
