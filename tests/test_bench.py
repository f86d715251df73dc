"""The measurements run, and count right. Nothing here looks at how quick anything is."""

from __future__ import annotations

import io
import re
import sqlite3
import threading
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from msgspec.structs import replace

from bench import idle, meeting, openings, plain, posts, replies, report, telling
from bench.ground import PEOPLE
from bench.load import Plan, request
from bench.pairs import Goal, Ratios, in_turn


@pytest.mark.usefixtures("usual")
def test_the_report_has_a_line_for_everything(tmp_path, monkeypatch):
    monkeypatch.setenv("RUNDA_BENCH", str(tmp_path))
    size = report.Size(
        writers=2,
        replies=20,
        times=1,
        openings=2,
        many=2,
        few=1,
        looks=1,
        groups=2,
        events=20,
        said=(500, 600, 700),
    )
    out = io.StringIO()
    assert report.run(out, size) == 0
    told = out.getvalue()
    assert told.count("journal_mode=wal, synchronous=FULL") == 2
    assert told.count("at least") + told.count("at most") == 12
    assert told.count("events in a unit") == 3
    # Before the kill: who is there, everyone's first answer, 20 many at a time, and 2 one at a time.
    said, *posted = (
        tuple(map(int, found)) for found in re.findall(r"(\d+) acknowledged, (\d+) of them lost", told)
    )
    assert said[0] >= 2 + 2 * PEOPLE + 20 + 2
    # On Slack and on Telegram: 20 many at a time, and 2 one at a time.
    assert len(posted) == 2
    assert all(acknowledged >= 20 + 2 for acknowledged, _ in posted)
    assert [lost for _, lost in (said, *posted)] == [0, 0, 0]
    assert list(tmp_path.iterdir()) == []


def test_what_is_lost_is_noticed(tmp_path):
    """So that «none of them lost» cannot be said for nothing."""
    with closing(sqlite3.connect(tmp_path / "left.db")) as left:
        left.execute("CREATE TABLE replies (message)")
        left.execute("INSERT INTO replies VALUES ('a')")
        left.commit()
    assert replies.lost({"a", "b"}, tmp_path / "left.db") == {"b"}


def test_all_meetings_are_opened_and_all_their_rows_inserted(tmp_path):
    found = openings.measure(tmp_path / "openings", groups=4, times=2)
    assert found.messages == 4
    tables = plain.contents(tmp_path / "openings" / "plain.db")
    written = {table: len(rows) for table, rows in tables.items()}
    assert [written[table] for table in ("sessions", "log", "outbox", "meetings")] == [4, 4, 4, 1]
    assert sum(written.values()) == found.rows


def test_an_idle_look_finds_nothing_to_do(tmp_path):
    found = idle.measure(tmp_path / "idle", many=6, few=2, times=2, looks=2)
    assert len(found.ratios.each) == 2


def test_both_sides_work_in_turn():
    done: list[str] = []

    def side(name: str, seconds: float):
        def work(turn: int) -> float:
            done.append(f"{name}{turn}")
            return seconds

        return work

    assert in_turn(2, side("a", 3.0), side("b", 2.0)) == [(3.0, 2.0), (3.0, 2.0)]
    assert done == ["a0", "b0", "a1", "b1"]


def test_ratios_and_goals():
    ratios = Ratios.of([(4.0, 2.0), (9.0, 3.0), (1.0, 1.0)])
    assert (ratios.least, ratios.median, ratios.most) == (1.0, 2.0, 3.0)
    assert Goal("at least", 2).holds(ratios.median)
    assert not Goal("at most", 1.5).holds(ratios.median)


@pytest.mark.parametrize("groups", [1, 3])
def test_groups_take_turns_and_in_them_their_people(groups):
    plan = Plan(folder="", name="n", groups=groups, replies=0, under_way=1)
    asked = [request(plan, number) for number in range(groups * PEOPLE)]
    assert len({(one.place, one.account) for one in asked}) == groups * PEOPLE
    assert len({one.place for one in asked[:groups]}) == groups


@pytest.mark.parametrize("told", [telling.SLACK, telling.TELEGRAM], ids=lambda told: told.name)
def test_a_platform_tells_of_as_many_messages_as_it_is_asked_to(tmp_path, told):
    places = meeting.begun(tmp_path / "runda.db", told.ground, 2)
    assert [place.channel for place in places] == [told.ground.channel(1), told.ground.channel(2)]
    assert all(bool(place.thread) is told.ground.threads for place in places)
    made = [told.post("127.0.0.1", places[0], 1, number) for number in range(3)]
    assert len({post.message for post in made}) == len({post.request for post in made}) == 3


def test_only_an_answer_of_200_is_an_acknowledgement():
    plan = posts.Plan(host="127.0.0.1", port=0, under_way=2, posts=[
        posts.Post(f"m{number}", posts.request("here", f"/{status}", b"{}", {}))
        for number, status in enumerate((200, 500, 200))
    ])  # fmt: skip
    with _answering() as port:
        told = posts.post(replace(plan, port=port))
    assert (sorted(told.acknowledged), told.refused) == (["m0", "m2"], ["m1"])


@contextmanager
def _answering():
    """Answers with the status that the address names."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(int(self.path[1:]))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()
