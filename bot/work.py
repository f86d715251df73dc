"""The unit of work: events in, one transaction, and only then is anything acknowledged.

    known? -> whose, and where -> read it -> advance -> rows -> commit

A batch is what happened to be waiting. Its events are refused if they are known, otherwise taken in order; each
table is written with one statement. Nothing is sent in here: what the engine says becomes rows of the outbox.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection, select, update

from adapters.port import Chose, Learned, Reacted, Rewrote, TookBack, Wrote
from bot import news
from bot.deeds import OPEN_PHASES, Deeds, Done, account_of
from bot.desk import Desk, Live, meeting_becomes
from bot.happenings import Answers, Happening, Order, Receipt, Refusal
from bot.opening import Openings
from bot.rights import tombs
from bot.shelf import Shelf
from bot.whispers import meant
from flows import effects as fx
from flows import events as e
from flows import state as states
from flows.programme import Route
from storage import tables as t
from storage.database import Database
from storage.unit import SessionRow, StaleSession, Unit

#: Sessions that one unit opens or wakes: enough to be quick, few enough to keep a unit short.
DUE_AT_ONCE = 200


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

    def desk(self, connection: Connection, sessions: Collection[int], now: datetime) -> Desk:
        """A desk with these sessions on it, locked: for what is done to what was said in them, whoever said it."""
        desk = Desk(Unit(connection), now)
        self._read(desk, desk.unit.sessions(sessions))
        return desk

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
            planned = [live for live in ready if live.row.phase == "planned"]
            lacking = {live.row.id for live in planned if self.shelf.lacks_groups(unit, live.row)}
            # Where nothing can be said nothing opens, until the place takes messages again.
            opens = [live.row for live in planned if not live.row.blocked and live.row.id not in lacking]
            opened = Openings(unit, self.shelf, self.ids, now).prepare(opens)
            for live in ready:
                if live.row.id in lacking:
                    self._missed(desk, live)
                elif live.row.blocked and live.row.phase == "planned":
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

    def miss(self, connection: Connection, sessions: Collection[int], now: datetime) -> None:
        """These do not open on their date, in the caller's transaction: whoever runs them is asked for another."""
        desk = self.desk(connection, sessions, now)
        for live in desk.sessions.values():
            self._missed(desk, live)
        desk.write()

    # -- reading

    def _look_up(self, desk: Desk, happenings: Sequence[Happening]) -> None:
        """Whose and where: places, people, the messages that are spoken of, and the sessions that all this is about."""
        heard = [each for each in happenings if isinstance(each, Done)]
        learned = [each for each in happenings if isinstance(each, Learned)]
        desk.places = desk.unit.places({each.place for each in heard})
        reacted = [each for each in happenings if isinstance(each, Reacted)]
        accounts = {each.account for each in (*heard, *learned, *reacted) if each.account}
        desk.people, desk.seats = desk.unit.people(accounts)
        self._look_up_messages(desk, heard)
        self._look_up_privately(desk, heard)
        about = {each.session for each in happenings if isinstance(each, Order | Receipt | Refusal | Answers)}
        about |= {self.session_of(desk, each) for each in heard} | news.sessions_about(desk, learned)
        self._read(desk, desk.unit.sessions({each for each in about if each}))
        if not self.database.sqlite:
            self._look_again(desk, heard)

    def _look_again(self, desk: Desk, heard: Sequence[Done]) -> None:
        """Until the sessions were ours, another process may have taken in what these messages are about.

        Raises StaleSession where that means another session.
        """
        self._look_up_messages(desk, heard)
        meant = {self.session_of(desk, each) for each in heard} - {None}
        if not meant <= desk.sessions.keys():
            raise StaleSession("what a message is about was taken in meanwhile")

    def _look_up_messages(self, desk: Desk, heard: Sequence[Done]) -> None:
        """The messages that these are about: corrections, direct replies, buttons."""
        ours, theirs = set(), set()
        places = {}
        for each in heard:
            place = desk.places.get(each.place)
            if place is None:
                continue
            places[place.id] = place
            if isinstance(each, Chose):
                ours |= {(place.id, each.message)} if each.message else set()
                theirs |= {(place.id, each.about)} if each.about else set()
            else:
                theirs.add((place.id, each.message))
                if isinstance(each, Wrote) and each.reply_to:
                    ours.add((place.id, each.reply_to))
                    theirs.add((place.id, each.reply_to))
        desk.replies = desk.unit.replies(theirs)
        unknown = [each for each in theirs if each not in desk.replies]
        hashed = {}
        if unknown and desk.unit.any_buried():
            hashed = {
                one: each for each in unknown for one in tombs.of_message(self.tomb, places[each[0]], each[1])
            }
        desk.buried = {hashed[found] for found in desk.unit.buried(hashed)}
        desk.prompts = desk.unit.prompts(ours)

    def _look_up_privately(self, desk: Desk, heard: Sequence[Done]) -> None:
        """What is written in private is for the sitting that its author is in now, or was in last.

        Their group's, while that goes on; then everyone's.
        """
        alone = {account_of(each) for each in heard if self._is_private(desk, each)}
        seats = {
            who: [seat for seat in desk.seats.get(who, ()) if seat.circle_id is not None] for who in alone
        }
        plenums = self._plenums(desk, {seat.series_id for of_one in seats.values() for seat in of_one})
        mine = {
            who: {circle for seat in of_one for circle in (seat.circle_id, plenums.get(seat.series_id))}
            for who, of_one in seats.items()
        }
        circles = {circle for of_one in mine.values() for circle in of_one if circle is not None}
        sittings = sorted(
            desk.unit.sittings(circles, OPEN_PHASES),
            key=lambda row: (
                row.phase == "running", row.phase in news.GOING_ON, row.circle_id not in plenums.values(), row.starts_at
            ),
        )  # fmt: skip
        for who in alone:
            own = [row.id for row in sittings if row.circle_id in mine[who]]
            if own:
                desk.privately[who] = own[-1]

    @staticmethod
    def _plenums(desk: Desk, series: set[int]) -> dict[int, int]:
        """Everyone's circle, by series."""
        c = t.circles.c
        found = (
            desk.unit.all(select(c.series_id, c.id).where(c.series_id.in_(series), c.kind == "everyone"))
            if series
            else []
        )
        return {row.series_id: row.id for row in found}

    def _is_private(self, desk: Desk, heard: Done) -> bool:
        place = desk.places.get(heard.place)
        return place is not None and place.person_id is not None

    def session_of(self, desk: Desk, heard: Done) -> int | None:
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
            return desk.privately.get(account_of(heard))
        if place.threads and place.session_id is None and isinstance(heard, Wrote):
            mine = {seat.circle_id for seat in desk.seats.get(account_of(heard), ()) if seat.circle_id}
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
        if isinstance(each, Receipt):
            return _received(desk, each, key)
        if isinstance(each, Refusal):
            return _refused(desk, each, key)
        if isinstance(each, Learned | Reacted):
            return _learned(desk, each, key)
        if isinstance(each, Order):
            live = desk.sessions.get(each.session)
            return desk.apply(live, each.event, key=key) if live else "no such session"
        return Deeds(self, desk).take(each, key)

    def fetch(self, desk: Desk, session: int) -> Live:
        """A session that nobody looked up beforehand."""
        self._read(desk, desk.unit.sessions([session]))
        return desk.sessions[session]

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
            given = msgspec.json.decode(row.given, type=tuple[fx.Given, ...])
            event = e.Published(row.circle_id, tuple(msgspec.json.decode(row.findings)), given)
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
        lacking = self.shelf.lacks_groups(desk.unit, live.row)
        why = "series.undivided-missed" if lacking else "series.late-missed"
        told = message("answer", line(why, number=live.row.number, when=Moment(live.row.starts_at)))
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


