"""What people wrote, as far as messages refer to it: a statement a table, however many the messages are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import or_, select

from adapters.port import Address, Link
from bot.recaps import wording
from bot.words.voices import Voice
from flows import message as m
from storage import tables as t
from storage.unit import Unit

#: Texts that lead to the first message of a sitting, and whether that is everyone's, or the session's own.
LEADS = {"plenum.go": True, "reminder.open": False, "reminder.today": False}


@dataclass(slots=True)
class Rows:
    """What has been found."""

    replies: dict[int, Any] = field(default_factory=dict)
    findings: dict[int, Any] = field(default_factory=dict)
    actions: dict[int, str] = field(default_factory=dict)
    names: dict[tuple[str, int], str] = field(default_factory=dict)
    recaps: dict[int, Any] = field(default_factory=dict)
    #: By reply: the account that wrote it, for those that a receipt offers something on.
    accounts: dict[int, str] = field(default_factory=dict)
    notes: dict[tuple[int, str], list[int]] = field(default_factory=dict)
    solos: dict[tuple[int, str, int], list[int]] = field(default_factory=dict)
    #: By reply, the values of what was chosen there.
    scores: dict[int, dict[str, int | None]] = field(default_factory=dict)
    #: What managers answered groups.
    responses: dict[int, Any] = field(default_factory=dict)
    #: What was written about ideas.
    feedback: dict[int, str] = field(default_factory=dict)
    #: Where sittings are that people are sent to, by the session that sends them, and whether it is everyone's.
    sittings: dict[tuple[int, bool], Link] = field(default_factory=dict)
    #: Where the notes of earlier sittings stand, by session and slot.
    links: dict[tuple[int, str], Link] = field(default_factory=dict)


def gather(
    unit: Unit, messages: Sequence[m.Message], voices: Sequence[Voice], drafts: Mapping[int, Any]
) -> Rows:
    rows = Rows()
    wanted = [
        (voice, each) for said, voice in zip(messages, voices, strict=True) for each in references(said)
    ]
    _recaps(unit, rows, {each.id for _, each in wanted if isinstance(each, m.Recap)})
    rows.recaps.update(drafts)
    sent = {(voice.session, LEADS[each.key]) for voice, each in wanted
            if isinstance(each, m.Text) and each.key in LEADS}  # fmt: skip
    _sittings(unit, rows, sent)
    _links(unit, rows)
    for recap in rows.recaps.values():
        wanted += [(voices[0], each) for each in _in_recap(recap)]
    _written(unit, rows, wanted)
    ids = set(_reply_ids(each for _, each in wanted))
    ids |= {said.about for said in messages if said.about}
    _scores(unit, rows, [each for _, each in wanted if isinstance(each, m.Levels)])
    _responses(unit, rows, {each.id for _, each in wanted if isinstance(each, m.Response)})
    _feedback(unit, rows, {each.news for _, each in wanted if isinstance(each, m.Feedback)})
    ids |= rows.scores.keys()
    for listed in (*rows.notes.values(), *rows.solos.values()):
        ids |= set(listed)
    _judged(unit, rows, ids)
    _names(unit, rows, {(each.of, each.id) for _, each in wanted if isinstance(each, m.Name)})
    if ids:
        rows.replies.update(
            {row.id: row for row in unit.all(select(t.replies).where(t.replies.c.id.in_(ids)))}
        )
    _accounts(unit, rows, {said.about for said in messages if said.about and said.choices})
    return rows


def _scores(unit: Unit, rows: Rows, spreads: Sequence[m.Levels]) -> None:
    replies = {each for one in spreads for each in (*one.replies, *one.before)}
    if replies:
        s = t.scores.c
        for row in unit.all(select(s.reply_id, s.item, s.value).where(s.reply_id.in_(replies))):
            rows.scores.setdefault(row.reply_id, {})[row.item] = row.value


def _responses(unit: Unit, rows: Rows, ids: set[int]) -> None:
    if ids:
        found = unit.all(select(t.responses).where(t.responses.c.id.in_(ids)))
        rows.responses = {row.id: row for row in found}


def _feedback(unit: Unit, rows: Rows, ids: set[int]) -> None:
    if ids:
        n = t.idea_news.c
        rows.feedback = {row.id: row.words for row in unit.all(select(n.id, n.words).where(n.id.in_(ids)))}


def _accounts(unit: Unit, rows: Rows, replies: set[int]) -> None:
    if replies:
        i, r, p = t.identities.c, t.replies.c, t.places.c
        wrote = (
            select(r.id, i.account)
            .join(t.places, p.id == r.place_id)
            .join(
                t.identities,
                (i.person_id == r.person_id) & (i.platform == p.platform) & (i.workspace == p.workspace),
            )
        )
        rows.accounts = {row.id: row.account for row in unit.all(wrote.where(r.id.in_(replies)))}


def _recaps(unit: Unit, rows: Rows, ids: set[int]) -> None:
    if ids:
        rows.recaps = {row.id: row for row in unit.all(select(t.recaps).where(t.recaps.c.id.in_(ids)))}


def _links(unit: Unit, rows: Rows) -> None:
    """Where our own messages stand that hold the notes which these recaps tell of."""
    sessions = {row.session_id for row in rows.recaps.values() if row.session_id}
    if not sessions:
        return
    o, p = t.outbox.c, t.places.c
    noted = select(o.session_id, o.slot, o.receipt, o.sent_at, p.platform, p.workspace, p.channel, p.thread)
    noted = noted.join(t.places, p.id == o.place_id).where(
        o.session_id.in_(sessions), o.slot.startswith("note:"), o.kind == "say", o.receipt.is_not(None)
    )
    for row in unit.all(noted):
        place = Address(row.platform, row.workspace, row.channel, row.thread)
        rows.links[row.session_id, row.slot] = Link(place, row.receipt, row.sent_at)


def _sittings(unit: Unit, rows: Rows, sent: set[tuple[int | None, bool]]) -> None:
    """The first messages of sittings that people are sent to: each in a thread of its own, where there are any."""
    if not sent:
        return
    sends, s, o, p, c = t.sessions.alias("sends").c, t.sessions.c, t.outbox.c, t.places.c, t.circles.c
    everyone = c.kind == "everyone"
    there = (
        select(sends.id, everyone.label("everyone"), o.receipt, o.sent_at, p.platform, p.workspace, p.channel,
               p.thread)
        .join(t.sessions, or_(s.id == sends.id, s.meeting_id == sends.meeting_id))
        .join(t.circles, (c.id == s.circle_id) & or_(s.id == sends.id, everyone))
        .join(t.outbox, (o.session_id == s.id) & (o.slot == "root") & (o.kind == "say"))
        .join(t.places, p.id == o.place_id)
        .where(sends.id.in_([session for session, _ in sent]), o.receipt.is_not(None), p.threads)
    )  # fmt: skip
    for row in unit.all(there.order_by(o.id)):
        place = Address(row.platform, row.workspace, row.channel, row.thread)
        rows.sittings[row.id, bool(row.everyone)] = Link(place, row.receipt, row.sent_at)


def _written(unit: Unit, rows: Rows, wanted: Iterable[tuple[Voice, Any]]) -> None:
    """The lines of notes, and people's own notes, by session and step."""
    steps = {each.step for _, each in wanted if isinstance(each, m.Notes | m.Solo)}
    sessions = {voice.session for voice, each in wanted if isinstance(each, m.Notes | m.Solo)}
    if not steps:
        return
    r = t.replies.c
    lines = select(r.id, r.session_id, r.step, r.role, r.person_id).where(
        r.session_id.in_(sessions), r.step.in_(steps), r.role.in_(("note", "solo"))
    )
    for row in unit.all(lines.order_by(r.sent_at, r.id)):
        if row.role == "note":
            rows.notes.setdefault((row.session_id, row.step), []).append(row.id)
        else:
            rows.solos.setdefault((row.session_id, row.step, row.person_id), []).append(row.id)


