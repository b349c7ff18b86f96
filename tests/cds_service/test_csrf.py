"""A form counts only if our own page sent it in the session that the page was made for (T14)."""

import pytest
from starlette.datastructures import Headers

from cds_service.csrf import FormGuard
from cds_service.errors import CrossSite

OURS = "https://cds.test"
guard = FormGuard(b"secret", (OURS,))


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": OURS},
        {"origin": OURS.upper()},
        {"sec-fetch-site": "same-origin"},
        {"origin": OURS, "sec-fetch-site": "same-origin"},
    ],
)
def test_t14_a_form_of_our_own_page_passes(headers):
    guard.check(Headers(headers), session="s1", token=guard.token("s1"))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "null"},
        {"origin": "https://evil.test"},
        {"origin": "https://cds.test.evil.test"},
        {"origin": "http://cds.test"},
        {"origin": "https://cds.test:8443"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"origin": OURS, "sec-fetch-site": "cross-site"},
        {"referer": OURS},
    ],
)
def test_t14_a_form_of_any_other_page_is_refused_however_good_its_token(headers):
    with pytest.raises(CrossSite):
        guard.check(Headers(headers), session="s1", token=guard.token("s1"))


@pytest.mark.parametrize("token", ["", "x", guard.token("s2"), FormGuard(b"other", (OURS,)).token("s1"), "é\ud800"])
def test_t14_a_token_of_another_session_or_secret_is_refused(token):
    with pytest.raises(CrossSite):
        guard.check(Headers({"origin": OURS}), session="s1", token=token)


def test_no_two_sessions_share_a_token():
    assert len({guard.token(f"s{number}") for number in range(50)}) == 50
