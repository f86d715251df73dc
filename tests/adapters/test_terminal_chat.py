"""The commands `runda say` and `runda chat`, against a platform that listens in a thread of its own."""

import asyncio
import os
import pty
import select
import subprocess
import sys
import threading
from contextlib import closing, contextmanager
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from adapters.port import Block, Outgoing, Rewrote, Spoken, TookBack, Wrote
from adapters.terminal import TerminalPlatform, names
from adapters.terminal.client import Client, Dropped
from adapters.terminal.door import NobodyServes
from adapters.terminal.places import Places
from bot.cli import Caller, following, runda
from bot.cli.chat import deliver
from storage import tables as t

NOW = datetime(2026, 10, 13, 7, 0, tzinfo=UTC)


class Clock:
    def now(self):
        return NOW

    async def sleep(self, seconds):
        raise AssertionError("nothing here waits")


class Ear:
    def __init__(self):
        self.heard, self.fault = [], None

    async def __call__(self, heard):
        if self.fault:
            raise self.fault
        self.heard.append(heard)


class Serving:
    """A listening platform on a loop of its own."""

    def __init__(self, data):
        self.ear, self.ready, self.data = Ear(), threading.Event(), data
        self.thread = threading.Thread(target=asyncio.run, args=[self._serve()])

    async def _serve(self):
        self.loop, self.over = asyncio.get_running_loop(), asyncio.Event()
        self.platform = TerminalPlatform(self.data / "terminal", Clock())
        await self.platform.listen(self.ear)
        self.ready.set()
        await self.over.wait()
        await self.platform.close()

    def send(self, *words, place="fjord-1"):
        spoken = Spoken("question", tuple(Block("line", each) for each in words))
        sent = self.platform.send(Outgoing("t1", names.address(place), spoken))
        return asyncio.run_coroutine_threadsafe(sent, self.loop).result(20)


@contextmanager
def serving(data):
    house = Serving(data)
    house.thread.start()
    assert house.ready.wait(20)
    try:
        yield house
    finally:
        house.loop.call_soon_threadsafe(house.over.set)
        house.thread.join()


