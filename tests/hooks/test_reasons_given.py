import pytest
from hypothesis import given as every
from hypothesis import strategies as st

from hooks.client_reasons import published
from hooks.reasons import OVERRIDE_REASONS
from hooks.reasons_given import read_reasons

WRONG = {"code": "wrong-patient", "system": "urn:x"}
OTHER = {"code": "other", "system": "urn:x"}
EPIC = "com.epic.cdshooks.feedback.overrideReason.reasonDisplay"


def deep(levels, value):
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    "given",
    [
        {"overrideReasons": {"reason": {"code": "outdated", "system": "urn:x"}}},  # Epic's plural
        {"overrideReasons": [{"reason": {"code": "outdated"}}]},
        {"overrideReasons": [{"code": "outdated", "system": "urn:x"}]},
        {"overrideReason": {"reason": {"code": "outdated"}}},  # the sandbox sends no display
        {"overrideReason": {"reason": {"display": "Outdated"}}},
        {"overrideReasons": {"extension": {EPIC: "OUTDATED"}}},
        {"overrideReasons": {"extension": [{"url": EPIC, "valueString": "Outdated"}]}},
    ],
)
def test_s31_the_same_reason_however_it_is_written(given):
    read = read_reasons(given)

    assert (read.codes, read.acting, read.comment) == (("outdated",), "outdated", "")


@pytest.mark.parametrize(
    "given",
    [
        {"overrideReasons": [{"reason": OTHER}, {"reason": WRONG}]},
        {"overrideReasons": [OTHER, WRONG]},
        {"overrideReason": {"reason": OTHER}, "overrideReasons": {"reason": WRONG}},
        {"overrideReason": None, "overrideReasons": [None, [], {}, WRONG]},
        {"overrideReason": {"reason": [OTHER, WRONG]}},
        {"overrideReason": {"reason": {"coding": [OTHER, WRONG]}}},
        {"overrideReason": {"reason": {"coding": WRONG}}},
        {"overrideReason": {"reason": {"text": "Wrong patient"}}},
        {"overrideReason": {"reason": {"coding": [OTHER], "text": "Wrong patient"}}},
        {"overrideReason": {"coding": [WRONG]}},
        {"overrideReason": {"code": {"coding": [WRONG]}}},
        {"overrideReason": {"reason": {"code": "WRONG-PATIENT"}}},
        {"overrideReason": {"reason": {"code": " Wrong_Patient\t"}}},
        {"overrideReason": {"reason": {"code": "wrongPatient"}}},
        {"overrideReason": {"reason": {"code": "4711", "display": "Wrong patient"}}},
        {"overrideReason": {"reason": {"display": "WRONG  PATIENT: contains data of someone else"}}},
        {"overrideReason": {"reason": {"display": "Wrong\u200bpatient!"}}},
        {"overrideReason": {"reason": "wrong-patient"}},
        {"overrideReason": "Wrong patient"},
        {"overrideReasons": ["Outdated", "Wrong patient"]},
        {"overrideReasons": {"extension": {EPIC: "Wrong Patient"}}},
        {"overrideReason": {"reason": OTHER, "userComment": "WRONG PATIENT!!! this is somebody else"}},
        {"overrideReasons": [{"userComment": "x"}, {"reasons": [{"reason": WRONG}]}]},
        {"overrideReason": {"userComment": "This is the wrong patient"}},
        {"overrideReason": {"reason": OTHER, "userComment": "Shows data of the wrong patient!"}},
        {"overrideReasons": [{"reason": {"code": "7", "display": "Data is for wrong patient"}}]},
        {"extension": {EPIC: "Wrong patient"}},
        {"extension": [{"url": EPIC, "valueString": "Wrong patient"}]},
        {"overrideReason": {"reasonCode": "wrong-patient"}},
        {"userComment": "wrong patient"},
        {"note": [{"text": "Somebody else's chart"}]},
        {"overrideReason": {"reason": OTHER, "userComment": "x" * 50_000 + " wrong patient"}},
        {"overrideReasons": deep(2_000, WRONG)},
        {"overrideReasons": [{"code": str(number)} for number in range(5_000)] + [WRONG]},
    ],
)
def test_a5_the_most_harmful_of_all_reasons_acts(given):
    read = read_reasons(given)

    assert read.acting == "wrong-patient"
    assert "wrong-patient" in read.codes


