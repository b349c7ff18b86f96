"""Two bases, tenants or clients with the same patient id never meet: neither card nor job, summary nor answer (T24)."""

import orjson
import pytest
from hook_desk import BASE, ENGINE, ehr, hook_body, jobs, prefetch
from test_hook_journey import Server, make_summary

from cds_service.clients import FhirBase
from fhir_adapters.addresses import read_base
from ledger.answers import answers_to

OTHER_BASE = "https://other.test/fhir"
OTHER_ISSUER = "https://second.test"
CALL, FEEDBACK = "/cds-services/chart-summary", "/cds-services/chart-summary/feedback"


class House:
    """One desk, and the same patient id asked for by two callers who mean two people."""

    def __init__(self, make_desk, folder, apart):
        bases = tuple(FhirBase(base=read_base(url)) for url in (BASE, OTHER_BASE))
        clients = {
            "base": (ehr(folder, fhir_bases=bases),),
            "tenant": (ehr(folder, tenants=("north", "south")),),
            "client": (ehr(folder), ehr(folder, id="second", issuer=OTHER_ISSUER, jku="")),
        }[apart]
        self.desk = make_desk(engine=ENGINE, clients=clients, open_server=lambda base, token: Server())
        self.claims, self.bodies = {
            "base": (({}, {}), ({"fhirServer": BASE}, {"fhirServer": OTHER_BASE})),
            "tenant": (({"tenant": "north"}, {"tenant": "south"}), ({}, {})),
            "client": (({}, {"iss": OTHER_ISSUER}), ({}, {})),
        }[apart]

    def post(self, who, path, body):
        headers = {"Authorization": f"Bearer {self.desk.token(path, **self.claims[who])}"}
        return self.desk.http.post(path, json=body, headers=headers)

    def hook(self, who):
        answer = self.post(who, CALL, hook_body(prefetch=prefetch()) | self.bodies[who])
        assert answer.status_code == 200, answer.text
        return answer

    def answer(self, who, card):
        item = {"card": card["uuid"], "outcome": "overridden", "outcomeTimestamp": "2026-11-02T10:31:00Z"}
        return self.post(who, FEEDBACK, {"feedback": [item]})


@pytest.fixture(params=["base", "tenant", "client"])
def house(request, make_desk, tmp_path):
    return House(make_desk, tmp_path, request.param)


def test_t24_the_same_patient_id_elsewhere_has_its_own_card_job_summary_and_answer(house):
    desk, cards = house.desk, house.desk.parts.cards
    (mine,), (theirs,) = (house.hook(who).json()["cards"] for who in (0, 1))
    assert mine["uuid"] != theirs["uuid"]
    found = [cards.find(card["uuid"]) for card in (mine, theirs)]
    assert found[0].key != found[1].key
    assert {one.key.patient_id for one in found} == {"p1"}
    assert desk.kinds().count("job.queued") == desk.kinds().count("history.kept") == 2
    assert cards.latest_for_card(mine["uuid"]).record.id == mine["uuid"]

    # One gets its summary; the other's card still says that one is being prepared.
    by_key = {job.key: job for job in (jobs(desk).claim(one, worker="w", lease_s=60) for one in jobs(desk).due())}
    assert by_key.keys() == {one.key for one in found}
    assert orjson.loads(house.hook(1).content)["cards"] == [theirs]

    # One is answered, and does not come back; the other does.
    assert house.answer(0, mine).status_code == 200
    assert house.hook(0).json() == {"cards": []}
    assert house.hook(1).json()["cards"] == [theirs]
    assert answers_to(desk.store, theirs["uuid"]) == ()


def test_t24_a_summary_of_one_is_on_no_card_of_the_other(make_desk, tmp_path):
    house = House(make_desk, tmp_path, "base")
    (mine,) = house.hook(0).json()["cards"]
    make_summary(house.desk, "Diabetes since 2021")  # of the one base, whose patient has the other one's id

    assert house.hook(0).json()["cards"][0]["summary"].startswith("AI summary")
    assert "Diabetes since 2021" not in house.hook(1).text
    assert house.hook(0).json()["cards"][0]["uuid"] != mine["uuid"]


def test_t13_another_client_or_tenant_cannot_answer_for_a_card(make_desk, tmp_path):
    for apart in ("tenant", "client"):
        house = House(make_desk, tmp_path, apart)
        (mine,) = house.hook(0).json()["cards"]

        assert house.answer(1, mine).status_code == 404
        assert answers_to(house.desk.store, mine["uuid"]) == ()
        assert house.hook(0).json()["cards"] == [mine]
