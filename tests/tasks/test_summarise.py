"""Gather, look, ask, read, check: from whom the worker reads, and what it does not touch."""

from datetime import UTC, datetime

import pytest
from job_ledger import (
    FOCUS,
    GOOD,
    KEY,
    Decoder,
    Engine,
    Pictures,
    condition,
    imaging_study,
    patient,
    payload_of,
    sources,
    workshop,
)

from fhir_adapters.errors import (
    AccessDenied,
    AddressRefused,
    ResourceMissing,
    ServerFailed,
    UnreadableRecord,
    WrongPatient,
)
from fhir_adapters.fhir_server import SearchResult
from ledger.records import SummaryJob
from tasks.errors import ModelMissing, WrongPatientData
from tasks.summarise import summarise
from tasks.summary import Verdict


class Server:
    """A FHIR server in a list; `fails` maps "Patient" or a type to an error."""

    def __init__(self, *resources, **fails):
        self.resources, self.fails, self.asked = resources, fails, []

    async def read(self, reference, *, until=None):
        self.asked.append(reference)
        self._fail("Patient")
        return next(one for one in self.resources if one["resourceType"] == "Patient")

    async def search(self, resource_type, parameters, *, until=None):
        self.asked.append(resource_type)
        self._fail(resource_type)
        found = tuple(one for one in self.resources if one["resourceType"] == resource_type)
        return SearchResult(resources=found, complete=True)

    async def follow(self, resource_type, next_url, *, until=None):
        raise AssertionError("no page was promised")

    def _fail(self, name):
        if name in self.fails:
            raise self.fails[name]


class Notes:
    """What was noted, and what of it was kept before the model was asked."""

    def __init__(self):
        self.steps, self.kept = [], []

    def __call__(self, kind, detail):
        self.steps.append((kind, detail))

    def keep(self):
        self.kept = self.kinds

    @property
    def kinds(self):
        return [kind for kind, _ in self.steps]

    def details(self, kind):
        return [detail for name, detail in self.steps if name == kind]


@pytest.fixture
def notes():
    return Notes()


def job(*resources):
    return SummaryJob(
        id="j1",
        attempt=1,
        key=KEY,
        focus=FOCUS,
        fingerprint="f",
        recipe="r",
        payload=payload_of(*(resources or [condition()])),
        lease_until=datetime.now(UTC),
        useful_until=datetime.now(UTC),
    )


def titles(made):
    return [entry.title for entry in made.history.entries]


def test_without_a_server_of_its_own_it_reads_what_the_hook_saw(notes):
    made = summarise(job(), workshop(Engine(GOOD)), note=notes)
    assert titles(made) == ["Type 2 diabetes"]
    assert [statement.verdict for statement in made.summary.statements] == [Verdict.VERIFIED]


def test_its_own_server_comes_first(notes):
    server = Server(patient(), condition(), condition(2, "Gout"))
    made = summarise(job(), workshop(Engine(GOOD), sources=sources(fhir=server)), note=notes)
    assert sorted(titles(made)) == ["Gout", "Type 2 diabetes"]
    assert "Condition" in server.asked
    assert notes.details("fhir.read")[0]["outcome"] == "ok"


@pytest.mark.parametrize(
    "error",
    [
        ServerFailed("down", outcome="HTTP 503"),
        AccessDenied("no", outcome="HTTP 401"),
        ResourceMissing("none", outcome="HTTP 404"),
        UnreadableRecord("html", outcome="malformed JSON"),
    ],
)
def test_with_its_server_down_what_the_hook_saw_still_makes_a_summary(notes, error):
    made = summarise(job(), workshop(Engine(GOOD), sources=sources(fhir=Server(Patient=error))), note=notes)
    assert titles(made) == ["Type 2 diabetes"]
    assert notes.details("fhir.search")[-1] == {"what": "whole record", "outcome": error.outcome, "count": 0}


def test_t5_an_address_refused_is_an_alarm_and_no_end(notes):
    error = AddressRefused("elsewhere", outcome="address refused")
    made = summarise(job(), workshop(Engine(GOOD), sources=sources(fhir=Server(Patient=error))), note=notes)
    assert titles(made) == ["Type 2 diabetes"]
    assert "alarm.address-refused" in notes.kinds


def test_one_type_that_fails_is_said_and_not_more(notes):
    server = Server(patient(), condition(), Observation=ServerFailed("down", outcome="HTTP 503"))
    made = summarise(job(), workshop(Engine(GOOD), sources=sources(fhir=server)), note=notes)
    assert any("Observation" in what and "HTTP 503" in what for what in made.summary.not_used)


