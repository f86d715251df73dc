"""One unit's working memory, and how what the engine says becomes rows.

A desk holds the sessions that a unit works on, and what was looked up for them. `apply` hands an event to the
engine and carries its effects out on the desk; `write` puts everything into the unit, a statement a table.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import combinations
from types import MappingProxyType
from typing import Any
from zlib import crc32

import msgspec
from sqlalchemy import and_, delete, func, insert, literal, or_, select, update

from bot.recaps import wording
from flows import effects as fx
from flows import events as e
from flows import state as states
from flows.engine import advance
from flows.message import Message
from flows.programme import Route
from storage import tables as t
from storage.unit import Account, Seat, SessionRow, Unit
from storage.upsert import insert_into

#: Effects of the engine are counted from 0, what coordinators say from a million, corrections from here.
CORRECTIONS = 1_000_000_000
#: ... and what is said once more, in another place.
SAID_AGAIN = 500_000

NOTHING: Mapping[int, Any] = MappingProxyType({})

_encode = msgspec.json.Encoder().encode


@dataclass(slots=True)
class Live:
    """A session while a unit works on it."""

    row: SessionRow
    was: int
    state: states.State | None
    route: Route
    changed: bool = False

    def apply(self, event: e.Event, now: datetime) -> tuple[tuple[fx.Effect, ...], str | None]:
        result = advance(self.route, self.state, event, now=now)
        if result.ignored is None and result.state is not None:
            self.state, self.changed = result.state, True
            self.row.version += 1
            self.row.phase = result.state.phase
            self.row.wake_at = result.state.wake_at
        return result.effects, result.ignored


@dataclass(slots=True)
class Desk:
    """What one unit has in front of it."""

    unit: Unit
    now: datetime
    sessions: dict[int, Live] = field(default_factory=dict)
    places: dict[Any, Any] = field(default_factory=dict)
    people: dict[Account, int] = field(default_factory=dict)
    seats: dict[Account, list[Seat]] = field(default_factory=dict)
    #: The session that each of these accounts speaks to in private.
    privately: dict[Account, int] = field(default_factory=dict)
    replies: dict[tuple[int, str], Any] = field(default_factory=dict)
    prompts: dict[tuple[int, str], Any] = field(default_factory=dict)
    #: Messages spoken of here that have been erased.
    buried: set[tuple[int, str]] = field(default_factory=set)
    #: Outbox rows for people and coordinators, until their private places have been looked up.
    private: list[tuple[dict[str, Any], Live, fx.Say]] = field(default_factory=list)
    #: Replies whose words changed, and replies that are gone.
    corrected: list[tuple[int, Live, int]] = field(default_factory=list)
    #: Findings that their circle does not let out, or not any more.
    kept_back: list[tuple[int, Live, int]] = field(default_factory=list)
    published: list[tuple[Live, fx.Publish]] = field(default_factory=list)
    #: Meetings that opened in this unit, and messages that were first written in it.
    opened: set[int] = field(default_factory=set)
    missed: set[tuple[int, datetime]] = field(default_factory=set)
    fresh: set[tuple[int, str]] = field(default_factory=set)
    #: By session and effect: what has been said to one person alone.
    whispered: set[tuple[int, int]] = field(default_factory=set)

    # -- events and effects

    def apply(
        self, live: Live, event: e.Event, *, key: str | None = None,
        reply: dict[str, Any] | None = None, filled: Mapping[int, dict[str, Any]] = NOTHING,
    ) -> str:  # fmt: skip
        """`reply`: the row of what was written, kept if the engine says so; `filled`: those of a sheet, by id."""
        if isinstance(event, e.Resumed) and event.after == "pause" and self._elsewhere(live):
            event = e.Resumed("moved")
        effects, ignored = live.apply(event, self.now)
        if isinstance(event, e.Replied) and any(isinstance(effect, fx.Drop) for effect in effects):
            event = e.hushed(event)
        self.unit.add(
            t.log,
            [{"session_id": live.row.id, "version": live.row.version, "key": key,
              "event": _encode(event).decode(), "ignored": ignored, "at": self.now}],
        )  # fmt: skip
        if isinstance(event, e.Opened):
            self._opened(live)
        moved = ignored is None and isinstance(event, e.Resumed) and event.after == "moved"
        if moved:
            self.unit.supersedes(live.row.id, "root")
            self.unit.flush()
        self.carry_out(live, effects, {reply["id"]: reply} if reply else filled)
        if moved:
            self._say_again(live)
        return ignored or "applied"

    def _elsewhere(self, live: Live) -> bool:
        """Its circle has moved since its first message: nothing that was said can be seen where it is now."""
        o, p, here = t.outbox.c, t.places.c, t.places.alias("here")
        said = (
            select(o.sent_at, p.channel, p.thread, here.c.channel.label("now"), here.c.thread.label("topic"),
                   here.c.moved_at)
            .join_from(t.outbox, t.places, p.id == o.place_id)
            .join(here, here.c.id == live.row.place_id)
            .where(o.session_id == live.row.id, o.slot == "root", o.kind == "say", o.status == "sent")
        )  # fmt: skip
        first = next(iter(self.unit.all(said.order_by(o.id.desc()).limit(1))), None)
        if first is None:
            return False
        # A thread that the message itself opened is in the same channel.
        apart = first.channel != first.now or first.thread not in ("", first.topic)
        return bool(apart or (first.moved_at is not None and first.sent_at < first.moved_at))

    def _say_again(self, live: Live) -> None:
        """In another place: what the circle was asked last, and has been asked since; and behind that what waited."""
        state, o, p = live.state, t.outbox.c, t.places.c
        present = state.prompt if state is not None else None
        number = (
            present.prompt
            if state is not None and present is not None and present.step == state.step
            else None
        )
        theirs = o.session_id == live.row.id, o.kind == "say"
        last = select(func.max(o.id)).where(*theirs, o.status == "sent", o.prompt == number).scalar_subquery()
        asked = and_(o.status == "sent", o.sort == "question", o.id >= last)
        waits = and_(o.status == "queued", o.sort != "receipt")
        aloud = (
            select(t.outbox).join(t.places, p.id == o.place_id).where(p.person_id.is_(None), o.only.is_(None))
        )
        rows = self.unit.all(aloud.where(*theirs, or_(asked, waits)).order_by(o.id))
        left = o.id.in_([row.id for row in rows if row.status == "queued"])
        self.unit.run(update(t.outbox).where(left).values(status="dropped", reason="superseded"))
        kept = ("organisation_id", "session_id", "kind", "sort", "slot", "prompt", "body", "target_id")
        new = {"place_id": live.row.place_id, "version": live.row.version, "status": "queued"}
        self.unit.add(t.outbox, [
            {name: getattr(row, name) for name in kept} | new | {"effect": SAID_AGAIN + index}
            for index, row in enumerate(rows)
        ])  # fmt: skip

    def fill(
        self, live: Live, event: e.Filled, rows: Iterable[dict[str, Any]], scores: Mapping[str, int | None],
        *, key: str | None = None,
    ) -> str:  # fmt: skip
        """Take in a sheet: the rows of its replies, and by item what was chosen (None: does not know)."""
        outcome = self.apply(live, event, key=key, filled={row["id"]: row for row in rows})
        if outcome == "applied" and event.chosen is not None:
            self.unit.add(t.scores, _given(event.chosen, scores))
        return outcome

    def rescore(self, reply: int, scores: Mapping[str, int | None]) -> None:
        """Other values under a reply that nothing which people have seen rests on yet."""
        self.unit.flush()
        self.unit.run(delete(t.scores).where(t.scores.c.reply_id == reply))
        self.unit.add(t.scores, _given(reply, scores))

    def _opened(self, live: Live) -> None:
        """From now on, what is written in that place is for this session; its content is pinned."""
        self.unit.speaks(live.row.place_id, None if live.row.threads else live.row.id)
        if live.row.meeting_id not in self.opened:
            self.opened.add(live.row.meeting_id)
            pinned = {"status": "open", "content_id": live.row.content_id}
            fresh = t.meetings.c.status.in_(("confirmed", "tentative", "missed"))
            self.unit.run(
                update(t.meetings).where(t.meetings.c.id == live.row.meeting_id, fresh).values(**pinned)
            )

    def carry_out(
        self, live: Live, effects: tuple[fx.Effect, ...], written: Mapping[int, dict[str, Any]] | None
    ) -> None:
        """`written`: the rows of this event's replies, by id. What the engine drops is stored nowhere."""
        for number, effect in enumerate(effects):
            if isinstance(effect, fx.Say):
                self.say(live, effect, number)
            elif isinstance(effect, fx.Keep):
                _keep(self, live, effect, written or {})
            elif isinstance(effect, fx.Update):
                row = _outgoing(live, effect.message, number, kind="update", slot=effect.slot)
                self.unit.add(t.outbox, [row])
            elif isinstance(effect, fx.Note):
                _note(self, live, effect)
            elif isinstance(effect, fx.Publish):
                self.published.append((live, effect))
            elif isinstance(effect, fx.Pair):
                self._pair(live, effect)
            elif isinstance(effect, fx.Finish):
                # "confirmed": those who had it before them were given another date meanwhile.
                self.unit.run(meeting_becomes(live, "held", ("open", "confirmed")))

    def _pair(self, live: Live, effect: fx.Pair) -> None:
        """Who is drawn once more, because somebody went back, has met all the same."""
        rows = [{"session_id": live.row.id, "one_id": one, "other_id": other}
                for one, other in combinations(sorted(effect.people), 2)]  # fmt: skip
        self.unit.run(insert_into(t.pairs, self.unit.connection.dialect.name).on_conflict_do_nothing(), rows)

    def say(self, live: Live, effect: fx.Say, number: int) -> None:
        row = _outgoing(live, effect.message, number, slot=effect.slot, prompt=effect.prompt)
        if effect.supersedes:
            self.unit.supersedes(live.row.id, effect.supersedes)
        if effect.to == "circle":
            self.unit.add(t.outbox, [row])
        else:
            self.private.append((row, live, effect))

    def threaded(self, live: Live, thread: str) -> None:
        """The first message of a meeting has opened its thread: all that follows it belongs there."""
        home, p, o = live.row.place_id, t.places.c, t.outbox.c
        # What this unit has said so far is for the thread too.
        self.unit.flush()
        made = insert(t.places).from_select(
            ["organisation_id", "platform", "workspace", "channel", "thread", "session_id"],
            select(p.organisation_id, p.platform, p.workspace, p.channel, literal(thread), literal(live.row.id))
            .where(p.id == home),
        )  # fmt: skip
        place = int(self.unit.connection.execute(made.returning(p.id)).scalar_one())
        session = update(t.sessions).where(t.sessions.c.id == live.row.id)
        self.unit.run(session.values(place_id=place))
        behind = o.session_id == live.row.id, o.place_id == home, o.status == "queued", o.only.is_(None)
        self.unit.run(update(t.outbox).where(*behind).values(place_id=place))
        live.row.place_id, live.row.threads = place, False

    # -- writing

    def write(self) -> None:
        for live in self.sessions.values():
            if live.changed:
                live.row.state = states.dump(live.state).decode() if live.state else None
                self.unit.advanced(live.row, live.was)
        self._address()
        self._publish()
        self._correct_posted()
        self.unit.flush()

    def _address(self) -> None:
        """Find the private places of people and coordinators, all at once."""
        if not self.private:
            return
        series = {live.row.series_id for _, live, say in self.private if say.to == "coordinators"}
        runs = select(t.memberships.c.series_id, t.memberships.c.person_id).where(
            t.memberships.c.series_id.in_(series),
            t.memberships.c.role == "coordinator",
            t.memberships.c.until.is_(None),
        )
        coordinators = self.unit.all(runs) if series else []
        persons = {say.person for _, _, say in self.private} | {row.person_id for row in coordinators}
        homes = self.unit.all(select(t.places).where(t.places.c.person_id.in_([p for p in persons if p])))
        for row, live, say in self.private:
            to = {say.person} if say.to == "person" else {
                each.person_id for each in coordinators if each.series_id == live.row.series_id
            }  # fmt: skip
            mine = [home for home in homes if home.person_id in to]
            # A person on two platforms is reached where the series is.
            here = [home for home in mine if home.platform == live.row.platform] or mine
            for copy, home in enumerate(here):
                # Each coordinator's copy is a row of its own.
                effect = row["effect"] + 1000 * copy
                self.unit.add(t.outbox, [{**row, "place_id": home.id, "effect": effect}])

    def _publish(self) -> None:
        if not self.published:
            return
        meetings = {live.row.meeting_id for live, _ in self.published}
        everyone = (
            select(t.sessions.c.meeting_id, t.sessions.c.id)
            .join(t.circles)
            .where(
                t.sessions.c.meeting_id.in_(meetings),
                t.circles.c.kind == "everyone",
                t.sessions.c.phase != "cancelled",
            )
        )
        waits = {row.meeting_id: row.id for row in self.unit.all(everyone)}
        anew = self._published_anew()
        self.unit.add(
            t.publications,
            [{"session_id": live.row.id, "meeting_id": live.row.meeting_id, "circle_id": live.row.circle_id,
              "findings": _encode(said.findings).decode(), "given": _encode(said.given).decode(),
              # What everyone hands on is for the rounds that follow.
              "waits_for": waits.get(live.row.meeting_id) if live.row.circle_kind != "everyone" else None}
             for live, said in self.published if live.row.id not in anew],
        )  # fmt: skip

    def _published_anew(self) -> set[int]:
        """Sessions that had handed on what they had: a coordinator has changed their list since. The rounds that
        follow find it as it is now; everyone's session that has taken it in keeps what it took."""
        p = t.publications.c
        before = select(p.session_id).where(p.session_id.in_({live.row.id for live, _ in self.published}))
        found = {row.session_id for row in self.unit.all(before)}
        for live, said in self.published:
            if live.row.id in found:
                given = _encode(said.given).decode()
                self.unit.run(update(t.publications).where(p.session_id == live.row.id).values(given=given))
        return found

    def _correct_posted(self) -> None:
        """What was posted with words that have changed is rendered again, from what stands now.

        So is what was shown elsewhere of a finding that its circle does not let out any more.
        """
        if not self.corrected and not self.kept_back:
            return
        self._unlist()
        changed = {reply for reply, _, _ in self.corrected}
        replies = changed | {reply for reply, _, _ in self.kept_back}
        if changed:
            wording.forget(self.unit, {live.row.meeting_id for _, live, _ in self.corrected}, changed)
        shown = (
            select(t.outbox, t.quotes.c.reply_id)
            .join(t.quotes, t.quotes.c.outbox_id == t.outbox.c.id)
            # What is on its way may arrive: its correction waits behind it, in the same place.
            .where(
                t.quotes.c.reply_id.in_(replies), or_(t.outbox.c.status == "sent", t.outbox.c.attempts > 0)
            )
        )
        own = {reply: live.row.id for reply, live, _ in self.kept_back}
        found = self._standing(
            row
            for row in self.unit.all(shown)
            if row.reply_id in changed or row.sort == "recap" or row.session_id != own[row.reply_id]
        )
        told = {(one[0], one[1].row.id, one[2]): one for one in (*self.corrected, *self.kept_back)}
        again = {
            (live.row.id, version, row.id): _again(live, version, row, message)
            for reply, live, version in told.values()
            for row, message in found
            if row.reply_id == reply
        }
        self.unit.add(t.outbox, again.values())

    def _unlist(self) -> None:
        """What is taken back leaves the lists, in whoever's words it stands there."""
        self.unit.flush()
        by_series: dict[int, dict[int, tuple[Live, int]]] = {}
        for reply, live, version in self.corrected:
            by_series.setdefault(live.row.series_id, {})[reply] = live, version
        for series, told in by_series.items():
            said = wording.unlisted(self.unit, series, list(told))
            self.corrected += [(reply, *told[of]) for reply, of in said.items()]

    def _standing(self, shown: Iterable[Any]) -> list[tuple[Any, int]]:
        """Of rows that show something, those that tell what a message says now, each with that message, by its row.

        What a message said before it was rewritten is told nowhere again.
        """
        found = list(shown)
        message = self._messages({(row.session_id, row.slot) for row in found if row.slot})
        newest = {of: row for row, of in sorted(message.items())}
        told = ((row, message.get(row.id) or row.target_id or row.id) for row in found)
        last = {(of, row.reply_id): row for row, of in sorted(told, key=lambda each: each[0].id)
                if newest.get(of, row.id) == row.id}  # fmt: skip
        return [(row, of) for (of, _), row in last.items()]

    def _messages(self, slots: Collection[tuple[int, str]]) -> dict[int, int]:
        """The rows of these slots, each with the row that first said the message that it says or rewrites."""
        o, last, found = t.outbox.c, dict[tuple[int, str], int](), dict[int, int]()
        said = select(o.id, o.kind, o.session_id, o.slot, o.target_id).where(
            o.session_id.in_({session for session, _ in slots}), o.slot.in_({slot for _, slot in slots}),
            o.status.not_in(("dropped", "failed")),
        )  # fmt: skip
        for row in self.unit.all(said.order_by(o.id)) if slots else ():
            where = row.session_id, row.slot
            last[where] = row.id if row.kind == "say" else last.get(where, row.target_id or row.id)
            found[row.id] = row.target_id or last[where]
        return found


