"""«Show me»: everything that the house has of one person, whoever asks for it being allowed to see it.

What became of a reply is told with it: in which recaps it stands, and in how many messages that Runda posted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct
from sqlalchemy import Connection, distinct, func, or_, select

from bot.recaps import wording
from bot.rights import person as persons
from bot.rights.leftovers import parked_of
from flows import recap as recaps
from flows import sight
from flows import state as states
from flows.sight import Viewer
from storage import tables as t

if TYPE_CHECKING:
    from flows.language import Catalogue


class Account(Struct, frozen=True):
    platform: str
    workspace: str
    account: str


class Part(Struct, frozen=True, kw_only=True):
    """A role in a series, or in one of its groups."""

    series: str
    role: str
    group: str | None
    since: datetime
    until: datetime | None


class Standing(Struct, frozen=True, kw_only=True):
    """A stored recap that a reply stands in. `recap`: group, managers, or series, the managers' of all of it."""

    recap: str
    session: int
    version: int
    status: str


class Written(Struct, frozen=True, kw_only=True):
    """A message of the person's; of what was chosen in private, `words` is empty and `scores` is not."""

    #: Its number here.
    reply: int
    series: str
    session: int
    group: str
    at: datetime
    step: str | None
    role: str
    late: bool
    alone: bool
    words: str
    #: What became of it, where it is a finding or an action.
    state: str | None
    #: By item; None: does not know.
    scores: dict[str, int | None]
    recaps: tuple[Standing, ...]
    #: Messages that Runda posted and that show it.
    posted: int


class Begun(Struct, frozen=True, kw_only=True):
    """What somebody has begun to fill in."""

    what: str
    at: datetime
    written: str


class Vote(Struct, frozen=True, kw_only=True):
    """In a vote that is going on; when it is over, only the counts are kept."""

    series: str
    session: int
    options: tuple[int, ...]


class Answered(Struct, frozen=True, kw_only=True):
    """What somebody answered a group as a manager, on a finding."""

    series: str
    session: int
    at: datetime
    verdict: str
    words: str


class Idea(Struct, frozen=True, kw_only=True):
    """What somebody wrote as an idea, or about one, their own or another's."""

    idea: int
    at: datetime
    status: str
    words: str


class Noted(Struct, frozen=True, kw_only=True):
    """A row of the audit log that is about the person, or that tells what they did."""

    at: datetime
    actor: str
    act: str
    object: str


class Everything(Struct, frozen=True, kw_only=True):
    """`waiting`: events that could not be taken in so far, whole, in which the person's account stands."""

    person: int
    name: str
    language: str | None
    #: Where they are from, if a coordinator has said it.
    unit: str | None
    accounts: tuple[Account, ...]
    parts: tuple[Part, ...]
    written: tuple[Written, ...]
    votes: tuple[Vote, ...]
    answered: tuple[Answered, ...]
    ideas: tuple[Idea, ...]
    #: Messages of others that they have marked with a sign.
    marked: int
    begun: tuple[Begun, ...]
    waiting: tuple[str, ...]
    log: tuple[Noted, ...]


def of_person(connection: Connection, person: int, viewer: Viewer) -> Everything:
    """`viewer` is author or operator, whose asking is written down by the caller. Raises NotYours, NotFound."""
    for datum in (
        "profile",
        "draft",
        *sight.DATUM_OF.values(),
        "answered",
        "vote",
        "response",
        "audit",
        "idea",
    ):
        sight.require(viewer, datum, given={"on-request", "named"})
    row = persons.row(connection, person)
    accounts = persons.identities(connection, person)
    return Everything(
        person=person, name=row.name, language=row.language, unit=persons.unit(connection, row),
        accounts=tuple(Account(each.platform, each.workspace, each.account) for each in accounts),
        parts=tuple(_parts(connection, person)), written=tuple(_written(connection, person)),
        votes=tuple(_votes(connection, person)), marked=_marked(connection, person),
        answered=tuple(_answered(connection, person)),
        ideas=tuple(_ideas(connection, person)),
        begun=tuple(_begun(connection, accounts)),
        waiting=tuple(each.raw for each in parked_of(connection, person, accounts)),
        log=tuple(_log(connection, row.organisation_id, person)),
    )  # fmt: skip


