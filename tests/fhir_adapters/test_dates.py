"""FHIR dates keep the precision they were written with."""

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
    "written", ["2024-02-30", "0000", "0000-05", "２０２４", "2024-13", "yesterday", "", "2024-1-1", None, 2024]
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
