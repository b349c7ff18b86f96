"""The statements of a hook's hot path: SQLAlchemy writes the SQL once, the driver runs it as it is.

What SQLAlchemy adds to each call (a context, a result, converters) costs several times what such a statement does, and
texts, whole numbers and bytes need no converter. Errors leave as SQLAlchemy's own, so that failures.py has one kind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
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
        return known if self.places is None else list(map(known.__getitem__, self.places))


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
        with _Cursor(connection, written.sql) as cursor:
            cursor.execute(written.sql, written.bound(values))
            found = cursor.fetchall()
            if (by_tag := self._by_tag) is not None:
                return [dict(zip(by_tag[row[0]], row, strict=True)) for row in found]
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in found]

    def write(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run an INSERT once for each of these rows."""
        written = self._for(connection)
        with _Cursor(connection, written.sql) as cursor:
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


class _Cursor:
    """The driver's own cursor, closed at the end, whose errors leave as SQLAlchemy's.

    A class and no generator: ten of them are opened for each hook.
    """

    __slots__ = ("_connection", "_cursor", "_pooled", "_sql")

    def __init__(self, connection: Connection, sql: str) -> None:
        self._connection, self._sql = connection, sql
        self._pooled = connection.connection

    def __enter__(self) -> Any:  # noqa: ANN401 - the driver's own
        try:
            self._cursor = self._pooled.cursor()
        except self._connection.dialect.loaded_dbapi.Error as error:
            raise self._ours(error) from error
        return self._cursor

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._cursor.close()
        if isinstance(error, self._connection.dialect.loaded_dbapi.Error):
            raise self._ours(error) from error

    def _ours(self, error: Any) -> exc.DBAPIError:  # noqa: ANN401 - the driver's own
        if self._connection.dialect.is_disconnect(error, self._pooled.dbapi_connection, None):
            self._connection.invalidate(error)
        return exc.DBAPIError(self._sql, None, error, hide_parameters=True)
