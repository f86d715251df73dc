"""The first tables.

Every constraint gets its name here: pk_<table>, fk_<table>_<column>_<parent>, uq_ and ix_<table>_<columns>.
What the columns are for stands in `storage.tables`.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _people()
    _programmes_and_series()
    _circles_and_places()
    _sessions()
    _what_is_said()
    _delivery()
    _platforms()
    _calendars()
    _what_happened()
    _for_programs()


def _people() -> None:
    _table(
        "organisations",
        _id(),
        _text("name", 200),
        _text("language", 8),
        _text("zone", 64),
        sa.Column("retention_days", sa.Integer()),
        sa.Column("recaps_days", sa.Integer()),
        sa.Column("closed", sa.Text()),
        _at("created_at"),
        unique=[("name",)],
    )
    _table(
        "units",
        _id(),
        _of("organisations", "organisation_id"),
        _text("name", 100),
        unique=[("organisation_id", "name")],
    )
    _table(
        "people",
        _id(),
        _of("organisations", "organisation_id"),
        _text("name", 200),
        _text("language", 8, nullable=True),
        _of("units", "unit_id", nullable=True),
        _at("erased_at", nullable=True),
    )
    _table(
        "identities",
        _id(),
        _of("people", "person_id", index=True),
        _text("platform", 20),
        _text("workspace", 64),
        _text("account", 64),
        unique=[("account", "workspace", "platform")],
    )


def _programmes_and_series() -> None:
    _table(
        "contents",
        _text("id", 64),
        _text("programme", 60),
        _count("version"),
        sa.Column("body", sa.Text(), nullable=False),
        _at("created_at"),
    )
    _table(
        "series",
        _id(),
        _of("organisations", "organisation_id"),
        _text("slug", 60),
        _text("title", 200),
        _of("contents", "content_id", of=sa.String(64)),
        _text("language", 8),
        _text("zone", 64),
        _text("pace", 8),
        _text("answering", 8),
        _text("form", 60, nullable=True),
        _text("status", 12),
        sa.Column("paused_until", sa.Date()),
        _text("arena", 40, nullable=True),
        sa.Column("undivided", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        sa.Column("grace_minutes", sa.Integer()),
        sa.Column("window_days", sa.Integer()),
        sa.Column("retention_days", sa.Integer()),
        sa.Column("recaps_days", sa.Integer()),
        _text("case_number", 60, nullable=True),
        _text("platform", 20),
        _text("workspace", 64),
        _at("created_at"),
        unique=[("organisation_id", "slug")],
    )
    _table(
        "meetings",
        _id(),
        _of("series", "series_id"),
        _count("number"),
        sa.Column("local_date", sa.Date(), nullable=False),
        sa.Column("local_time", sa.Time(), nullable=False),
        sa.Column("fold", sa.Integer()),
        _text("pace", 8),
        _text("status", 12),
        _of("contents", "content_id", of=sa.String(64), nullable=True),
        unique=[("series_id", "number")],
    )


def _circles_and_places() -> None:
    _table(
        "places",
        _id(),
        _of("organisations", "organisation_id"),
        _text("platform", 20),
        _text("workspace", 64),
        _text("channel", 64),
        _text("thread", 64, server_default=sa.text("''")),
        _of("people", "person_id", nullable=True, index=True),
        sa.Column("session_id", _number),
        sa.Column("threads", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        _text("blocked", 40, nullable=True),
        _at("look_at", nullable=True),
        _at("moved_at", nullable=True),
        unique=[("channel", "thread", "workspace", "platform")],
    )
    _table(
        "circles",
        _id(),
        _of("series", "series_id"),
        _text("kind", 12),
        _count("number"),
        _text("name", 200),
        _of("places", "home_id", nullable=True),
        sa.Column("leaders", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        _at("close_until", nullable=True),
        _at("asks_at", nullable=True),
        _at("until", nullable=True),
        unique=[("series_id", "kind", "number")],
    )
    _partial("ix_circles_close_by", "circles", ["asks_at"], "close_until IS NOT NULL")
    _table(
        "memberships",
        _id(),
        _of("people", "person_id", index=True),
        _of("series", "series_id", index=True),
        _of("circles", "circle_id", nullable=True, index=True),
        _text("role", 12),
        _at("since"),
        _at("until", nullable=True),
    )


def _sessions() -> None:
    _table(
        "sessions",
        _id(),
        _of("organisations", "organisation_id"),
        _of("series", "series_id", index=True),
        _of("circles", "circle_id"),
        _of("meetings", "meeting_id", index=True),
        _of("places", "place_id"),
        _count("version", server_default="0"),
        _text("phase", 12),
        sa.Column("state", sa.Text()),
        _at("wake_at", nullable=True),
        _at("starts_at"),
        sa.Column("own_date", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        unique=[("circle_id", "meeting_id")],
    )
    _partial("ix_sessions_due", "sessions", ["wake_at"], "wake_at IS NOT NULL")
    _table(
        "publications",
        _id(),
        _of("sessions", "session_id"),
        _of("meetings", "meeting_id", index=True),
        _of("circles", "circle_id"),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.Column("given", sa.Text(), nullable=False, server_default=sa.text("'[]'")),
        sa.Column("waits_for", _number),
        unique=[("session_id",)],
    )
    _partial("ix_publications_waiting", "publications", ["waits_for"], "waits_for IS NOT NULL")


def _what_is_said() -> None:
    _table(
        "replies",
        sa.Column("id", _number, nullable=False, autoincrement=False),
        _of("organisations", "organisation_id"),
        _of("sessions", "session_id"),
        _of("people", "person_id", index=True),
        _of("places", "place_id"),
        _text("message", 64),
        sa.Column("revision", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("prompt", sa.Integer()),
        _text("step", 121, nullable=True),
        _text("role", 12),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        _count("reactions", server_default="0"),
        _at("sent_at"),
        unique=[("place_id", "message")],
    )
    op.create_index("ix_replies_session_id_person_id", "replies", ["session_id", "person_id"])
    _table(
        "marks",
        _of("replies", "reply_id", ondelete="CASCADE"),
        _of("people", "person_id", index=True),
        sa.Column("signs", sa.Integer(), nullable=False),
        key=["reply_id", "person_id"],
    )
    _table(
        "findings",
        _of("replies", "reply_id", ondelete="CASCADE"),
        _of("sessions", "session_id", index=True),
        _text("state", 12),
        _of("replies", "words_id", nullable=True, index=True, ondelete="SET NULL"),
        key=["reply_id"],
    )
    _table(
        "pairs",
        _id(),
        _of("sessions", "session_id"),
        _of("people", "one_id", index=True),
        _of("people", "other_id", index=True),
        unique=[("session_id", "one_id", "other_id")],
    )
    _table(
        "scores",
        _of("replies", "reply_id", ondelete="CASCADE"),
        _text("item", 60),
        sa.Column("value", sa.Integer()),
        key=["reply_id", "item"],
    )
    _table(
        "actions",
        _of("replies", "reply_id", ondelete="CASCADE"),
        _of("circles", "circle_id", index=True),
        _text("state", 12),
        key=["reply_id"],
    )
    _table(
        "recaps",
        _id(),
        _of("organisations", "organisation_id"),
        _of("meetings", "meeting_id", index=True),
        _of("sessions", "session_id", nullable=True, index=True),
        sa.Column("whole", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        _count("version"),
        _text("status", 12),
        sa.Column("points", sa.Text(), nullable=False),
        sa.Column("words", sa.Text()),
        sa.Column("said", sa.Text()),
        _at("made_at"),
        _at("approved_at", nullable=True),
        _of("people", "approved_by", nullable=True),
    )
    of_a_group = "session_id IS NOT NULL"
    _partial("uq_recaps_session_version", "recaps", ["session_id", "version"], of_a_group, unique=True)
    whole = ["meeting_id", "whole", "version"]
    _partial("uq_recaps_meeting_whole_version", "recaps", whole, "session_id IS NULL", unique=True)
    _partial("ix_recaps_draft", "recaps", ["made_at"], "status = 'draft'")
    _partial("ix_meetings_held", "meetings", ["id"], "status = 'held'")
    _table(
        "responses",
        _id(),
        _of("organisations", "organisation_id"),
        _of("replies", "reply_id", ondelete="CASCADE", index=True),
        _of("people", "person_id", index=True),
        _text("verdict", 12),
        sa.Column("words", sa.Text(), nullable=False),
        _at("at"),
        _of("sessions", "session_id", nullable=True),
    )
    _table(
        "ideas",
        _id(),
        _of("organisations", "organisation_id", index=True),
        _of("people", "person_id", index=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("whom", sa.Text(), nullable=False),
        _text("status", 16),
        _at("since"),
        _at("given_at"),
    )
    _table(
        "idea_news",
        _id(),
        _of("ideas", "idea_id", ondelete="CASCADE", index=True),
        _of("people", "person_id", nullable=True, index=True),
        _text("status", 16),
        sa.Column("words", sa.Text(), nullable=False),
        _at("at"),
        _at("told_at", nullable=True),
    )
    _partial("ix_idea_news_untold", "idea_news", ["id"], "told_at IS NULL")


def _delivery() -> None:
    _table(
        "outbox",
        _id(),
        _of("organisations", "organisation_id"),
        _of("places", "place_id"),
        _of("sessions", "session_id", nullable=True),
        _count("version"),
        _count("effect"),
        _text("kind", 8),
        _text("sort", 10),
        _text("slot", 80, nullable=True),
        sa.Column("prompt", sa.Integer()),
        sa.Column("body", sa.Text(), nullable=False),
        _of("outbox", "target_id", nullable=True),
        _text("only", 64, nullable=True),
        _text("status", 8),
        _count("attempts", server_default="0"),
        _at("not_before", nullable=True),
        _text("claimed_by", 100, nullable=True),
        _at("claimed_at", nullable=True),
        _text("receipt", 64, nullable=True),
        _at("sent_at", nullable=True),
        _text("reason", 80, nullable=True),
        unique=[("session_id", "version", "effect")],
        sqlite_autoincrement=True,
    )
    _partial("uq_outbox_in_flight", "outbox", ["place_id"], "status = 'sending'", unique=True)
    _partial("ix_outbox_waiting", "outbox", ["place_id", "id"], "status = 'queued'")
    _partial("ix_outbox_target", "outbox", ["target_id"], "target_id IS NOT NULL")
    op.create_index("ix_outbox_slot", "outbox", ["session_id", "slot"])
    op.create_index("ix_outbox_receipt", "outbox", ["place_id", "receipt"])
    _table(
        "quotes",
        _of("outbox", "outbox_id", ondelete="CASCADE"),
        sa.Column("reply_id", _number, nullable=False),
        key=["outbox_id", "reply_id"],
    )
    op.create_index("ix_quotes_reply_id", "quotes", ["reply_id"])
    _table("buckets", _text("name", 120), _at("closed_until"), key=["name"])
    _table(
        "holds",
        _text("name", 20),
        _at("since"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("outbox_id", _number),
        key=["name"],
    )


def _platforms() -> None:
    _table(
        "installations",
        _id(),
        _of("organisations", "organisation_id"),
        _text("platform", 20),
        _text("workspace", 64),
        _text("name", 200),
        sa.Column("token", sa.Text()),
        sa.Column("about", sa.Text(), nullable=False),
        _at("installed_at"),
        _at("ended_at", nullable=True),
        _text("cut", 40, nullable=True),
        unique=[("workspace", "platform")],
    )
    _table(
        "appointments",
        _id(),
        _of("organisations", "organisation_id"),
        _of("people", "person_id", index=True),
        sa.Column("office", sa.String(8), nullable=False, server_default=sa.text("'series'")),
        _at("since"),
        _at("until", nullable=True),
    )
    _table(
        "drafts",
        _text("platform", 20),
        _text("workspace", 64),
        _text("account", 64),
        _text("what", 12),
        sa.Column("sheet", sa.Text(), nullable=False),
        sa.Column("written", sa.Text(), nullable=False),
        _text("asks", 80, nullable=True),
        _at("at"),
        key=["platform", "workspace", "account", "what"],
    )
    _table(
        "codes",
        _text("code", 16),
        _of("organisations", "organisation_id"),
        _text("purpose", 8),
        _of("circles", "circle_id", nullable=True),
        _of("people", "person_id", nullable=True, index=True),
        _at("made_at"),
        _at("until", nullable=True),
        _at("used_at", nullable=True),
        key=["code"],
        unique=[("circle_id",)],
    )


def _calendars() -> None:
    _table(
        "feeds",
        _text("hash", 64),
        _of("series", "series_id", index=True),
        _of("circles", "circle_id", nullable=True),
        _at("since"),
        _at("until", nullable=True),
        key=["hash"],
    )


def _what_happened() -> None:
    _table(
        "log",
        _id(),
        _of("sessions", "session_id", nullable=True),
        sa.Column("version", sa.Integer()),
        _text("key", 400, nullable=True),
        sa.Column("event", sa.Text(), nullable=False),
        _text("ignored", 200, nullable=True),
        _at("at"),
        unique=[("key",)],
    )
    op.create_index("ix_log_session_id_version", "log", ["session_id", "version"])
    _table(
        "parked",
        _id(),
        _text("key", 400, nullable=True),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        _at("at"),
        _count("tries", server_default="1"),
        _at("settled_at", nullable=True),
        unique=[("key",)],
    )
    _table("tombstones", _text("hash", 64), _at("at"), key=["hash"])
    _table(
        "erasures",
        sa.Column("person_id", _number, autoincrement=False, nullable=False),
        _of("organisations", "organisation_id"),
        _text("asked_by", 80),
        _at("began_at"),
        _at("done_at", nullable=True),
        key=["person_id"],
    )
    _table(
        "audit",
        _id(),
        _of("organisations", "organisation_id"),
        _text("actor", 80),
        _text("act", 60),
        _text("object", 120),
        _at("at"),
    )
    op.create_index("ix_audit_organisation_id", "audit", ["organisation_id", "id"])
    _table("workers", _text("id", 100), _at("seen_at"))
    _table("secrets", _text("name", 40), _text("value", 200), key=["name"])


def _for_programs() -> None:
    _table(
        "tokens",
        _id(),
        _of("organisations", "organisation_id"),
        _text("name", 60),
        _text("hash", 64),
        _text("scopes", 40),
        _at("since"),
        _at("until", nullable=True),
        unique=[("hash",)],
    )
    _table(
        "webhooks",
        _id(),
        _of("organisations", "organisation_id"),
        _text("url", 500),
        sa.Column("private", sa.Boolean(), nullable=False),
        _at("since"),
        _at("until", nullable=True),
    )
    _table(
        "calls",
        _id(),
        _of("webhooks", "webhook_id"),
        _of("audit", "audit_id"),
        _text("status", 8),
        _count("attempts", server_default="0"),
        _at("not_before"),
        unique=[("webhook_id", "audit_id")],
    )
    _partial("ix_calls_waiting", "calls", ["not_before"], "status = 'waiting'")


# -- how the above is written


def _id() -> sa.Column[Any]:
    return sa.Column("id", _number, nullable=False)


def _text(name: str, most: int, *, nullable: bool = False, **options: Any) -> sa.Column[Any]:
    return sa.Column(name, sa.String(most), nullable=nullable, **options)


def _count(name: str, **options: Any) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer(), nullable=False, **options)


def _at(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _of(
    parent: str, name: str, *, of: Any = _number, nullable: bool = False, index: bool = False, **options: Any
) -> sa.Column[Any]:
    """A column that points to a parent; `_table` names its constraint and makes its index."""
    return sa.Column(name, of, nullable=nullable, info={"parent": parent, "index": index, "options": options})


def _table(
    name: str,
    *columns: sa.Column[Any],
    key: list[str] | None = None,
    unique: list[tuple[str, ...]] | None = None,
    **options: Any,
) -> None:
    constraints: list[sa.Constraint] = [sa.PrimaryKeyConstraint(*(key or ["id"]), name=f"pk_{name}")]
    for column in columns:
        if parent := column.info.get("parent"):
            named = f"fk_{name}_{column.name}_{parent}"
            points = [column.name], [f"{parent}.id"]
            constraints.append(sa.ForeignKeyConstraint(*points, name=named, **column.info["options"]))
    constraints += [sa.UniqueConstraint(*each, name=f"uq_{name}_{'_'.join(each)}") for each in unique or []]
    op.create_table(name, *columns, *constraints, **options)
    for column in columns:
        if column.info.get("index"):
            op.create_index(f"ix_{name}_{column.name}", name, [column.name])


def _partial(name: str, table: str, columns: list[str], where: str, *, unique: bool = False) -> None:
    op.create_index(
        name,
        table,
        columns,
        unique=unique,
        sqlite_where=sa.text(where),
        postgresql_where=sa.text(where),
    )
