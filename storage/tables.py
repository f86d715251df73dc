"""What is remembered. What must never happen is a constraint here, not a hope elsewhere.

Every table that holds what people said or did names its organisation, so that nothing is read without naming
it. Times are UTC; a meeting's own time is local date, local time and zone, and becomes UTC only when computed.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    Time,
    UniqueConstraint,
    event,
    text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

#: Named constraints, so that a migration can name what it changes.
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Utc(TypeDecorator[datetime]):
    """An aware time in, an aware UTC time out, on engines with and without time zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _: object) -> datetime | None:
        return _utc(value)

    def process_result_value(self, value: datetime | None, _: object) -> datetime | None:
        return _utc(value)

    # SQLite keeps times as text. SQLAlchemy makes the same text, in five times the time.

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any] | None:
        return _to_text if dialect.name == "sqlite" else super().bind_processor(dialect)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None] | None:
        return _from_text if dialect.name == "sqlite" else super().result_processor(dialect, coltype)


def _utc(value: datetime | None) -> datetime | None:
    if value is None or value.tzinfo is UTC:
        return value
    if value.tzinfo is None:
        raise ValueError(f"{value} has no time zone: store aware times only")
    return value.astimezone(UTC)


def _to_text(value: datetime | None) -> str | None:
    at = _utc(value)
    return at.isoformat(" ", "microseconds").removesuffix("+00:00") if at is not None else None


def _from_text(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).replace(tzinfo=UTC) if text is not None else None


#: 64 bits everywhere; on SQLite the row's own number, which needs no index of its own.
Id = BigInteger().with_variant(Integer, "sqlite")


#: Characters. PostgreSQL refuses what is longer, SQLite does not: so an address of five parts of 64 has room.
EVENT = 400
#: Host name (63 at most), process and a random part.
WORKER = 100
#: Two names of at most 60, with a dot between.
STEP = 121


#: Indexes of some rows only, and of which: each engine has a word of its own for that.
_PARTIAL: dict[Index, ColumnElement[bool]] = {}


def _partial(name: str, *columns: Column[Any], where: ColumnElement[bool], unique: bool = False) -> None:
    _PARTIAL[Index(name, *columns, unique=unique, sqlite_where=where)] = where


def in_postgresqls_words() -> None:
    """Name what PostgreSQL's indexes leave out: for those who make tables there, or draft a migration. It loads all of
    PostgreSQL's dialect, which a house on SQLite would wait for at each start."""
    for index, where in _PARTIAL.items():
        index.dialect_kwargs["postgresql_where"] = where


@event.listens_for(metadata, "before_create")
def _making(_: MetaData, connection: Connection, **__: object) -> None:
    if connection.dialect.name == "postgresql":
        in_postgresqls_words()


def _id() -> Column[int]:
    return Column("id", Id, primary_key=True)


def _of(
    table: str, *, name: str | None = None, nullable: bool = False, ondelete: str | None = None, **options: Any
) -> Column[int]:  # fmt: skip
    singular = {"people": "person", "series": "series", "replies": "reply"}.get(
        table, table.removesuffix("s")
    )
    key = ForeignKey(f"{table}.id", ondelete=ondelete)
    return Column(name or f"{singular}_id", Id, key, nullable=nullable, **options)


#: The tenant: owns its series, language and retention.
organisations = Table(
    "organisations",
    metadata,
    _id(),
    Column("name", String(200), nullable=False, unique=True),
    Column("language", String(8), nullable=False),
    Column("zone", String(64), nullable=False),
    #: Days after a series' last date that raw replies are kept, and approved recaps; empty: until somebody decides.
    Column("retention_days", Integer),
    Column("recaps_days", Integer),
    #: Its own closed days, as `bot.series.holidays.Closed` writes them. Only pointed out.
    Column("closed", Text),
    Column("created_at", Utc, nullable=False),
)

#: Where people are from, as a coordinator has said it: a municipality, a department.
units = Table(
    "units",
    metadata,
    _id(),
    _of("organisations"),
    Column("name", String(100), nullable=False),
    UniqueConstraint("organisation_id", "name"),
)

people = Table(
    "people",
    metadata,
    _id(),
    _of("organisations"),
    #: How the person is called in the chat; emptied by an erasure.
    Column("name", String(200), nullable=False),
    #: Wins over the series' language in what is sent to this person alone.
    Column("language", String(8)),
    _of("units", nullable=True),
    Column("erased_at", Utc),
)

