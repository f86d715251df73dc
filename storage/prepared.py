"""Statements that are put into SQL once, and not anew for every unit of work.

SQLAlchemy writes the SQL of both engines, and knows how each stores a time or a yes. What it also does whenever a
statement is executed (find it in its cache, lay out its lists) costs more than a small statement itself, and a unit
of work is a dozen of those. So here it is asked once for each engine, and its answer is kept.

Lists are one parameter, `listed`, so that the SQL is the same however long they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, TypeAlias, TypeVar

import msgspec
from sqlalchemy import ARRAY, Connection, Dialect, Select, Text, bindparam
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.types import TypeDecorator, TypeEngine

_encode = msgspec.json.Encoder().encode

T = TypeVar("T")
Values: TypeAlias = Mapping[str, Any]
#: Most values go in and come out as they are; this is for those at this index that do not.
_Process: TypeAlias = tuple[int, Callable[[Any], Any]]


class Prepared:
    """A statement with its parameters by name. Safe to share between threads."""

    def __init__(self, statement: Any, columns: Sequence[str] | None = None) -> None:
        """`columns`: of an insert, those that are given."""
        self._statement, self._columns = statement, columns
        self._written: dict[str, _Written] = {}

    def rows(self, connection: Connection, **values: Any) -> list[tuple[Any, ...]]:
        """What a select finds."""
        written = self._for(connection.dialect)
        return written.results(_run(connection, _found, written.sql, written.values(values)))

    def write(self, connection: Connection, rows: Sequence[Values]) -> int:
        """Insert or update, once for each row. Returns how many rows it was that changed; -1 if nobody knows."""
        written = self._for(connection.dialect)
        return _run(connection, _changed, written.sql, [written.values(row) for row in rows])

    def _for(self, dialect: Dialect) -> _Written:
        if dialect.name not in self._written:
            self._written[dialect.name] = _write(self._statement, self._columns, dialect)
        return self._written[dialect.name]


def say(connection: Connection, sql: str) -> None:
    """Execute a statement that has neither parameters nor results."""
    _run(connection, _said, sql, ())


def _run(connection: Connection, how: Callable[[Any, str, Any], T], sql: str, given: Any) -> T:
    """With the driver's own cursor, in the connection's transaction. Listeners, errors and lost connections are
    SQLAlchemy's."""
    cursor, driver = connection.connection.cursor(), connection.dialect.loaded_dbapi
    for listener in connection.dispatch.before_cursor_execute:
        listener(connection, cursor, sql, given, None, isinstance(given, list))
    try:
        return how(cursor, sql, given)
    except driver.Error as problem:
        lost = connection.dialect.is_disconnect(problem, connection.connection.dbapi_connection, cursor)
        if lost:
            connection.invalidate(problem)
        # Without the values: they are what people wrote.
        raise DBAPIError.instance(
            sql, None, problem, driver.Error, connection_invalidated=lost, dialect=connection.dialect
        ) from problem
    finally:
        cursor.close()


def _found(cursor: Any, sql: str, given: Any) -> list[tuple[Any, ...]]:
    cursor.execute(sql, given)
    rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _changed(cursor: Any, sql: str, given: Any) -> int:
    cursor.executemany(sql, given)
    return int(cursor.rowcount)


def _said(cursor: Any, sql: str, given: Any) -> None:
    cursor.execute(sql, given)


