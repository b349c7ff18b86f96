"""The statements of a hook's hot path: SQLAlchemy writes the SQL once, the driver runs it as it is.

What SQLAlchemy adds to each call (a context, a result, converters) costs several times what such a statement does, and
texts, whole numbers and bytes need no converter. Errors leave as SQLAlchemy's own, so that failures.py has one kind.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ClauseElement, Connection, exc

from ledger.binding import Row


@dataclass(frozen=True, slots=True)
class _Written:
    """A statement in one database's SQL."""

    sql: str
    constants: Mapping[str, Any]
    places: tuple[str, ...] | None  # the parameters in their order; None where the driver takes them by name

    def bound(self, values: Mapping[str, Any]) -> Any:  # noqa: ANN401 - the driver's own
        known = {**self.constants, **values} if self.constants else values
        return known if self.places is None else [known[name] for name in self.places]


class Prepared:
    """A statement whose parameters and columns are texts, whole numbers, bytes or null.

    An INSERT names its `columns`. A union of rows of several kinds names theirs `by_tag`, the row's first column.
    """

    def __init__(
        self,
        statement: ClauseElement,
        *,
        columns: Sequence[str] | None = None,
        by_tag: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self._statement, self._columns, self._by_tag = statement, columns, by_tag
        self._written: dict[str, _Written] = {}

    def rows(self, connection: Connection, values: Mapping[str, Any]) -> list[Row]:
        """The rows of a SELECT, as dicts."""
        written = self._for(connection)
        with _driver(connection, written) as cursor:
            cursor.execute(written.sql, written.bound(values))
            found = cursor.fetchall()
            if (by_tag := self._by_tag) is not None:
                return [dict(zip(by_tag[row[0]], row, strict=True)) for row in found]
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in found]

    def write(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run an INSERT once for each of these rows."""
        written = self._for(connection)
        with _driver(connection, written) as cursor:
            cursor.executemany(written.sql, [written.bound(row) for row in rows])

    def _for(self, connection: Connection) -> _Written:
        dialect = connection.dialect
        written = self._written.get(dialect.name)
        if written is None:
            compiled: Any = self._statement.compile(dialect=dialect, column_keys=self._columns)
            constants = {name: value for name, value in compiled.params.items() if value is not None}
            places = tuple(compiled.positiontup) if compiled.positional else None
            written = self._written[dialect.name] = _Written(str(compiled), constants, places)
        return written


@contextmanager
def _driver(connection: Connection, written: _Written) -> Iterator[Any]:
    pooled = connection.connection
    try:
        cursor = pooled.cursor()
        try:
            yield cursor
        finally:
            cursor.close()
    except connection.dialect.loaded_dbapi.Error as error:
        if connection.dialect.is_disconnect(error, pooled.dbapi_connection, None):
            connection.invalidate(error)
        raise exc.DBAPIError(written.sql, None, error, hide_parameters=True) from error