def as_json(found: Everything) -> str:
    return msgspec.json.format(msgspec.json.encode(found), indent=2).decode() + "\n"


# -- reading


def _parts(connection: Connection, person: int) -> Iterable[Part]:
    m, s, c = t.memberships.c, t.series.c, t.circles.c
    held = select(s.title, m.role, c.name, m.since, m.until).join_from(
        t.memberships, t.series, s.id == m.series_id
    )
    held = held.outerjoin(t.circles, c.id == m.circle_id).where(m.person_id == person).order_by(m.id)
    for row in connection.execute(held):
        yield Part(series=row.title, role=row.role, group=row.name, since=row.since, until=row.until)
    a = t.appointments.c
    for one in connection.execute(select(a.since, a.until).where(a.person_id == person).order_by(a.id)):
        yield Part(series="", role="appointed", group=None, since=one.since, until=one.until)


def _written(connection: Connection, person: int) -> Iterable[Written]:
    r, s, mt, se, c = t.replies.c, t.sessions.c, t.meetings.c, t.series.c, t.circles.c
    mine = (
        select(t.replies, se.id.label("series_id"), se.title, mt.number, c.name, t.findings.c.state.label("finding"),
               t.actions.c.state.label("action"))
        .join(t.sessions, s.id == r.session_id).join(t.meetings, mt.id == s.meeting_id)
        .join(t.series, se.id == s.series_id).join(t.circles, c.id == s.circle_id)
        .outerjoin(t.findings, t.findings.c.reply_id == r.id).outerjoin(t.actions, t.actions.c.reply_id == r.id)
        .where(r.person_id == person).order_by(se.id, mt.number, r.sent_at, r.id)
    )  # fmt: skip
    rows = list(connection.execute(mine))
    standing = _standing(connection, {row.series_id for row in rows}, {row.id for row in rows})
    posted, scores = _posted(connection, person), _scores(connection, person)
    for row in rows:
        yield Written(
            reply=row.id, series=row.title, session=row.number, group=row.name, at=row.sent_at, step=row.step,
            role=row.role, late=row.late, alone=row.private, words=row.words, state=row.finding or row.action,
            scores=scores[row.id], recaps=tuple(standing[row.id]), posted=posted.get(row.id, 0),
        )  # fmt: skip


def _standing(connection: Connection, series: set[int], replies: set[int]) -> dict[int, list[Standing]]:
    """By reply, the stored recaps with a line that rests on it."""
    rc, mt = t.recaps.c, t.meetings.c
    stored = select(t.recaps, mt.number).join(t.meetings, mt.id == rc.meeting_id)
    stored = stored.where(mt.series_id.in_(series), rc.version > 0).order_by(mt.number, rc.id)
    found: dict[int, list[Standing]] = defaultdict(list)
    for row in connection.execute(stored):
        whose = "group" if row.session_id is not None else "series" if row.whole else "managers"
        one = Standing(recap=whose, session=row.number, version=row.version, status=row.status)
        for reply in replies & {
            each for line in wording.lines(recaps.load(row.points)) for each in line.rests
        }:
            found[reply].append(one)
    return found


def _posted(connection: Connection, person: int) -> dict[int, int]:
    """By reply, how many messages of Runda's show it; a message and its rewrites are one."""
    q, o, r = t.quotes.c, t.outbox.c, t.replies.c
    message = func.coalesce(o.target_id, o.id)
    shown = (
        select(q.reply_id, func.count(distinct(message)))
        .join(t.outbox, o.id == q.outbox_id)
        .join(t.replies, r.id == q.reply_id)
        .where(r.person_id == person, o.status == "sent")
        .group_by(q.reply_id)
    )
    return {row[0]: row[1] for row in connection.execute(shown)}


