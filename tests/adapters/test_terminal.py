"""The terminal as a platform: what is acknowledged is there, once, in order, whatever breaks on the way."""

import asyncio
import errno
import os
import signal
import socket
import stat
import subprocess
import sys
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.port import Block, Chose, Label, Outgoing, Refused, Rewrote, Spoken, Taken, TookBack, Wrote
from adapters.terminal import TerminalPlatform, door, names, parse, records
from adapters.terminal.client import Client, Dropped
from adapters.terminal.door import Door, NobodyServes
from adapters.terminal.parse import Answer, Request
from adapters.terminal.places import Places, Tail, channel_of, file_name
from adapters.terminal.records import Posted, Rewritten, Ticked

NOW = datetime(2026, 10, 13, 7, 0, tzinfo=UTC)


class Clock:
    def now(self):
        return NOW


class Ear:
    """Takes everything in at once; what it has taken in, it knows."""

    def __init__(self):
        self.heard = []

    async def __call__(self, heard):
        self.heard.append(heard)

    @property
    def keys(self):
        return [each.key for each in self.heard]


class Gate(Ear):
    """Takes in nothing before it is told to."""

    def __init__(self):
        super().__init__()
        self.at_the_gate = []
        self.open = {}
        self.came = asyncio.Event()

    async def __call__(self, heard):
        self.at_the_gate.append(heard.key)
        self.came.set()
        await self.open.setdefault(heard.key, asyncio.Event()).wait()
        await super().__call__(heard)

    def let_in(self, key):
        self.open.setdefault(key, asyncio.Event()).set()

    async def until(self, key):
        """Returns when that request stands at the gate."""
        while key not in self.at_the_gate:
            self.came.clear()
            await self.came.wait()


