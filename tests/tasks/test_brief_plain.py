"""A brief survives being written down."""

import json

import pytest
from brief_histories import allergy, brief, order, problem, result

from tasks.brief import CautionKind
from tasks.brief_plain import brief_from_plain, brief_to_plain


def test_a_brief_comes_back_exactly_through_json():
    written = brief(
        allergy("Penicillin", reaction="Anaphylaxis"),
        problem("Gout"),
        order("Warfarin"),
        result("Potassium", 6.8, "2026-11-20", flag="HH"),
    )
    assert brief_from_plain(json.loads(json.dumps(brief_to_plain(written)))) == written


def test_another_schema_is_refused():
    with pytest.raises(ValueError, match="another schema"):
        brief_from_plain({**brief_to_plain(brief()), "schema": 99})


def test_a_brief_stored_before_cautions_had_a_kind_is_read():
    plain = {**brief_to_plain(brief()), "warnings": ["Allergies: not recorded", "Problems were not seen"]}
    kinds = [one.kind for one in brief_from_plain(plain).cautions]
    assert kinds == [CautionKind.ALLERGIES, CautionKind.NOT_SEEN]
