"""C4: a date is told as what it is in the record, and beside the value that is its own."""

import pytest
from little_history import entry, history

from fhir_adapters.history import Kind, Standing
from tasks.checks import c4_dates, c5_status
from tasks.checks.claim import Claim
from tasks.summary import CheckOutcome, StatementKind

CHART = history(
    entry("E1", Kind.ALLERGY, "Codeine", when="2009-02-17",
          details=[("Reactions", "Rash (mild)"), ("Onset", "1987"), ("Recorded", "17-Feb-2009")]),
    entry("E2", Kind.ALLERGY, "Latex", when="2017-08-30", details=[("Recorded", "30-Aug-2017")]),
    entry("E3", Kind.MEDICATION, "Naloxone nasal spray", when="2013-09-19", details=[("Authored", "19-Sep-2013")]),
    entry("E4", Kind.ENCOUNTER, "Inpatient stay", when="2026-10-02T09:50:00Z", until="2026-10-07T10:50:00Z",
          standing=Standing.PAST, details=[("Discharged to", "Expired")]),
    entry("E10", Kind.REPORT, "Chest film", when="2026-11-18",
          passage="New right effusion compared with 16-Apr-2026. Blunting, not present on 16-Apr-2026."),
    entry("E9", Kind.ENCOUNTER, "Inpatient stay", when="2026-05-01", until="2026-05-03",
          standing=Standing.PAST, details=[("Discharged to", "Home")]),
    entry("E5", Kind.RESULT, "Ferritin", when="2026-11-02", values=[("", 310, "ng/mL")]),
    entry("E6", Kind.RESULT, "Ferritin", when="2025-12-09", values=[("", 118, "ng/mL")]),
    entry("E7", Kind.PROBLEM, "Migraine", when="2014-06-10", details=[("Recorded", "10-Jun-2014")]),
    entry("E8", Kind.IMMUNIZATION, "Tetanus vaccine", when="2015-06-01", standing=Standing.REFUTED,
          details=[("Recorded", "01-Jun-2015")]),
)  # fmt: skip


def outcome(text, refs):
    sources = tuple(CHART.by_id[ref] for ref in refs.split())
    return c4_dates.check(Claim.of(StatementKind.COURSE, text, sources, CHART)).outcome


@pytest.mark.parametrize(
    ("text", "refs"),
    [
        ("Rash with codeine in 2009.", "E1"),
        ("Codeine allergy since Feb 2009.", "E1"),
        ("Latex allergy since 30-Aug-2017.", "E2"),
        ("In 2017, reaction to latex.", "E2"),
        ("Migraine began on 10-Jun-2014.", "E7"),
        ("Naloxone nasal spray was given on 19-Sep-2013.", "E3"),
        ("Used naloxone nasal spray on 19-Sep-2013.", "E3"),
        ("Discharged on 02-Oct-2026.", "E4"),
        ("Expired on 02-Oct-2026.", "E4"),
        ("On 02-Oct-2026 she was discharged.", "E4"),
        ("Inpatient stay until 02-Oct-2026.", "E4"),
        ("Admitted on 07-Oct-2026.", "E4"),
        ("On 07-Oct-2026 she was admitted.", "E4"),
        ("Inpatient stay from 07-Oct-2026.", "E4"),
        ("Right effusion on 16-Apr-2026.", "E10"),
        ("Blunting, present on 16-Apr-2026.", "E10"),
        ("Admitted on 07-Oct-2026, discharged on 02-Oct-2026.", "E4"),
        ("Ferritin 118 ng/mL, measured at the visit of 02-Nov-2026.", "E5 E6"),
        ("Ferritin was 310 ng/mL when last seen on 09-Dec-2025.", "E5 E6"),
    ],
)
def test_c4_a_date_told_as_something_else_fails(text, refs):
    assert outcome(text, refs) is CheckOutcome.FAILED


@pytest.mark.parametrize(
    ("text", "refs"),
    [
        ("Codeine allergy since 1987, recorded 17-Feb-2009.", "E1"),
        ("Latex allergy was recorded on 30-Aug-2017.", "E2"),
        ("Latex allergy, on record since 30-Aug-2017.", "E2"),
        ("Naloxone nasal spray was ordered on 19-Sep-2013.", "E3"),
        ("Naloxone nasal spray given since 19-Sep-2013.", "E3"),
        ("Naloxone nasal spray, 19-Sep-2013.", "E3"),
        ("Admitted on 02-Oct-2026 and discharged on 07-Oct-2026.", "E4"),
        ("Admitted from 02-Oct-2026 to 07-Oct-2026.", "E4"),
        ("Inpatient stay of 02-Oct-2026.", "E4"),
        ("Died on 07-Oct-2026.", "E4"),
        ("Ferritin 310 ng/mL, measured at the visit of 02-Nov-2026.", "E5 E6"),
        ("Ferritin 310 ng/mL, up since 09-Dec-2025.", "E5 E6"),
        ("Ferritin 118 ng/mL on 09-Dec-2025 and 310 ng/mL on 02-Nov-2026.", "E5 E6"),
        ("New right effusion on 18-Nov-2026 compared with 16-Apr-2026.", "E10"),
        ("Blunting, not present on 16-Apr-2026.", "E10"),
        ("Refused the tetanus vaccine in June 2015.", "E8"),
    ],
)
def test_c4_a_date_told_as_what_it_is_passes(text, refs):
    assert outcome(text, refs) is CheckOutcome.PASSED


def status(text, ref, record=CHART):
    return c5_status.check(Claim.of(StatementKind.COURSE, text, (record.by_id[ref],), record)).outcome


@pytest.mark.parametrize(
    ("text", "ref"),
    [
        ("Discharged on 07-Oct-2026.", "E4"),
        ("Went home on 07-Oct-2026.", "E4"),
        ("Inpatient stay, discharged.", "E4"),
        ("Died on 03-May-2026.", "E9"),
        ("Inpatient stay, expired.", "E9"),
    ],
)
def test_c5_nobody_is_discharged_who_died_and_nobody_died_who_went_home(text, ref):
    assert status(text, ref) is CheckOutcome.FAILED


@pytest.mark.parametrize(
    ("text", "ref"),
    [("Died on 07-Oct-2026.", "E4"), ("Discharged home on 03-May-2026.", "E9"), ("Discharged to death.", "E4")],
)
def test_c5_the_way_a_stay_ended_passes(text, ref):
    assert status(text, ref) is not CheckOutcome.FAILED
