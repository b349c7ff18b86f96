"""FHIR dates keep the precision they were written with."""

from datetime import date, timedelta, timezone

import pytest

from fhir_adapters.dates import PartialDate, read_date


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("2019", "2019"),
        ("2021-03", "Mar 2021"),
        ("2026-03-12", "12-Mar-2026"),
        ("2026-03-12T23:30:00-05:00", "12-Mar-2026"),
    ],
)
def test_a_date_is_shown_as_sharp_as_it_was_written(written, shown):
    assert str(PartialDate(written)) == shown


@pytest.mark.parametrize(
    "written",
    [
        "2024-02-30",
        "0000",
        "0000-05",
        "２０２４",
        "2024-13",
        "yesterday",
        "",
        None,
        2024,
        "01/02/2024",
        "2024-13-01",
        "20241301",
        "2024-02-30T10:00:00+0000",
        "32-Nov-2026",
        "2024-05-01 to 2024-06-01",
        "202405",
        "about 2024-05-01",
        "2024-05/01",
        "20 Ju 2024",
        "2024-05-01 or later",
        "2024-05-01" + " " * 99,
    ],
)
def test_what_is_no_date_is_no_date(written):
    assert read_date(written) is None


@pytest.mark.parametrize("written", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "2024-01-01T25:61:00Z"])
def test_every_date_has_a_place_in_time(written):
    assert PartialDate(written).sort_key.startswith(written[:10])


def test_dates_compare_in_utc_and_a_partial_date_stands_before_its_days():
    written = ["2024-05-01T01:00:00+02:00", "2024-05-01T00:00:00Z", "2024-05", "2024"]
    in_time = sorted(written, key=lambda text: PartialDate(text).sort_key)
    assert in_time == ["2024", "2024-05-01T01:00:00+02:00", "2024-05", "2024-05-01T00:00:00Z"]


def test_the_first_day_a_date_can_mean():
    assert PartialDate("2021-03").earliest.isoformat() == "2021-03-01"
    assert PartialDate("2021").earliest.isoformat() == "2021-01-01"
    assert PartialDate("2021-03-09").is_day
    assert not PartialDate("2021-03").is_day


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-11-20T10:00:00.000+0000", "2026-11-20T10:00:00+00:00"),
        ("2026-11-20T10:00:00-0500", "2026-11-20T10:00:00-05:00"),
        ("2026-11-20T10:00:00+01", "2026-11-20T10:00:00+01:00"),
        ("2026-11-20 10:00:00", "2026-11-20T10:00:00"),
        ("2026-11-20t10:00z", "2026-11-20T10:00:00Z"),
        ("2026-11-20 10:00:00 UTC", "2026-11-20T10:00:00Z"),
        (" 2026-11-20 ", "2026-11-20"),
        (" 2026-11 ", "2026-11"),
        ("20261120", "2026-11-20"),
        ("20261120103000+0100", "2026-11-20T10:30:00+01:00"),
        ("202611201030", "2026-11-20T10:30:00"),
        ("2026/11/20", "2026-11-20"),
        ("2024-1-1", "2024-01-01"),
        ("20-Nov-2026", "2026-11-20"),
        ("3 November 2026 10:00", "2026-11-03T10:00:00"),
        ("Nov 20, 2026", "2026-11-20"),
        ("2026-11-20T10", "2026-11-20"),  # the day is plain, the time is not
        ("2026-11-20T99:99:99+0000", "2026-11-20"),
    ],
)
def test_a_date_in_another_programs_spelling_is_read_where_it_can_mean_one_day_only(written, meant):
    assert read_date(written) == PartialDate(meant)


EASTERN = timezone(timedelta(hours=-5))


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("2026-11-24T00:30:00Z", "23-Nov-2026"),
        ("2026-11-24T00:30:00-05:00", "24-Nov-2026"),
        ("2026-11-24T00:30:00", "24-Nov-2026"),  # of no zone: as it was written
        ("2026-11-24", "24-Nov-2026"),
        ("2026-11", "Nov 2026"),
        ("2026-11-24T25:30:00Z", "24-Nov-2026"),
        ("0001-01-01T00:30:00Z", "01-Jan-0001"),
    ],
)
def test_a_moment_has_the_day_of_the_zone_in_which_it_is_read(written, shown):
    date = PartialDate(written)
    assert str(date.within(EASTERN)) == shown
    assert date.within(EASTERN).sort_key == date.sort_key
    assert date.within(None) is date


@pytest.mark.parametrize(
    ("born", "years"),
    [("1951-03-12", 75), ("1951-11-25", 74), ("1951-12", 74), ("1951-11", 75), ("1951", 75), ("2027", 0)],
)
def test_an_age_is_counted_from_the_earliest_day_that_a_birth_date_can_be(born, years):
    assert PartialDate(born).years_to(date(2026, 11, 24)) == years
