"""Webhooks: each act once or more under the same name, signed, to where it may lead, until it is given up."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select

pytest.importorskip("aiohttp", reason="it is in the extra `documents`")

from aiohttp import web

from bot import offers
from bot.api import acts, webhooks
from bot.api.calling import AGAIN, LEASE, Calls
from bot.calendars.entries import DATE_ACTS
from bot.cli import MISUSED
from bot.recaps import desk
from bot.series import changes, moving
from bot.series.moving import To
from bot.series.problems import SeriesProblem
from bot.settings import Settings
from storage import backup
from storage import tables as t
from storage.database import Database
from tests.bot.a_series import NOW, do, made, rows
from tests.bot.a_story import Story
from tests.bot.an_api import URL
from tests.bot.test_api import RECAP, SESSIONS, runda

__all__ = ("runda",)

LATER = NOW + timedelta(hours=1)


class Receiver:
    """Another program: keeps what it is told, and answers with `status`, or not at all."""

    def __init__(self) -> None:
        self.status, self.heard = 204, list[tuple[dict[str, str], bytes]]()
        self.url = ""

    async def open(self) -> None:
        async def answer(request: web.Request) -> web.Response:
            self.heard.append(({k.lower(): v for k, v in request.headers.items()}, await request.read()))
            if self.status == 0 and request.transport is not None:
                request.transport.abort()
            return web.Response(
                status=self.status, headers={"Location": self.url} if self.status == 307 else {}
            )

        app = web.Application()
        app.add_routes([web.post("/hooks", answer)])
        self.runner = web.AppRunner(app, shutdown_timeout=0)
        await self.runner.setup()
        site = web.TCPSite(self.runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self.runner.addresses[0][1]}/hooks"

    @property
    def told(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.heard]


class House:
    """The calls of one process, on the story's database and clock."""

    def __init__(self, story: Story) -> None:
        self.story, self.receiver = story, Receiver()
        story.played.run(self.receiver.open())
        with story.database.write() as connection:
            self.number = webhooks.make(connection, 1, self.receiver.url, self.now, private=True)
        self.start()

    @property
    def now(self) -> Any:
        return self.story.played.clock.at

    def start(self) -> None:
        """As a process that has just been started."""
        played = self.story.played
        self.calls = Calls(self.story.database, played.house.executor, played.clock, URL)

    def look(self) -> int:
        return int(self.story.played.run(self.calls.look()))

    def later(self, by: timedelta) -> int:
        self.story.played.clock.at += by
        return self.look()

    def move(self) -> None:
        do(self.story.database, moving.move, 2, To(date(2026, 11, 5)), now=self.now)


@pytest.fixture
def house(story: Story) -> Iterator[House]:
    one = House(story)
    yield one
    story.played.run(one.receiver.runner.cleanup())


def statuses(story: Story) -> list[tuple[str, int]]:
    return [(row.status, row.attempts) for row in rows(story.database, t.calls)]


# -- what is told


def test_each_act_is_told_by_ids_and_where_to_read_it(house: House) -> None:
    story = house.story
    assert house.look() == 0  # what has happened before is not told
    story.approve()
    story.group(desk.approve, None)  # a group's recap is its own
    house.move()
    do(story.database, changes.cancel, 3, now=house.now)
    assert house.look() == 3
    data = sorted(
        (each["type"], each["data"]["number"], each["data"]["href"]) for each in house.receiver.told
    )
    assert data == [
        ("recap.approved", 1, f"{URL}{RECAP}"), ("session.cancelled", 3, f"{URL}{SESSIONS}"),
        ("session.moved", 2, f"{URL}{SESSIONS}"),
    ]  # fmt: skip
    assert {key for each in house.receiver.told for key in each["data"]} == {"series", "number", "href"}
    assert house.look() == 0
    assert statuses(story) == [("done", 1)] * 3


def test_a_call_is_signed_as_standard_webhooks_says(house: House) -> None:
    house.move()
    house.look()
    ((headers, body),) = house.receiver.heard
    secret = webhooks.secret(webhooks.key(house.calls.own, house.number))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    name, at = headers["webhook-id"], headers["webhook-timestamp"]
    assert int(at) == int(house.now.timestamp())
    signed = base64.b64encode(hmac.digest(key, f"{name}.{at}.".encode() + body, hashlib.sha256)).decode()
    assert headers["webhook-signature"] == f"v1,{signed}"
    assert secret != webhooks.secret(webhooks.key(house.calls.own, house.number + 1))


