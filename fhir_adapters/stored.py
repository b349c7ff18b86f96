"""A history as plain JSON-able data and back, exactly: what is stored is what was read."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import orjson

from fhir_adapters.dates import PartialDate
from fhir_adapters.details import Detail
from fhir_adapters.errors import UnreadableRecord
from fhir_adapters.history import (
    Code,
    Coverage,
    Entry,
    Kind,
    Omission,
    PatientFacts,
    PatientHistory,
    Reason,
    Standing,
    Value,
)


def canonical(obj: object) -> bytes:
    """`obj` as JSON with sorted keys: equal data give equal bytes. Decimals become strings."""
    return orjson.dumps(obj, default=_plain, option=orjson.OPT_SORT_KEYS)


def _plain(value: object) -> str:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError


def history_to_plain(history: PatientHistory) -> dict[str, object]:
    """The history as dicts, lists, strings and numbers only; Decimals and dates as strings."""
    return {
        "patient": {
            "id": history.patient.id,
            "name": history.patient.name,
            "birth_date": _text(history.patient.birth_date),
            "gender": history.patient.gender,
            "identifier": history.patient.identifier,
            "deceased": _text(history.patient.deceased)
            if isinstance(history.patient.deceased, PartialDate)
            else history.patient.deceased,
            "marks": list(history.patient.marks),
        },
        "entries": [_entry_to_plain(entry) for entry in history.entries],
        "omissions": [
            {"what": item.what, "reason": item.reason.value, "count": item.count, "detail": item.detail}
            for item in history.omissions
        ],
        "coverage": {kind: seen.value for kind, seen in history.coverage},
        "fingerprint": history.fingerprint,
    }


def history_from_plain(plain: Mapping[str, Any]) -> PatientHistory:
    """The history that `history_to_plain` was given. Raises UnreadableRecord for anything else."""
    try:
        return PatientHistory(
            patient=_patient(plain["patient"]),
            entries=tuple(_entry(entry) for entry in plain["entries"]),
            omissions=tuple(Omission(**{**item, "reason": Reason(item["reason"])}) for item in plain["omissions"]),
            coverage=tuple(sorted((kind, Coverage(seen)) for kind, seen in plain["coverage"].items())),
            fingerprint=plain["fingerprint"],
        )
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError):
        # `from None`: the cause's message may hold the value that did not fit.
        raise UnreadableRecord("What was stored is not a history of this version.", outcome="not a history") from None


def _entry_to_plain(entry: Entry) -> dict[str, object]:
    return {
        "id": entry.id,
        "reference": entry.reference,
        "kind": entry.kind.value,
        "title": entry.title,
        "standing": entry.standing.value,
        "status": entry.status,
        "when": _text(entry.when),
        "until": _text(entry.until),
        "values": [_value_to_plain(value) for value in entry.values],
        "details": [[str(label), text] for label, text in entry.details],
        "codes": [[code.system, code.code, code.display] for code in entry.codes],
        "passage": entry.passage,
        "line": entry.line,
        "content_hash": entry.content_hash,
        "version": entry.version,
        "last_updated": entry.last_updated,
        "ai_asserted": entry.ai_asserted,
        "restricted": entry.restricted,
        "encounter": entry.encounter,
        "unread_modifier": entry.unread_modifier,
    }


def _value_to_plain(value: Value) -> dict[str, object]:
    return {
        "label": value.label,
        "text": value.text,
        "number": _number(value.number),
        "comparator": value.comparator,
        "unit": value.unit,
        "low": _number(value.low),
        "high": _number(value.high),
        "flag": value.flag,
        "is_absent": value.is_absent,
    }


def _entry(plain: Mapping[str, Any]) -> Entry:
    return Entry(
        **{
            **plain,
            "kind": Kind(plain["kind"]),
            "standing": Standing(plain["standing"]),
            "when": _date(plain["when"]),
            "until": _date(plain["until"]),
            "values": tuple(_value(value) for value in plain["values"]),
            "details": tuple((Detail(label), text) for label, text in plain["details"]),
            "codes": tuple(Code(*code) for code in plain["codes"]),
        }
    )


def _value(plain: Mapping[str, Any]) -> Value:
    return Value(**{**plain, **{name: _decimal(plain[name]) for name in ("number", "low", "high")}})


def _patient(plain: Mapping[str, Any]) -> PatientFacts:
    deceased = plain["deceased"]
    return PatientFacts(
        **{
            **plain,
            "birth_date": _date(plain["birth_date"]),
            "deceased": _date(deceased) if isinstance(deceased, str) else deceased,
            "marks": tuple(plain.get("marks", ())),  # histories stored before there were marks have none
        }
    )


def _text(date: PartialDate | None) -> str | None:
    return date.text if date else None


def _date(text: str | None) -> PartialDate | None:
    return None if text is None else PartialDate(text)


def _number(number: Decimal | None) -> str | None:
    return None if number is None else str(number)


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
