"""The unit of work: events in, one transaction, and only then is anything acknowledged.

    known? -> whose, and where -> read it -> advance -> rows -> commit

A batch is what happened to be waiting. Its events are refused if they are known, otherwise taken in order; each
table is written with one statement. Nothing is sent in here: what the engine says becomes rows of the outbox.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import msgspec
from sqlalchemy import delete, select, update

from adapters.port import Chose, Heard, Rewrote, TookBack, Wrote
from bot.happenings import Happening, Order, Receipt, Refusal
from bot.opening import Openings
from bot.recaps import wording
from flows import effects as fx
from flows import events as e
from flows import state as states
from flows.engine import advance
from flows.message import Message
from flows.programme import Programme, Route
from flows.reading import Control, Reading, understand
from storage import tables as t
from storage.database import Database
from storage.unit import Account, Seat, SessionRow, Unit

#: Sessions that one unit opens or wakes: enough to be quick, few enough to keep a unit short.
DUE_AT_ONCE = 200
#: Sittings that still hear what is written to them.
OPEN_PHASES = ("lobby", "headcount", "running", "paused", "finished")

_encode = msgspec.json.Encoder().encode


class Shelf(Protocol):
    """Where programmes and words are found (`bot.library`)."""

    def programme(self, unit: Unit, content_id: str) -> Programme: ...

    def vocabulary(self, language: str) -> dict[str, list[str]]: ...


@dataclass(slots=True)
class _Live:
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
class _Desk:
    """What one unit has in front of it."""

    unit: Unit
    now: datetime
    sessions: dict[int, _Live] = field(default_factory=dict)
    places: dict[Any, Any] = field(default_factory=dict)
    seats: dict[Account, list[Seat]] = field(default_factory=dict)
    replies: dict[tuple[int, str], Any] = field(default_factory=dict)
    prompts: dict[tuple[int, str], Any] = field(default_factory=dict)
    #: Tombstones of the messages that are spoken of here.
    buried: set[str] = field(default_factory=set)
    #: Outbox rows for people and coordinators, until their private places have been looked up.
    private: list[tuple[dict[str, Any], _Live, fx.Say]] = field(default_factory=list)
    #: Replies whose words changed, and replies that are gone.
    corrected: list[tuple[int, _Live, int]] = field(default_factory=list)
    #: Findings that their circle does not let out, or not any more.
    kept_back: list[tuple[int, _Live, int]] = field(default_factory=list)
    published: list[tuple[_Live, tuple[int, ...]]] = field(default_factory=list)
    #: Meetings that opened in this unit, and messages that were first written in it.
    opened: set[int] = field(default_factory=set)
    missed: set[tuple[int, datetime]] = field(default_factory=set)
    fresh: set[tuple[int, str]] = field(default_factory=set)


class Works:
    """Takes happenings in, a unit of work at a time. Called from worker threads; holds no state of its own."""

    def __init__(
        self, database: Database, shelf: Shelf, ids: Callable[[], int], tomb: Callable[[int, str], str]
    ) -> None:
        """`ids` gives new ids of replies and recaps; `tomb` hashes a place and a message with the house's key."""
        self.database, self.shelf, self.ids, self.tomb = database, shelf, ids, tomb

    # -- two ways in

    def take(self, happenings: Sequence[Happening], now: datetime) -> list[str]:
        """Take a batch in. Returns, per happening, "applied", "known" or why it was ignored.

        Raises whatever went wrong; then nothing of the batch has happened.
        """
        with self.database.write() as connection:
            unit = Unit(connection)
            desk = _Desk(unit, now)
            keys = [name(each) for each in happenings]
            known = unit.known(keys)
            fresh: list[Happening] = []
            outcomes: list[str] = []
            for each, key in zip(happenings, keys, strict=True):
                outcomes.append("known" if key in known else "")
                if not outcomes[-1]:
                    fresh.append(each)
                    known.add(key)
            self._look_up(desk, fresh)
            for index, each in enumerate(happenings):
                outcomes[index] = outcomes[index] or self._take_one(desk, each)
            self._write(desk)
            return outcomes

    def due(self, now: datetime, most: int = DUE_AT_ONCE, *, but: Collection[int] = ()) -> list[int]:
        """The sessions whose time has come, without those named in `but`."""
        with self.database.write() as connection:
            return sorted(Unit(connection).due(now, most, but))

    def take_due(
        self, now: datetime, most: int = DUE_AT_ONCE, *, but: Collection[int] = (), only: int | None = None
    ) -> int:
        """Open and wake the sessions whose time has come. Returns how many there were; `most` means more wait.

        `but`: sessions that are left alone; `only`: the one that is looked at. Raises whatever went wrong; then
        none of them has moved.
        """
        with self.database.write() as connection:
            unit = Unit(connection)
            due = unit.due(now, most, but) if only is None else {only}
            if not due:
                return 0
            desk = _Desk(unit, now)
            self._read(desk, unit.sessions(due))
            self._digest(desk, [live for live in desk.sessions.values() if live.row.phase in OPEN_PHASES])
            ready = [live for live in desk.sessions.values() if live.row.wake_at and live.row.wake_at <= now]
            planned = [live for live in ready if live.row.phase == "planned"]
            opened = Openings(unit, self.shelf, self.ids, now).prepare([live.row for live in planned])
            for live in ready:
                if event := opened.get(live.row.id):
                    self._apply(desk, live, event)
                elif live.row.phase == "planned":
                    self._missed(desk, live)
                else:
                    self._apply(desk, live, e.TimeCame())
            self._write(desk)
            return len(due)

    # -- reading

    def _look_up(self, desk: _Desk, happenings: Sequence[Happening]) -> None:
        heard = [each for each in happenings if isinstance(each, Wrote | Rewrote | TookBack | Chose)]
        unit = desk.unit
        desk.places = unit.places({each.place.channel for each in heard})
        desk.seats = unit.seats({each.account for each in heard})
        ids = {
            each.session
            for each in happenings
            if isinstance(each, Order | Receipt | Refusal) and each.session
        }
        for each in heard:
            place = desk.places.get(each.place)
            if place is not None and place.session_id:
                ids.add(place.session_id)
        self._read(desk, unit.sessions(ids))
        self._look_up_messages(desk, heard)

    def _look_up_messages(self, desk: _Desk, heard: Sequence[Heard]) -> None:
        """The messages that these are about: corrections, direct replies, buttons."""
        ours, theirs = set(), set()
        for each in heard:
            place = desk.places.get(each.place)
            if place is None:
                continue
            if isinstance(each, Chose):
                ours |= {(place.id, each.message)} if each.message else set()
                theirs |= {(place.id, each.about)} if each.about else set()
            else:
                theirs.add((place.id, each.message))
                if isinstance(each, Wrote) and each.reply_to:
                    ours.add((place.id, each.reply_to))
                    theirs.add((place.id, each.reply_to))
        desk.replies = desk.unit.replies(theirs)
        desk.buried = desk.unit.buried([self.tomb(*each) for each in theirs if each not in desk.replies])
        desk.prompts = desk.unit.prompts(ours)

    def _read(self, desk: _Desk, rows: dict[int, SessionRow]) -> None:
        for row in rows.values():
            programme = self.shelf.programme(desk.unit, row.content_id)
            route = programme.route(row.number, everyone=row.circle_kind == "everyone")
            state = states.load(row.state) if row.state else None
            desk.sessions[row.id] = _Live(row, row.version, state, route)

    # -- one happening

    def _take_one(self, desk: _Desk, each: Happening) -> str:
        key = name(each)
        if isinstance(each, Receipt):
            return self._received(desk, each, key)
        if isinstance(each, Refusal):
            return self._refused(desk, each, key)
        if isinstance(each, Order):
            live = desk.sessions.get(each.session)
            return self._apply(desk, live, each.event, key=key) if live else "no such session"
        place = desk.places.get(each.place)
        live = desk.sessions.get(place.session_id) if place is not None and place.session_id else None
        if live is None or place is None or live.row.phase not in OPEN_PHASES:
            return "nothing is going on there"
        person = self._member(desk, live, each)
        if person is None:
            return "not a member of the circle"
        if isinstance(each, Wrote):
            return self._wrote(desk, live, place, person, each, key)
        if isinstance(each, Chose):
            return self._chose(desk, live, place, person, each, key)
        return self._corrected(desk, live, place, person, each, key)

    def _member(self, desk: _Desk, live: _Live, heard: Heard) -> int | None:
        """The person, if what they say is for this circle's ears."""
        account = (heard.place.platform, heard.place.workspace, heard.account)
        for seat in desk.seats.get(account, ()):
            circle = live.row.circle_kind == "everyone" or seat.circle_id == live.row.circle_id
            if seat.series_id == live.row.series_id and circle and seat.role in ("participant", "note-taker"):
                return seat.person_id
        return None

    def _wrote(self, desk: _Desk, live: _Live, place: Any, person: int, each: Wrote, key: str) -> str:
        if (place.id, each.message) in desk.replies or (place.id, each.message) in desk.fresh:
            return "known"
        if self.tomb(place.id, each.message) in desk.buried:
            return "it has been erased"
        desk.fresh.add((place.id, each.message))
        reading = understand(each.words, self.shelf.vocabulary(live.row.language))
        prompt, about = self._about(desk, live, place, person, each, reading)
        reply = self.ids()
        private = each.private or place.person_id is not None
        event = e.Replied(
            person=person,
            reply=reply,
            reading=reading,
            sent_at=each.at,
            private=private,
            prompt=prompt,
            about=about,
        )
        row = {
            "id": reply, "organisation_id": live.row.organisation_id, "session_id": live.row.id, "person_id": person,
            "place_id": place.id, "message": each.message, "revision": 0, "prompt": None, "step": None,
            "role": "aside", "late": False, "private": private, "words": each.words, "reactions": 0,
            "sent_at": each.at,
        }  # fmt: skip
        return self._apply(desk, live, event, key=key, reply=row)

    def _about(
        self, desk: _Desk, live: _Live, place: Any, person: int, each: Wrote, reading: Reading
    ) -> tuple[int | None, int | None]:
        """The prompt or the reply that a message directly replies to."""
        if each.reply_to:
            ours = desk.prompts.get((place.id, each.reply_to))
            theirs = desk.replies.get((place.id, each.reply_to))
            prompt = ours.prompt if ours is not None and ours.session_id == live.row.id else None
            return prompt, theirs.id if theirs is not None else None
        if isinstance(reading, Control) and reading.word == "aside":
            desk.unit.flush()
            last = select(t.replies.c.id).where(
                t.replies.c.session_id == live.row.id, t.replies.c.person_id == person
            )
            found = desk.unit.all(last.order_by(t.replies.c.id.desc()).limit(1))
            return None, found[0][0] if found else None
        return None, None

    def _chose(self, desk: _Desk, live: _Live, place: Any, person: int, each: Chose, key: str) -> str:
        ours = desk.prompts.get((place.id, each.message)) if each.message else None
        theirs = desk.replies.get((place.id, each.about)) if each.about else None
        if theirs is not None and theirs.person_id != person:
            return "only its author can mark a message"
        event = e.Pressed(person, each.press, theirs.id if theirs is not None else None,
                          ours.prompt if ours is not None else None)  # fmt: skip
        return self._apply(desk, live, event, key=key)

    def _corrected(
        self,
        desk: _Desk,
        live: _Live,
        place: Any,
        person: int,
        each: Rewrote | TookBack,
        key: str,
    ) -> str:
        if (place.id, each.message) in desk.fresh:
            desk.unit.flush()
            desk.replies.update(desk.unit.replies([(place.id, each.message)]))
        found = desk.replies.get((place.id, each.message))
        if found is None:
            return self._correction_first(desk, live, place, person, each, key)
        if found.person_id != person:
            return "only its author can change a message"
        live = desk.sessions.get(found.session_id) or self._fetch(desk, found.session_id)
        if isinstance(each, Rewrote):
            if each.revision <= found.revision or each.words == found.words:
                return "nothing is changed by it"
            changed = {"words": each.words, "revision": each.revision}
            desk.unit.run(update(t.replies).where(t.replies.c.id == found.id).values(**changed))
            event: e.Event = e.Edited(person, found.id)
        else:
            self._bury(desk, place.id, each.message)
            desk.unit.run(delete(t.replies).where(t.replies.c.id == found.id))
            event = e.Removed(person, found.id)
        outcome = self._apply(desk, live, event, key=key)
        desk.corrected.append((found.id, live, live.row.version))
        return outcome

    def _correction_first(
        self,
        desk: _Desk,
        live: _Live,
        place: Any,
        person: int,
        each: Rewrote | TookBack,
        key: str,
    ) -> str:
        """A correction that came before what it corrects, or after that was erased."""
        if isinstance(each, TookBack):
            self._bury(desk, place.id, each.message)
            return "there is nothing left to take back"
        first = Wrote(key=each.key, place=each.place, account=each.account, message=each.message, words=each.words,
                      at=each.at)  # fmt: skip
        return self._wrote(desk, live, place, person, first, key)

    def _bury(self, desk: _Desk, place: int, message: str) -> None:
        grave = self.tomb(place, message)
        if grave not in desk.buried:
            desk.buried.add(grave)
            desk.unit.add(t.tombstones, [{"hash": grave, "at": desk.now}])

    def _fetch(self, desk: _Desk, session: int) -> _Live:
        self._read(desk, desk.unit.sessions([session]))
        return desk.sessions[session]

    # -- what a platform says of what we sent

    def _received(self, desk: _Desk, each: Receipt, key: str) -> str:
        book(desk.unit, each)
        live = desk.sessions.get(each.session) if each.session and each.prompt else None
        if live is None or each.prompt is None:
            return "applied"
        return self._apply(desk, live, e.Delivered(each.prompt, each.at), key=key)

    def _refused(self, desk: _Desk, each: Refusal, key: str) -> str:
        book(desk.unit, each)
        live = desk.sessions.get(each.session) if each.session and each.prompt else None
        if live is None or each.prompt is None:
            return "applied"
        return self._apply(desk, live, e.DeliveryFailed(each.prompt, each.reason), key=key)

    # -- what others published, and openings that came too late

    def _digest(self, desk: _Desk, live: list[_Live]) -> None:
        """Everyone's sessions take in what groups have published since."""
        ids = [each.row.id for each in live if each.row.circle_kind == "everyone"]
        if not ids:
            return
        waiting = (
            select(t.publications).where(t.publications.c.waits_for.in_(ids)).order_by(t.publications.c.id)
        )
        found = desk.unit.all(waiting)
        for row in found:
            event = e.Published(row.circle_id, tuple(msgspec.json.decode(row.findings)))
            self._apply(desk, desk.sessions[row.waits_for], event, key=f"published:{row.id}")
        if found:
            taken = t.publications.c.id.in_([row.id for row in found])
            desk.unit.run(update(t.publications).where(taken).values(waits_for=None))

    def _missed(self, desk: _Desk, live: _Live) -> None:
        """Too late to open by itself: the coordinators are told, once a meeting, and offered a new date."""
        from flows.message import Moment, line, message

        live.row.phase, live.row.wake_at, live.changed = "missed", None, True
        live.row.version += 1
        # What others have opened goes on for them. The row is locked by this, so that two units tell it once.
        desk.unit.run(_meeting_becomes(live, "missed", ("confirmed",)))
        if not self._is_news(desk, live):
            return
        told = message(
            "answer", line("series.late-missed", number=live.row.number, when=Moment(live.row.starts_at))
        )
        self._carry_out(desk, live, (fx.Say(told, "coordinators"),), None)

    def _is_news(self, desk: _Desk, live: _Live) -> bool:
        """No other circle of the meeting has missed the same date."""
        date = (live.row.meeting_id, live.row.starts_at)
        if date in desk.missed:
            return False
        desk.missed.add(date)
        s = t.sessions.c
        same = select(s.id).where(s.meeting_id == date[0], s.starts_at == date[1], s.phase == "missed")
        return not desk.unit.all(same.limit(1))

    # -- events and effects

    def _apply(
        self, desk: _Desk, live: _Live, event: e.Event, *, key: str | None = None,
        reply: dict[str, Any] | None = None,
    ) -> str:  # fmt: skip
        effects, ignored = live.apply(event, desk.now)
        desk.unit.add(
            t.log,
            [{"session_id": live.row.id, "version": live.row.version, "key": key,
              "event": _encode(event).decode(), "ignored": ignored, "at": desk.now}],
        )  # fmt: skip
        if isinstance(event, e.Opened):
            self._opened(desk, live, event.members)
        self._carry_out(desk, live, effects, reply)
        return ignored or "applied"

    def _opened(self, desk: _Desk, live: _Live, members: tuple[int, ...]) -> None:
        """From now on, what is written in that place is for this session; its content is pinned."""
        desk.unit.speaks(live.row.place_id, live.row.id)
        desk.unit.reaches(members, live.row.id)
        if live.row.meeting_id not in desk.opened:
            desk.opened.add(live.row.meeting_id)
            pinned = {"status": "open", "content_id": live.row.content_id}
            fresh = t.meetings.c.status.in_(("confirmed", "tentative"))
            desk.unit.run(
                update(t.meetings).where(t.meetings.c.id == live.row.meeting_id, fresh).values(**pinned)
            )

    def _carry_out(
        self, desk: _Desk, live: _Live, effects: tuple[fx.Effect, ...], reply: dict[str, Any] | None
    ) -> None:
        for number, effect in enumerate(effects):
            if isinstance(effect, fx.Say):
                self._say(desk, live, effect, number)
            elif isinstance(effect, fx.Keep):
                _keep(desk, effect, reply)
            elif isinstance(effect, fx.Update):
                row = _outgoing(live, effect.message, number, kind="update", slot=effect.slot)
                desk.unit.add(t.outbox, [row])
            elif isinstance(effect, fx.Note):
                _note(desk, live, effect)
            elif isinstance(effect, fx.Publish):
                desk.published.append((live, effect.findings))
            else:
                desk.unit.run(_meeting_becomes(live, "held", ("open",)))

    def _say(self, desk: _Desk, live: _Live, effect: fx.Say, number: int) -> None:
        row = _outgoing(live, effect.message, number, slot=effect.slot, prompt=effect.prompt)
        if effect.to == "circle":
            desk.unit.add(t.outbox, [row])
        else:
            desk.private.append((row, live, effect))

    # -- writing

    def _write(self, desk: _Desk) -> None:
        for live in desk.sessions.values():
            if live.changed:
                live.row.state = states.dump(live.state).decode() if live.state else None
                desk.unit.advanced(live.row, live.was)
        self._address(desk)
        self._publish(desk)
        self._correct_posted(desk)
        desk.unit.flush()

    def _address(self, desk: _Desk) -> None:
        """Find the private places of people and coordinators, all at once."""
        if not desk.private:
            return
        series = {live.row.series_id for _, live, say in desk.private if say.to == "coordinators"}
        runs = select(t.memberships.c.series_id, t.memberships.c.person_id).where(
            t.memberships.c.series_id.in_(series),
            t.memberships.c.role == "coordinator",
            t.memberships.c.until.is_(None),
        )
        coordinators = desk.unit.all(runs) if series else []
        persons = {say.person for _, _, say in desk.private} | {row.person_id for row in coordinators}
        homes = desk.unit.all(select(t.places).where(t.places.c.person_id.in_([p for p in persons if p])))
        for row, live, say in desk.private:
            to = {say.person} if say.to == "person" else {
                each.person_id for each in coordinators if each.series_id == live.row.series_id
            }  # fmt: skip
            mine = [home for home in homes if home.person_id in to]
            # A person on two platforms is reached where the series is.
            here = [home for home in mine if home.platform == live.row.platform] or mine
            for copy, home in enumerate(here):
                # Each coordinator's copy is a row of its own.
                effect = row["effect"] + 1000 * copy
                desk.unit.add(t.outbox, [{**row, "place_id": home.id, "effect": effect}])
                if say.to == "person":
                    desk.unit.speaks(home.id, live.row.id)

    def _publish(self, desk: _Desk) -> None:
        if not desk.published:
            return
        meetings = {live.row.meeting_id for live, _ in desk.published}
        everyone = (
            select(t.sessions.c.meeting_id, t.sessions.c.id)
            .join(t.circles)
            .where(
                t.sessions.c.meeting_id.in_(meetings),
                t.circles.c.kind == "everyone",
                t.sessions.c.phase != "finished",
            )
        )
        waits = {row.meeting_id: row.id for row in desk.unit.all(everyone)}
        desk.unit.add(
            t.publications,
            [{"session_id": live.row.id, "meeting_id": live.row.meeting_id, "circle_id": live.row.circle_id,
              "findings": _encode(found).decode(), "waits_for": waits.get(live.row.meeting_id)}
             for live, found in desk.published],
        )  # fmt: skip

    def _correct_posted(self, desk: _Desk) -> None:
        """What was posted with words that have changed is rendered again, from what stands now.

        So are recaps with a finding that its circle does not let out any more.
        """
        if not desk.corrected and not desk.kept_back:
            return
        changed = {reply for reply, _, _ in desk.corrected}
        replies = changed | {reply for reply, _, _ in desk.kept_back}
        if changed:
            wording.forget(desk.unit, {live.row.meeting_id for _, live, _ in desk.corrected}, changed)
        shown = (
            select(t.outbox, t.quotes.c.reply_id)
            .join(t.quotes, t.quotes.c.outbox_id == t.outbox.c.id)
            .where(t.quotes.c.reply_id.in_(replies), t.outbox.c.kind == "say", t.outbox.c.status == "sent")
        )
        found = [row for row in desk.unit.all(shown) if row.reply_id in changed or row.sort == "recap"]
        told = {(one[0], one[1].row.id, one[2]): one for one in (*desk.corrected, *desk.kept_back)}
        updates: Counter[tuple[int, int]] = Counter()
        for reply, live, version in told.values():
            for row in (row for row in found if row.reply_id == reply):
                desk.unit.add(t.outbox, [_again(live, version, updates[live.row.id, version], row)])
                updates[live.row.id, version] += 1