def test_all_changes_of_dates_are_told() -> None:
    assert set(DATE_ACTS) <= acts.KINDS.keys()
    assert [acts.about(each) for each in ("north", "north 2 all 2026-10-20 09:00 - confirmed series", "north 1, 2",
                                          "north-2/1/managers v3", "north 12")] == [
        ("north", None), ("north", 2), ("north", None), ("north-2", 1), ("north", 12),
    ]  # fmt: skip
    whole = SimpleNamespace(act="recap approved", object="north/3/series v1", at=NOW)
    assert json.loads(acts.body(whole, URL))["data"]["href"].endswith("/series/north/sessions/3/series-recap")


# -- what goes wrong


@pytest.mark.parametrize("status", [500, 404, 307, 0])
def test_what_is_not_taken_is_told_again_under_the_same_name(house: House, status: int) -> None:
    house.receiver.status = status
    house.move()
    assert house.look() == 1
    assert house.look() == 0
    house.receiver.status = 204
    assert house.later(AGAIN[0]) == 1
    assert house.later(timedelta(days=1)) == 0
    first, second = house.receiver.heard  # a redirection is not followed
    assert first[0]["webhook-id"] == second[0]["webhook-id"]
    assert first[1] == second[1]
    assert first[0]["webhook-signature"] != second[0]["webhook-signature"]  # at another time


def test_whoever_dies_with_a_claim_leaves_it_to_the_next(house: House) -> None:
    house.move()
    claimed = house.calls._claim(house.now)
    assert len(claimed) == 1
    house.start()
    assert house.look() == 0  # it is claimed
    assert house.later(LEASE) == 1
    ((headers, _),) = house.receiver.heard
    assert headers["webhook-id"] == claimed[0].name
    # And if the one that was thought dead settles it after all, nothing comes of it.
    house.calls._settle(claimed[0], "late", house.now)
    assert statuses(house.story) == [("done", 2)]


def test_of_two_processes_one_makes_the_call(database: Database) -> None:
    made(database)
    with database.write() as connection:
        webhooks.make(connection, 1, "https://example.org/", LATER, private=False)
    do(database, changes.cancel, 2, now=LATER)
    with ThreadPoolExecutor(2) as executor:
        both = [Calls(database, executor, SimpleNamespace(now=lambda: LATER), URL) for _ in range(2)]  # type: ignore[arg-type]
        claimed = [call for found in executor.map(lambda each: each._claim(LATER), both) for call in found]
    assert [json.loads(each.body)["type"] for each in claimed] == ["session.cancelled"]


def test_after_three_days_it_is_given_up_and_the_coordinators_are_told_once(house: House) -> None:
    story = house.story
    house.receiver.status = 503
    house.move()
    house.look()
    for wait in AGAIN[:-1]:
        assert house.later(wait) == 1
    do(story.database, changes.cancel, 3, now=house.now)
    assert timedelta(days=2) < sum(AGAIN, timedelta()) < timedelta(days=4)
    story.played.clock.at += AGAIN[-1]
    house.look()
    story.played.settle()
    (told,) = [each for each in story.played.posts("@berit") if "webhook" in each]
    assert "has not taken them for three days" in told
    assert statuses(story) == [("failed", len(AGAIN) + 1), ("dropped", 1)]
    house.receiver.status = 204
    do(story.database, moving.move, 2, To(date(2026, 11, 12)), now=house.now)
    assert house.later(timedelta(days=1)) == 0
    assert "webhook given up" in [row.act for row in rows(story.database, t.audit)]


def test_after_a_restore_nothing_is_told_until_delivery_is_let_go(house: House) -> None:
    house.move()
    with house.story.database.write() as connection:
        backup.hold(connection, reason="restored", at=house.now)
    assert house.look() == 0
    with house.story.database.write() as connection:
        backup.release(connection, send=True)
    assert house.look() == 1


def test_where_the_world_finds_the_server_webhooks_are_told_as_long_as_it_runs(house: House) -> None:
    async def story(url: str | None) -> None:
        given = Settings(_env_file=None, url=url)  # type: ignore[call-arg]
        async with offers.calling(given, house.story.played.house):
            while url and not house.receiver.heard:
                await asyncio.sleep(0.01)

    house.move()
    house.story.played.run(story(None))
    assert house.receiver.heard == []
    house.story.played.run(asyncio.wait_for(story(URL), 20))
    assert [each["type"] for each in house.receiver.told] == ["session.moved"]


