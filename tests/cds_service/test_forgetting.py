"""After a purge this process remembers nothing that was made from what was purged."""

from hook_desk import hook_body
from page_desk import STATEMENTS, scripted

from cds_service.forgetting import forget_at_purge
from hooks import wording
from hooks.markdown import plain
from ledger.purge import purge
from tasks.standing import difference
from tasks.stored import summary_from_bytes

CACHES = (summary_from_bytes, difference, wording._statements_line, wording._statements_detail, plain)


def kept():
    return [one.cache_info().currsize for one in CACHES]


def test_a_purge_empties_every_cache_of_decrypted_patient_data(pages, tmp_path):
    recent = pages.desk.parts.recent
    forget_at_purge(pages.desk.store, recent)
    pages.card()
    assert pages.summarise(scripted(tmp_path / "s", STATEMENTS)) == ["done"]
    card = pages.card()
    pages.get(f"/review/{card}")
    assert all(kept())
    assert recent._kept

    assert purge(pages.desk.store, [("card", card)], by="ops", at=pages.desk.clock(), reason="retention") == 1
    assert kept() == [0] * len(CACHES)
    assert not recent._kept


def test_a_purge_of_nothing_forgets_nothing(pages):
    forget_at_purge(pages.desk.store, pages.desk.parts.recent)
    pages.card(hook_body())
    before = plain.cache_info().currsize
    assert purge(pages.desk.store, [("card", "nobody")], by="ops", at=pages.desk.clock(), reason="retention") == 0
    assert plain.cache_info().currsize == before