# -- rows


def name(each: Happening) -> str:
    """What an event is known by: it is taken in once."""
    if isinstance(each, Receipt | Refusal):
        return f"sent:{each.outbox}:{each.__struct_config__.tag}"
    return f"order:{each.key}" if isinstance(each, Order) else f"{each.place.platform}:{each.key}"


def book(unit: Unit, each: Receipt | Refusal) -> None:
    """Write down what became of a message, whatever the engine makes of it."""
    if isinstance(each, Receipt):
        became = {"status": "sent", "receipt": each.message, "sent_at": each.at, "claimed_by": None}
    else:
        became = {"status": "failed", "reason": each.reason, "claimed_by": None}
    unit.run(update(t.outbox).where(t.outbox.c.id == each.outbox).values(**became))
    if isinstance(each, Receipt):
        unit.run(delete(t.quotes).where(t.quotes.c.outbox_id == each.outbox))
        rows = [{"outbox_id": each.outbox, "reply_id": reply} for reply in each.quotes]
        if rows:
            unit.run(t.quotes.insert(), rows)


def _outgoing(
    live: _Live,
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


def _again(live: _Live, version: int, index: int, row: Any) -> dict[str, Any]:
    return {
        "organisation_id": row.organisation_id, "place_id": row.place_id, "session_id": live.row.id,
        "version": version, "effect": 100_000 + index, "kind": "update", "sort": row.sort, "slot": row.slot,
        "prompt": None, "body": row.body, "target_id": row.id, "status": "queued",
    }  # fmt: skip


def _keep(desk: _Desk, keep: fx.Keep, reply: dict[str, Any] | None) -> None:
    """File the reply of this event, or file one that is stored already anew."""
    if reply is not None and keep.reply == reply["id"]:
        filed = {"role": keep.role, "prompt": keep.prompt, "step": keep.step, "late": keep.late}
        desk.unit.add(t.replies, [{**reply, **filed}])
    else:
        desk.unit.refile(keep.reply, keep.role, keep.prompt, keep.step, late=keep.late)


def _note(desk: _Desk, live: _Live, note: fx.Note) -> None:
    if note.state == "proposed":
        desk.unit.add(t.findings, [{"reply_id": note.reply, "session_id": live.row.id, "state": "proposed"}])
    elif note.state == "open":
        desk.unit.add(t.actions, [{"reply_id": note.reply, "circle_id": live.row.circle_id, "state": "open"}])
    else:
        desk.unit.judge(note.what, note.reply, note.state, note.words)
        if note.what == "finding" and note.state in ("no", "withdrawn"):
            desk.kept_back.append((note.reply, live, live.row.version))


def _meeting_becomes(live: _Live, status: str, was: tuple[str, ...]) -> Any:
    these = t.meetings.c.id == live.row.meeting_id, t.meetings.c.status.in_(was)
    return update(t.meetings).where(*these).values(status=status)