# -- rows


def _outgoing(
    live: Live,
    said: Message,
    effect: int,
    *,
    kind: str = "say",
    slot: str | None = None,
    prompt: int | None = None,
) -> dict[str, Any]:
    return {
        "organisation_id": live.row.organisation_id, "place_id": live.row.place_id, "session_id": live.row.id,
        "version": live.row.version, "effect": effect, "kind": kind, "sort": said.sort, "slot": slot,
        "prompt": prompt, "body": _encode(said).decode(), "target_id": None, "status": "queued",
    }  # fmt: skip


def _again(live: Live, version: int, row: Any, message: int) -> dict[str, Any]:
    """The same message anew, because of what happened to `live` at `version`."""
    number = crc32(f"{live.row.id}/{version}/{row.id}".encode()) % CORRECTIONS
    return {
        "organisation_id": row.organisation_id, "place_id": row.place_id, "session_id": row.session_id,
        "version": version, "effect": CORRECTIONS + number, "kind": "update", "sort": row.sort, "slot": row.slot,
        "prompt": None, "body": row.body, "target_id": message,
        "status": "queued",
    }  # fmt: skip


def _given(reply: int, scores: Mapping[str, int | None]) -> list[dict[str, Any]]:
    return [{"reply_id": reply, "item": item, "value": value} for item, value in scores.items()]


