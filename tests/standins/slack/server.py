"""The server: its addresses, its lifetime, and what ties its parts together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Self

from aiohttp import web

from tests.standins.slack import (
    delivery,
    events,
    methods_basic,
    methods_chat,
    methods_conversations,
    methods_files,
    methods_people,
    methods_views,
    responses,
)
from tests.standins.slack.clock import Clock, SystemClock
from tests.standins.slack.delivery import Deliveries, Delivery, Signer
from tests.standins.slack.faults import Faults
from tests.standins.slack.rates import Rates
from tests.standins.slack.sockets import Sockets
from tests.standins.slack.specs import Specs
from tests.standins.slack.state import Channel, Json, Workspace
from tests.standins.slack.transcript import Reading
from tests.standins.slack.triggers import Triggers
from tests.standins.slack.web import Call, handle

#: Importing these registers their methods.
METHOD_MODULES = (
    methods_basic,
    methods_chat,
    methods_conversations,
    methods_files,
    methods_people,
    methods_views,
)

MOST_BODY = 64 * 1024 * 1024


class SlackServer(Reading):
    """A stand-in Slack; the package's docstring tells what it can do."""

    def __init__(
        self,
        clock: Clock | None = None,
        cohort: str = "internal",
        strict: bool = True,
        posts_a_second: float | None = None,
        workspace: str = "Kommunen",
        app_name: str = "Runda",
    ) -> None:
        super().__init__()
        self.clock: Clock = clock or SystemClock()
        self.app_id, self.app_name = "A0SIAPP001", app_name
        self.app_token = "xapp-1-A0SIAPP001-1-stand-in"
        self.signing_secret = "5ec2e7-of-the-stand-in"
        self.client_id, self.client_secret = "100.200", "client-secret-of-the-stand-in"
        self._signer = Signer(self.signing_secret)
        #: Where signed requests go, if the app takes them: all kinds, as with Bolt.
        self.events_url = ""
        self.ack_seconds = delivery.ACK_SECONDS
        self.retry_delays: tuple[float, ...] = delivery.RETRY_DELAYS
        #: What the app's manifest subscribes to.
        self.subscriptions = set(events.SCOPES)
        #: Seconds until a file that has been uploaded can be shown in blocks.
        self.looking = 0.0
        #: Seconds of real time after which waiting for the app is a failure.
        self.patience = 10.0
        self.requests: list[Call] = []
        self.violations: list[str] = []
        self.warnings: list[str] = []
        self.faults, self.rates = Faults(self), Rates(self.clock, cohort, posts_a_second)
        self.specs, self.sockets = Specs(strict), Sockets(self)
        self.triggers, self.deliveries = Triggers(self), Deliveries(self)
        self.closing = False
        self.url = ""
        self._waiters: set[asyncio.Future[None]] = set()
        self._runner: web.AppRunner | None = None
        self.workspace(workspace)

    # -- lifetime

    async def start(self, port: int = 0) -> Self:
        """Listen on loopback, on a port that the system chooses unless one is given."""
        app = web.Application(client_max_size=MOST_BODY)
        app.router.add_route("*", "/api/{method}", self._api)
        app.router.add_get("/link/", self.sockets.accept)
        app.router.add_post("/upload/{team}/{file}", self._upload)
        app.router.add_post("/respond/{name}", self._respond)
        app.router.add_get("/oauth/v2/authorize", self._authorize)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        return self

    async def stop(self) -> None:
        self.closing = True
        self.changed()
        await self.deliveries.close()
        await self.sockets.close()
        if self._runner is not None:
            await self._runner.cleanup()

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def _api(self, request: web.Request) -> web.StreamResponse:
        return await handle(self, request)

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        return await methods_files.receive(self, request)

    async def _respond(self, request: web.Request) -> web.StreamResponse:
        return await responses.receive(self, request)

    async def _authorize(self, request: web.Request) -> web.StreamResponse:
        return await responses.authorize(self, request)

    # -- addresses and settings

    @property
    def api_url(self) -> str:
        """For `AsyncWebClient(base_url=...)` and SLACK_API_URL."""
        return f"{self.url}/api/"

    @property
    def token(self) -> str:
        """The bot's token in the first workspace."""
        return self.first.token

    def env(self, transport: str = "socket") -> dict[str, str]:
        """The environment for an app that is told through sockets, or ("http") by signed requests."""
        own = (
            {"SLACK_APP_TOKEN": self.app_token}
            if transport == "socket"
            else {"SLACK_SIGNING_SECRET": self.signing_secret}
        )
        return {"SLACK_API_URL": self.api_url, "SLACK_BOT_TOKEN": self.token, **own}

    # -- noticing

    def changed(self) -> None:
        """Whoever waits for something looks again."""
        waiters, self._waiters = self._waiters, set()
        for each in waiters:
            if not each.done():
                each.set_result(None)

    async def until(self, holds: Callable[[], Any], timeout: float | None = 10.0) -> Any:
        """Wait until it holds, looking whenever something has changed. Returns what it gave; TimeoutError."""
        async with asyncio.timeout(timeout):
            while not (found := holds()):
                waiter = asyncio.get_running_loop().create_future()
                self._waiters.add(waiter)
                try:
                    await waiter
                finally:
                    self._waiters.discard(waiter)
            return found

    async def settled(self) -> None:
        """When nothing that the app is to be told is on its way any more."""
        await self.until(lambda: not self.deliveries.pending, self.patience)

    def violation(self, call: Call, problem: str) -> None:
        self.violations.append(f"{call.method}: {problem}")

    def warn(self, call: Call, problem: str) -> None:
        self.warnings.append(f"{call.method}: {problem}")

    def calls(self, method: str) -> list[Call]:
        """The requests to one method, in their order."""
        return [each for each in self.requests if each.method == method]

    # -- telling the app

    def emit(
        self, team: Workspace, event: Json, channel: Channel | None = None, unseen: bool = False
    ) -> Delivery | None:
        """Tell the app of an event, if it is installed, subscribes to it, may know of it and is in the channel.

        `unseen`: told although the bot is not in the channel (any more).
        """
        if not self._concerns(team, event, channel, unseen):
            return None
        payload = events.envelope(event, team, self.app_id, self.ids.new("Ev"), self.clock.now())
        return self.deliveries.send(Delivery(delivery.EVENT, event["type"], payload))

    def _concerns(self, team: Workspace, event: Json, channel: Channel | None, unseen: bool) -> bool:
        install, name = team.install, events.subscription(event, channel)
        if install is None or name not in self.subscriptions:
            return False
        if install.dead and event["type"] not in ("app_uninstalled", "tokens_revoked"):
            return False
        needed = events.SCOPES[name]
        if needed and not install.scopes & set(needed):
            return False
        return channel is None or unseen or install.bot_user in channel.members

    def signed(self, kind: str, payload: Json) -> tuple[bytes, dict[str, str]]:
        body, content_type = delivery.encoded(kind, payload)
        return body, self._signer.headers(body, content_type)

    def signed_event(self, payload: Json) -> tuple[bytes, dict[str, str]]:
        """An event's body and headers, for a bench that posts them itself."""
        return self.signed(delivery.EVENT, payload)

    async def verify_url(self, url: str) -> bool:
        """Do as Slack does when a request URL is set: send a challenge, and see whether it comes back."""
        body, headers = self.signed_event(
            {"type": "url_verification", "token": "x", "challenge": "c3-of-stand-in"}
        )
        outcome = await self.deliveries.post(body, headers, url)
        said = outcome.body.get("challenge") if isinstance(outcome.body, dict) else outcome.body
        if outcome.acked and said == "c3-of-stand-in":
            self.events_url = url
            return True
        return False