# -- where it may lead


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/", "ftp://example.org/", "example.org", "https://", "https://me:it@example.org/",
        "https://[::1", "https://example.org:x/", f"https://example.org/{'x' * 500}", "https://localhost/",
        "https://127.0.0.1/", "https://10.1.2.3/", "https://169.254.169.254/latest", "https://[::1]/",
        "https://[fd00::1]/", "https://[::ffff:10.0.0.1]/", "https://[64:ff9b::a00:1]/", "https://[2002:a00:1::]/",
        "https://0.0.0.0/", "https://224.0.0.1/", "https://100.64.0.1/",
    ],
)  # fmt: skip
def test_an_address_that_may_not_be_called_is_refused_with_why(sqlite_database: Database, url: str) -> None:
    made(sqlite_database)
    with sqlite_database.write() as connection, pytest.raises(SeriesProblem):
        webhooks.make(connection, 1, url, NOW, private=False)


@pytest.mark.parametrize(("url", "private"), [("https://example.org/x?y=1", False), ("https://93.184.215.14/", False),
                                              ("https://[2606:4700::1111]/", False), ("http://localhost:1/", True),
                                              ("https://10.1.2.3/", True)])  # fmt: skip
def test_other_addresses_may_be_called(url: str, private: bool) -> None:
    assert webhooks.refused(url, private=private) is None


@pytest.mark.parametrize("host", ["localhost.", "\uff11\uff12\uff17.0.0.1", "127\u30020\u30020\u30021"])
def test_nothing_private_is_connected_to_however_it_is_written(house: House, host: str) -> None:
    """Digits and dots of other scripts are read as digits and dots after the address itself has been looked at."""
    met = []

    async def meet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        met.append(host)
        writer.close()

    async def look() -> None:
        async with await asyncio.start_server(meet, "127.0.0.1", 0) as server:
            url = f"https://{host}:{server.sockets[0].getsockname()[1]}/"
            assert webhooks.refused(url, private=False) is None
            with house.story.database.write() as connection:
                connection.execute(t.webhooks.update().values(private=False, url=url))
            assert await house.calls.look() == 1

    house.move()
    house.story.played.run(look())
    assert (met, statuses(house.story)) == ([], [("waiting", 1)])


def test_a_webhook_that_may_not_be_private_reaches_no_receiver_on_this_machine(house: House) -> None:
    """Though the row says so: the address is looked at again before each call."""
    with house.story.database.write() as connection:
        connection.execute(t.webhooks.update().values(private=False))
    house.move()
    assert house.look() == 1
    assert (house.receiver.heard, statuses(house.story)) == ([], [("waiting", 1)])


# -- the command


def test_a_webhook_is_made_listed_and_stopped(runda: Any, sqlite_database: Database) -> None:
    made(sqlite_database)
    assert "There is no webhook" in runda("webhook", "list").output
    done = runda("webhook", "make", "https://example.org/hooks")
    own = sqlite_database.secret(webhooks.SECRET)
    assert done.stdout.strip() == webhooks.secret(webhooks.key(own, 1))
    assert "https://example.org/hooks  since 2026-10-01, 0 waiting" in runda("webhook", "list").output
    assert runda("webhook", "stop", "1").output == "Webhook 1 is told nothing more.\n"
    assert "stopped 2026-10-01" in runda("webhook", "list").output
    assert runda("webhook", "stop", "1").exit_code == MISUSED
    refused = runda("webhook", "make", "https://10.0.0.1/")
    assert (refused.exit_code, "--private" in refused.output) == (MISUSED, True)
    with sqlite_database.read() as connection:
        acts_ = connection.execute(select(t.audit.c.act, t.audit.c.object).order_by(t.audit.c.id)).all()
    assert acts_[1:] == [("webhook made", "webhook:1"), ("webhook stopped", "webhook:1")]


def test_without_a_public_address_no_webhook_is_made(
    runda: Any, sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(sqlite_database)
    monkeypatch.delenv("RUNDA_URL")
    assert "Set RUNDA_URL" in runda("webhook", "make", "https://example.org/").output
    assert rows(sqlite_database, t.webhooks) == []
