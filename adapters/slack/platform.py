"""Slack behind the port: puts together what hears and what sends, for one workspace or many.

- One workspace: a bot token, and an app-level token (Socket Mode) or a signing secret (HTTP). Slack says at the start
  which workspace that is and who we are in it; until it has, what comes is left for it to bring again.
- Many: whoever may installs the app (`installing`), and each workspace has a token of its own.
- A token that Slack does not take is news (`cut`), as it is when Slack tells so. It is tried again, and once Slack
  takes it, that is news too.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from aiohttp import web
from msgspec import Struct

from adapters.port import (
    Address,
    Asked,
    Bucket,
    Capabilities,
    Counter,
    Ear,
    Filled,
    Heard,
    Known,
    Later,
    Learned,
    News,
    Outgoing,
    Refused,
    Shut,
    Taken,
    Wrote,
)
from adapters.slack import installing, interactions, looking, names, parse, sending
from adapters.slack.client import Client, Json
from adapters.slack.door import Door
from adapters.slack.installing import Seal
from adapters.slack.looking import Finder
from adapters.slack.parse import Nothing
from adapters.slack.people import People
from adapters.slack.pictures import Draw, Pictures
from adapters.slack.sending import Sender
from adapters.slack.showing import Shows
from adapters.slack.socket import LAST, Socket
from adapters.slack.workspaces import Forgetful, Installation, Keeper, Workspaces, meet

log = logging.getLogger(__name__)

#: Seconds between attempts to find out who we are.
AGAIN = (2, 5, 15, 60)


class Clock(Protocol):
    def now(self) -> datetime:
        """The present time: aware, UTC."""


class Setup(Struct, frozen=True, kw_only=True):
    """What is set from outside. `address` is of the Web API."""

    bot_token: str = ""
    app_token: str = ""
    signing_secret: str = ""
    address: str | None = None
    #: For many workspaces: the app's own, and where the world finds us.
    client_id: str = ""
    client_secret: str = ""
    url: str = ""

    @property
    def distributed(self) -> bool:
        """Handed out to many workspaces, and not by Slack's marketplace: look-ups are rationed."""
        return bool(self.client_id)

    def __repr__(self) -> str:
        return "Setup(…)"


class NotReady(Exception):
    """Slack has not told yet who we are: it is asked to bring this again."""