def test_t24_another_patient_from_its_own_server_stops_it(notes):
    engine = Engine(GOOD)
    server = Server(patient("p2"), condition())
    with pytest.raises((WrongPatientData, WrongPatient)):
        summarise(job(), workshop(engine, sources=sources(fhir=server)), note=notes)
    assert engine.prompts == []


def test_t24_a_foreign_resource_from_its_own_server_stops_it_and_no_picture_is_fetched(notes):
    engine, pictures = Engine(GOOD), Pictures()
    server = Server(patient(), condition(), imaging_study(), condition(2, patient_id="p2"))
    imaging = {"profile": "imaging", "decoder": Decoder(), "sources": sources(fhir=server, dicomweb=pictures)}
    with pytest.raises(WrongPatientData):
        summarise(job(), workshop(engine, **imaging), note=notes)
    assert (engine.prompts, pictures.calls) == ([], 0)
    assert "alarm.wrong-patient-resource" in notes.kinds


def test_decision_5_in_text_only_no_pixel_is_asked_for(notes):
    pictures, decoder, engine = Pictures(), Decoder(), Engine(GOOD)
    record = job(condition(), imaging_study())
    made = summarise(record, workshop(engine, decoder=decoder, sources=sources(dicomweb=pictures)), note=notes)
    assert (pictures.calls, decoder.calls) == (0, 0)
    assert engine.prompts[0].images == ()
    assert made.evidence.images == ()
    assert any("images are not used in this profile" in what for what in made.summary.not_used)


def test_in_imaging_the_pictures_of_linked_studies_reach_the_model(notes):
    engine = Engine(GOOD)
    imaging = {"profile": "imaging", "decoder": Decoder(), "sources": sources(dicomweb=Pictures())}
    made = summarise(job(condition(), imaging_study()), workshop(engine, **imaging), note=notes)
    assert len(engine.prompts[0].images) == len(made.evidence.images) == 1
    assert notes.details("job.prompted")[0]["images"] == 1


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"decoder": Decoder(), "sources": sources()}, "no image server"),
        ({"decoder": None, "sources": sources(dicomweb=Pictures())}, "no guarded decoder"),
        ({"decoder": Decoder(), "sources": sources(dicomweb=Pictures(fails=ServerFailed("x", outcome="HTTP 500")))},
         "HTTP 500"),
    ],
)  # fmt: skip
def test_pictures_that_could_not_be_had_are_said(notes, given, word):
    made = summarise(job(condition(), imaging_study()), workshop(Engine(GOOD), profile="imaging", **given), note=notes)
    assert made.evidence.images == ()
    assert any(word in what for what in made.summary.not_used)
    assert any(word in str(detail["not_seen"]) for detail in notes.details("job.gathered"))


def test_t5_an_image_address_refused_costs_the_picture_and_not_the_summary(notes):
    imaging = {"decoder": Decoder(), "sources": sources(dicomweb=Pictures(fails=AddressRefused("x")))}
    made = summarise(
        job(condition(), imaging_study()), workshop(Engine(GOOD), profile="imaging", **imaging), note=notes
    )
    assert made.summary.statements
    assert "alarm.address-refused" in notes.kinds


def test_a_chart_without_imaging_says_nothing_of_pictures(notes):
    made = summarise(job(), workshop(Engine(GOOD)), note=notes)
    assert not any("picture" in what for what in made.summary.not_used)


def test_what_was_read_is_kept_before_the_model_is_asked(notes):
    summarise(job(), workshop(Engine(GOOD)), note=notes)
    assert notes.kept == ["job.gathered", "job.prompted"]
    assert notes.kinds == ["job.gathered", "job.prompted", "job.generated", "job.checked"]


def test_without_a_model_nothing_is_read(notes):
    server = Server(patient())
    with pytest.raises(ModelMissing):
        summarise(job(), workshop(None, sources=sources(fhir=server)), note=notes)
    assert server.asked == []


def test_a_statement_that_its_source_does_not_bear_out_is_withheld(notes):
    wrong = GOOD.replace("is active", "was diagnosed in 1987")
    made = summarise(job(), workshop(Engine(wrong)), note=notes)
    assert (made.summary.statements, len(made.summary.withheld)) == ((), 1)
    assert notes.details("job.checked") == [{"verified": 0, "cited": 0, "withheld": 1}]
