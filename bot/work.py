"""The unit of work: events in, one transaction, and only then is anything acknowledged.

    known? -> whose, and where -> read it -> advance -> rows -> commit

A batch is what happened to be waiting. Its events are refused if they are known, otherwise taken in order; each
table is written with one statement. Nothing is sent in here: what the engine says becomes rows of the outbox.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any, TypeAlias

import msgspec
from sqlalchemy import Connection, delete, select, update

from adapters.port import Chose, Learned, Rewrote, TookBack, Wrote
from bot import news
from bot.desk import Desk, Live, meeting_becomes
from bot.happenings import Happening, Order, Receipt, Refusal
from bot.opening import Openings
from bot.shelf import Shelf
from bot.whispers import About, meant, whisper
from flows import effects as fx
from flows import events as e
from flows import state as states
from flows.programme import Route
from flows.reading import Control, Reading, understand
from storage import tables as t
from storage.database import Database
from storage.unit import Account, SessionRow, StaleSession, Unit

#: Sessions that one unit opens or wakes: enough to be quick, few enough to keep a unit short.
DUE_AT_ONCE = 200
#: Sittings that still hear what is written to them.
OPEN_PHASES = ("lobby", "headcount", "running", "paused", "finished")

#: What people do, as distinct from what platforms tell of places and people.
Done: TypeAlias = Wrote | Rewrote | TookBack | Chose


class Outcomes(list[str]):
    """Per happening of a batch: "applied", "known" or why it was ignored."""

    #: There is something new to send.
    said = False


class Works:
    """Takes happenings in, a unit of work at a time. Called from worker threads; holds no state of its own."""

    def __init__(
        self, database: Database, shelf: Shelf, ids: Callable[[], int], tomb: Callable[[int, str], str]
    ) -> None:
        """`ids` gives new ids of replies and recaps; `tomb` hashes a place and a message with the house's key."""
        self.database, self.shelf, self.ids, self.tomb = database, shelf, ids, tomb

    # -- ways in

    def take(self, happenings: Sequence[Happening], now: datetime) -> Outcomes:
        """Take a batch in. Raises whatever went wrong; then nothing of the batch has happened."""
        with self.database.write() as connection:
            return self.settle(connection, happenings, now)

    def settle(self, connection: Connection, happenings: Sequence[Happening], now: datetime) -> Outcomes:
        """`take`, in a transaction that has more to it: what a coordinator decides is decided together with this."""
        unit = Unit(connection)
        desk = Desk(unit, now)
        keys = [name(each) for each in happenings]
        known = unit.known(keys)
        fresh: list[Happening] = []
        outcomes = Outcomes()
        for each, key in zip(happenings, keys, strict=True):
            outcomes.append("known" if key in known else "")
            if not outcomes[-1]:
                fresh.append(each)
                known.add(key)
        self._look_up(desk, fresh)
        for index, (each, key) in enumerate(zip(happenings, keys, strict=True)):
            outcomes[index] = outcomes[index] or self._take_one(desk, each, key)
        desk.write()
        outcomes.said = unit.said
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
            desk = Desk(unit, now)
            self._read(desk, unit.sessions(due))
            self._digest(desk, [live for live in desk.sessions.values() if live.row.phase in OPEN_PHASES])
            ready = [live for live in desk.sessions.values() if live.row.wake_at and live.row.wake_at <= now]
            # Where nothing can be said nothing opens, until the place takes messages again.
            planned = [live for live in ready if live.row.phase == "planned" and not live.row.blocked]
            opened = Openings(unit, self.shelf, self.ids, now).prepare([live.row for live in planned])
            for live in ready:
                if live.row.blocked and live.row.phase == "planned":
                    live.row.wake_at, live.changed = None, True
                    live.row.version += 1
                elif event := opened.get(live.row.id):
                    desk.apply(live, event)
                elif live.row.phase == "planned":
                    self._missed(desk, live)
                else:
                    desk.apply(live, e.TimeCame())
            desk.write()
            return len(due)

    # -- reading

    def _look_up(self, desk: Desk, happenings: Sequence[Happening]) -> None:
        """Whose and where: places, people, the messages that are spoken of, and the sessions that all this is about."""
        heard = [each for each in happenings if isinstance(each, Done)]
        learned = [each for each in happenings if isinstance(each, Learned)]
        desk.places = desk.unit.places({each.place for each in heard})
        accounts = {each.account for each in (*heard, *learned) if each.account}
        desk.people, desk.seats = desk.unit.people(accounts)
        self._look_up_messages(desk, heard)
        self._look_up_privately(desk, heard)
        about = {each.session for each in happenings if isinstance(each, Order | Receipt | Refusal)}
        about |= {self._session(desk, each) for each in heard} | news.sessions_about(desk, learned)
        self._read(desk, desk.unit.sessions({each for each in about if each}))
        if not self.database.sqlite:
            self._look_again(desk, heard)

    def _look_again(self, desk: Desk, heard: Sequence[Done]) -> None:
        """Until the sessions were ours, another process may have taken in what these messages are about.

        Raises StaleSession where that means another session.
        """
        self._look_up_messages(desk, heard)
        meant = {self._session(desk, each) for each in heard} - {None}
        if not meant <= desk.sessions.keys():
            raise StaleSession("what a message is about was taken in meanwhile")

    def _look_up_messages(self, desk: Desk, heard: Sequence[Done]) -> None:
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
        tombs = {self.tomb(*each): each for each in theirs if each not in desk.replies}
        desk.buried = {tombs[found] for found in desk.unit.buried(tombs)}
        desk.prompts = desk.unit.prompts(ours)

    def _look_up_privately(self, desk: Desk, heard: Sequence[Done]) -> None:
        """What is written in private is for the sitting that its author is in now, or was in last."""
        alone = {_account(each) for each in heard if self._is_private(desk, each)}
        mine = {who: {seat.circle_id for seat in desk.seats.get(who, ())} for who in alone}
        circles = {circle for of_one in mine.values() for circle in of_one if circle is not None}
        sittings = sorted(
            desk.unit.sittings(circles, OPEN_PHASES),
            key=lambda row: (row.phase == "running", row.phase in news.GOING_ON, row.starts_at),
        )
        for who in alone:
            own = [row.id for row in sittings if row.circle_id in mine[who]]
            if own:
                desk.privately[who] = own[-1]

    def _is_private(self, desk: Desk, heard: Done) -> bool:
        place = desk.places.get(heard.place)
        return place is not None and place.person_id is not None

    def _session(self, desk: Desk, heard: Done) -> int | None:
        """The session that is meant: that of the message it is about, otherwise the one that speaks in that place."""
        place = desk.places.get(heard.place)
        if place is None:
            return None
        if isinstance(heard, Rewrote | TookBack):
            found = desk.replies.get((place.id, heard.message))
        elif isinstance(heard, Chose):
            ours = desk.prompts.get((place.id, heard.message or ""))
            found = ours or desk.replies.get((place.id, heard.about or ""))
        else:
            to = place.id, heard.reply_to or ""
            found = desk.prompts.get(to) or desk.replies.get(to)
        if found is not None and found.session_id is not None:
            return int(found.session_id)
        if place.person_id is not None:
            return desk.privately.get(_account(heard))
        if place.threads and isinstance(heard, Wrote):
            mine = {seat.circle_id for seat in desk.seats.get(_account(heard), ()) if seat.circle_id}
            return meant(desk, place.id, mine)
        session: int | None = place.session_id
        return session

    def _read(self, desk: Desk, rows: dict[int, SessionRow]) -> None:
        routes: dict[tuple[str, int, bool], Route] = {}
        for row in rows.values():
            way = (row.content_id, row.number, row.circle_kind == "everyone")
            if way not in routes:
                routes[way] = self.shelf.programme(desk.unit, way[0]).route(way[1], everyone=way[2])
            state = states.load(row.state) if row.state else None
            desk.sessions[row.id] = Live(row, row.version, state, routes[way])

    # -- one happening

    def _take_one(self, desk: Desk, each: Happening, key: str) -> str:
        if isinstance(each, Done):
            return self._done(desk, each, key)
        if isinstance(each, Receipt):
            return self._received(desk, each, key)
        if isinstance(each, Refusal):
            return self._refused(desk, each, key)
        if isinstance(each, Learned):
            return self._learned(desk, each, key)
        live = desk.sessions.get(each.session)
        return desk.apply(live, each.event, key=key) if live else "no such session"

    def _done(self, desk: Desk, each: Done, key: str) -> str:
        """What somebody did in the chat."""
        place = desk.places.get(each.place)
        live = desk.sessions.get(self._session(desk, each) or 0)
        if live is None or place is None or live.row.phase not in OPEN_PHASES:
            return "nothing is going on there"
        if isinstance(each, Rewrote | TookBack):
            return self._corrected(desk, live, place, each, key)
        person = self._member(desk, live, each)
        if person is None:
            return self._aside(desk, live, place, each, "onlooker", "not a member of the circle")
        if isinstance(each, Chose):
            return self._chose(desk, live, place, person, each, key)
        if place.threads:
            return self._aside(desk, live, place, each, "in-thread", "written outside the thread")
        if not each.words:
            return self._aside(desk, live, place, each, "files", "pictures and files are not kept")
        return self._wrote(desk, live, place, person, each, key)

    def _aside(self, desk: Desk, live: Live, place: Any, each: Done, about: About, why: str) -> str:
        """Not taken in; its author is told so, where others do not see it."""
        if live.row.phase in news.GOING_ON:
            whisper(desk, live, place.id, each.account, about)
        return why

    def _learned(self, desk: Desk, each: Learned, key: str) -> str:
        outcome = news.take(desk, each)
        if outcome == "applied":
            row = {"session_id": None, "version": None, "key": key, "event": '{"type":"learned"}', "ignored": None,
                   "at": desk.now}  # fmt: skip
            desk.unit.add(t.log, [row])
        return outcome

    def _member(self, desk: Desk, live: Live, heard: Done) -> int | None:
        """The person, if what they say is for this circle's ears."""
        for seat in desk.seats.get(_account(heard), ()):
            circle = live.row.circle_kind == "everyone" or seat.circle_id == live.row.circle_id
            if seat.series_id == live.row.series_id and circle and seat.role in ("participant", "note-taker"):
                return seat.person_id
        return None

    def _wrote(self, desk: Desk, live: Live, place: Any, person: int, each: Wrote, key: str) -> str:
        if (place.id, each.message) in desk.replies or (place.id, each.message) in desk.fresh:
            return "known"
        if (place.id, each.message) in desk.buried:
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
        return desk.apply(live, event, key=key, reply=row)

    def _about(
        self, desk: Desk, live: Live, place: Any, person: int, each: Wrote, reading: Reading
    ) -> tuple[int | None, int | None]:
        """The prompt, or the reply of one's own, that a message directly replies to."""
        if each.reply_to:
            ours = desk.prompts.get((place.id, each.reply_to))
            theirs = desk.replies.get((place.id, each.reply_to))
            # Only its author can mark a message.
            own = theirs.id if theirs is not None and theirs.person_id == person else None
            return ours.prompt if ours is not None else None, own
        if isinstance(reading, Control) and reading.word == "aside":
            desk.unit.flush()
            last = select(t.replies.c.id).where(
                t.replies.c.session_id == live.row.id, t.replies.c.person_id == person
            )
            found = desk.unit.all(last.order_by(t.replies.c.id.desc()).limit(1))
            return None, found[0][0] if found else None
        return None, None

    def _chose(self, desk: Desk, live: Live, place: Any, person: int, each: Chose, key: str) -> str:
        ours = desk.prompts.get((place.id, each.message)) if each.message else None
        theirs = desk.replies.get((place.id, each.about)) if each.about else None
        if theirs is not None and theirs.person_id != person:
            return "only its author can mark a message"
        event = e.Pressed(
            person,
            each.press,
            theirs.id if theirs is not None else None,
            ours.prompt if ours is not None else None,
            private=place.person_id is not None,
        )
        return desk.apply(live, event, key=key)

    def _corrected(self, desk: Desk, live: Live, place: Any, each: Rewrote | TookBack, key: str) -> str:
        """The author changed or deleted a message: that is theirs to do whether or not they still take part."""
        where = place.id, each.message
        if where in desk.fresh:
            desk.unit.flush()
            desk.replies.update(desk.unit.replies([where]))
        found = desk.replies.get(where)
        if found is None:
            return self._correction_first(desk, live, place, each, key)
        if found.person_id != desk.people.get(_account(each)):
            return "only its author can change a message"
        live = desk.sessions.get(found.session_id) or self._fetch(desk, found.session_id)
        if isinstance(each, Rewrote):
            if each.revision <= found.revision or each.words == found.words:
                return "nothing is changed by it"
            changed = {"words": each.words, "revision": each.revision}
            desk.unit.run(update(t.replies).where(t.replies.c.id == found.id).values(**changed))
            # The next correction of it may be in the same batch, and is held against what stands now.
            desk.replies.update(desk.unit.replies([where]))
            event: e.Event = e.Edited(found.person_id, found.id)
        else:
            self._bury(desk, *where)
            desk.unit.run(delete(t.replies).where(t.replies.c.id == found.id))
            del desk.replies[where]
            event = e.Removed(found.person_id, found.id)
        outcome = desk.apply(live, event, key=key)
        desk.corrected.append((found.id, live, live.row.version))
        return outcome

    def _correction_first(
        self, desk: Desk, live: Live, place: Any, each: Rewrote | TookBack, key: str
    ) -> str:  # fmt: skip
        """A correction that came before what it corrects, or after that was erased."""
        if isinstance(each, TookBack):
            self._bury(desk, place.id, each.message)
            return "there is nothing left to take back"
        person = self._member(desk, live, each)
        if person is None:
            return "not a member of the circle"
        first = Wrote(key=each.key, place=each.place, account=each.account, message=each.message, words=each.words,
                      at=each.at)  # fmt: skip
        return self._wrote(desk, live, place, person, first, key)

    def _bury(self, desk: Desk, place: int, message: str) -> None:
        if (place, message) not in desk.buried:
            desk.buried.add((place, message))
            desk.unit.add(t.tombstones, [{"hash": self.tomb(place, message), "at": desk.now}])

    def _fetch(self, desk: Desk, session: int) -> Live:
        self._read(desk, desk.unit.sessions([session]))
        return desk.sessions[session]

    # -- what a platform says of what we sent

    def _received(self, desk: Desk, each: Receipt, key: str) -> str:
        book(desk.unit, each)
        live = desk.sessions.get(each.session or 0)
        if live is not None and each.thread:
            desk.threaded(live, each.thread)
        if live is None or each.prompt is None:
            return "applied"
        return desk.apply(live, e.Delivered(each.prompt, each.at), key=key)

    def _refused(self, desk: Desk, each: Refusal, key: str) -> str:
        book(desk.unit, each)
        live = desk.sessions.get(each.session) if each.session and each.prompt else None
        if live is None or each.prompt is None:
            return "applied"
        return desk.apply(live, e.DeliveryFailed(each.prompt, each.reason), key=key)

    # -- what others published, and openings that came too late

    def _digest(self, desk: Desk, live: list[Live]) -> None:
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
            desk.apply(desk.sessions[row.waits_for], event, key=f"published:{row.id}")
        if found:
            taken = t.publications.c.id.in_([row.id for row in found])
            desk.unit.run(update(t.publications).where(taken).values(waits_for=None))

    def _missed(self, desk: Desk, live: Live) -> None:
        """Too late to open by itself: the coordinators are told, once a meeting, and offered a new date."""
        from flows.message import Moment, line, message

        live.row.phase, live.row.wake_at, live.changed = "missed", None, True
        live.row.version += 1
        # What others have opened goes on for them. The row is locked by this, so that two units tell it once.
        desk.unit.run(meeting_becomes(live, "missed", ("confirmed",)))
        if not self._is_news(desk, live):
            return
        told = message(
            "answer", line("series.late-missed", number=live.row.number, when=Moment(live.row.starts_at))
        )
        desk.carry_out(live, (fx.Say(told, "coordinators"),), None)

    def _is_news(self, desk: Desk, live: Live) -> bool:
        """No other circle of the meeting has missed the same date."""
        date = (live.row.meeting_id, live.row.starts_at)
        if date in desk.missed:
            return False
        desk.missed.add(date)
        s = t.sessions.c
        same = select(s.id).where(s.meeting_id == date[0], s.starts_at == date[1], s.phase == "missed")
        return not desk.unit.all(same.limit(1))


def _account(heard: Done) -> Account:
    return heard.place.platform, heard.place.workspace, heard.account


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
