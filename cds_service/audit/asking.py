"""What the audit desk is asked for: every filter of its form, and the place in the lists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta, tzinfo

from ledger.desk import CardFilter, CardState

FIELDS = ("patient", "user", "service", "state", "since", "until")
_LONGEST = 200  # characters of a field: an address holds them all
_MOST_DIGITS = 18  # of a place in the chain: both databases count in 64 bits
PAGE: int = 50  # cards, and withdrawals


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The fields of the filter form, as sent; what cannot be read counts as empty and is named in `unread`."""

    fields: Mapping[str, str] = field(repr=False)
    wanted: CardFilter
    before: tuple[datetime, str] | None
    held_before: int | None  # the withdrawals behind this place in the chain
    unread: tuple[str, ...]

    def at(self, *, before: tuple[datetime, str] | None = None, held_before: int | None = None) -> Mapping[str, str]:
        """The same view; with `before`, its next page of cards, with `held_before`, of withdrawals."""
        pairs = {name: value for name, value in self.fields.items() if value}
        if before:
            pairs["before"] = f"{before[0].isoformat()}~{before[1]}"
        if held_before is not None:
            pairs["held_before"] = str(held_before)
        return pairs


def cut(form: Mapping[str, str]) -> Mapping[str, str]:
    """The fields of the filter form, none longer than one that is told to be too long."""
    return {name: form.get(name, "").strip()[: _LONGEST + 1] for name in FIELDS}


def read_asked(query: Mapping[str, str], *, client: str, zone: tzinfo = UTC) -> Asked:
    """The filter of an address, for the cards of one client; its days are those of the hospital's `zone`."""
    fields = cut(query)
    since, until = _day(fields["since"], zone), _day(fields["until"], zone)
    known = {one.value for one in CardState}
    unread = [name for name, day in (("since", since), ("until", until)) if fields[name] and day is None]
    unread += [name for name in FIELDS if len(fields[name]) > _LONGEST and name not in unread]
    unread += ["state"] if fields["state"] and "state" not in unread and fields["state"] not in known else []
    fields = {name: "" if name in unread else value for name, value in fields.items()}
    return Asked(
        fields=fields,
        wanted=CardFilter(
            patient_id=fields["patient"].removeprefix("Patient/"),
            client=client,
            user=fields["user"],
            service_id=fields["service"],
            state=CardState(fields["state"]) if fields["state"] in known else None,
            since=since,
            until=until + timedelta(days=1) if until else None,
        ),
        before=_cursor(query.get("before", "")),
        held_before=_place(query.get("held_before", "")),
        unread=tuple(unread),
    )


def _day(text: str, zone: tzinfo) -> datetime | None:
    """The beginning of a day of a card; the first and the last year of the calendar have no day beside them."""
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=zone)
    except ValueError:
        return None
    return day if MINYEAR < day.year < MAXYEAR else None


def _place(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else None


def _cursor(text: str) -> tuple[datetime, str] | None:
    moment, _, card_id = text.partition("~")
    try:
        at = datetime.fromisoformat(moment)
    except ValueError:
        return None
    return (at, card_id) if card_id and at.tzinfo else None