class SlackPlatform:
    """`adapters.port.Platform`."""

    name = names.NAME

    def __init__(
        self, setup: Setup, clock: Clock, keeper: Keeper | None = None, seal: Seal | None = None, *,
        draw: Draw = lambda _: None,
    ) -> None:  # fmt: skip
        """Asks Slack nothing yet. `keeper` remembers installations; `seal` is for those that are new; `draw` makes
        pictures of drawings."""
        self._seal = seal
        self._setup, self._clock = setup, clock
        self.capabilities = Capabilities(
            buttons=True, look_up=True, threads=True, reactions=True, quietly=True, sheets=True,
            at_once=4 if setup.distributed else 50,
        )  # fmt: skip
        self.client = Client(setup.address)
        self.workspaces = Workspaces(keeper or Forgetful())
        self.people = People(self.client)
        finder = Finder(self.client, rationed=setup.distributed)
        self._sender = Sender(self.client, self.workspaces, finder, Pictures(self.client, draw))
        self.door = Door(self._take, signing_secret=setup.signing_secret)
        self._socket: Socket | None = None
        self._shows: Shows | None = None
        self._ear: Ear | None = None
        self._meeting: asyncio.Task[None] | None = None
        self._cut = False

    # -- what Runda says

    def buckets(self, outgoing: Outgoing) -> tuple[Bucket, ...]:
        return sending.buckets(outgoing)

    def look_up_bucket(self, outgoing: Outgoing) -> str:
        return sending.bucket(outgoing, looking.method(outgoing.place.thread))

    async def send(self, outgoing: Outgoing) -> Taken:
        return await self._sender.send(outgoing)

    async def look_up(self, outgoing: Outgoing) -> Taken | None:
        return await self._sender.look_up(outgoing)

    async def who(self, workspace: str, accounts: Collection[str]) -> list[Known]:
        return await self.people.who(await self._sender.installation(workspace), accounts)

    async def members(self, place: Address) -> list[str]:
        return await self.people.members(await self._sender.installation(place.workspace), place)

    # -- starting and stopping

    def routes(self) -> list[web.RouteDef]:
        """What is to be served by HTTP; nothing where Slack comes by a socket."""
        events = not self._setup.app_token
        return self.door.routes(events=events, installing=self._setup.distributed)

    async def listen(self, ear: Ear, counter: Counter | None) -> None:
        """Returns when listening, or when that takes long: then it goes on by itself. Raises what storage raises."""
        self._ear = ear
        self._shows = Shows(self.client, self.workspaces, counter) if counter is not None else None
        await self.workspaces.load()
        if self._setup.distributed and self._seal is not None:
            self.door.flow = installing.flow(
                self.client, self.workspaces, self._seal, self._arrived, client_id=self._setup.client_id,
                client_secret=self._setup.client_secret, url=self._setup.url,
            )  # fmt: skip
        if self._setup.bot_token:
            self._meeting = asyncio.create_task(self._meet(), name="slack auth")
            await asyncio.wait({self._meeting}, timeout=LAST)
        self.door.open = True
        if self._setup.app_token:
            self._socket = Socket(self.client, self.door, self._setup.app_token, self._no_token)
            await self._socket.open()

    async def close(self) -> None:
        self.door.open = False
        if self._meeting is not None:
            self._meeting.cancel()
            await asyncio.gather(self._meeting, return_exceptions=True)
        if self._socket is not None:
            await self._socket.close()
        await self.door.idle(LAST)
        if self._shows is not None:
            await self._shows.close()
        await self.client.close()

    async def _meet(self) -> None:
        """Learn who we are, however long it takes."""
        attempt = 0
        while not await self._met(AGAIN[min(attempt, len(AGAIN) - 1)]):
            attempt += 1

    async def _met(self, wait: float) -> bool:
        try:
            installation = await meet(self.client, self._setup.bot_token)
        except Later as later:
            wait = later.seconds
        except Shut as shut:
            log.error("Slack does not take the bot token (%s)", shut)
            await self._no_token(shut)
        except (Refused, OSError) as fault:
            log.warning("Slack has not said yet who we are: %s", fault)
        else:
            return await self._stored(installation)
        await asyncio.sleep(wait)
        return False

    async def _stored(self, installation: Installation) -> bool:
        try:
            await self._arrived(installation)
        except Exception as fault:  # noqa: BLE001 - whatever it was, it is tried again
            log.error("a workspace could not be stored: %s", type(fault).__name__)
            await asyncio.sleep(AGAIN[0])
            return False
        return True

    async def _arrived(self, installation: Installation) -> None:
        """A workspace has let us in, or lets us in still."""
        if await self.workspaces.keep(installation) or self._cut:
            await self._news("back", installation.workspace)
        self._cut = False

    async def _no_token(self, shut: Shut) -> None:
        """Said once, for every workspace that was known before."""
        if not self._cut:
            self._cut = True
            for installation in tuple(self.workspaces.all()):
                await self._news("cut", installation.workspace, shut.reason)

    async def _news(self, what: News, workspace: str, why: str = "") -> None:
        now = self._clock.now()
        learned = Learned(key=f"{what}:{workspace}:{now.isoformat()}", what=what, at=now, why=why,
                          place=Address(names.NAME, workspace, ""))  # fmt: skip
        await self._hear(learned)

    # -- what people do

    async def _take(self, body: Json) -> Json | None:
        """Returns what Slack is answered, once what it told is stored."""
        if body.get("type") == "event_callback":
            await self._event(body)
            return None
        if body.get("type") == "app_rate_limited":
            # https://docs.slack.dev/reference/events/app_rate_limited
            log.error("Slack holds events back: more than 30,000 in an hour")
            return None
        done = interactions.interaction(body, self._clock.now())
        if isinstance(done, Nothing):
            _say(done)
            return None
        there = await self._there(interactions.workspace(body))
        if there is None:
            return None
        if isinstance(done, Asked):
            if self._shows is not None:
                await self._shows.open(there, done, body)
            return None
        if isinstance(done, Filled):
            return await self._shows.hand_in(there, done, body["view"]) if self._shows is not None else None
        await self._hear(done)
        return None

    async def _event(self, body: Json) -> None:
        there = await self._there(parse.workspace(body))
        if there is None:
            return
        said = parse.event(body, self.workspaces.accounts)
        if body["event"].get("type") == "user_change":
            self.people.forget(there.workspace, (body["event"].get("user") or {}).get("id", ""))
        if isinstance(said, Nothing):
            _say(said)
        elif isinstance(said, Asked):
            if self._shows is not None:
                await self._shows.home(there, said, body["event"].get("view"))
        else:
            if isinstance(said, Wrote):
                self._sender.saw(there.workspace, said.at)
            await self._hear(said)
            if isinstance(said, Learned) and said.what == "cut":
                await self.workspaces.end(there.workspace)

    async def _hear(self, said: Heard) -> None:
        assert self._ear is not None
        await self._ear(said)

    async def _there(self, workspace: str) -> Installation | None:
        """None: nobody of that workspace has anything to do with us (any more)."""
        there = await self.workspaces.find(workspace)
        if there is None and self._meeting is not None and not self._meeting.done():
            raise NotReady
        return there


def _say(nothing: Nothing) -> None:
    if nothing.why.startswith("unreadable"):
        log.warning("Slack told something that is %s", nothing.why)
