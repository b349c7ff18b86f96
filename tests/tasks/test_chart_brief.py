"""The brief as a whole: the same for the same chart, every source real, current means current."""

import random
import re
from datetime import UTC, datetime, timedelta, timezone

import orjson
import pytest
from brief_histories import (
    AS_OF,
    WHOLE,
    allergy,
    brief,
    history,
    order,
    pressure,
    problem,
    report,
    result,
    study,
    vaccine,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_adapters.history import Entry, Kind, PatientHistory, Standing
from fhir_adapters.reading import read_history
from tasks.brief import BriefLine, ChartBrief, Section
from tasks.brief_plain import brief_from_plain, brief_to_plain
from tasks.chart_brief import write_brief

FIGURE = re.compile(r"\d+(?:[.,]\d+)*")
# Lines that count entries rather than repeat their figures.
COUNTS = re.compile(r"\band \d+ more\b|\blatest of \d+\b|\b\d+ earlier\b|\(\d+, latest|\b\d+ entr(?:y|ies)\b")
DIRECTIVES = re.compile(r"\b(?:start|stop|give|consider|should|must|recommend|advise|prescribe|order)\b", re.IGNORECASE)


def assert_holds(chart: PatientHistory, written: ChartBrief) -> None:
    """What is true of every brief of every chart."""
    assert written.lines[0].section is Section.ALLERGIES
    order_of_sections = [list(Section).index(line.section) for line in written.lines]
    assert order_of_sections == sorted(order_of_sections)
    assert all(len(phrase) < 60 for phrase in written.headline)
    assert len(set(written.top)) == len(written.top) <= 3
    assert all(0 <= index < len(written.lines) for index in written.top)
    for line in written.lines:
        assert line.lead
        cited = [chart.by_id[entry_id] for entry_id in line.entry_ids]
        assert not any(entry.restricted for entry in cited)
        assert_current(line.section, cited)
        assert_marked(line, cited)
        if line.section is not Section.NOT_SEEN:
            assert_figures(line.plain, cited)
    assert brief_from_plain(orjson.loads(orjson.dumps(brief_to_plain(written)))) == written


def assert_marked(line: BriefLine, cited: list[Entry]) -> None:
    """What carries a modifier that is not understood says so; so does a result that is not final (A9)."""
    changed = [entry for entry in cited if entry.unread_modifier]
    assert all(entry.unread_modifier in line.plain for entry in changed)
    if line.section is Section.RESULTS and not line.lead.startswith("Without a value"):
        statuses = {entry.status.lower() for entry in cited if not entry.unread_modifier}
        for status, words in {"preliminary": "preliminary", "unknown": "not stated", "registered": "not final"}.items():
            assert status not in statuses or words in line.plain


def assert_named(chart: PatientHistory, written: ChartBrief) -> None:
    """No current medicine or problem stands behind another (A1)."""
    medicines = [line.plain.lower() for line in written.of(Section.MEDICINES)]
    everything = " ".join(line.plain for line in written.lines).lower()
    for entry in chart.entries:
        if entry.standing is Standing.CURRENT and not entry.restricted and entry.title.strip():
            if entry.kind is Kind.MEDICATION:
                words = re.findall(r"\w+", entry.title.lower())[:6]
                # A mark may stand between the name and the strength.
                assert any(set(words) <= set(re.findall(r"\w+", line)) for line in medicines)
            elif entry.kind is Kind.PROBLEM:
                assert entry.title.lower() in everything


def assert_current(section: Section, cited: list[Entry]) -> None:
    """No resolved problem and no stopped medicine among the current ones (C5)."""
    kinds = {Section.PROBLEMS: Kind.PROBLEM, Section.MEDICINES: Kind.MEDICATION}
    if section in kinds:
        assert all(entry.kind is kinds[section] for entry in cited)
        assert not any(entry.standing in {Standing.PAST, Standing.PLANNED} for entry in cited)


def assert_figures(text: str, cited: list[Entry]) -> None:
    """Every figure of a line stands in an entry that it cites (C2), counts of entries apart."""
    if not cited:
        return
    sources = " ".join(
        " ".join((entry.line, entry.title, entry.passage, *(value.text for value in entry.values)))
        + " ".join(text for _, text in entry.details)
        + f" {entry.when or ''} {entry.until or ''}"
        for entry in cited
    )
    known = {figure.lstrip("0") for figure in FIGURE.findall(sources)}
    for figure in FIGURE.findall(COUNTS.sub("", text)):
        assert figure.lstrip("0") in known or figure in sources, figure


def sample_history(path, shuffled: int | None = None) -> PatientHistory:
    resources = [entry["resource"] for entry in orjson.loads(path.read_bytes()).get("entry", [])]
    patient = next(resource["id"] for resource in resources if resource["resourceType"] == "Patient")
    if shuffled is not None:
        random.Random(shuffled).shuffle(resources)
    return read_history(resources, patient_id=patient, coverage=WHOLE).history


def test_an_empty_chart_has_a_brief_that_says_what_is_not_there():
    written = brief()
    assert [line.plain for line in written.lines] == [
        "Allergies: not recorded",
        "No dated entry",
        "Active problems: none recorded",
        "Current medicines: none recorded",
        "Results: none recorded",
        "Nothing left out: all that was supplied of the record types read is used",
    ]
    assert written.warnings == ("Allergies: not recorded",)
    assert written.headline == ()


def test_death_is_the_first_warning():
    assert brief(deceasedDateTime="2026-03-04").warnings[0] == "The patient has died (04-Mar-2026)"
    assert brief(deceasedBoolean=True).warnings[0] == "The patient has died (date not recorded)"
    assert brief(deceasedBoolean=False).warnings == ("Allergies: not recorded",)


def test_what_the_patients_record_says_of_itself_is_a_warning_a9():
    replaced = {"link": [{"type": "replaced-by", "other": {"reference": "Patient/p9"}}]}
    assert brief(**replaced).warnings[0] == "The patient's record: replaced by another record"
    assert "no longer in use" in brief(active=False).warnings[0]


def test_the_allergy_always_has_one_of_the_three_lines():
    chest = study("Chest", "2026-11-20")
    written = brief(
        allergy("Grass pollen"),
        chest,
        report("Chest", "2026-11-20", "New large effusion.", of=chest),
        result("Potassium", 6.8, "2026-11-20", flag="HH"),
        order("Warfarin"),
        problem("Heart failure", onset="2026-11-01"),
    )
    leads = [written.lines[index].lead for index in written.top]
    assert leads == ["Potassium critical high", "Chest", "Allergies"]


def test_no_line_on_the_card_repeats_what_another_has_told():
    written = brief(problem("Angina", onset="2026-10-01"), order("Aspirin"), pressure(150, 90, "2026-11-01"))
    cited = [written.lines[index].entry_ids for index in written.top]
    assert len({entry_id for ids in cited for entry_id in ids}) == sum(map(len, cited))


def test_the_moment_is_what_counts_not_its_time_zone():
    chart = history(problem("Gout", onset="2026-10-01"))
    elsewhere = AS_OF.astimezone(timezone(timedelta(hours=-9)))
    assert write_brief(chart, as_of=elsewhere).lines == write_brief(chart, as_of=AS_OF).lines


def test_an_entry_dated_in_the_future_is_not_lately():
    written = brief(problem("Gout", onset="2031-01-01"), order("Aspirin", since="2030-02-02"))
    assert [line.plain for line in written.of(Section.CHANGES)] == ["No dated entry"]


NAMES = st.sampled_from(
    [
        "Warfarin",
        "Clopidogrel 75 mg",
        "Warfarin with aspirin",
        "Gout",
        "Gout, history of",
        "Stroke (disorder)",
        "x" * 290,
        "\u202eevil",
        "Potassium",
        "DNR",
        "",
        " ",
        "5 mg",
    ]
)
DAYS = st.sampled_from(["2026-11-20", "2026-11-20T23:59:59+14:00", "2019", "2021-03", "2030-01-01", "nonsense", ""])
MODIFIERS = st.sampled_from([[], [], [], [{"url": "http://example.test/not", "valueBoolean": True}]])
SITES = st.sampled_from([[], [{"text": "Left leg"}], [{"text": "Right leg"}], [{"text": "Skin"}]])
CODES = st.sampled_from(["", "1", "B01A"])
RESULT_STATUSES = st.sampled_from(["final", "final", "preliminary", "Corrected", "unknown", "registered", "odd"])
RESOURCES = st.one_of(
    st.builds(
        problem,
        NAMES,
        onset=DAYS,
        code=CODES,
        status=st.sampled_from(["active", "resolved", "", "odd"]),
        bodySite=SITES,
        modifierExtension=MODIFIERS,
    ),
    st.builds(
        order,
        NAMES,
        dose=NAMES,
        since=DAYS,
        code=CODES,
        status=st.sampled_from(["active", "stopped", "on-hold", "draft", "?"]),
        modifierExtension=MODIFIERS,
    ),
    st.builds(
        allergy,
        NAMES,
        reaction=NAMES,
        status=st.sampled_from(["active", "inactive", ""]),
        modifierExtension=MODIFIERS,
    ),
    st.builds(vaccine, NAMES, DAYS, status=st.sampled_from(["completed", "not-done", ""]), modifierExtension=MODIFIERS),
    st.builds(report, NAMES, DAYS, NAMES),
    st.builds(
        result,
        NAMES,
        st.one_of(st.none(), NAMES, st.floats(allow_nan=False, allow_infinity=False, width=32)),
        DAYS,
        code=st.sampled_from(["", "2823-3", "98979-8", "85354-9", "8480-6"]),
        flag=st.sampled_from(["", "H", "LL", "N", "strange"]),
        limits=st.sampled_from([(None, None), (3.5, 5.1), (0.0, None)]),
        vital=st.booleans(),
        status=RESULT_STATUSES,
        bodySite=SITES.map(lambda sites: sites[0] if sites else {}),
        modifierExtension=MODIFIERS,
    ),
)


@settings(max_examples=150)
@given(st.lists(RESOURCES, max_size=14), st.randoms(use_true_random=False))
def test_any_chart_has_a_brief_that_holds_and_gathering_order_is_nothing(resources, shuffler):
    chart = history(*resources)
    written = write_brief(chart, as_of=AS_OF)
    assert_holds(chart, written)
    assert_named(chart, written)
    shuffled = list(resources)
    shuffler.shuffle(shuffled)
    again = write_brief(history(*shuffled), as_of=AS_OF)
    assert again == written


def sample_charts(folder):
    found = sorted(folder.glob("*.json"))
    assert found
    return found


@pytest.mark.parametrize("as_of", [AS_OF, datetime(2027, 11, 24, tzinfo=UTC)])
def test_every_sample_chart_has_a_brief_that_holds(charts, as_of):
    for path in sample_charts(charts):
        chart = sample_history(path)
        written = write_brief(chart, as_of=as_of)
        assert_holds(chart, written)
        assert write_brief(sample_history(path, shuffled=7), as_of=as_of) == written
        assert len(written.top) == 3


def test_no_line_tells_a_clinician_what_to_do_reg_fda_3():
    chest = study("Chest", "2026-11-20")
    written = brief(
        allergy("Penicillin", reaction="Anaphylaxis", criticality="high"),
        problem("Heart failure", onset="2026-10-01"),
        order("Warfarin", dose="5 mg daily", since="2026-10-01"),
        order("Ibuprofen", status="stopped", since="2026-10-01"),
        order("Lisinopril", status="on-hold"),
        order("Digoxin", doNotPerform=True),
        result("INR", 2.4, "2026-10-01", code="6301-6", limits=(0.8, 1.2)),
        result("INR", 6.8, "2026-11-20", code="6301-6", flag="HH", limits=(0.8, 1.2)),
        result("Potassium", None, "2026-11-20", dataAbsentReason={"text": "error"}),
        chest,
        report("Chest", "2026-11-20", "New effusion. CT should be considered.", of=chest),
    )
    words = [re.sub(r"“[^”]*”", "", line.plain) for line in written.lines]
    assert len(words) > 10
    for line in (*words, *written.headline, *written.warnings):
        assert not DIRECTIVES.search(line.replace("no order seen", "")), line


def test_the_sample_charts_have_different_first_lines(charts):
    firsts = [
        written.lines[written.top[0]].plain
        for path in sample_charts(charts)
        for written in [write_brief(sample_history(path), as_of=AS_OF)]
    ]
    assert len(set(firsts)) == len(firsts)


@pytest.mark.shared_data
def test_charts_of_other_makers_have_a_brief_that_holds(shared_data):
    for folder in ("synthea-2019", "synthea-2023-notes", "clinosim-inpatient", "ips"):
        for path in sorted((shared_data / folder).glob("*.json")):
            if path.name.startswith(("hospital", "practitioner", "_")):
                continue
            chart = sample_history(path)
            assert_holds(chart, write_brief(chart, as_of=AS_OF))
