"""Workspaces that install Runda: their tokens, their organisations, and what the doctor says of all of it."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from http.cookies import SimpleCookie
from urllib.parse import urlsplit

import aiohttp
import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select

from adapters.port import Learned, Shut
from adapters.slack import platform as adapter
from adapters.slack.workspaces import Installation
from bot.platforms import checkup
from bot.platforms.installations import Installations, Seal, Vault
from bot.platforms.slack import complete
from bot.settings import Misconfigured, Settings
from storage import tables as t
from tests.adapters.slack_desk import House, StillClock, listening, place, run, saying
from tests.standins.slack import SlackServer
from tests.storage.rows import put

#: slack_sdk 3.47 still asks aiohttp for it.
pytestmark = pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")

KEY = Fernet.generate_key().decode()


def settings(**given):
    return Settings(_env_file=None, **{name: value for name, value in given.items() if value is not None})


def kept(database, **given):
    configured = settings(key=KEY, **given)
    vault = Vault(KEY)
    return Installations(database, StillClock(), configured, vault), Seal(vault, StillClock())


def rows(database, table):
    with database.read() as connection:
        return connection.execute(select(table).order_by(table.c.id)).all()


async def install(slack, team, user):
    """Go through the pages as a browser does. Slack sends it back to where the world would find us."""
    at = slack.events_url.removesuffix("/slack/events")
    async with aiohttp.ClientSession() as browser:
        async with browser.get(f"{at}/slack/install", allow_redirects=False) as page:
            address, cookies = page.headers["Location"], SimpleCookie(page.headers["Set-Cookie"])
        async with browser.get(f"{address}&team={team.id}&user={user.id}", allow_redirects=False) as allowed:
            back = urlsplit(allowed.headers["Location"])
        assert back.netloc == "runda.example.org"
        name, morsel = next(iter(cookies.items()))
        answer, cookie = f"{at}{back.path}?{back.query}", {"Cookie": f"{name}={morsel.value}"}
        async with browser.get(answer, headers=cookie) as page:
            return page.status, answer, cookie


MANY = {"client_id": "100.200", "url": "https://runda.example.org", "bot_token": ""}


def many(slack):
    return {**MANY, "client_secret": slack.client_secret}


def test_a_workspace_installs_runda_and_takes_it_away_again(database):
    async def story():
        async with SlackServer() as slack:
            other = slack.workspace("Nabokommunen")
            kari, ola = slack.user("Kari"), slack.user("Ola", team=other)
            keeper, seal = kept(database)
            house = House()
            async with listening(slack, house, "http", keeper, seal, **many(slack)) as platform:
                for team, user in ((slack.first, kari), (other, ola)):
                    status, *_ = await install(slack, team, user)
                    assert status == 200
                channel = slack.channel("fjord", members=[ola], team=other)
                await platform.send(saying(place(slack, channel)._replace(workspace=other.id), "Hei, nabo"))
                assert slack.posts(channel)
                await slack.say(ola, channel, "Hei")
                assert house.heard[-1].place.workspace == other.id
                await slack.uninstall(other)
                assert any(isinstance(each, Learned) and each.what == "cut" for each in house.heard)
                with pytest.raises(Shut):
                    await platform.send(
                        saying(place(slack, channel)._replace(workspace=other.id), "Er dere der?")
                    )
                # What comes from there now concerns nobody.
                told = len(house.heard)
                await slack.say(ola, channel, "Er du der?")
                assert len(house.heard) == told

    run(story())
    ours, theirs = rows(database, t.installations)
    assert ours.ended_at is None
    assert "xoxb" not in ours.token
    assert (theirs.token is None, theirs.ended_at is None) == (True, False)
    assert [each.name for each in rows(database, t.organisations)] == ["Kommunen", "Nabokommunen"]
    assert [each.name for each in rows(database, t.people)] == ["Kari", "Ola"]
    assert [each.organisation_id for each in rows(database, t.appointments)] == [
        ours.organisation_id,
        theirs.organisation_id,
    ]
    log = [each for each in rows(database, t.audit) if each.object.startswith("slack/")]
    assert [(each.act, each.object.removeprefix("slack/"), each.organisation_id) for each in log] == [
        ("installed", ours.workspace, ours.organisation_id), ("installed", theirs.workspace, theirs.organisation_id),
        ("uninstalled", theirs.workspace, theirs.organisation_id),
    ]  # fmt: skip
    assert [each.actor.partition(":")[0] for each in log] == ["account", "account", "slack"]


def test_an_installation_is_remembered_and_comes_back(database):
    async def story():
        async with SlackServer() as slack:
            kari = slack.user("Kari")
            keeper, seal = kept(database)
            async with listening(slack, House(), "http", keeper, seal, **many(slack)):
                await install(slack, slack.first, kari)
            house = House()
            async with listening(slack, house, "http", keeper, seal, **many(slack)) as platform:
                await platform.send(saying(place(slack, kari), "Still here"))
                await slack.uninstall()
                await install(slack, slack.first, kari)
                assert house.heard[-1].what == "back"
                await platform.send(saying(place(slack, kari), "Here again"))
            # With another key nothing of it can be read: it has to be installed again.
            lost = Installations(database, StillClock(), settings(), Vault(Fernet.generate_key().decode()))
            assert await lost.installed() == []

    run(story())
    assert len(rows(database, t.installations)) == 1
    assert len(rows(database, t.appointments)) == 1


def test_somebody_elses_way_in_leads_nowhere(database):
    """The state is sealed, is good for ten minutes, once, and in the browser that asked."""

    async def story():
        async with SlackServer() as slack:
            kari = slack.user("Kari")
            keeper, seal = kept(database)
            async with listening(slack, House(), "http", keeper, seal, **many(slack)):
                status, answer, cookie = await install(slack, slack.first, kari)
                assert status == 200
                async with aiohttp.ClientSession() as browser:
                    async with browser.get(answer, headers=cookie) as again:
                        assert again.status == 401
                    code = slack.code(slack.first, kari)
                    state = seal.make()
                    path = answer.partition("?")[0]
                    async with browser.get(f"{path}?code={code}&state={state}") as no_cookie:
                        assert no_cookie.status == 400
                    forged = {"Cookie": "slack-app-oauth-state=forged"}
                    async with browser.get(f"{path}?code={code}&state=forged", headers=forged) as made_up:
                        assert made_up.status == 401

        class Late(StillClock):
            def now(self) -> datetime:
                return super().now() + timedelta(seconds=601)

        assert not Seal(Vault(KEY), Late()).holds(state, 600)
        assert seal.holds(state, 600)

    run(story())


def test_the_workspace_of_the_settings(database, monkeypatch):
    async def story():
        async with SlackServer() as slack:
            kari = slack.user("Kari")
            keeper = Installations(database, StillClock(), settings(slack_bot_token=slack.token), None)
            async with listening(slack, House(), keeper=keeper):
                pass
            # Slack is away: who we are is remembered, and not waited for.
            monkeypatch.setattr(adapter, "LAST", 0.1)
            slack.faults.next("auth.test", "error500", times=99)
            async with listening(slack, House(), keeper=keeper) as platform:
                await platform.send(saying(place(slack, kari), "Slack is half away"))

    run(story())
    (row,) = rows(database, t.installations)
    assert row.token is None
    assert json.loads(row.about)["url"].startswith("http")
    assert [each.name for each in rows(database, t.organisations)] == ["Runda"]


def test_a_token_that_slack_takes_no_more_is_news_and_so_is_that_it_does_again(database):
    async def story():
        async with SlackServer() as slack:
            keeper = Installations(database, StillClock(), settings(slack_bot_token=slack.token), None)
            async with listening(slack, House(), keeper=keeper):
                pass
            slack.faults.next("auth.test", "error", name="invalid_auth")
            house = House()
            async with listening(slack, house, keeper=keeper):
                await slack.until(lambda: len(house.heard) == 2)
            assert [(each.what, each.why) for each in house.heard] == [("cut", "revoked"), ("back", "")]

    run(story())


def test_two_processes_that_start_together_make_one_row(database):
    there = Installation(workspace="T1", name="Kommunen", token="xoxb-1", account="UBOT")

    async def story():
        keepers = [
            Installations(database, StillClock(), settings(slack_bot_token="xoxb-1"), None) for _ in range(4)
        ]
        assert await asyncio.gather(*(keeper.keep(there) for keeper in keepers)) == [False] * 4

    run(story())
    assert len(rows(database, t.installations)) == len(rows(database, t.organisations)) == 1


def test_another_token_in_the_settings_is_another_workspace(database):
    async def story():
        for number in (1, 2):
            keeper = Installations(database, StillClock(), settings(slack_bot_token=f"xoxb-{number}"), None)
            await keeper.keep(
                Installation(
                    workspace=f"T{number}", name=f"Kommune {number}", token=f"xoxb-{number}", account="U"
                )
            )
            (only,) = await keeper.installed()
            assert (only.workspace, only.token) == (f"T{number}", f"xoxb-{number}")

    run(story())


# -- settings


@pytest.mark.parametrize(
    ("given", "lacks"),
    [
        ({"slack_bot_token": "xoxb"}, "SLACK_APP_TOKEN"),
        ({"slack_app_token": "xapp"}, "SLACK_BOT_TOKEN"),
        ({"slack_client_id": "1"}, "SLACK_APP_TOKEN"),
        ({"slack_client_id": "1", "slack_signing_secret": "s"}, "SLACK_CLIENT_SECRET"),
        ({"slack_client_id": "1", "slack_signing_secret": "s", "slack_client_secret": "s"}, "RUNDA_URL"),
        ({"slack_client_id": "1", "slack_app_token": "a", "slack_client_secret": "s", "url": "https://x"}, "RUNDA_KEY"),
        ({"slack_client_id": "1", "slack_bot_token": "xoxb"}, "one of the two"),
    ],
)  # fmt: skip
def test_half_a_configuration_is_refused_with_what_is_missing(given, lacks):
    with pytest.raises(Misconfigured, match=lacks):
        complete(settings(**given))


def test_a_key_that_is_none_is_refused():
    with pytest.raises(Misconfigured, match="is no key"):
        Vault("secret")


# -- the doctor


def test_the_doctor_says_what_is_well_and_what_to_do(database):
    async def story():
        async with SlackServer() as slack:
            kari = slack.user("Kari")
            good, left, old = (slack.channel(name, members=[kari]) for name in ("good", "left", "old"))
            await slack.kick_bot(left, withheld=True)
            old.is_archived = True
            homes(database, slack.first.id, good.id, left.id, old.id, "C0NOWHERE")
            slack.remove_scope("reactions:write")
            given = settings(
                slack_bot_token=slack.token, slack_app_token=slack.app_token, slack_api_url=slack.api_url
            )
            found = await checkup._look(given, database, StillClock())
            told = {each.what: each.remedy for each in found if not each.well}
            assert [each.what for each in found if each.well] == [
                "Slack: Socket Mode", f"Slack: the workspace Kommunen ({slack.first.id})",
                "Slack: the channel #good of Fjord 0",
            ]  # fmt: skip
            assert "reactions:write (to mark what was taken in)" in next(iter(told))
            assert "/invite @Runda" in told["Slack: the channel #left of Fjord 1: Runda is not in it"]
            assert "archive" in told["Slack: the channel #old of Fjord 2 is archived"]
            assert "/invite" in told["Slack: the channel C0NOWHERE of Fjord 3 (channel_not_found)"]
            assert slack.token not in str(found)

    run(story())


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        ("invalid_auth", "SLACK_BOT_TOKEN"),
        ("account_inactive", "Reinstall"),
        ("internal_error", "cannot be reached"),
    ],
)
def test_the_doctor_says_what_is_wrong_with_a_token(error, remedy):
    async def story():
        async with SlackServer() as slack:
            slack.faults.next("auth.test", "error", name=error)
            slack.faults.next("apps.connections.open", "error", name="invalid_auth")
            given = settings(slack_bot_token=slack.token, slack_app_token="xapp", slack_api_url=slack.api_url)
            socket, token = await checkup._look(given, None, StillClock())
            assert not socket.well
            assert "connections:write" in socket.remedy
            assert not token.well
            assert remedy in token.remedy

    run(story())


def homes(database, workspace, *channels):
    """A series with a group in each channel."""
    now = datetime(2026, 10, 1, tzinfo=UTC)
    with database.write() as connection:
        owner = put(
            connection, t.organisations, name="Fjord", language="nb", zone="Europe/Oslo", created_at=now
        )
        put_content(connection, now)
        series = put(connection, t.series, organisation_id=owner, slug="fjord", title="Fjord", content_id="x",
                     language="nb", zone="Europe/Oslo", pace="live", answering="each", status="planned",
                     platform="slack", workspace=workspace, created_at=now)  # fmt: skip
        for number, channel in enumerate(channels):
            home = put(
                connection,
                t.places,
                organisation_id=owner,
                platform="slack",
                workspace=workspace,
                channel=channel,
            )
            put(
                connection,
                t.circles,
                series_id=series,
                # Where managers read is looked at as the groups' homes are.
                kind="managers" if number == 1 else "group",
                number=number,
                name=f"Fjord {number}",
                home_id=home,
            )


def put_content(connection, now):
    connection.execute(
        t.contents.insert().values(id="x", programme="x", version=1, body="{}", created_at=now)
    )
