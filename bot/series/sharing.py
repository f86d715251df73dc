"""The managers' place: a channel where managers read their recaps together, beside those who get them alone.

Where nobody can choose a channel, a code takes it there: whoever writes it in a chat makes that the place, once.

It is the home of a circle of its own kind, which meets nowhere and has no seats: who may answer a group is named as a
manager, whoever reads there. Everybody in the channel reads the recap, and the groups are told so: when their first
meeting opens, or at once where it has been.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from bot.joining import codes
from bot.series.homes import Where
from bot.series.making import managers, share_with_managers
from bot.series.office import BEFORE, Change, Office
from bot.series.problems import SeriesProblem
from flows.forms import At, Sentence
from flows.message import line, message
from storage import tables as t


def managers_home(connection: Connection, series: int) -> Row[Any] | None:
    """The place's row, if the series has one."""
    c, p = t.circles.c, t.places.c
    home = select(t.places).join(t.circles, c.home_id == p.id)
    return connection.execute(home.where(c.series_id == series, c.kind == "managers")).first()


def waiting(connection: Connection, series: int) -> Row[Any] | None:
    """The circle of the managers, with a place or still without one."""
    c = t.circles.c
    return connection.execute(select(t.circles).where(c.series_id == series, c.kind == "managers")).first()


def invite(office: Office) -> Change:
    """A code by which managers' recaps get a chat. Raises SeriesProblem."""
    office.refuse_cancelled()
    series = office.series
    there = waiting(office.connection, series.id)
    key = there.id if there is not None else managers(office.connection, series.id, series.language)
    codes.of_group(office.connection, key, office.now)
    office.record("managers' code made", "managers")
    return office.done(Sentence("There is a code for the managers' chat now.", "managers-code"))


def share(office: Office, at: At) -> Change:
    """From now on approved recaps are posted there too. Raises SeriesProblem."""
    office.refuse_cancelled()
    where, there = _settled(office, at), managers_home(office.connection, office.series.id)
    done = Sentence(f"Managers' recaps are posted in {where.id} too.", "managers-place-set")
    if there is not None and where == Where(there.platform, there.workspace, there.channel):
        return office.done(done)
    series = office.series
    share_with_managers(office.connection, series.organisation_id, series.id, series.language, where)
    audit = office.record("managers' place set", "managers")
    _forget_code(office)
    _withdraw(office, there)
    begun = [each for each in office.sessions() if each.phase not in BEFORE]
    office.announce(message("answer", line("meeting.managers-place")), begun, audit)
    return office.done(done)


def keep_private(office: Office) -> Change:
    """Recaps go to those who are named as managers, and nowhere else. Raises SeriesProblem."""
    if waiting(office.connection, office.series.id) is None:
        raise SeriesProblem(Sentence("The series has no managers' place.", "managers-place-none"))
    there, c = managers_home(office.connection, office.series.id), t.circles.c
    _forget_code(office)
    office.connection.execute(delete(t.circles).where(c.series_id == office.series.id, c.kind == "managers"))
    office.record("managers' place ended", "managers")
    _withdraw(office, there)
    return office.done(Sentence("Managers get their recaps in private only.", "managers-place-ended"))


def _forget_code(office: Office) -> None:
    """Whoever keeps it is to take the recaps nowhere else."""
    c = t.circles.c
    theirs = select(c.id).where(c.series_id == office.series.id, c.kind == "managers")
    office.connection.execute(delete(t.codes).where(t.codes.c.circle_id.in_(theirs)))


def _settled(office: Office, at: At) -> Where:
    here = office.whereabouts
    platform = at.platform or here.platform
    workspace = at.workspace or (here.workspace if platform == here.platform else "")
    if not workspace:
        words = f"In which workspace of {platform} is {at.id}? Write it as {platform}/WORKSPACE/{at.id}."
        raise SeriesProblem(Sentence(words, "no-workspace"))
    return Where(platform, workspace, at.id)


def _withdraw(office: Office, there: Row[Any] | None) -> None:
    """What waits to be posted in a place that managers do not read any more."""
    if there is None:
        return
    o, s = t.outbox.c, t.sessions.c
    ours = o.session_id.in_(select(s.id).where(s.series_id == office.series.id))
    waits = update(t.outbox).where(o.place_id == there.id, o.status == "queued", ours)
    office.connection.execute(waits.values(status="dropped", reason="not-theirs"))
