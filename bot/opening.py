"""Opening meetings: everything that a session is told when its time has come, for all that open at once."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import msgspec
from sqlalchemy import exists, or_, select

from bot.rights import days
from flows import state as states
from flows.calendar import WorkingDays, opening
from flows.effects import Given
from flows.events import Also, Answering, Opened, Pace, Profile, Seats, Setting
from flows.kinds.level import Level, profiles
from flows.turn import OFFICE
from storage import tables as t
from storage.unit import SessionRow, Unit

if TYPE_CHECKING:
    from bot.shelf import Shelf
    from flows.programme import Programme

#: Working days that a round is open at the async pace, where the series says nothing else.
WINDOW_DAYS = 4
#: Everyone's window stays open so many working days longer than the groups'.
PLENUM_DAYS = 2
#: Roles of those who are in a group.
TAKING_PART = ("participant", "note-taker")

#: A meeting, a date and a kind of circle.
Sitting: TypeAlias = tuple[int, datetime, str]


class Openings:
    """Prepares `Opened` for sessions in one unit: a statement a table, however many there are."""

    def __init__(self, unit: Unit, shelf: Shelf, ids: Callable[[], int], now: datetime) -> None:
        self.unit, self.shelf, self.ids, self.now = unit, shelf, ids, now

    def prepare(self, rows: list[SessionRow]) -> dict[int, Opened]:
        """By session id. A session that is too late to open by itself is not in the answer."""
        if not rows:
            return {}
        series = self._by_id(t.series, {row.series_id for row in rows})
        rows = [row for row in rows if self._lateness(row, series[row.series_id]) != "missed"]
        circles = {row.circle_id for row in rows}
        members, sittings = self._members(circles), self._sittings({row.meeting_id for row in rows})
        also = self._also({row.series_id for row in rows})
        shared = self._shared({row.series_id for row in rows})
        kept = days.lengths(self.unit.connection, {row.series_id for row in rows if row.number == 1})
        actions, open_to = self._actions(circles), self._come_in_by_code(circles)
        recap = self._recaps([row for row in rows if row.number > 1 and row.circle_kind == "group"])
        return {
            row.id: Opened(
                self._setting(
                    row, series[row.series_id], recap.get(row.id), tuple(actions[row.circle_id]), sittings,
                    open_roster=row.circle_id in open_to, kept=kept.get(row.series_id),
                ),
                tuple(members[row.circle_id]),
                tuple(each for each in also[row.series_id] if each.person in members[row.circle_id]),
                row.series_id in shared,
            )
            for row in rows
        }  # fmt: skip

    # -- the setting

    def _setting(
        self,
        row: SessionRow,
        series: Any,
        recap: int | None,
        actions: tuple[int, ...],
        sittings: Counter[Sitting],
        *,
        open_roster: bool,
        kept: tuple[int | None, int | None] | None,
    ) -> Setting:
        programme = self.shelf.programme(self.unit, row.content_id)
        form = programme.form(series.form)
        date = row.meeting_id, row.starts_at
        everyone = row.circle_kind == "everyone"
        late = self._lateness(row, series) == "late"
        return Setting(
            pace=cast(Pace, row.pace),
            answering=cast(Answering, "each" if everyone or row.undivided else series.answering),
            zone=row.zone,
            number=row.number,
            of=len(programme.rounds),
            minutes=form.minutes,
            # Everyone's session is planned where the round and the form have a plenum, and there are several groups.
            plenum=not everyone and bool(sittings[*date, "everyone"]),
            pause=form.pause_after(row.number),
            closes_at=self._closes(row, series, everyone=everyone),
            late=int((self.now - row.starts_at).total_seconds() // 60) if late else 0,
            recap=recap,
            actions=actions,
            # Where every group has another date, everyone's session waits for one until its own time is out.
            groups=max(1, sittings[*date, "group"]) if everyone else 0,
            seats=self._seats(row) if everyone else (),
            given=self._given(row),
            met=self._met(row) if everyone else (),
            profiles=() if everyone else self._profiles(row, programme),
            open_roster=open_roster,
            kept=kept,
        )

    def _seats(self, row: SessionRow) -> tuple[Seats, ...]:
        c = t.circles.c
        groups = self.unit.all(
            select(c.id, c.leaders)
            .where(c.series_id == row.series_id, c.kind == "group", c.until.is_(None))
            .order_by(c.number)
        )
        members = self._members({group.id for group in groups})
        p = t.people.c
        there = p.id.in_([person for each in members.values() for person in each])
        units = {each.id: each.unit_id for each in self.unit.all(select(p.id, p.unit_id).where(there))}
        # For those who are to meet somebody from elsewhere: where nobody said where they are from, another group is.
        seats: dict[tuple[int, int, bool], list[int]] = defaultdict(list)
        for group in groups:
            for person in members[group.id]:
                seats[group.id, -(units[person] or 0) or group.id, group.leaders].append(person)
            if not members[group.id]:
                seats[group.id, group.id, group.leaders] = []
        return tuple(
            Seats(circle, tuple(people), unit, leads) for (circle, unit, leads), people in seats.items()
        )

    def _met(self, row: SessionRow) -> tuple[tuple[int, int], ...]:
        p, s = t.pairs.c, t.sessions.c
        before = select(p.one_id, p.other_id).join(t.sessions, s.id == p.session_id)
        rows = self.unit.all(before.where(s.series_id == row.series_id).order_by(p.one_id, p.other_id))
        return tuple(dict.fromkeys((each.one_id, each.other_id) for each in rows))

    def _given(self, row: SessionRow) -> tuple[Given, ...]:
        """What earlier rounds handed on, by step: of each step, that of its latest round."""
        if row.number == 1:
            return ()
        p, m = t.publications.c, t.meetings.c
        before = select(p.given, m.number).join(t.meetings, m.id == p.meeting_id)
        before = before.where(m.series_id == row.series_id, m.number < row.number, p.given != "[]")
        found: dict[str, tuple[int, tuple[int, ...]]] = {}
        for each in self.unit.all(before.order_by(m.number, p.id)):
            for one in msgspec.json.decode(each.given, type=tuple[Given, ...]):
                number, replies = found.get(one.step, (each.number, ()))
                kept = replies if number == each.number else ()
                found[one.step] = each.number, (*kept, *one.replies)
        return tuple(Given(step, tuple(dict.fromkeys(replies))) for step, (_, replies) in found.items())

    def _profiles(self, row: SessionRow, programme: Programme) -> tuple[Profile, ...]:
        """What the circle agreed on at earlier sittings, where this one asks for levels too."""
        if row.number == 1 or not any(isinstance(step, Level) for step in programme.route(row.number).steps):
            return ()
        s, m = t.sessions.c, t.meetings.c
        held = select(s.state, m.number).join(t.meetings, m.id == s.meeting_id).order_by(m.number)
        before = held.where(s.circle_id == row.circle_id, m.number < row.number, s.state.is_not(None))
        return tuple(
            one for each in self.unit.all(before)
            for one in profiles(programme.route(each.number), states.load(each.state))
        )  # fmt: skip

    def _closes(self, row: SessionRow, series: Any, *, everyone: bool) -> datetime | None:
        if row.pace == "live":
            return None
        days = (series.window_days or WINDOW_DAYS) + (PLENUM_DAYS if everyone else 0)
        return WorkingDays(row.zone, *OFFICE).window_end(max(row.starts_at, self.now), days)

    def _lateness(self, row: SessionRow, series: Any) -> str:
        closes = self._window(row, series)
        grace = timedelta(minutes=series.grace_minutes) if series.grace_minutes is not None else None
        return opening(row.starts_at, self.now, cast(Pace, row.pace), closes, grace)

    def _window(self, row: SessionRow, series: Any) -> timedelta | None:
        if row.pace == "live":
            return None
        end = WorkingDays(row.zone, *OFFICE).window_end(row.starts_at, series.window_days or WINDOW_DAYS)
        return end - row.starts_at

    # -- what is read

    def _by_id(self, table: Any, ids: set[int]) -> dict[int, Any]:
        return {row.id: row for row in self.unit.all(select(table).where(table.c.id.in_(ids)))}

    def _members(self, circles: set[int]) -> dict[int, list[int]]:
        found: dict[int, list[int]] = defaultdict(list)
        m = t.memberships.c
        who = select(m.circle_id, m.person_id).where(
            m.circle_id.in_(circles), m.until.is_(None), m.role.in_(TAKING_PART)
        )
        for row in self.unit.all(who.order_by(m.id)):
            found[row.circle_id].append(row.person_id)
        return found

    def _also(self, series: set[int]) -> dict[int, list[Also]]:
        """By series, who coordinates it, and who its managers are."""
        found: dict[int, list[Also]] = defaultdict(list)
        m = t.memberships.c
        roles = select(m.series_id, m.person_id, m.role).where(
            m.series_id.in_(series), m.until.is_(None), m.role.in_(("coordinator", "manager"))
        )
        for row in self.unit.all(roles.order_by(m.id)):
            found[row.series_id].append(Also(row.person_id, row.role))
        return found

    def _shared(self, series: set[int]) -> set[int]:
        """Those whose managers read together in a place."""
        c = t.circles.c
        there = c.kind == "managers", c.home_id.is_not(None)
        read = select(c.series_id).where(c.series_id.in_(series), *there)
        return {row.series_id for row in self.unit.all(read)}

    def _come_in_by_code(self, circles: set[int]) -> set[int]:
        """Circles of places whose members cannot be known: there is a code by which people come in themselves."""
        c = t.codes.c
        return {row.circle_id for row in self.unit.all(select(c.circle_id).where(c.circle_id.in_(circles)))}

    def _sittings(self, meetings: set[int]) -> Counter[Sitting]:
        """How many circles meet, by meeting, date and kind: a circle may have a date of its own.

        A group that nobody is in does not come, and what was cancelled or missed is not held on that date.
        """
        s, c, m = t.sessions.c, t.circles.c, t.memberships.c
        seated = exists().where(m.circle_id == c.id, m.until.is_(None), m.role.in_(TAKING_PART))
        held = (
            select(s.meeting_id, s.starts_at, c.kind)
            .join(t.circles, c.id == s.circle_id)
            .where(
                s.meeting_id.in_(meetings), s.phase.not_in(("cancelled", "missed")),
                or_(c.kind == "everyone", seated),
            )
        )  # fmt: skip
        return Counter((row.meeting_id, row.starts_at, row.kind) for row in self.unit.all(held))

    def _actions(self, circles: set[int]) -> dict[int, list[int]]:
        """What each circle has promised and not settled."""
        found: dict[int, list[int]] = defaultdict(list)
        a = t.actions.c
        unsettled = select(a.circle_id, a.reply_id).where(
            a.circle_id.in_(circles), a.state.in_(("open", "under-way"))
        )
        for row in self.unit.all(unsettled.order_by(a.reply_id)):
            found[row.circle_id].append(row.reply_id)
        return found

    # -- recaps

    def _recaps(self, rows: list[SessionRow]) -> dict[int, int]:
        """The recap that each session opens with: the coordinator's if there is one, otherwise made now by rule."""
        from bot.recaps import group_recaps

        return group_recaps(self.unit, self.shelf, self.ids, rows, self.now) if rows else {}
