import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_service.toml_lines import line_of, lines_of

TEXT = '''\
# a comment = 1
profile = "text-only"   # [not.a.table]
about = """
[ledger]
url = "in a long string"
"""
limits.body_bytes = 5

[ledger]
url = "sqlite:///a # no comment"
key_command = [
  "vault",
  "[clients]",
  "url = 1", # ]
]

[[clients]]
id = "one"
"issuer" = 'https://one.example'
tenants = [ "a", "b" ]

[[clients.fhir_bases]]
url = "https://one.example/fhir"

[[clients.fhir_bases]]
url = "https://one.example/fhir2"

[clients.capabilities]
links = false

[[ clients ]]
id = "two"
fhir_bases = [
  { url = "https://two.example/fhir" },
]
'''


@pytest.mark.parametrize(
    ("place", "line"),
    [
        (("profile",), 2),
        (("limits", "body_bytes"), 7),
        (("ledger",), 9),
        (("ledger", "url"), 10),
        (("ledger", "key_command", 2), 11),
        (("clients",), 17),
        (("clients", 0), 17),
        (("clients", 0, "issuer"), 19),
        (("clients", 0, "tenants", 1), 20),
        (("clients", 0, "fhir_bases", 0, "url"), 23),
        (("clients", 0, "fhir_bases", 1, "url"), 26),
        (("clients", 0, "fhir_bases", 1, "dicomweb_url"), 25),
        (("clients", 0, "capabilities", "links"), 29),
        (("clients", 0, "jwks_file"), 17),
        (("clients", 1), 31),
        (("clients", 1, "issuer"), 31),
        (("clients", 1, "fhir_bases", 0, "url"), 33),
        (("deadlines", "gather_s"), None),
        ((), None),
    ],
)
def test_a_place_is_found_on_its_line_and_what_is_missing_on_that_of_its_table(place, line):
    tomllib.loads(TEXT)  # the text of this test is TOML

    assert line_of(place, lines_of(TEXT)) == line


@given(st.text(alphabet="[]{}=\"'#.\\\n ab1,", max_size=80))
def test_no_text_upsets_it(text):
    assert all(1 <= line <= text.count("\n") + 1 for line in lines_of(text).values())
