"""The API: what a token reads, and that nothing is told to whoever has none."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace
from sqlalchemy import select

pytest.importorskip("aiohttp", reason="it is in the extra `documents`")

from bot import __version__
from bot.api import tokens
from bot.api.openapi import OPERATIONS, openapi
from bot.api.reading import BASE
from bot.cli import MISUSED, Caller, api
from bot.cli import runda as command
from bot.documents.text import to_json
from bot.series import moving
from bot.series.moving import To
from flows import recap as recaps
from flows.recap import FromUnit, IdeaCount
from storage import tables as t
from storage.database import Database
from tests.bot.a_series import NOW, do, made
from tests.bot.a_story import NAMES, Story
from tests.bot.an_api import URL, Served, served
from tests.bot.test_documents import managers

FILE = Path(__file__).parents[2] / "docs" / "openapi.json"
RECAP = f"{BASE}/series/north/sessions/1/recap"
SESSIONS = f"{BASE}/series/north/sessions"
#: The next day already, by the series' own clock.
LATE = datetime(2026, 10, 19, 23, tzinfo=UTC)


def token(database: Database, *scopes: tokens.Scope, organisation: int = 1) -> str:
    with database.write() as connection:
        return tokens.make(connection, organisation, "intranet", scopes or tokens.SCOPES, NOW)[1]


@pytest.fixture
def reads(story: Story) -> Iterator[Served]:
    """After the first session; its recap for managers is approved."""
    story.approve()
    with served(story.database, story.played.clock) as there:
        yield there


# -- what is told to nobody


def test_without_a_token_that_holds_every_answer_is_the_same(reads: Served) -> None:
    paths = (
        RECAP,
        SESSIONS,
        f"{BASE}/series",
        f"{BASE}/series/south",
        f"{BASE}/%00",
        "/api/",
        f"{BASE}/elsewhere",
    )
    asked = [
        reads.ask(path, given, method)
        for path in paths
        for method in ("GET", "POST", "OPTIONS")
        for given in (None, "", "runda_wrong", "runda_" + "x" * 5000)
    ]
    told = {
        (one.status, one.body, one.headers["content-type"], one.headers["www-authenticate"]) for one in asked
    }
    assert [status for status, *_ in told] == [401]


def test_a_token_of_another_organisation_finds_what_is_not_there(reads: Served, story: Story) -> None:
    made(story.database, organisation="Elsewhere", name="Theirs", people="Zoe, Yan, Xi, Wu")
    other = token(story.database, organisation=2)
    for path in (RECAP, SESSIONS, f"{BASE}/series/north"):
        theirs, nothing = reads.ask(path, other), reads.ask(path.replace("north", "nowhere"), other)
        assert (theirs.status, theirs.body) == (nothing.status, nothing.body)
        assert theirs.status == 404
    assert [each["name"] for each in reads.ask(f"{BASE}/series", other).said["items"]] == ["theirs"]
    assert reads.ask(f"{BASE}/recaps", other).said == {"items": [], "next": None}


def test_a_token_reads_what_it_was_made_for_until_it_is_revoked(reads: Served, story: Story) -> None:
    dates, recaps = token(story.database, "schedule"), token(story.database, "recaps")
    assert [reads.ask(SESSIONS, each).status for each in (dates, recaps)] == [200, 403]
    assert [reads.ask(RECAP, each).status for each in (dates, recaps)] == [403, 200]
    # What is not there is forbidden as well: which of the two it is, it is not told.
    assert reads.ask(RECAP, dates).body == reads.ask(RECAP.replace("/1/", "/9/"), dates).body
    with story.database.write() as connection:
        assert not tokens.revoke(connection, 2, 1, NOW)
        assert tokens.revoke(connection, 1, 1, NOW)
    assert [reads.ask(SESSIONS, each).status for each in (dates, recaps)] == [401, 403]


def test_nothing_is_changed_by_asking(reads: Served, story: Story) -> None:
    given = token(story.database)
    for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
        answer = reads.ask(SESSIONS, given, method)
        assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD")
    assert reads.ask(SESSIONS, given, "HEAD").body == b""


# -- what is read


def test_a_recap_says_what_managers_were_sent_and_names_nobody(reads: Served, story: Story) -> None:
    with story.database.write() as connection:
        row = connection.execute(select(t.recaps).where(t.recaps.c.status == "approved")).one()
        place = {"organisation_id": row.organisation_id, "name": "Nordvik"}
        unit = connection.execute(t.units.insert().returning(t.units.c.id), place).scalar_one()
        counted = replace(recaps.load(row.points), units=(FromUnit(unit, 6), FromUnit(0, 5)))
        points = t.recaps.update().where(t.recaps.c.id == row.id).values(points=recaps.dump(counted).decode())
        connection.execute(points)
    answer = reads.ask(RECAP, token(story.database))
    said = answer.said
    assert said["lines"] == json.loads(to_json(managers(story)))["text"]
    assert said["counts"] == {
        "groups": 2, "of": 2, "people": 6, "actions": {"open": 2, "under_way": 0, "done": 0, "dropped": 0},
        "ideas": [], "units": [{"unit": "Nordvik", "n": 6}, {"unit": None, "n": 5}],
    }  # fmt: skip
    assert "Nordvik: 6" in json.dumps(said["lines"])
    assert (said["series"], said["number"], said["version"], said["status"]) == ("north", 1, 1, "approved")
    assert not [name for name in NAMES if name in answer.body.decode()]


def test_what_is_taken_back_is_not_read_any_more(reads: Served, story: Story) -> None:
    given = token(story.database)
    first = reads.ask(RECAP, given)
    assert "Nobody in north-1 asked." in first.body.decode()
    story.played.take_back("north-1", "amir", story.said["amir-rewording"])
    again = reads.ask(RECAP, given, If_None_Match=first.headers["etag"])
    assert (again.status, "Nobody in north-1 asked." in again.body.decode()) == (200, False)


def test_a_recap_that_waits_is_not_there(story: Story) -> None:
    story.played.upkeep()
    given = token(story.database)
    with served(story.database, story.played.clock) as there:
        assert there.ask(RECAP, given).status == 404
        assert there.ask(f"{BASE}/recaps", given).said == {"items": [], "next": None}


def test_of_each_session_the_version_that_stands_is_listed(reads: Served, story: Story) -> None:
    given = token(story.database)
    story.played.rewrite("north-2", "tor", story.said["tor-finding"], "Finding: It is too tight in north-2.")
    story.approve()
    (item,) = reads.ask(f"{BASE}/recaps", given).said["items"]
    assert (item["number"], item["version"], item["recap"]) == (1, 2, f"{URL}{RECAP}")
    assert reads.ask(RECAP, given).said["version"] == 2


def test_the_recap_of_the_series_until_then_is_another(reads: Served, story: Story) -> None:
    given, path = token(story.database), RECAP.replace("/recap", "/series-recap")
    assert reads.ask(path, given).status == 404
    with story.database.write() as connection:
        row = connection.execute(select(t.recaps).where(t.recaps.c.status == "approved")).one()._asdict()
        counted = replace(recaps.load(row["points"]), ideas=(IdeaCount("goes-on", 2, LATE),))
        other = {"id": row["id"] + 1, "whole": True, "version": 7, "points": recaps.dump(counted).decode()}
        connection.execute(t.recaps.insert(), row | other)
    listed = reads.ask(f"{BASE}/recaps", given).said["items"]
    assert [(one["whole"], one["version"]) for one in listed] == [(False, 1), (True, 7)]
    assert [one["recap"] for one in listed] == [f"{URL}{RECAP}", f"{URL}{path}"]
    assert [reads.ask(each, given).said["version"] for each in (RECAP, path)] == [1, 7]
    told = reads.ask(path, given).said
    assert told["counts"]["ideas"] == [{"status": "goes-on", "n": 2, "since": "2026-10-20"}]
    assert "goes on: 2; the oldest since" in json.dumps(told["lines"])


def test_sessions_are_those_of_the_calendars_and_follow_a_move(reads: Served, story: Story) -> None:
    given = token(story.database)
    first = reads.ask(SESSIONS, given)
    before = first.said["items"]
    assert [(each["number"], each["starts_at"]) for each in before] == [
        (1, "2026-10-20T09:00:00+02:00"), (2, "2026-11-03T09:00:00+01:00"), (3, "2026-11-17T09:00:00+01:00"),
    ]  # fmt: skip
    assert before[1]["title"] == "Session 2 of 3: What is new"
    assert first.headers["cache-control"] == "private, no-cache"
    assert reads.ask(SESSIONS, given, If_None_Match=first.headers["etag"]).status == 304
    do(story.database, moving.move, 2, To(date(2026, 11, 5), group="Fjell"), now=story.played.clock.at)
    after = reads.ask(SESSIONS, given, If_None_Match=first.headers["etag"]).said["items"]
    moved = [each for each in after if each["group"] == "Fjell"]
    assert [each["starts_at"] for each in moved] == ["2026-11-05T09:00:00+01:00"]
    assert moved[0]["sequence"] > before[1]["sequence"]


def test_pages_follow_each_other_and_miss_nothing(database: Database) -> None:
    for name in ("North", "South", "East"):
        made(database, name=name)
    given, found, after = token(database), [], "0"
    with served(database, Clock()) as reads:
        while after:
            page = reads.ask(f"{BASE}/series?limit=1&after={after}", given).said
            found += [each["name"] for each in page["items"]]
            after = page["next"]
        assert found == ["north", "south", "east"]
        assert [len(reads.ask(each, given).said["items"]) for each in (SESSIONS, f"{BASE}/recaps")] == [3, 0]
        assert reads.ask(RECAP, given).status == 404
        for wrong in (
            "limit=0",
            "limit=101",
            "limit=x",
            "limit=",
            "limit=1&limit=2",
            "after=-1",
            "after=x",
            "x=1",
        ):
            assert reads.ask(f"{BASE}/series?{wrong}", given).status == 400
        assert reads.ask(f"{BASE}/series?after={'9' * 19}", given).said["items"] == []
        assert reads.ask(f"{BASE}/series/%00", given).status == 404


# -- the file that describes it


def test_the_description_is_made_from_the_code() -> None:
    import os

    made_ = json.dumps(openapi(__version__), indent=2, ensure_ascii=False) + "\n"
    if os.environ.get("RUNDA_UPDATE"):
        FILE.write_text(made_, "utf-8")
    assert FILE.read_text("utf-8") == made_, (
        "rewrite it: RUNDA_UPDATE=1 python3 -m tests tests/bot/test_api.py"
    )


def test_what_is_asked_by_the_description_is_answered_by_it(reads: Served, story: Story) -> None:
    """A few requests for each operation, good and bad, from its description; every answer is held to that."""
    schemathesis = pytest.importorskip("schemathesis", reason="it is in requirements/test.in")
    from hypothesis import HealthCheck, given, seed, settings

    schema, known = schemathesis.openapi.from_dict(openapi(__version__)), token(story.database)
    modes = schemathesis.GenerationMode
    asked: list[tuple[str, int]] = []

    for found in schema.get_all_operations():
        operation = found.ok()
        named = {"series": "north", "number": 1}
        there = {each: named[each] for each in ("series", "number") if f"{{{each}}}" in operation.path}
        strategies = [
            operation.as_strategy(modes.POSITIVE, path_parameters=there),
            operation.as_strategy(modes.POSITIVE),
            *([operation.as_strategy(modes.NEGATIVE)] if operation.query.items else []),
        ]

        for strategy in strategies:

            @seed(20261020)
            @settings(max_examples=2, deadline=None, database=None, suppress_health_check=list(HealthCheck))
            @given(case=strategy)
            def one(case: schemathesis.Case) -> None:
                answer = case.call(
                    base_url=f"{reads.address}{BASE}", headers={"Authorization": f"Bearer {known}"}
                )
                asked.append((case.operation.label, answer.status_code))
                case.validate_response(answer, headers={"Authorization": f"Bearer {known}"})

            one()
    there_is = {f"GET {each.path}" for each in OPERATIONS if each.name != "getSeriesRecap"}
    assert {label for label, status in asked if status == 200} == there_is
    assert {status for _, status in asked} <= {200, 400, 401, 404}


# -- the command


@pytest.fixture
def runda(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    assert sqlite_database.path is not None
    folder = sqlite_database.path.parent
    monkeypatch.chdir(folder)
    monkeypatch.setenv("RUNDA_URL", URL)

    def run(*words: str) -> Result:
        return CliRunner().invoke(command, ["--data", str(folder), *words], obj=Caller(Clock()))

    return run


class Clock:
    def now(self) -> object:
        return NOW


def test_a_token_is_made_listed_and_taken_back(
    runda: Callable[..., Result], sqlite_database: Database
) -> None:
    assert "no organisation called Runda" in runda("token", "list").output
    made(sqlite_database)
    assert "There is no token" in runda("token", "list").output
    secret = runda("token", "make", "intranet", "--scope", "recaps").stdout.strip()
    assert secret.startswith("runda_")
    with sqlite_database.read() as connection:
        bearer = tokens.bearer(connection, secret)
        assert bearer == tokens.Bearer(1, frozenset({"recaps"}))
        assert secret not in str(connection.execute(select(t.tokens)).all())
    assert runda("token", "list").output.split()[:3] == ["1", "intranet", "recaps"]
    assert runda("token", "revoke", "1").output == "Token 1 reads nothing any more.\n"
    assert runda("token", "revoke", "1").exit_code == MISUSED
    with sqlite_database.read() as connection:
        assert tokens.bearer(connection, secret) is None
        acts = list(connection.execute(select(t.audit.c.act, t.audit.c.object).order_by(t.audit.c.id)))
    assert acts[1:] == [("token made", "token:1 recaps"), ("token revoked", "token:1")]


@pytest.mark.parametrize(
    "words",
    [("x",), ("", "--scope", "recaps"), ("x" * 61, "--scope", "recaps"), ("x", "--scope", "all")],
)
def test_a_token_without_a_name_or_a_scope_is_refused(
    runda: Callable[..., Result], sqlite_database: Database, words: tuple[str, ...]
) -> None:
    made(sqlite_database)
    assert runda("token", "make", *words).exit_code == MISUSED
    assert "There is no token" in runda("token", "list").output


def test_the_command_knows_the_scopes() -> None:
    assert api.SCOPES == tokens.SCOPES