def _scores(connection: Connection, person: int) -> dict[int, dict[str, int | None]]:
    r, sc = t.replies.c, t.scores.c
    mine = (
        select(t.scores).join(t.replies, r.id == sc.reply_id).where(r.person_id == person).order_by(sc.item)
    )
    found: dict[int, dict[str, int | None]] = defaultdict(dict)
    for row in connection.execute(mine):
        found[row.reply_id][row.item] = row.value
    return found


def _votes(connection: Connection, person: int) -> Iterable[Vote]:
    s, mt, se = t.sessions.c, t.meetings.c, t.series.c
    held = select(s.state, mt.number, se.title).join(t.meetings, mt.id == s.meeting_id)
    held = held.join(t.series, se.id == s.series_id)
    mine = (
        s.series_id.in_(persons.series_of(person)),
        s.phase.in_(("running", "paused")),
        s.state.is_not(None),
    )
    for row in connection.execute(held.where(*mine).order_by(s.id)):
        if options := states.load(row.state).votes.get(person):
            yield Vote(series=row.title, session=row.number, options=options)


def _marked(connection: Connection, person: int) -> int:
    k = t.marks.c
    mine = select(func.count()).select_from(t.marks).where(k.person_id == person, k.signs > 0)
    return int(connection.execute(mine).scalar_one())


def _answered(connection: Connection, person: int) -> Iterable[Answered]:
    a, r, s, mt, se = t.responses.c, t.replies.c, t.sessions.c, t.meetings.c, t.series.c
    mine = select(a.at, a.verdict, a.words, mt.number, se.title).join(t.replies, r.id == a.reply_id)
    mine = mine.join(t.sessions, s.id == r.session_id).join(t.meetings, mt.id == s.meeting_id)
    mine = mine.join(t.series, se.id == s.series_id).where(a.person_id == person).order_by(a.id)
    for row in connection.execute(mine):
        yield Answered(series=row.title, session=row.number, at=row.at, verdict=row.verdict, words=row.words)


def _ideas(connection: Connection, person: int) -> Iterable[Idea]:
    """Their own ideas with all that was said of them, and what they wrote of others'."""
    i, n = t.ideas.c, t.idea_news.c
    own = list(connection.execute(select(t.ideas).where(i.person_id == person).order_by(i.id)))
    for row in own:
        words = "\n".join(filter(None, (row.words, row.whom)))
        yield Idea(idea=row.id, at=row.given_at, status=row.status, words=words)
    told = or_(n.idea_id.in_([row.id for row in own]), n.person_id == person)
    for row in connection.execute(select(t.idea_news).where(told, n.words != "").order_by(n.id)):
        yield Idea(idea=row.idea_id, at=row.at, status=row.status, words=row.words)


def _begun(connection: Connection, accounts: Iterable[Any]) -> Iterable[Begun]:
    d = t.drafts.c
    for each in accounts:
        here = d.platform == each.platform, d.workspace == each.workspace, d.account == each.account
        for row in connection.execute(select(t.drafts).where(*here).order_by(d.what)):
            yield Begun(what=row.what, at=row.at, written=row.written)


def _log(connection: Connection, organisation: int, person: int) -> Iterable[Noted]:
    a, me = t.audit.c, f"person:{person}"
    named = or_(a.actor == me, a.object == me, a.object.like(f"% {me}"), a.object.like(f"{me} %"))
    mine = select(t.audit).where(a.organisation_id == organisation, named).order_by(a.id)
    for row in connection.execute(mine):
        yield Noted(at=row.at, actor=row.actor, act=row.act, object=row.object)


# -- in words


def as_text(found: Everything, say: Catalogue, now: datetime) -> str:
    """In Markdown, in the language of the catalogue."""
    from bot.rights.telling import Telling

    return Telling(say, now).everything(found)
