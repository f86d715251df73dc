"""Sheets at the counter: asked for, shown, handed in and answered, within the seconds that Slack gives.

A sheet that is asked for in a message, by a command or from the home opens a modal; asked for in a modal it is put on
top of it, so that there is a way back, or in its place where Slack stacks no more. One that is handed in is answered
by what comes next in its place, by what is wrong with it, or by closing all that was opened. The home is shown anew
when it is looked at, and after something was handed in that had been opened from it.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from adapters.port import Asked, Counter, Faults, Filled, Later, Refused, Shut
from adapters.slack import names, sheets
from adapters.slack.client import Client, Json
from adapters.slack.interactions import HOME
from adapters.slack.sheets import Carried
from adapters.slack.workspaces import Installation, Workspaces

log = logging.getLogger(__name__)


class Shows:
    def __init__(self, client: Client, workspaces: Workspaces, counter: Counter) -> None:
        self.client, self.workspaces, self.counter = client, workspaces, counter
        self._behind: set[asyncio.Task[None]] = set()

    async def open(self, there: Installation, asked: Asked, payload: Json) -> None:
        """Answer somebody who asked by an interaction. That its time ran out is nothing to try again."""
        sheet = await self.counter.open(asked)
        view = payload.get("view")
        remembers = Carried(sheet=sheet.name, place=asked.place, message=asked.message, about=asked.about,
                            home=_from_home(view))  # fmt: skip
        made = sheets.modal(sheet, remembers, self.workspaces.leads)
        trigger = payload.get("trigger_id", "")
        try:
            if view is not None and view.get("type") == "modal":
                await self._on_top(there, trigger, view, made)
            else:
                await self._call(there, "views.open", trigger_id=trigger, view=made)
        except (Refused, Shut, Later, OSError) as fault:
            log.warning("a sheet could not be shown: %s", fault)

    async def _on_top(self, there: Installation, trigger: str, below: Json, made: Json) -> None:
        try:
            await self._call(there, "views.push", trigger_id=trigger, view=made)
        except Refused as refused:
            if str(refused) != "push_limit_reached":
                raise
            await self._call(there, "views.update", view_id=below["id"], view=made)

    async def home(self, there: Installation, asked: Asked, view: Json | None = None) -> None:
        """Show somebody their home; `view` is what stands there now, as far as it is known."""
        sheet = await self.counter.open(asked)
        made = sheets.home(sheet, Carried(sheet=sheet.name, place=asked.place), self.workspaces.leads)
        seen = {"hash": view["hash"]} if view and view.get("hash") else {}
        try:
            await self._call(there, "views.publish", user_id=asked.account, view=made, **seen)
        except Refused as refused:
            # Somebody else has shown a newer one meanwhile.
            if str(refused) != "hash_conflict":
                log.warning("the home could not be shown: %s", refused)
        except (Shut, Later, OSError) as fault:
            log.warning("the home could not be shown: %s", fault)

    async def hand_in(self, there: Installation, filled: Filled, view: Json) -> Json:
        """What Slack is answered. Raises what the counter raises: then nothing was stored."""
        result = await self.counter.hand_in(filled)
        if isinstance(result, Faults):
            return sheets.faulted(view, result.by_blank)
        remembered = sheets.carried(view)
        if _from_home(view):
            self._home_behind(there, filled)
        if result is None:
            return {"response_action": "clear"}
        home = remembered is not None and remembered.home
        next_ = Carried(sheet=result.name, place=filled.place, home=home,
                        message=remembered.message if remembered else None,
                        about=remembered.about if remembered else None)  # fmt: skip
        return {"response_action": "update", "view": sheets.modal(result, next_, self.workspaces.leads)}

    def _home_behind(self, there: Installation, filled: Filled) -> None:
        """After the answer: whoever handed in does not wait for it."""
        place = filled.place._replace(channel=filled.account, thread="")
        asked = Asked(place=place, account=filled.account, press=HOME, at=filled.at)
        task = asyncio.create_task(self.home(there, asked))
        self._behind.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._behind.discard(task)
        if not task.cancelled() and (fault := task.exception()) is not None:
            log.warning("the home could not be shown: %s", type(fault).__name__)

    async def close(self) -> None:
        for task in self._behind:
            task.cancel()
        await asyncio.gather(*self._behind, return_exceptions=True)

    async def _call(self, there: Installation, method: str, **asked: Any) -> Json:
        return await self.client.call(
            there.token, method, f"{names.NAME}/{there.workspace}/{method}", **asked
        )


def _from_home(view: Json | None) -> bool:
    """Whether a view is the home, or was opened from it."""
    if not view:
        return False
    carried = sheets.carried(view)
    return view.get("type") == "home" or (carried is not None and carried.home)
