"""An insert whose row may be there already. Both engines have it; SQLAlchemy keeps one for each, under its name."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Table


def insert_into(table: Table, dialect: str) -> Any:
    """SQLAlchemy's `insert` with `on_conflict_do_nothing` and `on_conflict_do_update`. `dialect` is its name."""
    # Only the engine that is used is loaded: the other takes longer to load than all of this house's storage.
    if dialect == "sqlite":
        from sqlalchemy.dialects import sqlite

        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql

    return postgresql.insert(table)
