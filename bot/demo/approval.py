"""The coordinator's morning: the managers' recap that waits is read, and approved, so that it goes out."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import select

from bot.demo.stage import ORGANISATION, ZONE, Stage, local
from bot.recaps import approval, managers
from bot.series.office import open_office
from flows.calendar import SATURDAY, LocalMoment, resolve
from storage import tables as t
from storage.unit import Unit

#: The coordinator reads it the morning after, before anything else.
MORNING = time(8, 30)


class Approvals:
    """What the coordinator has still to approve. Remembers nothing: what waits stands in the database."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    def next_at(self) -> datetime | None:
        """When the next recap will be approved: on the working day after it began to wait."""
        waits = self._waiting()
        if waits is None:
            return None
        day = local(waits.made_at).date() + timedelta(days=1)
        while day.weekday() >= SATURDAY:
            day += timedelta(days=1)
        return max(resolve(LocalMoment(day, MORNING, ZONE)), self.stage.clock.now())

    def act(self) -> None:
        """Approve the first that waits, as it is."""
        waits, stage = self._waiting(), self.stage
        if waits is None:
            return
        with stage.database.write() as connection:
            office = open_office(
                connection, ORGANISATION, waits.slug, stage.cast.coordinator, stage.clock.now()
            )
            desk = approval.open_desk(
                office,
                Unit(connection),
                stage.house.shelf,
                stage.house.works.ids,
                "coordinator",
                waits.number,
            )
            approval.approve(desk, approval.coordinator(office, stage.cast.coordinator))

    def _waiting(self) -> Any:
        """The first managers' recap that nobody has approved: since when, of which meeting, of which series."""
        r, m = t.recaps.c, t.meetings.c
        waits = (
            select(r.made_at, m.number, t.series.c.slug)
            .select_from(
                t.recaps.join(t.meetings, m.id == r.meeting_id).join(t.series, t.series.c.id == m.series_id)
            )
            .where(r.session_id.is_(None), r.status == managers.WAITS)
        )
        with self.stage.database.read() as connection:
            return connection.execute(waits.order_by(m.number).limit(1)).first()