@pytest.fixture
def data(tmp_path, monkeypatch):
    for name in ("RUNDA_AS", "DATABASE_URL", "RUNDA_DATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)  # where no .env lies
    monkeypatch.setenv("TZ", "UTC")
    return tmp_path / "data"


def run(data, *words, typed=None, language="en"):
    return CliRunner().invoke(
        runda, ["--data", str(data), "--language", language, *words], obj=Caller(Clock()), input=typed
    )


def test_say_says_one_thing_and_is_done_when_it_is_stored(data):
    with serving(data) as house:
        result = run(data, "say", "fjord-1", "--as", "Kari Nes", "We", "are here")
        assert (result.exit_code, result.output) == (0, "")
        [heard] = house.ear.heard
        assert isinstance(heard, Wrote)
        assert (heard.place.channel, heard.account, heard.words, heard.at) == (
            "fjord-1",
            "kari-nes",
            "We are here",
            NOW,
        )
        assert Places(data / "terminal").read("fjord-1") == [heard]


def test_the_same_key_again_is_the_same_message(data):
    with serving(data) as house:
        for _ in range(2):
            assert run(data, "say", "fjord-1", "--as", "kari", "--key", "k1", "The ferry.").exit_code == 0
        assert [(each.key, each.message) for each in house.ear.heard] == [("k1", "k1")] * 2
        assert len(Places(data / "terminal").read("fjord-1")) == 1


@pytest.mark.parametrize("command", [["say", "fjord-1", "hello"], ["chat", "fjord-1"]])
def test_where_nobody_serves_there_is_a_way_out(data, command):
    result = run(data, *command, "--as", "kari")
    assert result.exit_code == 1
    assert result.output == f"runda: Nobody serves {data}. Start it with: runda serve\n"


@pytest.mark.parametrize("command", [["say", "fjord-1", "hello"], ["chat", "fjord-1"]])
def test_one_has_to_say_who_one_is(data, command):
    result = run(data, *command)
    assert result.exit_code == 2
    assert result.output == "runda: Say who you are: --as NAME\n"


@pytest.mark.parametrize("words", ["", "  "])
def test_one_has_to_say_something(data, words):
    result = run(data, "say", "fjord-1", "--as", "Kari Nes", words)
    assert result.exit_code == 2
    assert result.output == 'runda: Say something: runda say fjord-1 --as "Kari Nes" "We are here"\n'


def test_what_is_refused_is_told_in_words(data):
    with serving(data) as house:
        result = run(data, "say", "@amir", "--as", "kari", "psst")
        assert (result.exit_code, result.output) == (1, "runda: That is somebody else's private place.\n")
        result = run(data, "say", "fjord-1", "--as", "kari", "--key", "k" * 65, "hello")
        assert result.exit_code == 1
        assert "key takes 1 to 64 printable characters" in result.output
        house.ear.fault = OSError("disk")
        result = run(data, "say", "fjord-1", "--as", "kari", "hello")
        assert result.exit_code == 1
        assert "could not store it" in result.output
        assert house.ear.heard == []


def test_a_chat_shows_the_place_and_one_s_own_and_sends_what_is_typed(data):
    with serving(data) as house:
        house.send("How does it fit?")
        house.send("You wrote this to yourself:", place="@kari")
        house.send("Not for Kari.", place="@amir")
        typed = "The fery.\n/edit The ferry.\n\n/private Only mine\n//edit is a command\n/undo\n/what\n"
        result = run(data, "chat", "fjord-1", "--as", "Kari", typed=typed)
        assert result.exit_code == 0, result.output
        place = names.address("fjord-1")
        first, second, private, slashed, undone = house.ear.heard
        assert (first.words, first.place) == ("The fery.", place)
        assert isinstance(second, Rewrote)
        assert (second.message, second.words, second.revision) == (first.message, "The ferry.", 1)
        assert (private.words, private.place, private.private) == ("Only mine", names.address("@kari"), True)
        assert slashed.words == "/edit is a command"
        assert isinstance(undone, TookBack)
        assert undone.message == slashed.message
        for line in (
            "Runda: How does it fit?",
            "Runda (to you alone): You wrote this to yourself:",
            "You (to Runda alone): Only mine",
            "/undo            take your last message back",
            "– Tuesday 13 October –",
        ):
            assert line in result.output
        assert "Not for Kari" not in result.output


def test_what_was_written_before_can_be_changed_after_coming_back(data):
    with serving(data) as house:
        run(data, "chat", "fjord-1", "--as", "kari", typed="one\n/edit two\n")
        run(data, "chat", "fjord-1", "--as", "amir", typed="Amir's own\n")
        result = run(data, "chat", "fjord-1", "--as", "kari", typed="/edit three\n/undo\n/undo\n")
        one, *later = house.ear.heard
        assert [(type(each).__name__, each.message == one.message) for each in later] == [
            ("Rewrote", True), ("Wrote", False), ("Rewrote", True), ("TookBack", True),
        ]  # fmt: skip
        assert [each.revision for each in later if isinstance(each, Rewrote)] == [1, 2]
        assert "You have written nothing here that could be changed." in result.output


def test_a_chat_goes_on_after_a_message_that_could_not_be_stored(data):
    with serving(data) as house:
        house.ear.fault = OSError("disk")
        result = run(data, "chat", "fjord-1", "--as", "kari", typed="one\n/edit two\n")
        assert result.exit_code == 0
        assert "could not store it" in result.output
        assert house.ear.heard == []


def test_a_chat_speaks_the_reader_s_language(data):
    with serving(data):
        result = run(data, "chat", "fjord-1", "--as", "kari", typed="Ferja.\n", language="nn")
    assert "– tysdag 13. oktober –" in result.output
    assert "Du: Ferja." in result.output


def test_the_places_are_listed_without_other_people_s_own(data):
    assert run(data, "chat").output == "There are no places yet. Plan a series: runda series create --help\n"
    with serving(data) as house:
        for place in ("fjord-1", "fjell-2", "@kari", "@amir"):
            house.send("Hello", place=place)
    assert run(data, "chat").output == "fjell-2\nfjord-1\n"
    assert run(data, "chat", "--as", "Kari").output == "@kari\nfjell-2\nfjord-1\n"


def test_somebody_else_s_private_place_is_not_shown(data):
    with serving(data) as house:
        house.send("Secret", place="@amir")
        result = run(data, "chat", "@amir", "--as", "kari")
    assert result.exit_code == 2
    assert "Secret" not in result.output
    assert "Yours is @kari" in result.output


def test_what_was_typed_waits_while_the_house_is_down(data, monkeypatch):
    monkeypatch.setattr(following, "AGAIN", 0)
    attempts = []

    def down_at_first(terminal, request):
        attempts.append(request.key)
        if len(attempts) < 4:
            raise NobodyServes(terminal)
        deliver(terminal, request)

    monkeypatch.setattr(following, "deliver", down_at_first)
    with serving(data) as house:
        result = run(data, "chat", "fjord-1", "--as", "kari", typed="The ferry.\n")
        assert [each.words for each in house.ear.heard] == ["The ferry."]
    assert attempts == [house.ear.heard[0].key] * 4
    assert result.output.count("Your message waits here") == 1


def test_a_connection_that_breaks_before_the_answer_is_made_again(data, monkeypatch):
    ask = Client.ask

    def broken_once(client, request):
        assert ask(client, request).ok
        monkeypatch.setattr(Client, "ask", ask)
        raise Dropped

    monkeypatch.setattr(Client, "ask", broken_once)
    with serving(data) as house:
        assert run(data, "say", "fjord-1", "--as", "kari", "The ferry.").exit_code == 0
        first, second = house.ear.heard
        assert first == second
        assert len(Places(data / "terminal").read("fjord-1")) == 1


def plan(data):
    """A series with one group of two, as `runda series create` would make it."""
    at, house = {"created_at": NOW}, Caller(Clock(), {"data": data})
    with closing(house), house.database(new=True).write() as connection:
        for table, row in (
            (t.organisations, {"id": 1, "name": "Runda", "language": "en", "zone": "UTC", **at}),
            (t.contents, {"id": "c", "programme": "p", "version": 1, "body": "{}", **at}),
            (t.series, {"id": 1, "organisation_id": 1, "slug": "fjord", "title": "Self-check", "content_id": "c",
                        "language": "en", "zone": "Europe/Oslo", "pace": "live", "answering": "each",
                        "status": "planned", "platform": "terminal", "workspace": "local", **at}),
            (t.places, {"id": 1, "organisation_id": 1, "platform": "terminal", "workspace": "local",
                        "channel": "fjord-1", "thread": ""}),
            (t.circles, {"id": 1, "series_id": 1, "kind": "group", "number": 1, "name": "Fjord", "home_id": 1}),
            (t.people, {"id": 1, "organisation_id": 1, "name": "Kari Nes"}),
            (t.people, {"id": 2, "organisation_id": 1, "name": "Åse"}),
            (t.identities, {"id": 1, "person_id": 1, "platform": "terminal", "workspace": "local",
                            "account": "kari-nes"}),
            (t.identities, {"id": 2, "person_id": 2, "platform": "terminal", "workspace": "local", "account": "ase"}),
            (t.memberships, {"person_id": 1, "series_id": 1, "circle_id": 1, "role": "participant", "since": NOW}),
            (t.memberships, {"person_id": 2, "series_id": 1, "role": "coordinator", "since": NOW}),
        ):  # fmt: skip
            connection.execute(table.insert(), row)


def test_people_and_places_are_called_as_they_were_planned(data):
    plan(data)
    assert run(data, "chat").output == "fjord-1  Fjord, Self-check\n"
    with serving(data):
        assert run(data, "say", "fjord-1", "--as", "Kari Nes", "The ferry.").exit_code == 0
        result = run(data, "chat", "fjord-1", "--as", "Åse")
    assert result.exit_code == 0
    # In the series' zone, as the times that Runda tells.
    assert "09:00  Kari Nes: The ferry." in result.output


def test_a_name_or_a_place_that_is_not_there_is_told_before_anything_is_written(data):
    plan(data)
    with serving(data):
        nobody = run(data, "chat", "fjord-1", "--as", "Per")
        nowhere = run(data, "chat", "fjord-2", "--as", "Åse")
    assert (nobody.exit_code, nowhere.exit_code) == (2, 2)
    assert nobody.output.startswith(
        "runda: Nobody here is called per. Write --as and a name; there are: ase, kari-nes"
    )
    assert nowhere.output == (
        "runda: There is no place called fjord-2. There are: fjord-1. List them with: runda chat\n"
    )


def test_what_nobody_would_hear_is_not_taken_and_makes_no_file(data):
    plan(data)
    with serving(data) as house:
        nowhere = run(data, "say", "fjord-2", "--as", "Kari Nes", "The ferry.")
        again = run(data, "say", "fjord-2", "--as", "Kari Nes", "The ferry.")
        outside = run(data, "say", "fjord-1", "--as", "Åse", "The ferry.")
        alone = run(data, "say", "@ase", "--as", "Åse", "To Runda.")
        assert [each.words for each in house.ear.heard] == ["To Runda."]
    assert (nowhere.exit_code, again.exit_code, outside.exit_code, alone.exit_code) == (2, 2, 2, 0)
    assert "There is no place called fjord-2. There are: fjord-1." in nowhere.output
    assert "Åse is not a member of anything in fjord-1" in outside.output
    assert "Places to speak in: @ase" in outside.output
    assert sorted(Places(data / "terminal").names()) == ["@ase"]


def test_at_a_keyboard(data):
    """A real terminal: the line that is typed gives way to the message, and Ctrl-D leaves."""
    with serving(data) as house:
        house.send("How does it fit?")
        mine, theirs = pty.openpty()
        command = [
            sys.executable,
            "-c",
            "from bot.cli import main; main()",
            "--data",
            str(data),
            "--language",
            "en",
        ]
        environ = {
            **os.environ,
            "TERM": "xterm",
            "PYTHONPATH": os.pathsep.join(sys.path),
            "PYTHONWARNINGS": "error",
        }
        chat = subprocess.Popen(
            [*command, "chat", "fjord-1", "--as", "Kari"],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=environ,
        )
        os.close(theirs)
        try:
            seen = _until(mine, "How does it fit?", "> ")
            os.write(mine, b"The ferry.\n")
            seen += _until(mine, "You:", "The ferry.", "> ")
            os.write(mine, b"\x04")
            assert chat.wait(20) == 0
        finally:
            chat.kill()
            chat.wait()
            os.close(mine)
        assert [each.words for each in house.ear.heard] == ["The ferry."]
        assert "\x1b[1mRunda:\x1b[0m How does it fit?" in seen


def _until(terminal, *words):
    """What the terminal shows, until it has shown these words in this order."""
    seen, at = "", 0
    for word in words:
        while (found := seen.find(word, at)) < 0:
            assert select.select([terminal], [], [], 20)[0], seen
            seen += os.read(terminal, 4096).decode("utf-8", "replace")
        at = found + len(word)
    return seen
