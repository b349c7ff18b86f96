"""What the pages are made of, constructed elsewhere: by a composition root, or by a test."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from functools import partial
from typing import Protocol

from cds_service.audit.view import ViewSeal
from cds_service.csrf import FormGuard
from cds_service.html import Html
from cds_service.login import Login
from cds_service.parts import EngineInfo
from cds_service.review.pictures import Album, Look
from cds_service.review.shelf import Shelf
from ledger.answers import Answers
from ledger.cards import Cards
from ledger.desk import Desk
from ledger.events import record
from ledger.records import Event, Looked
from ledger.store import LedgerStore
from ledger.summaries import Summaries
from ledger.switches import Switches, SwitchKind
from ledger.verify import Verification, verify
from ledger.withdrawals import Withdrawals


class PageRecorder(Protocol):
    """Writes audit entries alone: ledger.events.record over a store."""

    def __call__(self, events: Sequence[Event], /, *, looked: Looked | None = None) -> object:
        """Write them in one transaction. Raises LedgerError; MovedOn where what was looked at no longer stands."""
        ...


@dataclass(frozen=True, kw_only=True)
class PageParts:
    """The constructed things behind the pages."""

    shelf: Shelf
    desk: Desk
    withdrawals: Withdrawals
    switches: Switches
    record: PageRecorder
    verify: Callable[[], Verification]
    login: Login
    guard: FormGuard
    views: ViewSeal
    html: Html
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    new_id: Callable[[], str] = lambda: str(uuid.uuid4())
    zone: tzinfo = UTC  # the hospital's, in which days begin and times are told
    switchable: Mapping[SwitchKind, Sequence[str]] = field(default_factory=dict)  # the names in use here
    album: Album | None = None  # pictures of a chart's studies, fetched for the clinician on demand

    @classmethod
    def over(  # noqa: PLR0913 - what a composition root chooses, by name
        cls,
        store: LedgerStore,
        *,
        login: Login,
        secret: bytes,
        base_url: str,
        engine: EngineInfo | None = None,
        look: Look | None = None,
        frame_ancestors: Sequence[str] = (),
        notice: str = "",
        zone: tzinfo = UTC,
        switchable: Mapping[SwitchKind, Sequence[str]] | None = None,
    ) -> PageParts:
        """The parts over one ledger.

        `secret` binds forms to sessions and seals addresses: every process of a service needs the same.
        `base_url` is the address that browsers use, `frame_ancestors` the EHR origins that may frame a page, `notice`
        a sentence at the top of each page, `zone` the hospital's time zone, `switchable` the names that
        a switch of the audit desk can take.
        """
        answers = Answers(store)
        album = Album(look) if look else None
        if album is not None:
            store.when_purged.append(album.clear)
        return cls(
            shelf=Shelf(cards=Cards(store), answers=answers, summaries=Summaries(store), engine=engine),
            desk=Desk(store),
            withdrawals=Withdrawals(store),
            switches=Switches(store),
            switchable=switchable or {},
            record=partial(record, store),
            verify=partial(verify, store),
            login=login,
            guard=FormGuard(secret, _origins(base_url)),
            views=ViewSeal(secret),
            html=Html(frame_ancestors=frame_ancestors, notice=notice, login=login, zone=zone),
            album=album,
            zone=zone,
        )


def _origins(base_url: str) -> tuple[str, ...]:
    """The origin of the address; on loopback by either of its names, because people type both."""
    scheme, _, rest = base_url.partition("://")
    host = rest.partition("/")[0]
    origin = f"{scheme}://{host}"
    if not host.startswith(("127.0.0.1", "localhost")):
        return (origin,)
    return (origin.replace("localhost", "127.0.0.1"), origin.replace("127.0.0.1", "localhost"))
