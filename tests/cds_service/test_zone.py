"""One time zone for a hospital: what "today" is, from the setting to the brief, the page and the worker's prompt."""

import dataclasses
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hook_desk import hook_body, jobs, observation, prefetch
from page_desk import STATEMENTS, open_pages, scripted, shown

from cds_service.audit.asking import read_asked
from cds_service.errors import BadSettings
from cds_service.filters import when
from cds_service.recent import Seen
from cds_service.settings import Settings, load_settings, read_settings
from cds_service.surface import read_card_content
from cds_service.zone import hospital_zone
from fhir_adapters.dates import PartialDate
from fhir_adapters.prefetch import history_for_hook
from hooks.wording import moment
from tasks.job import JobPayload
from tasks.prompt_record import demographics

EAST, WEST = "Pacific/Kiritimati", "Etc/GMT+12"  # at any moment the day of one of them is not that of UTC
LATE = datetime(2026, 11, 2, 23, 30, tzinfo=UTC)


def elsewhere():
    """A zone in which it is another day now than in UTC."""
    zone = ZoneInfo(EAST if datetime.now(UTC).hour >= 11 else WEST)
    assert datetime.now(zone).date() != datetime.now(UTC).date()
    return zone


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", ["UTC", "Europe/Berlin", "America/Argentina/Ushuaia", "Asia/Kathmandu", "Etc/GMT+12"])
def test_b8e_an_iana_name_is_a_zone(name):
    assert str(read_settings(time_zone=name).zone) == name


@pytest.mark.parametrize(
    "name",
    [
        "Europe/Canarytown",
        "",
        " ",
        "Europe",
        "../etc/passwd",
        "/etc/localtime",
        "Berlin",
        "+01:00",
        "x" * 5_000,
        "a\0b",
    ],
)
def test_b8e_an_unknown_name_stops_the_start_and_is_not_repeated(name):
    with pytest.raises(BadSettings) as caught:
        read_settings(time_zone=name)

    assert "time_zone" in str(caught.value)
    assert "Europe/Berlin" in str(caught.value)
    assert "Canarytown" not in str(caught.value)


def test_b8e_the_zone_is_utc_unless_a_site_says_otherwise(monkeypatch):
    assert load_settings().zone is UTC
    monkeypatch.setenv("CHARTSIDE_TIME_ZONE", "Europe/Berlin")
    assert load_settings().zone == ZoneInfo("Europe/Berlin")


def test_utc_needs_no_time_zone_data():
    assert hospital_zone("UTC") is UTC
    assert Settings().zone is UTC


async def test_b8e_the_day_of_the_brief_is_the_hospitals():
    tomorrow = observation() | {"effectiveDateTime": "2026-11-03"}
    sent = prefetch(observations={"resourceType": "Bundle", "total": 1, "entry": [{"resource": tomorrow}]})
    gathered = await history_for_hook(sent, patient_id="p1", server=None, timeout_s=1)
    in_utc = Seen.of(gathered, now=LATE).brief
    in_berlin = Seen.of(gathered, now=LATE.astimezone(ZoneInfo("Europe/Berlin"))).brief

    assert in_berlin.lines != in_utc.lines  # 00:30 on the 3rd in Berlin: the result is of today, and no longer to come


def test_b8e_card_page_and_job_are_of_one_day(tmp_path):
    zone = elsewhere()
    pages = open_pages(tmp_path, zone=zone)
    pages.parts = dataclasses.replace(pages.parts, zone=zone)
    card_id = pages.card()
    record = pages.desk.parts.cards.find(card_id).record
    as_of = read_card_content(record.content).brief.as_of
    (job_id,) = jobs(pages.desk).due()
    job = jobs(pages.desk).claim(job_id, worker="w1", lease_s=60)
    payload = JobPayload.from_bytes(job.payload)
    today = pages.desk.clock().astimezone(zone)

    assert as_of == payload.as_of == pages.desk.clock()
    assert as_of.date() == payload.as_of.date() == today.date()
    assert f"as of {today:%Y-%m-%d}" in demographics(payload.read().history.patient, payload.as_of)
    day = str(PartialDate(today.date().isoformat()))
    assert f"{day} {today:%H:%M} UTC{today:%z}"[:-2] in shown(pages.get(f"/review/{card_id}").text)
    pages.desk.store.close()


def test_b8e_a_summary_of_the_worker_is_drawn_the_same_again(tmp_path):
    zone = elsewhere()
    pages = open_pages(tmp_path, zone=zone)
    pages.card()
    assert pages.summarise(scripted(tmp_path / "words", STATEMENTS)) == ["done"]
    (card,) = pages.cards()
    page = shown(pages.get(f"/review/{card['uuid']}").text)
    story = shown(pages.get(f"/audit/cards/{card['uuid']}", "auditor").text)

    made = pages.desk.clock().astimezone(zone)
    assert f"{made:%H:%M} UTC{made:%z}"[:-2] in card["detail"] + page
    assert "equal to the byte" in story
    assert "cannot be drawn again" not in story
    pages.desk.store.close()


@pytest.mark.parametrize(
    ("at", "now", "said"),
    [
        (LATE, None, "02-Nov-2026 23:30 UTC"),
        (LATE, LATE + timedelta(minutes=5), "23:30 UTC"),
        (LATE, (LATE + timedelta(minutes=5)).astimezone(ZoneInfo("Europe/Berlin")), "00:30 UTC+01:00"),
        (LATE, (LATE - timedelta(hours=2)).astimezone(ZoneInfo("Europe/Berlin")), "03-Nov-2026 00:30 UTC+01:00"),
        (LATE.astimezone(ZoneInfo("Asia/Kathmandu")), None, "03-Nov-2026 05:15 UTC+05:45"),
        (LATE.astimezone(ZoneInfo("America/St_Johns")), None, "02-Nov-2026 20:00 UTC-03:30"),
        (LATE.astimezone(ZoneInfo("Europe/London")), None, "02-Nov-2026 23:30 UTC"),
    ],
)
def test_b8e_a_time_is_told_with_its_zone(at, now, said):
    assert moment(at, now) == said


def test_b8e_the_audit_desk_filters_by_the_hospitals_days():
    zone = ZoneInfo("Europe/Berlin")
    wanted = read_asked({"since": "2026-03-29", "until": "2026-03-29"}, client="ehr", zone=zone).wanted

    assert wanted.since == datetime(2026, 3, 28, 23, tzinfo=UTC)
    assert wanted.until == datetime(2026, 3, 29, 22, tzinfo=UTC)  # a day of 23 hours
    assert when(LATE.isoformat(), zone) == "03-Nov-2026 00:30 UTC+01:00"


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "0000-01-01", "2026-02-30"])
def test_a_day_outside_the_calendar_is_named_as_unread(day):
    assert read_asked({"since": day, "until": day}, client="ehr", zone=ZoneInfo(EAST)).unread == ("since", "until")


def test_a_hook_in_another_zone_is_kept_and_read_again(make_desk):
    desk = make_desk(zone=elsewhere())
    first = desk.card()
    desk.clock.forward(minutes=1)

    assert desk.card(hook_body())["detail"] == first["detail"]