#: The same human on one platform.
identities = Table(
    "identities",
    metadata,
    _id(),
    _of("people", index=True),
    Column("platform", String(20), nullable=False),
    Column("workspace", String(64), nullable=False),
    Column("account", String(64), nullable=False),
    # The account first: it is what people are looked up by, and an index serves from its left end only.
    UniqueConstraint("account", "workspace", "platform"),
)

#: The content of a programme (structure, texts, pictures), by what it is; never changed, only added.
contents = Table(
    "contents",
    metadata,
    Column("id", String(64), primary_key=True),  # SHA-256 of the body
    Column("programme", String(60), nullable=False),
    Column("version", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Column("created_at", Utc, nullable=False),
)

series = Table(
    "series",
    metadata,
    _id(),
    _of("organisations"),
    #: What commands call it: unique within the organisation.
    Column("slug", String(60), nullable=False),
    Column("title", String(200), nullable=False),
    #: The content that rounds not yet opened will use.
    Column("content_id", String(64), ForeignKey("contents.id"), nullable=False),
    Column("language", String(8), nullable=False),
    Column("zone", String(64), nullable=False),
    Column("pace", String(8), nullable=False),
    Column("answering", String(8), nullable=False),
    Column("form", String(60)),
    #: planned, running, paused, finished, cancelled
    Column("status", String(12), nullable=False),
    #: While it is paused: the local date from which it goes on by itself; empty: when somebody says so.
    Column("paused_until", Date),
    Column("arena", String(40)),
    #: Those who take part are not in groups yet: they are one circle until they are divided.
    Column("undivided", Boolean, nullable=False, server_default=text("false")),
    #: How far behind a meeting may still open by itself; empty: the rule of the pace.
    Column("grace_minutes", Integer),
    #: Async: working days that a round is open.
    Column("window_days", Integer),
    #: Its own lives of raw replies and of approved recaps; empty: the organisation's.
    Column("retention_days", Integer),
    Column("recaps_days", Integer),
    #: What the archive knows it by.
    Column("case_number", String(60)),
    Column("platform", String(20), nullable=False),
    Column("workspace", String(64), nullable=False),
    Column("created_at", Utc, nullable=False),
    UniqueConstraint("organisation_id", "slug"),
)

meetings = Table(
    "meetings",
    metadata,
    _id(),
    _of("series"),
    Column("number", Integer, nullable=False),
    Column("local_date", Date, nullable=False),
    Column("local_time", Time, nullable=False),
    #: Which of the two, where the local time exists twice.
    Column("fold", Integer),
    #: live, async: that of its series, if not of a round that is held before there are groups.
    Column("pace", String(8), nullable=False),
    #: tentative, confirmed, open, held, missed, cancelled
    Column("status", String(12), nullable=False),
    #: The content that the round was opened with, from then on.
    Column("content_id", String(64), ForeignKey("contents.id")),
    UniqueConstraint("series_id", "number"),
)

circles = Table(
    "circles",
    metadata,
    _id(),
    _of("series"),
    #: group, everyone, leaders, pair, person; managers: its home is where they read together
    Column("kind", String(12), nullable=False),
    #: From 1; 0: all who take part, until they are divided.
    Column("number", Integer, nullable=False),
    Column("name", String(200), nullable=False),
    #: Where its meetings' threads are opened.
    _of("places", name="home_id", nullable=True),
    #: A group of leaders, whose scores a programme may show beside the others'.
    Column("leaders", Boolean, nullable=False, server_default=text("false")),
    #: Between sessions it is asked how it goes, until then (empty: it is not), and not again before.
    Column("close_until", Utc),
    Column("asks_at", Utc),
    #: When its people were divided into the groups that follow it; empty: it meets.
    Column("until", Utc),
    UniqueConstraint("series_id", "kind", "number"),
)
_partial("ix_circles_close_by", circles.c.asks_at, where=circles.c.close_until.is_not(None))

#: Who is in what, from when to when. A role in a series has no circle.
memberships = Table(
    "memberships",
    metadata,
    _id(),
    _of("people", index=True),
    _of("series", index=True),
    _of("circles", nullable=True, index=True),
    #: participant, note-taker, coordinator, manager
    Column("role", String(12), nullable=False),
    Column("since", Utc, nullable=False),
    Column("until", Utc),
)

#: Where a circle talks, or where a person is reached alone.
places = Table(
    "places",
    metadata,
    _id(),
    _of("organisations"),
    Column("platform", String(20), nullable=False),
    Column("workspace", String(64), nullable=False),
    Column("channel", String(64), nullable=False),
    Column("thread", String(64), nullable=False, server_default=text("''")),
    #: The one person whose private place it is.
    _of("people", nullable=True, index=True),
    #: The session that speaks there now; what is written there is for it.
    Column("session_id", Id),
    #: Each meeting opens a thread of its own there.
    Column("threads", Boolean, nullable=False, server_default=text("false")),
    #: Why nothing can be sent there: a key under `delivery.why`. It is tried again from `look_at`.
    Column("blocked", String(40)),
    Column("look_at", Utc),
    #: When the platform gave its channel another name: what was said before is to be seen nowhere.
    Column("moved_at", Utc),
    UniqueConstraint("channel", "thread", "workspace", "platform"),
)

#: One circle going through one round. Made when the series is planned, so that opening is one more deadline.
sessions = Table(
    "sessions",
    metadata,
    _id(),
    _of("organisations"),
    _of("series", index=True),
    _of("circles"),
    _of("meetings"),
    _of("places"),
    #: Counts the events that have been applied.
    Column("version", Integer, nullable=False, server_default="0"),
    #: planned until it opens; then the engine's phase; missed, cancelled
    Column("phase", String(12), nullable=False),
    Column("state", Text),
    Column("wake_at", Utc),
    #: When its own meeting starts: the circle's date if it has one, otherwise the series'.
    Column("starts_at", Utc, nullable=False),
    #: A circle's own date, where it differs from the series'.
    Column("own_date", Boolean, nullable=False, server_default=text("false")),
    UniqueConstraint("circle_id", "meeting_id"),
)
_partial("ix_sessions_due", sessions.c.wake_at, where=sessions.c.wake_at.is_not(None))
Index("ix_sessions_meeting_id", sessions.c.meeting_id)

#: A message of a person, with the prompt it answers. Several to one prompt are one answer.
replies = Table(
    "replies",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    _of("organisations"),
    _of("sessions"),
    _of("people", index=True),
    _of("places"),
    #: The platform's id of the message.
    Column("message", String(64), nullable=False),
    #: Grows with every edit; platforms count in their own ways.
    Column("revision", BigInteger, nullable=False, server_default="0"),
    Column("prompt", Integer),
    #: A step of the round; of a step with several fields, step and field: «plan.goal».
    Column("step", String(STEP)),
    Column("role", String(12), nullable=False),
    Column("late", Boolean, nullable=False),
    Column("private", Boolean, nullable=False),
    Column("words", Text, nullable=False),
    Column("reactions", Integer, nullable=False, server_default="0"),
    Column("sent_at", Utc, nullable=False),
    UniqueConstraint("place_id", "message"),
)
#: Also to see whether somebody said anything in a session, however much was said there.
Index("ix_replies_session_id_person_id", replies.c.session_id, replies.c.person_id)

#: What somebody chose, in private: an item of a scale and its value; empty: does not know. Of a person, one reply
#: at a step counts, the one that the session's state names.
scores = Table(
    "scores",
    metadata,
    Column("reply_id", Id, ForeignKey("replies.id", ondelete="CASCADE"), primary_key=True),
    Column("item", String(60), primary_key=True),
    Column("value", Integer),
)

#: Who marked a reply, in a chat where one can, and with how many signs.
marks = Table(
    "marks",
    metadata,
    Column("reply_id", Id, ForeignKey("replies.id", ondelete="CASCADE"), primary_key=True),
    Column("person_id", Id, ForeignKey("people.id"), primary_key=True, index=True),
    Column("signs", Integer, nullable=False),
)

findings = Table(
    "findings",
    metadata,
    Column("reply_id", Id, ForeignKey("replies.id", ondelete="CASCADE"), primary_key=True),
    _of("sessions", index=True),
    #: proposed, yes, reworded, no
    Column("state", String(12), nullable=False),
    #: The reply that rewords it. Its index is for the deletion of replies, which looks for those it empties.
    Column("words_id", Id, ForeignKey("replies.id", ondelete="SET NULL"), index=True),
)

actions = Table(
    "actions",
    metadata,
    Column("reply_id", Id, ForeignKey("replies.id", ondelete="CASCADE"), primary_key=True),
    _of("circles", index=True),
    #: open, under-way, done, dropped
    Column("state", String(12), nullable=False),
)

#: What a group released to everyone, until everyone's session has taken it in.
publications = Table(
    "publications",
    metadata,
    _id(),
    _of("sessions", unique=True),
    _of("meetings", index=True),
    _of("circles"),
    #: JSON: ids of replies
    Column("findings", Text, nullable=False),
    #: JSON of flows.effects.Given: what else its steps hand on, as ids of replies.
    Column("given", Text, nullable=False, server_default=text("'[]'")),
    #: Everyone's session that shall take it in; emptied when it has.
    Column("waits_for", Id),
)
_partial("ix_publications_waiting", publications.c.waits_for, where=publications.c.waits_for.is_not(None))

#: Who was drawn to meet whom, one to one; of three, each with each.
pairs = Table(
    "pairs",
    metadata,
    _id(),
    _of("sessions"),
    _of("people", name="one_id", index=True),
    _of("people", name="other_id", index=True),
    UniqueConstraint("session_id", "one_id", "other_id"),
)

recaps = Table(
    "recaps",
    metadata,
    _id(),
    _of("organisations"),
    _of("meetings", index=True),
    #: The group whose recap it is; none: the manager's recap.
    _of("sessions", nullable=True, index=True),
    #: The managers', of the whole series up to and including that meeting.
    Column("whole", Boolean, nullable=False, server_default=text("false")),
    Column("version", Integer, nullable=False),
    #: A group's: automatic, held, released, edited, approved. The managers': draft, edited, approved, counts, settled,
    #: lessened (as approved, less what was erased; sent to nobody).
    Column("status", String(12), nullable=False),
    #: JSON: what a rule chose, as ids.
    Column("points", Text, nullable=False),
    #: A coordinator's own wording, in place of what the rule chose.
    Column("words", Text),
    #: JSON of bot.rights.freezing.Frozen: how it read when the replies that it rests on were deleted.
    Column("said", Text),
    Column("made_at", Utc, nullable=False),
    Column("approved_at", Utc),
    _of("people", name="approved_by", nullable=True),
)
_partial("uq_recaps_session_version", recaps.c.session_id, recaps.c.version, unique=True,
         where=recaps.c.session_id.is_not(None))  # fmt: skip
_partial("uq_recaps_meeting_whole_version", recaps.c.meeting_id, recaps.c.whole, recaps.c.version, unique=True,
         where=recaps.c.session_id.is_(None))  # fmt: skip
_partial("ix_recaps_draft", recaps.c.made_at, where=recaps.c.status == "draft")
_partial("ix_meetings_held", meetings.c.id, where=meetings.c.status == "held")

#: What a manager answered a group on a finding that it released. The latest of a finding counts.
responses = Table(
    "responses",
    metadata,
    _id(),
    _of("organisations"),
    #: Its index is for the deletion of replies, which takes the answers to them along.
    Column("reply_id", Id, ForeignKey("replies.id", ondelete="CASCADE"), nullable=False, index=True),
    #: Who answered; the group is told no name.
    _of("people", index=True),
    #: decided, not-now
    Column("verdict", String(12), nullable=False),
    #: What was decided, or why not now.
    Column("words", Text, nullable=False),
    Column("at", Utc, nullable=False),
    #: The session that opened with it; empty: the group has not been told yet.
    _of("sessions", nullable=True),
)

#: The idea sluice: what somebody has seen the need of, in their own words. Who gave it is told to nobody who assesses.
ideas = Table(
    "ideas",
    metadata,
    _id(),
    _of("organisations", index=True),
    _of("people", index=True),
    Column("words", Text, nullable=False),
    #: For whom it is; "": not said.
    Column("whom", Text, nullable=False),
    #: One of bot.ideas.sluice.STATUSES, and since when.
    Column("status", String(16), nullable=False),
    Column("since", Utc, nullable=False),
    Column("given_at", Utc, nullable=False),
)

#: What became of an idea, line by line: a change of status, or what its giver added.
idea_news = Table(
    "idea_news",
    metadata,
    _id(),
    _of("ideas", index=True, ondelete="CASCADE"),
    #: Who assessed it, or its giver; empty: somebody at the command line.
    _of("people", nullable=True, index=True),
    Column("status", String(16), nullable=False),
    Column("words", Text, nullable=False),
    Column("at", Utc, nullable=False),
    #: When the other side was told: the giver, or those who assess.
    Column("told_at", Utc),
)
_partial("ix_idea_news_untold", idea_news.c.id, where=idea_news.c.told_at.is_(None))

#: What is to be sent. One row in flight per place, so that a place hears things in order.
outbox = Table(
    "outbox",
    metadata,
    _id(),
    _of("organisations"),
    _of("places"),
    _of("sessions", nullable=True),
    Column("version", Integer, nullable=False),
    Column("effect", Integer, nullable=False),
    #: say: a new message; update: rewrite the one last said in this slot
    Column("kind", String(8), nullable=False),
    Column("sort", String(10), nullable=False),
    Column("slot", String(80)),
    Column("prompt", Integer),
    #: JSON of flows.message.Message: keys and references, no words.
    Column("body", Text, nullable=False),
    #: What an update rewrites, where it is not the slot's last message.
    _of("outbox", name="target_id", nullable=True),
    #: The account that alone is shown it, in a place that others read too.
    Column("only", String(64)),
    #: queued, sending, sent, failed, dropped
    Column("status", String(8), nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("not_before", Utc),
    Column("claimed_by", String(WORKER)),
    Column("claimed_at", Utc),
    Column("receipt", String(64)),
    Column("sent_at", Utc),
    #: Why it waits, waited, failed or was dropped: a code (`bot.series.why`).
    Column("reason", String(80)),
    UniqueConstraint("session_id", "version", "effect"),
    # A number is never given twice, not even after its row is deleted: platforms remember messages by it.
    sqlite_autoincrement=True,
)
_partial("uq_outbox_in_flight", outbox.c.place_id, where=outbox.c.status == "sending", unique=True)
_partial("ix_outbox_waiting", outbox.c.place_id, outbox.c.id, where=outbox.c.status == "queued")
_partial("ix_outbox_target", outbox.c.target_id, where=outbox.c.target_id.is_not(None))
Index("ix_outbox_slot", outbox.c.session_id, outbox.c.slot)
Index("ix_outbox_receipt", outbox.c.place_id, outbox.c.receipt)

#: Which posted messages show which replies, so that a correction reaches them.
quotes = Table(
    "quotes",
    metadata,
    Column("outbox_id", Id, ForeignKey("outbox.id", ondelete="CASCADE"), primary_key=True),
    Column("reply_id", Id, primary_key=True, index=True),
)

#: What shares a platform's pace, and until when it is closed.
buckets = Table(
    "buckets",
    metadata,
    Column("name", String(120), primary_key=True),
    Column("closed_until", Utc, nullable=False),
)

#: Every event, without words. `key` is its name where it came from: none is taken in twice. What a message is
#: about is known by its reply, or by its tombstone, whatever the event was called.
log = Table(
    "log",
    metadata,
    _id(),
    _of("sessions", nullable=True),
    Column("version", Integer),
    Column("key", String(EVENT), unique=True),
    #: JSON of flows.events.Event
    Column("event", Text, nullable=False),
    Column("ignored", String(200)),
    Column("at", Utc, nullable=False),
)
Index("ix_log_session_id_version", log.c.session_id, log.c.version)

#: An event that could not be taken in, kept whole until somebody has mended what was wrong.
parked = Table(
    "parked",
    metadata,
    _id(),
    Column("key", String(EVENT), unique=True),
    Column("raw", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Utc, nullable=False),
    Column("tries", Integer, nullable=False, server_default="1"),
    Column("settled_at", Utc),
)

#: Keyed hashes of messages that were erased: a late event cannot bring the words back.
tombstones = Table(
    "tombstones",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("at", Utc, nullable=False),
)

#: People who are being erased, and who have been: it goes on after a crash, and until everything is done.
erasures = Table(
    "erasures",
    metadata,
    # Not a key to people, so that nothing of it moves when two accounts become one person.
    Column("person_id", Id, primary_key=True, autoincrement=False),
    _of("organisations"),
    #: As in the audit log.
    Column("asked_by", String(80), nullable=False),
    Column("began_at", Utc, nullable=False),
    Column("done_at", Utc),
)

#: What coordinators, managers and operators did; never what anyone said.
audit = Table(
    "audit",
    metadata,
    _id(),
    _of("organisations"),
    Column("actor", String(80), nullable=False),
    Column("act", String(60), nullable=False),
    Column("object", String(120), nullable=False),
    Column("at", Utc, nullable=False),
)
Index("ix_audit_organisation_id", audit.c.organisation_id, audit.c.id)

#: Which processes are serving: for the health check, and to know whose claims are dead.
workers = Table(
    "workers",
    metadata,
    Column("id", String(WORKER), primary_key=True),
    Column("seen_at", Utc, nullable=False),
)

#: A workspace that has installed us; the organisation is its tenant. `token` is encrypted, and empty where the
#: settings hold it.
installations = Table(
    "installations",
    metadata,
    _id(),
    _of("organisations"),
    Column("platform", String(20), nullable=False),
    Column("workspace", String(64), nullable=False),
    Column("name", String(200), nullable=False),
    Column("token", Text),
    #: JSON: what the adapter must know of it, such as its web address and the bot's own account.
    Column("about", Text, nullable=False),
    Column("installed_at", Utc, nullable=False),
    Column("ended_at", Utc),
    #: Why nothing can be sent there: a key under `delivery.why`.
    Column("cut", String(40)),
    UniqueConstraint("workspace", "platform"),
)

#: Who may set up series for the organisation; a coordinator of one series stands among its memberships.
appointments = Table(
    "appointments",
    metadata,
    _id(),
    _of("organisations"),
    _of("people", index=True),
    #: series: may set them up, and assess ideas; ideas: may assess ideas only
    Column("office", String(8), nullable=False, server_default=text("'series'")),
    Column("since", Utc, nullable=False),
    Column("until", Utc),
)

#: What somebody has begun to fill in, and can go on with.
drafts = Table(
    "drafts",
    metadata,
    Column("platform", String(20), primary_key=True),
    Column("workspace", String(64), primary_key=True),
    Column("account", String(64), primary_key=True),
    #: setup: a series that is being set up; guided: a sheet that is asked field by field.
    Column("what", String(12), primary_key=True),
    Column("sheet", Text, nullable=False),
    #: JSON: by blank.
    Column("written", Text, nullable=False),
    #: The blank that is asked now.
    Column("asks", String(80)),
    Column("at", Utc, nullable=False),
)

#: What people type, or follow as a link: of a group, which gives it a chat and takes people in; or of a person, who
#: by it is the same one on another platform, once and soon.
codes = Table(
    "codes",
    metadata,
    Column("code", String(16), primary_key=True),
    _of("organisations"),
    #: group, person
    Column("purpose", String(8), nullable=False),
    _of("circles", nullable=True, unique=True),
    _of("people", nullable=True, index=True),
    Column("made_at", Utc, nullable=False),
    #: Good until then; empty: until it is replaced.
    Column("until", Utc),
    Column("used_at", Utc),
)

#: Addresses of calendars, by the hash of what is secret in them.
feeds = Table(
    "feeds",
    metadata,
    Column("hash", String(64), primary_key=True),
    _of("series", index=True),
    _of("circles", nullable=True),
    Column("since", Utc, nullable=False),
    Column("until", Utc),
)

#: What programs of the organisation read the API with, by its hash.
tokens = Table(
    "tokens",
    metadata,
    _id(),
    _of("organisations"),
    Column("name", String(60), nullable=False),
    Column("hash", String(64), nullable=False, unique=True),
    #: What it may read, with a space between: schedule, recaps.
    Column("scopes", String(40), nullable=False),
    Column("since", Utc, nullable=False),
    Column("until", Utc),
)

#: Addresses that are called when something of the organisation has changed.
webhooks = Table(
    "webhooks",
    metadata,
    _id(),
    _of("organisations"),
    Column("url", String(500), nullable=False),
    #: It may lead to a private network.
    Column("private", Boolean, nullable=False),
    Column("since", Utc, nullable=False),
    Column("until", Utc),
)

#: What a webhook is to be told: an act of the audit log, once. `not_before` is also until when it is claimed.
calls = Table(
    "calls",
    metadata,
    _id(),
    _of("webhooks"),
    _of("audit", name="audit_id"),
    #: waiting, done, failed, dropped
    Column("status", String(8), nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("not_before", Utc, nullable=False),
    UniqueConstraint("webhook_id", "audit_id"),
)
_partial("ix_calls_waiting", calls.c.not_before, where=calls.c.status == "waiting")

#: What the operator has stopped, or a restore has, until somebody lets go of it: `delivery`.
holds = Table(
    "holds",
    metadata,
    Column("name", String(20), primary_key=True),
    Column("since", Utc, nullable=False),
    Column("reason", Text, nullable=False),
    #: The newest row of the outbox when it began: those up to here may have been sent already.
    Column("outbox_id", Id),
)

#: Made once per installation: the key of the tombstones, and the like.
secrets = Table(
    "secrets",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", String(200), nullable=False),
)