class Line:
    """A connection of the test's own, on the test's loop."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    def put(self, *requests):
        self.writer.write(b"".join(map(parse.to_line, requests)))

    async def answer(self):
        return parse.answer(await self.reader.readline())

    async def ask(self, request):
        self.put(request)
        return await self.answer()


@asynccontextmanager
async def listening(folder, ear):
    platform = TerminalPlatform(folder, Clock())
    await platform.listen(ear)
    try:
        yield platform
    finally:
        await platform.close()


@asynccontextmanager
async def call(folder):
    reader, writer = await asyncio.open_unix_connection(sock=door.knock(folder))
    try:
        yield Line(reader, writer)
    finally:
        writer.close()
        await writer.wait_closed()


def wrote(key="k1", place="fjord-1", account="kari", words="The ferry.", **more):
    return Request(key=key, do="wrote", place=place, account=account, message=f"m-{key}", words=words, **more)


def outgoing(token="t1", place="fjord-1", words="Question 1", message=None, **more):
    spoken = Spoken(more.pop("sort", "question"), (Block("line", words),), **more)
    return Outgoing(token, names.address(place), spoken, message)


def kinds(platform, place="fjord-1"):
    return [type(each).__name__ for each in platform.places.read(place)]


# -- what people do


def test_a_message_is_heard_then_shown_then_acknowledged(tmp_path):
    async def scene():
        ear = Ear()
        async with listening(tmp_path, ear) as platform, call(tmp_path) as line:
            assert await line.ask(wrote()) == Answer("k1", ok=True)
            [heard] = ear.heard
            assert heard == Wrote(
                key="k1",
                place=names.address("fjord-1"),
                account="kari",
                message="m-k1",
                words="The ferry.",
                at=NOW,
            )
            assert platform.places.read("fjord-1") == [heard]

    asyncio.run(scene())


def test_nothing_is_answered_or_shown_before_the_ear_has_returned(tmp_path):
    async def scene():
        ear = Gate()
        async with listening(tmp_path, ear) as platform, call(tmp_path) as line:
            line.put(wrote("k1"), wrote("k2", place="fjord-2"))
            await ear.until("k1")
            ear.let_in("k2")
            # The other place's answer comes first, so the first one's had every chance to come too.
            assert (await line.answer()).key == "k2"
            assert kinds(platform) == []
            ear.let_in("k1")
            assert await line.answer() == Answer("k1", ok=True)
            assert kinds(platform) == ["Wrote"]

    asyncio.run(scene())


def test_requests_of_one_place_are_taken_in_one_after_the_other(tmp_path):
    async def scene():
        ear = Gate()
        async with listening(tmp_path, ear) as platform, call(tmp_path) as kari, call(tmp_path) as amir:
            kari.put(wrote("k1"))
            await ear.until("k1")
            amir.put(wrote("k2", account="amir"), wrote("elsewhere", place="fjord-2"))
            await ear.until("elsewhere")
            assert ear.at_the_gate == ["k1", "elsewhere"]
            for key in ("k2", "k1", "elsewhere"):
                ear.let_in(key)
            assert (await kari.answer()).key == "k1"
            assert {(await amir.answer()).key, (await amir.answer()).key} == {"k2", "elsewhere"}
            assert [each.key for each in platform.places.read("fjord-1")] == ["k1", "k2"]

    asyncio.run(scene())


def test_many_at_once_on_one_connection_all_come_in_their_place_s_order(tmp_path):
    async def scene():
        ear = Ear()
        async with listening(tmp_path, ear) as platform, call(tmp_path) as line:
            sent = [wrote(f"k{number}", place=f"fjord-{number % 7}") for number in range(1000)]
            line.put(*sent)
            answers = [await line.answer() for _ in sent]
            assert {each.key for each in answers} == {each.key for each in sent}
            assert all(each.ok for each in answers)
            for place in range(7):
                wanted = [each.key for each in sent if each.place == f"fjord-{place}"]
                assert [each.key for each in platform.places.read(f"fjord-{place}")] == wanted
                assert [each.key for each in ear.heard if each.place.channel == f"fjord-{place}"] == wanted

    asyncio.run(scene())


def test_the_same_request_again_changes_nothing(tmp_path):
    async def scene():
        async with listening(tmp_path, Ear()) as platform, call(tmp_path) as line:
            for request in (
                wrote(),
                wrote(),
                Request(
                    key="k2",
                    do="rewrote",
                    place="fjord-1",
                    account="kari",
                    message="m-k1",
                    words="No.",
                    revision=1,
                ),
                Request(
                    key="k2",
                    do="rewrote",
                    place="fjord-1",
                    account="kari",
                    message="m-k1",
                    words="No.",
                    revision=1,
                ),
                Request(key="k3", do="took-back", place="fjord-1", account="kari", message="m-k1"),
                Request(key="k3", do="took-back", place="fjord-1", account="kari", message="m-k1"),
            ):
                assert (await line.ask(request)).ok
            assert kinds(platform) == ["Wrote", "Rewrote", "TookBack"]

    asyncio.run(scene())


def test_a_crash_between_the_ear_and_the_place_is_completed_by_sending_again(tmp_path, monkeypatch):
    """The house had it, and died before others saw it; the caller never got an answer."""

    async def scene():
        ear = Ear()
        async with listening(tmp_path, ear) as platform, call(tmp_path) as line:
            with monkeypatch.context() as broken:
                broken.setattr(
                    platform, "_show", lambda _: (_ for _ in ()).throw(OSError(28, "No space left"))
                )
                assert (await line.ask(wrote())).error == "not-shown"
            assert kinds(platform) == []
        async with listening(tmp_path, ear) as platform, call(tmp_path) as line:
            assert (await line.ask(wrote())).ok
            assert (await line.ask(wrote())).ok
            assert kinds(platform) == ["Wrote"]
            assert ear.keys == ["k1", "k1", "k1"]  # the house knows it by its key

    asyncio.run(scene())


def test_what_was_not_answered_when_the_platform_closes_is_the_caller_s_to_send_again(tmp_path):
    async def scene():
        ear = Gate()
        async with listening(tmp_path, ear) as platform, call(tmp_path) as line:
            line.put(wrote())
            await ear.until("k1")
            await platform.close()
            assert await line.reader.read() == b""
            assert kinds(platform) == []

    asyncio.run(scene())


def test_every_kind_of_thing_that_people_do(tmp_path):
    async def scene():
        ear = Ear()
        common = {"place": "fjord-1", "account": "kari"}
        asked = [
            Request(key="a", do="wrote", message="m", words="Hm", reply_to="q", **common),
            Request(key="b", do="rewrote", message="m", words="Hm!", revision=2, **common),
            Request(key="c", do="took-back", message="m", **common),
            Request(key="d", do="chose", message="q", press="next", **common),
            Request(key="e", do="chose", about="m", press="aside", **common),
            Request(key="f", do="wrote", message="p", words="Alone", place="@kari", account="kari"),
        ]
        async with listening(tmp_path, ear) as platform, call(tmp_path) as line:
            for request in asked:
                assert (await line.ask(request)).ok
            assert kinds(platform) == ["Wrote", "Rewrote", "TookBack"]
        here = {"place": names.address("fjord-1"), "account": "kari", "at": NOW}
        assert ear.heard == [
            Wrote(key="a", message="m", words="Hm", reply_to="q", **here),
            Rewrote(key="b", message="m", words="Hm!", revision=2, **here),
            TookBack(key="c", message="m", **here),
            Chose(key="d", message="q", press="next", **here),
            Chose(key="e", about="m", press="aside", **here),
            Wrote(
                key="f", message="p", words="Alone", private=True, **here | {"place": names.address("@kari")}
            ),
        ]

    asyncio.run(scene())


def test_what_could_not_be_sent_at_once_keeps_its_time_and_nobody_writes_in_the_future(tmp_path):
    async def scene():
        ear = Ear()
        async with listening(tmp_path, ear), call(tmp_path) as line:
            assert (await line.ask(wrote("k1", at=NOW - timedelta(minutes=3)))).ok
            assert (await line.ask(wrote("k2", at=NOW + timedelta(minutes=3)))).ok
        assert [each.at for each in ear.heard] == [NOW - timedelta(minutes=3), NOW]

    asyncio.run(scene())


# -- what is refused


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        (wrote(words=" \0\n"), "nothing-written"),
        (wrote(words="x" * (parse.LONGEST_WORDS + 1)), "too-long"),
        (wrote(place="@amir"), "not-yours"),
        (wrote(place=""), "incomplete"),
        (wrote(place="x" * 65), "incomplete"),
        (wrote(account="ka\nri"), "incomplete"),
        (wrote(account=" "), "incomplete"),
        (wrote(at=NOW.replace(tzinfo=None)), "incomplete"),
        (Request(key="k1", do="wrote", place="p", account="a", words="no message"), "incomplete"),
        (Request(key="k1", do="rewrote", place="p", account="a", message="m", words="w"), "incomplete"),
        (Request(key="k1", do="rewrote", place="p", account="a", message="m", words="w", revision=2**31), "incomplete"),
        (Request(key="k1", do="chose", place="p", account="a"), "incomplete"),
    ],
)  # fmt: skip
def test_a_request_that_cannot_be_is_refused_and_reaches_nobody(tmp_path, request_, error):
    async def scene():
        ear = Ear()
        async with listening(tmp_path, ear) as platform, call(tmp_path) as line:
            answer = await line.ask(request_)
            assert (answer.key, answer.ok, answer.error) == ("k1", False, error)
            assert (await line.ask(wrote("k2"))).ok
            assert ear.keys == ["k2"]
            assert platform.places.names() == ["fjord-1"]

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("line", "key"),
    [
        (b"hello", None),
        (b"\xff\xfe", None),
        (b'{"key": "k9", "do": "danced", "place": "p", "account": "a"}', "k9"),
        (b'{"key": "k9", "do": "wrote"}', "k9"),
        (b'{"key": 7}', None),
        (b'{"key":"k9","do":"wrote","place":"p","account":"a","message":"m","words":"\\ud800"}', None),
        (b"[]", None),
    ],
)
def test_a_line_that_cannot_be_read_is_answered_and_the_next_one_heard(tmp_path, line, key):
    async def scene():
        ear = Ear()
        async with listening(tmp_path, ear), call(tmp_path) as caller:
            caller.writer.write(line + b"\n\n")
            answer = await caller.answer()
            assert (answer.key, answer.ok, answer.error) == (key, False, "unreadable")
            assert (await caller.ask(wrote())).ok
            assert ear.keys == ["k1"]

    asyncio.run(scene())


def test_a_line_without_an_end_is_cut_off(tmp_path):
    async def scene():
        ear = Ear()
        async with listening(tmp_path, ear), call(tmp_path) as line:
            line.writer.write(b"x" * 400_000)
            assert await line.answer() == Answer(
                None, ok=False, error="too-long", detail="a line takes 244096 bytes at most"
            )
            with suppress(ConnectionResetError):  # what it went on to say was not read
                assert await line.reader.read() == b""
        assert ear.heard == []

    asyncio.run(scene())


def test_the_longest_message_comes_whole(tmp_path):
    async def scene():
        ear = Ear()
        async with listening(tmp_path, ear), call(tmp_path) as line:
            assert (await line.ask(wrote(words="😀" * parse.LONGEST_WORDS))).ok
            assert ear.heard[0].words == "😀" * parse.LONGEST_WORDS

    asyncio.run(scene())


def test_what_the_house_cannot_store_is_not_acknowledged_and_the_rest_goes_on(tmp_path):
    async def scene():
        ear = Ear()

        async def moody(heard):
            if heard.words == "poison":
                raise ZeroDivisionError("what people wrote stands in messages like this")
            await ear(heard)

        async with listening(tmp_path, moody) as platform, call(tmp_path) as line:
            line.put(wrote("k1", words="poison"), wrote("k2"))
            assert await line.answer() == Answer(
                "k1", ok=False, error="not-stored", detail="ZeroDivisionError"
            )
            assert await line.answer() == Answer("k2", ok=True)
            assert [each.key for each in platform.places.read("fjord-1")] == ["k2"]

    asyncio.run(scene())


def test_a_caller_that_has_said_all_still_gets_its_answers(tmp_path):
    async def scene():
        ear = Gate()
        async with listening(tmp_path, ear), call(tmp_path) as line:
            line.put(wrote("k1"), wrote("k2"))
            line.writer.write_eof()
            ear.let_in("k1")
            ear.let_in("k2")
            said = await line.reader.read()
            assert [parse.answer(each).key for each in said.splitlines()] == ["k1", "k2"]

    asyncio.run(scene())


def test_an_answer_that_is_ready_as_the_caller_says_its_last_word_is_not_lost(tmp_path):
    async def scene():
        async with listening(tmp_path, Ear()):
            for number in range(100):
                async with call(tmp_path) as line:
                    line.put(wrote(f"k{number}"))
                    for _ in range(number % 10):  # so that the end comes at every stage of the answer
                        await asyncio.sleep(0)
                    line.writer.write_eof()
                    assert await line.answer() == Answer(f"k{number}", ok=True)

    asyncio.run(scene())


def test_a_caller_that_leaves_without_waiting_has_said_it_all_the_same(tmp_path):
    async def scene():
        ear = Gate()
        async with listening(tmp_path, ear) as platform:
            async with call(tmp_path) as line:
                line.put(wrote("k1"))
                await ear.until("k1")
            ear.let_in("k1")
            async with call(tmp_path) as line:
                ear.let_in("k2")
                assert (await line.ask(wrote("k2"))).ok
            assert [each.key for each in platform.places.read("fjord-1")] == ["k1", "k2"]

    asyncio.run(scene())


def test_a_caller_is_read_on_only_as_its_requests_are_done(tmp_path, monkeypatch):
    """Otherwise a caller could fill the memory of the house."""
    monkeypatch.setattr("adapters.terminal.caller.UNDER_WAY", 8)

    async def scene():
        ear = Gate()
        async with listening(tmp_path, ear), call(tmp_path) as line:
            line.put(
                *(wrote(f"k{number}", place=f"fjord-{number}", words="x" * 20_000) for number in range(60))
            )
            await ear.until("k7")
            async with call(tmp_path) as other:  # by the time of its answer, more would have been read
                ear.let_in("other")
                assert (await other.ask(wrote("other", place="other"))).ok
            assert len(ear.at_the_gate) < 40
            for number in range(60):
                ear.let_in(f"k{number}")
            assert len({(await line.answer()).key for _ in range(60)}) == 60

    asyncio.run(scene())


# -- what Runda says


def test_what_is_sent_stands_in_the_place_and_is_found_by_its_token(tmp_path):
    async def scene():
        platform = TerminalPlatform(tmp_path, Clock())
        said = Outgoing(
            "t1", names.address("fjord-1"),
            Spoken(
                "question",
                (Block("heading", "One"), Block("item", "«Ja»", number=2), Block("picture", "Map", file=b"<svg/>")),
                (Label("next", "Next"),),
            ),
        )  # fmt: skip
        message = (await platform.send(said)).message
        assert await platform.look_up(said) == Taken(message)
        assert await platform.look_up(outgoing("t2")) is None
        assert await platform.look_up(outgoing("t1", place="fjord-2")) is None
        assert not platform.places.path("fjord-2").exists()
        [posted] = platform.places.read("fjord-1")
        assert isinstance(posted, Posted)
        assert (posted.id, posted.token, posted.at, posted.sort) == (message, "t1", NOW, "question")
        assert [(piece.kind, piece.words, piece.number) for piece in posted.pieces] == [
            ("heading", "One", None), ("item", "«Ja»", 2), ("picture", "Map", None),
        ]  # fmt: skip
        assert posted.labels == (Label("next", "Next"),)

    asyncio.run(scene())


def test_ids_are_the_message_s_own(tmp_path):
    async def scene():
        platform = TerminalPlatform(tmp_path, Clock())
        sent = [(await platform.send(outgoing(f"t{number}"))).message for number in range(50)]
        assert len(set(sent)) == 50
        assert [each.id for each in platform.places.read("fjord-1")] == sent

    asyncio.run(scene())


def test_a_message_is_rewritten_and_the_rewriting_found(tmp_path):
    async def scene():
        platform = TerminalPlatform(tmp_path, Clock())
        message = (await platform.send(outgoing("t1"))).message
        again = outgoing("t2", message=message, sort="status", words="Question 2")
        assert await platform.look_up(again) is None
        assert await platform.send(again) == Taken(message)
        assert await platform.look_up(again) == Taken(message)
        assert kinds(platform) == ["Posted", "Rewritten"]

    asyncio.run(scene())


def test_a_message_that_is_not_there_cannot_be_rewritten(tmp_path):
    async def scene():
        platform = TerminalPlatform(tmp_path, Clock())
        await platform.send(outgoing("t1"))
        for place in ("fjord-1", "fjord-2"):
            with pytest.raises(Refused) as refused:
                await platform.send(outgoing("t2", place=place, message="gone"))
            assert refused.value.reason == "not-found"
        assert kinds(platform) == ["Posted"]

    asyncio.run(scene())


def test_a_receipt_is_a_mark_and_one_that_offers_something_is_said(tmp_path):
    async def scene():
        platform = TerminalPlatform(tmp_path, Clock())
        mark = outgoing("t1", sort="receipt", words="Noted.", about="m1")
        assert await platform.send(mark) == await platform.look_up(mark)
        offers = outgoing(
            "t2", sort="receipt", words="Read as “next”.", about="m1", labels=(Label("was-answer", "No"),)
        )
        await platform.send(offers)
        ticked, posted = platform.places.read("fjord-1")
        assert isinstance(ticked, Ticked)
        assert isinstance(posted, Posted)
        assert ticked.about == posted.about == "m1"

    asyncio.run(scene())


def test_of_two_with_one_token_the_last_is_found(tmp_path):
    """A database that was restored, or begun anew beside old threads, may give a token out again."""

    async def scene():
        platform = TerminalPlatform(tmp_path, Clock())
        await platform.send(outgoing("t1", words="of an older house"))
        last = await platform.send(outgoing("t1", words="new"))
        assert await platform.look_up(outgoing("t1")) == last

    asyncio.run(scene())


def test_words_that_look_like_a_record_are_not_found_as_one(tmp_path):
    async def scene():
        platform = TerminalPlatform(tmp_path, Clock())
        await platform.send(outgoing("t1", words='"token":"t2" and \\"token\\":\\"t2\\"'))
        assert await platform.look_up(outgoing("t2")) is None

    asyncio.run(scene())


# -- what a crash leaves


def test_half_a_line_is_skipped_and_the_next_one_stands_by_itself(tmp_path):
    async def scene():
        platform = TerminalPlatform(tmp_path, Clock())
        await platform.send(outgoing("t1"))
        whole = platform.places.path("fjord-1").read_bytes()
        for cut in range(1, len(whole)):
            platform.places.path("fjord-1").write_bytes(whole + whole[:cut].replace(b"t1", b"t2"))
            assert kinds(platform) == ["Posted"]
            found = await platform.look_up(outgoing("t2"))
            if found is None:
                await platform.send(outgoing("t2"))
            assert [each.token for each in platform.places.read("fjord-1")] == ["t1", "t2"], cut

    asyncio.run(scene())


def test_a_full_disk_is_an_error_and_no_record(tmp_path, monkeypatch):
    async def scene():
        platform = TerminalPlatform(tmp_path, Clock())
        await platform.send(outgoing("t1"))
        write = os.write
        with monkeypatch.context() as full:
            full.setattr(os, "write", lambda file, line: write(file, line[: len(line) // 2]))
            with pytest.raises(OSError, match="No space left"):
                await platform.send(outgoing("t2"))
        assert await platform.look_up(outgoing("t2")) is None
        await platform.send(outgoing("t3"))
        assert [each.token for each in platform.places.read("fjord-1")] == ["t1", "t3"]

    asyncio.run(scene())


POSTING = """
import asyncio, sys
from pathlib import Path
from tests.adapters.test_terminal import Clock, TerminalPlatform, outgoing