# -- what a platform says


def _received(desk: Desk, each: Receipt, key: str) -> str:
    book(desk.unit, each)
    live = desk.sessions.get(each.session or 0)
    if live is not None and each.thread:
        desk.threaded(live, each.thread)
    if live is None or each.prompt is None:
        return "applied"
    return desk.apply(live, e.Delivered(each.prompt, each.at), key=key)


def _refused(desk: Desk, each: Refusal, key: str) -> str:
    book(desk.unit, each)
    live = desk.sessions.get(each.session) if each.session and each.prompt else None
    if live is None or each.prompt is None:
        return "applied"
    return desk.apply(live, e.DeliveryFailed(each.prompt, each.reason), key=key)


def _learned(desk: Desk, each: Learned | Reacted, key: str) -> str:
    outcome = news.take(desk, each)
    if outcome == "applied":
        row = {"session_id": None, "version": None, "key": key, "event": '{"type":"learned"}', "ignored": None,
               "at": desk.now}  # fmt: skip
        desk.unit.add(t.log, [row])
    return outcome


def name(each: Happening) -> str:
    """What an event is known by: it is taken in once."""
    if isinstance(each, Receipt | Refusal):
        return f"sent:{each.outbox}:{each.__struct_config__.tag}"
    if isinstance(each, Order):
        return f"order:{each.key}"
    return f"sheet:{each.key}" if isinstance(each, Answers) else f"{each.place.platform}:{each.key}"


def book(unit: Unit, each: Receipt | Refusal) -> None:
    """Write down what became of a message, whatever the engine makes of it."""
    if isinstance(each, Receipt):
        unit.sent(each.outbox, each.message, each.at)
    else:
        unit.failed(each.outbox, each.reason)