def _keep(desk: Desk, live: Live, keep: fx.Keep, written: Mapping[int, dict[str, Any]]) -> None:
    """File a reply of this event, or file one that is stored already anew."""
    if (reply := written.get(keep.reply)) is not None:
        filed = {"role": keep.role, "prompt": keep.prompt, "step": keep.step, "late": keep.late}
        desk.unit.add(t.replies, [{**reply, **filed}])
    else:
        desk.unit.refile(keep.reply, keep.role, keep.prompt, keep.step, late=keep.late)
        if keep.role == "aside":
            # It is shown nowhere any more.
            desk.corrected.append((keep.reply, live, live.row.version))


def _note(desk: Desk, live: Live, note: fx.Note) -> None:
    if note.state == "proposed":
        desk.unit.add(t.findings, [{"reply_id": note.reply, "session_id": live.row.id, "state": "proposed"}])
    elif note.state == "open":
        desk.unit.add(t.actions, [{"reply_id": note.reply, "circle_id": live.row.circle_id, "state": "open"}])
    else:
        desk.unit.judge(note.what, note.reply, note.state, note.words)
        if note.what == "finding" and note.state in ("no", "withdrawn"):
            desk.kept_back.append((note.reply, live, live.row.version))


def meeting_becomes(live: Live, status: str, was: tuple[str, ...]) -> Any:
    these = t.meetings.c.id == live.row.meeting_id, t.meetings.c.status.in_(was)
    return update(t.meetings).where(*these).values(status=status)