async def post():
    platform = TerminalPlatform(Path(sys.argv[1]), Clock())
    for number in range(100_000):
        sent = await platform.send(outgoing(f"t{number}", words="Question " * 50))
        print(f"t{number}", sent.message, flush=True)

asyncio.run(post())
"""


def test_what_counted_as_sent_is_found_after_the_process_was_killed(tmp_path):
    child = subprocess.Popen(
        [sys.executable, "-c", POSTING, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    told = [child.stdout.readline() for _ in range(40)]
    child.send_signal(signal.SIGKILL)
    told += child.stdout.readlines()
    child.stdout.close()
    assert child.wait() == -signal.SIGKILL
    sent = dict(line.split() for line in told if line.endswith("\n"))
    assert len(sent) >= 40

    async def scene():
        platform = TerminalPlatform(tmp_path, Clock())
        for token, message in sent.items():
            assert await platform.look_up(outgoing(token)) == Taken(message)
        posted = platform.places.read("fjord-1")
        # One more may have been taken without its caller hearing of it; that one is found too.
        assert [each.token for each in posted][: len(sent)] == list(sent)
        assert len(posted) - len(sent) <= 1
        for each in posted[len(sent) :]:
            assert await platform.look_up(outgoing(each.token)) == Taken(each.id)

    asyncio.run(scene())


# -- the door


def test_the_folder_the_door_and_the_places_are_the_owner_s_alone(tmp_path):
    async def scene():
        folder = tmp_path / "data" / "terminal"
        async with listening(folder, Ear()) as platform, call(folder) as line:
            assert (await line.ask(wrote())).ok
            for path, mode in (
                (folder, 0o700), (folder / "places", 0o700), (folder / "serve.sock", 0o600),
                (platform.places.path("fjord-1"), 0o600),
            ):  # fmt: skip
                assert stat.S_IMODE(path.stat().st_mode) == mode, path
        assert not (folder / "serve.sock").exists()

    asyncio.run(scene())


def test_a_path_that_is_too_long_for_a_socket_is_got_round(tmp_path):
    async def scene():
        folder = tmp_path / ("deep/" * 30) / "terminal"
        async with listening(folder, Ear()), call(folder) as line:
            elsewhere = Path((folder / "serve.path").read_text())
            assert len(str(elsewhere)) <= door.LONGEST_PATH
            assert stat.S_IMODE(elsewhere.parent.stat().st_mode) == 0o700
            assert (await line.ask(wrote())).ok
        assert not elsewhere.parent.exists()
        assert not (folder / "serve.path").exists()
        with pytest.raises(NobodyServes):
            door.knock(folder)

    asyncio.run(scene())


def test_what_a_killed_process_left_at_the_door_is_cleared_away(tmp_path):
    folder = tmp_path / ("deep/" * 30) / "terminal"
    folder.mkdir(parents=True)
    killed = Door(folder)
    left = killed.path.parent
    killed.socket.close()
    os.close(killed._lock)  # as the operating system does
    with pytest.raises(NobodyServes):
        door.knock(folder)
    after = Door(folder)
    try:
        assert not left.exists()
        door.knock(folder).close()
    finally:
        after.close()


def test_two_serve_one_folder_and_when_one_is_gone_the_other_is_found(tmp_path):
    async def scene():
        one, two = Ear(), Ear()
        async with listening(tmp_path, two):
            async with listening(tmp_path, one), call(tmp_path) as line:
                assert (await line.ask(wrote("k1"))).ok
            async with listening(tmp_path, one), call(tmp_path) as line:
                assert (await line.ask(wrote("k2"))).ok
        async with listening(tmp_path, one):
            second = TerminalPlatform(tmp_path, Clock())
            await second.listen(two)
            assert (tmp_path / "serve-2.sock").exists()
            await second.close()
        return one, two

    one, two = asyncio.run(scene())
    assert two.keys == ["k1", "k2"]
    assert one.keys == []


def test_no_door_is_free(tmp_path):
    doors = [Door(tmp_path) for _ in range(door.DOORS)]
    with pytest.raises(door.NoDoorFree, match="Stop one"):
        Door(tmp_path)
    for each in doors:
        each.close()


def test_nobody_serves(tmp_path):
    with pytest.raises(NobodyServes, match="Start it with: runda serve"):
        Client(tmp_path / "terminal")


def test_a_client_keeps_several_requests_under_way(tmp_path):
    async def scene():
        ear = Ear()
        async with listening(tmp_path, ear) as platform:
            assert await asyncio.to_thread(_sixteen, tmp_path) == {f"k{number}" for number in range(16)}
            with await asyncio.to_thread(Client, tmp_path) as client:
                await platform.close()
                with pytest.raises(Dropped):
                    await asyncio.to_thread(client.ask, wrote())

    asyncio.run(scene())


def _sixteen(folder):
    with Client(folder) as client:
        for number in range(16):
            client.put(wrote(f"k{number}", place=f"fjord-{number}"))
        return {client.answer().key for _ in range(16)}


def test_half_an_answer_is_none(tmp_path, monkeypatch):
    ours, theirs = socket.socketpair()
    monkeypatch.setattr("adapters.terminal.client.knock", lambda _: ours)
    with Client(tmp_path) as client:
        theirs.sendall(parse.to_line(Answer("k1", ok=True))[:-1])
        theirs.close()
        with pytest.raises(Dropped):
            client.answer()


def test_where_no_more_files_can_be_open_the_rest_goes_on_and_callers_wait(tmp_path, monkeypatch):
    attempts = []

    def full(_):
        attempts.append(1)
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    async def scene():
        async with listening(tmp_path, Ear()) as platform, call(tmp_path) as line:
            assert (await line.ask(wrote("k1"))).ok
            with monkeypatch.context() as patched:
                patched.setattr(socket.socket, "accept", full)
                async with call(tmp_path) as waiting:
                    waiting.put(wrote("k2"))
                    assert (await line.ask(wrote("k3"))).ok
                    assert (await line.ask(wrote("k4"))).ok
                    assert len(attempts) == 1
                    patched.undo()
                    platform._open()  # as it does by itself after a while
                    assert (await waiting.answer()).key == "k2"

    asyncio.run(scene())


# -- files


@pytest.mark.parametrize(
    "channel",
    ["fjord-1", "@håkon", "Fjord", "../up", ".hidden", "a/b", "100%", "a b", "_", "ÅÅ", "x.jsonl", "İ"],
)
def test_a_channel_is_the_name_of_a_file_and_back(tmp_path, channel):
    name = file_name(channel)
    assert channel_of(name) == channel
    assert "/" not in name
    assert not name.startswith(".")
    assert name == name.lower() or "%" in name
    places = Places(tmp_path)
    places.folder.mkdir()
    places.path(channel).touch()
    assert places.names() == [channel]


def test_channels_that_differ_only_in_their_capitals_have_files_that_differ_in_more():
    assert file_name("Fjord").lower() != file_name("fjord").lower()


def test_a_tail_waits_for_the_end_of_a_line(tmp_path):
    posted = records.of(outgoing("t1"), "id-1", NOW)
    tail, path = Tail(tmp_path / "fjord-1.jsonl"), tmp_path / "fjord-1.jsonl"
    assert list(tail.new()) == []
    line = records.to_line(posted)
    path.write_bytes(line + line[:20])
    assert list(tail.new()) == [posted]
    assert list(tail.new()) == []
    with path.open("ab") as file:
        file.write(line[20:])
    assert list(tail.new()) == [posted]


def test_records_are_read_as_they_were_written_by_the_first_version():
    """People's threads outlive versions: these lines must always be readable."""
    place = names.address("fjord-1")
    written = {
        b'{"type":"posted","id":"i","token":"t","place":["terminal","local","fjord-1",""],"at":"2026-10-13T07:00:00Z",'
        b'"sort":"question","pieces":[{"kind":"item","words":"w","number":1}],"labels":[{"press":"next","words":"Next"}],'
        b'"about":null}': records.of(
            Outgoing(
                "t", place, Spoken("question", (Block("item", "w", number=1),), (Label("next", "Next"),))
            ),
            "i",
            NOW,
        ),
        b'{"type":"rewritten","message":"i","token":"t","place":["terminal","local","fjord-1",""],'
        b'"at":"2026-10-13T07:00:00Z","sort":"status","pieces":[],"labels":[]}': Rewritten(
            message="i", token="t", place=place, at=NOW, sort="status", pieces=()
        ),
        b'{"type":"ticked","id":"i","token":"t","place":["terminal","local","fjord-1",""],'
        b'"at":"2026-10-13T07:00:00Z","about":"m"}': Ticked(
            id="i", token="t", place=place, at=NOW, about="m"
        ),
        b'{"type":"wrote","key":"k","place":["terminal","local","fjord-1",""],"account":"kari","message":"m","words":"w",'
        b'"at":"2026-10-13T07:00:00Z","reply_to":null,"private":false,"files":0,"called":false}': Wrote(
            key="k", place=place, account="kari", message="m", words="w", at=NOW
        ),
        b'{"type":"rewrote","key":"k","place":["terminal","local","fjord-1",""],"account":"kari","message":"m",'
        b'"words":"w","revision":1,"at":"2026-10-13T07:00:00Z"}': Rewrote(
            key="k", place=place, account="kari", message="m", words="w", revision=1, at=NOW
        ),
        b'{"type":"took-back","key":"k","place":["terminal","local","fjord-1",""],"account":"kari","message":"m",'
        b'"at":"2026-10-13T07:00:00Z"}': TookBack(key="k", place=place, account="kari", message="m", at=NOW),
    }
    for line, record in written.items():
        assert records.from_line(line) == record
        assert records.to_line(record) == line + b"\n"


def test_a_door_that_cannot_be_opened_is_left_free(tmp_path):
    (tmp_path / "serve.sock").mkdir()
    with pytest.raises(OSError, match=r"serve\.sock"):
        Door(tmp_path)
    (tmp_path / "serve.sock").rmdir()
    door_ = Door(tmp_path)
    assert door_.path == tmp_path / "serve.sock"
    door_.close()