@pytest.mark.parametrize("reason", OVERRIDE_REASONS, ids=lambda one: one.code)
def test_every_published_reason_is_known_by_code_and_by_display(reason):
    spellings = (reason.code, reason.display, reason.code.upper(), f"  {reason.display.lower()} ", reason.display + ".")
    for text in spellings:
        assert published(text) == reason.code


@pytest.mark.parametrize(
    "text", ["", "right patient, wrong dose", "wrong patience", "not the patient's choice", "\u0000", "🚑"]
)
def test_what_is_none_of_ours_is_none(text):
    assert published(text) == ""


def test_a5_every_reason_is_kept_and_the_order_of_harm_decides():
    sent = [{"code": "reviewed"}, {"code": "not-relevant"}, {"code": "d7ecf885"}, {"code": "Outdated"}]
    read = read_reasons({"overrideReasons": sent})

    assert read.codes == ("reviewed", "not-relevant", "d7ecf885", "outdated")
    assert read.acting == "outdated"
    assert read_reasons({"overrideReasons": sent[:3]}).acting == "d7ecf885"
    assert read_reasons({"overrideReasons": sent[:2]}).acting == "not-relevant"


def test_s31_words_that_are_no_code_of_ours_are_kept_as_a_comment():
    read = read_reasons({"overrideReason": {"reason": {"display": "Patient moved away"}, "userComment": "see letter"}})

    assert (read.codes, read.comment) == (("other",), "Patient moved away\nsee letter")


@pytest.mark.parametrize(
    "given",
    [
        {"overrideReason": {"userComment": "This is the wrong patient"}},
        {"overrideReason": {"reason": {"display": "This is the wrong patient"}}},
        {"userComment": "This is the wrong patient"},
        {"site": {"remark": ["This is the wrong patient"]}},
        {"extension": {EPIC: "This is the wrong patient"}},
    ],
)
def test_words_that_say_wrong_patient_are_kept_as_they_were_said(given):
    read = read_reasons(given)

    assert (read.codes[-1], read.comment) == ("wrong-patient", "This is the wrong patient")


def test_texts_in_places_that_we_do_not_know_are_kept_once():
    sent = {
        "card": "c1", "outcome": "overridden", "outcomeTimestamp": "2026", "acceptedSuggestions": [{"id": "s1"}],
        "overrideReason": {"reason": {"code": "outdated", "system": "urn:x"}, "userComment": "see letter"},
        "site": {"remark": "moved to ward 3", "again": "see letter"}, "flags": ["x", {"y": "moved to ward 3"}],
    }  # fmt: skip
    read = read_reasons(sent)

    assert (read.codes, read.comment) == (("outdated",), "see letter\nmoved to ward 3\nx")


def test_a_code_of_the_sites_own_keeps_its_words():
    read = read_reasons({"overrideReason": {"reason": {"code": 4711, "display": "Lab ordered"}}})

    assert (read.codes, read.comment) == (("4711",), "Lab ordered")


def test_a_comment_with_markup_newlines_and_marks_is_kept_as_it_is():
    comment = "<script>alert(1)</script>\n\u202eevil\x00 [x](javascript:0)"

    assert read_reasons({"overrideReason": {"userComment": comment}}).comment == comment


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["reason", "coding", "code", "display", "text", "userComment", "extension", "url", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@every(sent=json, also=json)
def test_any_json_gives_short_codes_and_the_acting_one_is_among_them(sent, also):
    read = read_reasons({"overrideReason": sent, "overrideReasons": also})

    assert all(0 < len(code) <= 100 for code in read.codes)
    assert read.acting in (read.codes or ("",))


@every(sent=json, also=json)
def test_a5_a_wrong_patient_beside_any_json_acts(sent, also):
    assert read_reasons({"overrideReason": [sent, WRONG], "overrideReasons": also}).acting == "wrong-patient"