@dataclass(frozen=True, slots=True)
class _Written:
    """The SQL of one engine, and how values go in and come out."""

    sql: str
    #: Parameters in the order of the SQL, and what takes their values out of those given.
    names: tuple[str, ...]
    picked: Callable[[Values], tuple[Any, ...]]
    #: The engine takes parameters in this order, and not by name.
    in_order: bool
    #: Parameters whose values stand in the statement itself.
    fixed: dict[str, Any]
    #: By index: what makes of a parameter what the engine takes, and of what it hands out a column.
    into: tuple[_Process, ...]
    out_of: tuple[_Process, ...]

    def values(self, given: Values) -> Any:
        values = self.picked({**self.fixed, **given} if self.fixed else given)
        if self.into:
            values = _processed(self.into, values)
        return values if self.in_order else dict(zip(self.names, values, strict=True))

    def results(self, rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        return [_processed(self.out_of, row) for row in rows] if self.out_of else rows


def _processed(processes: tuple[_Process, ...], row: tuple[Any, ...]) -> tuple[Any, ...]:
    values = list(row)
    for index, process in processes:
        values[index] = process(values[index])
    return tuple(values)


def _picking(names: tuple[str, ...]) -> Callable[[Values], tuple[Any, ...]]:
    """`itemgetter` is the quickest, and hands out no tuple where there is one name, or none."""
    return itemgetter(*names) if len(names) > 1 else lambda given: tuple(given[name] for name in names)


def _write(statement: Any, columns: Sequence[str] | None, dialect: Dialect) -> _Written:
    written: SQLCompiler = statement.compile(dialect=dialect, column_keys=columns)
    names = tuple(written.positiontup or written.binds)
    kinds = [written.binds[name].type.dialect_impl(dialect) for name in names]
    selected = statement.selected_columns if isinstance(statement, Select) else ()
    found = [column.type.dialect_impl(dialect) for column in selected]
    return _Written(
        sql=str(written),
        names=names,
        picked=_picking(names),
        in_order=written.positional,
        fixed={name: bind.value for name, bind in written.binds.items() if not bind.required},
        into=_those(kind.bind_processor(dialect) for kind in kinds),
        out_of=_those(kind.result_processor(dialect, None) for kind in found),
    )


def _those(processes: Iterable[Callable[[Any], Any] | None]) -> tuple[_Process, ...]:
    return tuple((index, process) for index, process in enumerate(processes) if process is not None)


# -- lists


class _List(TypeDecorator[Any]):
    """Several values as one: an array on PostgreSQL, JSON on SQLite."""

    impl = Text
    cache_ok = True

    def __init__(self, of: TypeEngine[Any]) -> None:
        super().__init__()
        self.of = of

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else ARRAY(self.of))

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any]:
        return _to_json if dialect.name == "sqlite" else list


def _to_json(values: Iterable[Any]) -> str:
    return _encode(list(values)).decode()


class _Listed(ColumnElement[bool]):
    inherit_cache = False

    def __init__(self, *lists: tuple[ColumnElement[Any], str]) -> None:
        self.columns = [column for column, _ in lists]
        self.values = [bindparam(name, type_=_List(column.type)) for column, name in lists]


def listed(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """Its value is among those that the parameter of this name lists."""
    return _Listed((column, name))


def paired(one: tuple[ColumnElement[Any], str], other: tuple[ColumnElement[Any], str]) -> ColumnElement[bool]:
    """Two columns, and the parameters that list their values: those that stand at the same place belong together."""
    return _Listed(one, other)


@compiles(_Listed)
def _is_any(element: _Listed, compiler: SQLCompiler, **options: Any) -> str:
    columns, values = _in_sql(element, compiler, options)
    if len(columns) == 1:
        return f"{columns[0]} = ANY ({values[0]})"
    return f"({', '.join(columns)}) IN (SELECT * FROM unnest({', '.join(values)}))"  # noqa: S608 - as below


@compiles(_Listed, "sqlite")
def _is_in(element: _Listed, compiler: SQLCompiler, **options: Any) -> str:
    columns, values = _in_sql(element, compiler, options)
    listed = ["value", *(f"json_extract({each}, '$[' || key || ']')" for each in values[1:])]
    found = f"SELECT {', '.join(listed)} FROM json_each({values[0]})"  # noqa: S608 - names of ours, no values
    return f"({', '.join(columns)}) IN ({found})"


def _in_sql(element: _Listed, compiler: SQLCompiler, options: dict[str, Any]) -> tuple[list[str], list[str]]:
    columns = [compiler.process(each, **options) for each in element.columns]
    return columns, [compiler.process(each, **options) for each in element.values]