def _judged(unit: Unit, rows: Rows, ids: set[int]) -> None:
    """Findings in the words that they were released in, and how actions stand."""
    if not ids:
        return
    rows.findings = {
        row.reply_id: row for row in unit.all(select(t.findings).where(t.findings.c.reply_id.in_(ids)))
    }
    ids |= {row.words_id for row in rows.findings.values() if row.words_id}
    states = select(t.actions.c.reply_id, t.actions.c.state).where(t.actions.c.reply_id.in_(ids))
    rows.actions = {row[0]: row[1] for row in unit.all(states)}


def _names(unit: Unit, rows: Rows, wanted: set[tuple[str, int]]) -> None:
    for of, table in (("person", t.people), ("circle", t.circles), ("unit", t.units)):
        ids = [each for kind, each in wanted if kind == of]
        if ids:
            named = unit.all(select(table.c.id, table.c.name).where(table.c.id.in_(ids)))
            rows.names.update({(of, row.id): row.name for row in named})


# -- what a message refers to


def references(said: m.Message) -> Iterator[Any]:
    """Everything in a message that stands for words kept elsewhere."""
    for part in said.parts:
        yield from _in_part(part)
    for choice in (*said.choices, *said.tools):
        yield from in_content(choice.text)


def _in_part(part: m.Part) -> Iterator[Any]:
    if isinstance(part, m.Line):
        yield from in_content(part.content)
    elif isinstance(part, m.Points):
        for item in part.items:
            yield from in_content(item)
    elif isinstance(part, m.Heading):
        yield from in_content(part.text)
    else:
        yield part


def in_content(content: Any) -> Iterator[Any]:
    yield content
    if isinstance(content, m.Text):
        for value in content.params.values():
            yield from in_content(value)


def _in_recap(row: Any) -> Iterator[Any]:
    for part in wording.everything(row):
        yield from _in_part(part)


def _reply_ids(wanted: Iterable[Any]) -> Iterator[int]:
    for each in wanted:
        if isinstance(each, m.Quote | m.Finding | m.Action | m.Response):
            yield each.reply
        elif isinstance(each, m.Answer | m.Theme):
            yield from each.replies
