"""Words that were taken back or rewritten are gone from the file, and nothing else is."""

import asyncio
import errno
import fcntl
import os
import signal
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.port import Block, Label, Link, Outgoing, Rewrote, Spoken, Taken, TookBack, Wrote
from adapters.terminal import TerminalPlatform, blanking, names, places, records
from adapters.terminal.places import Places, Tail
from adapters.terminal.records import Posted, Rewritten
from adapters.terminal.render import lines
from adapters.terminal.thread import Thread
from tests.adapters.test_terminal import Clock, Ear, call, listening, outgoing, wrote
from tests.adapters.test_terminal import Request as Asked

NOW = datetime(2026, 10, 13, 7, 0, tzinfo=UTC)
PLACE = names.address("fjord-1")
ROOT = Path(__file__).parents[2]


def again(key, words=None, message="m-k1", account="kari", revision=1):
    common = {"key": key, "place": "fjord-1", "account": account, "message": message}
    if words is None:
        return Asked(do="took-back", **common)
    return Asked(do="rewrote", words=words, revision=revision, **common)


def raw(folder, place="fjord-1"):
    return Places(folder).path(place).read_bytes()


def shown(found):
    return list(lines(found, names={}, zone=UTC))


# -- what is gone, and what stays


def test_an_edit_and_a_removal_leave_no_words(tmp_path):
    async def scene():
        async with listening(tmp_path, Ear()) as platform, call(tmp_path) as line:
            assert (await line.ask(wrote("k1", words="heron"))).ok
            assert (await line.ask(wrote("k2", words="beside it"))).ok
            for revision, (words, before) in enumerate((("otter", b"heron"), ("vole", b"otter")), 1):
                assert (await line.ask(again(f"e{revision}", words, revision=revision))).ok
                assert before not in raw(tmp_path)
                assert words.encode() in raw(tmp_path)
            assert shown(platform.places.read("fjord-1"))[0].endswith("kari: vole (changed)")
            assert (await line.ask(again("gone"))).ok
            assert b"vole" not in raw(tmp_path)
            first, other, *edits, gone = platform.places.read("fjord-1")
            assert (first.key, first.account, first.message, first.at) == ("k1", "kari", "m-k1", NOW)
            assert other.words == "beside it"
            assert [(each.revision, each.words) for each in edits] == [(1, ""), (2, "")]
            assert isinstance(gone, TookBack)
            assert shown([first, other, *edits, gone])[0].endswith("kari: (taken back)")

    asyncio.run(scene())


def test_somebody_else_s_removal_or_an_older_edit_takes_nothing_away(tmp_path):
    async def scene():
        async with listening(tmp_path, Ear()) as platform, call(tmp_path) as line:
            assert (await line.ask(wrote("k1", words="heron"))).ok
            assert (await line.ask(again("a", account="amir"))).ok
            assert (await line.ask(again("b", "osprey", account="amir", revision=7))).ok
            assert (await line.ask(again("c", "otter", revision=2))).ok
            assert (await line.ask(again("d", "vole", revision=1))).ok
            assert b"otter" in raw(tmp_path)
            assert b"heron" not in raw(tmp_path)
            assert b"vole" not in raw(tmp_path)
            assert shown(platform.places.read("fjord-1")) == ["07:00  kari: otter (changed)"]

    asyncio.run(scene())


def test_a_message_that_comes_after_it_was_taken_back_leaves_no_words(tmp_path):
    """The house had it, its place had not; then it was taken back, and sent again."""

    async def scene():
        async with listening(tmp_path, Ear()) as platform, call(tmp_path) as line:
            assert (await line.ask(again("gone"))).ok
            assert (await line.ask(wrote("k1", words="heron"))).ok
            assert b"heron" not in raw(tmp_path)
            assert shown(platform.places.read("fjord-1")) == ["07:00  kari: (taken back)"]

    asyncio.run(scene())


def test_a_rewriting_of_a_rewriting(tmp_path):
    async def scene():
        platform = TerminalPlatform(tmp_path, Clock())
        said = [outgoing("t1", words="heron", labels=(Label("osprey", "Osprey"),))]
        message = (await platform.send(said[0])).message
        for token, words, before in (
            ("t2", "otter", b"heron"),
            ("t3", "vole", b"otter"),
            ("t4", "", b"vole"),
        ):
            said.append(outgoing(token, words=words, message=message))
            assert await platform.send(said[-1]) == Taken(message)
            assert before not in raw(tmp_path)
            assert b"osprey" not in raw(tmp_path).lower()
            for each in said:
                assert await platform.look_up(each) == Taken(message)
            seen = shown(platform.places.read("fjord-1"))
            assert seen == [f"07:00  Runda: {words} (changed)" if words else "07:00  Runda: (taken back)"]
        posted, *rewritten = platform.places.read("fjord-1")
        assert (posted.id, posted.token, posted.at, posted.pieces, posted.labels) == (
            message,
            "t1",
            NOW,
            (),
            (),
        )
        assert [each.token for each in rewritten] == ["t2", "t3", "t4"]

    asyncio.run(scene())


def test_the_picture_and_the_link_go_with_their_words(tmp_path):
    async def scene():
        platform = TerminalPlatform(tmp_path, Clock())
        link = Link(names.address("fjord-1"), "linked", NOW)
        blocks = (Block("heading", "heron", link=link), Block("picture", "osprey", file=b"<svg/>"))
        message = (await platform.send(Outgoing("t1", PLACE, Spoken("recap", blocks)))).message
        assert b"linked" in raw(tmp_path)
        await platform.send(outgoing("t2", message=message))
        assert not any(each in raw(tmp_path) for each in (b"heron", b"osprey", b"linked"))

    asyncio.run(scene())


def test_a_status_and_the_same_again_take_nothing_away(tmp_path):
    async def scene():
        platform = TerminalPlatform(tmp_path, Clock())
        message = (await platform.send(outgoing("t1", words="heron"))).message
        for token, words in (("t2", "Question 1"), ("t3", "Question 2")):
            await platform.send(outgoing(token, words=words, sort="status", message=message))
        await platform.send(outgoing("t4", words="heron", message=message))
        posted, one, two, same = platform.places.read("fjord-1")
        assert [each.pieces[0].words for each in (posted, one, two, same)] == [
            "heron", "Question 1", "Question 2", "heron",
        ]  # fmt: skip
        await platform.send(outgoing("t5", words="otter", message=message))
        assert b"heron" not in raw(tmp_path)
        assert b"Question 1" in raw(tmp_path)

    asyncio.run(scene())


# -- crashes

DYING = """
import asyncio, os, signal, sys
from pathlib import Path
from adapters.terminal import places
from tests.adapters.test_terminal import Clock, Ear, TerminalPlatform, call, listening, outgoing, wrote
from tests.adapters.test_terminal_blanking import again

def die_before(path, due):
    os.kill(os.getpid(), signal.SIGKILL)

def die_half_way(path, due):
    for at, left in due:
        with path.open("r+b") as file:
            os.pwrite(file.fileno(), left[: len(left) * int(sys.argv[4]) // 100], at)
    os.kill(os.getpid(), signal.SIGKILL)

async def people():
    async with listening(Path(sys.argv[1]), Ear()), call(Path(sys.argv[1])) as line:
        await line.ask(wrote("k1", words="heron " * 50))
        await line.ask(wrote("k2", words="beside it"))
        await line.ask(again("e1", "otter"))

async def runda():
    platform = TerminalPlatform(Path(sys.argv[1]), Clock())
    message = (await platform.send(outgoing("t1", words="heron " * 50))).message
    await platform.send(outgoing("t2", words="beside it"))
    await platform.send(outgoing("t3", words="otter", message=message))

places._put = {"before": die_before, "half": die_half_way}[sys.argv[3]]
asyncio.run({"people": people, "runda": runda}[sys.argv[2]]())
"""


def killed(folder, who, when, percent=0):
    dying = [sys.executable, "-c", DYING, str(folder), who, when, str(percent)]
    assert subprocess.run(dying, cwd=ROOT, check=False).returncode == -signal.SIGKILL
    assert b"heron" in raw(folder)


@pytest.mark.parametrize("who", ["people", "runda"])
@pytest.mark.parametrize(("when", "percent"), [("before", 0), ("half", 10), ("half", 60)])
def test_what_a_killed_process_did_not_blank_is_blanked_before_anybody_is_heard(tmp_path, who, when, percent):
    killed(tmp_path, who, when, percent)
    size = len(raw(tmp_path))

    async def scene():
        async with listening(tmp_path, Ear()) as platform:
            assert b"heron" not in raw(tmp_path)
            assert len(raw(tmp_path)) == size
            first, other, last = platform.places.read("fjord-1")
            if who == "runda":
                assert await platform.look_up(outgoing("t1")) == Taken(first.id) == Taken(last.message)
                assert await platform.look_up(outgoing("t3", message=first.id)) == Taken(first.id)
            author = "Runda" if who == "runda" else "kari"
            assert shown([first, other, last]) == [
                f"07:00  {author}: otter (changed)", f"07:00  {author}: beside it",
            ]  # fmt: skip

    asyncio.run(scene())


@pytest.mark.parametrize("who", ["people", "runda"])
def test_what_another_process_did_not_blank_is_blanked_with_the_next_that_is(tmp_path, who):
    killed(tmp_path, who, "before")

    async def scene():
        platform = TerminalPlatform(tmp_path, Clock())
        message = (await platform.send(outgoing("t8", words="osprey"))).message
        await platform.send(outgoing("t9", words="vole", message=message))
        assert b"heron" not in raw(tmp_path)

    asyncio.run(scene())


def test_the_same_request_again_and_a_look_up_complete_it(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.EIO, "broken")

    async def scene():
        async with listening(tmp_path, Ear()) as platform, call(tmp_path) as line:
            message = (await platform.send(outgoing("t1", words="heron"))).message
            rewriting = outgoing("t2", words="otter", message=message)
            assert (await line.ask(wrote("k1", words="osprey"))).ok
            with monkeypatch.context() as broken:
                broken.setattr(places, "_put", full)
                with pytest.raises(OSError, match="broken"):
                    await platform.send(rewriting)
                assert (await line.ask(again("e1", "vole"))).error == "not-shown"
            assert b"heron" in raw(tmp_path)
            assert await platform.look_up(rewriting) == Taken(message)
            assert b"heron" not in raw(tmp_path)
            assert (await line.ask(again("e1", "vole"))).ok
            assert b"osprey" not in raw(tmp_path)
            assert [type(each) for each in platform.places.read("fjord-1")] == [
                Posted, Wrote, Rewritten, Rewrote,
            ]  # fmt: skip

    asyncio.run(scene())


def test_a_file_that_cannot_be_opened_keeps_nobody_from_being_heard(tmp_path, caplog):
    async def scene():
        for place in ("fjord-1", "fjord-2"):
            message = (
                await TerminalPlatform(tmp_path, Clock()).send(outgoing("t1", place, words="heron"))
            ).message
            line = records.to_line(records.of(outgoing("t2", place, words="otter", message=message), "", NOW))
            with Places(tmp_path).path(place).open("ab") as file:
                file.write(line)
        Places(tmp_path).path("fjord-0").mkdir()
        async with listening(tmp_path, Ear()), call(tmp_path) as line:
            assert b"heron" not in raw(tmp_path) + raw(tmp_path, "fjord-2")
            assert (await line.ask(wrote("k1", place="fjord-2"))).ok
        assert "may still be in a place" in caplog.text
        assert "heron" not in caplog.text

    asyncio.run(scene())


def test_half_a_line_loses_its_words_and_what_it_said_can_be_said_again(tmp_path):
    async def scene():
        platform = TerminalPlatform(tmp_path, Clock())
        line = records.to_line(
            Wrote(key="k1", place=PLACE, account="kari", message="m-k1", words="heron", at=NOW)
        )
        platform.places.path("fjord-1").write_bytes(line[: line.index(b"on")])
        async with listening(tmp_path, Ear()) as platform, call(tmp_path) as caller:
            assert b"her" not in raw(tmp_path)
            assert (await caller.ask(wrote("k1", words="heron"))).ok
            assert shown(platform.places.read("fjord-1")) == ["07:00  kari: heron"]

    asyncio.run(scene())


# -- those who read


def test_who_reads_before_during_and_after_sees_what_stands(tmp_path, monkeypatch):
    async def scene():
        platform = TerminalPlatform(tmp_path, Clock())
        message = (await platform.send(outgoing("t1", words="heron"))).message
        path = platform.places.path("fjord-1")
        early, put, during = Tail(path), places._put, []
        before = list(early.new())

        def looked_at(path, due):
            during.append(list(Tail(path).new()))
            put(path, due)
            during.append(list(Tail(path).new()))

        monkeypatch.setattr(places, "_put", looked_at)
        await platform.send(outgoing("t2", words="otter", message=message))
        for seen in (before + list(early.new()), *during, platform.places.read("fjord-1")):
            assert shown(seen) == ["07:00  Runda: otter (changed)"]

    asyncio.run(scene())


def test_a_line_that_is_half_blanked_is_looked_at_again_when_it_is_done(tmp_path):
    """The reader waits for the lock, and the line is whole when it has it."""
    path = tmp_path / "fjord-1.jsonl"
    line = records.to_line(records.of(outgoing("t1", words="heron"), "id-1", NOW))[:-1]
    left = bare(line)
    path.write_bytes(left[:-9] + line[-9:] + b"\n")

    class Late(Tail):
        def _again(self, at, torn):
            with path.open("r+b") as file:
                file.write(left)
            return super()._again(at, torn)

    assert [each.id for each in Late(path).new()] == ["id-1"]


# -- any thread, any tear

people = st.sampled_from(["kari", "amir"])
numbers = st.integers(1, 3)
#: Words that look like a record's own bytes, need escapes, or take several bytes.
texts = st.sampled_from(
    [
        "heron",
        'he"ron\\',
        "hærøn\n",
        '","at":"heron"}',
        "\ud83d".encode("utf-8", "replace").decode(),
        "🐦" * 9,
    ]
)


def _wrote(number, account, words):
    return Wrote(key=f"w{number}", place=PLACE, account=account, message=f"m{number}", words=words, at=NOW)


def _rewrote(number, account, words, revision):
    return Rewrote(key=f"r{number}{revision}", place=PLACE, account=account, message=f"m{number}", words=words,
                   revision=revision, at=NOW)  # fmt: skip


def _took_back(number, account):
    return TookBack(key=f"t{number}", place=PLACE, account=account, message=f"m{number}", at=NOW)


def _said(number, words, sort, rewrites):
    spoken = Spoken(
        sort, tuple(Block("line", each) for each in words), (Label("next", "Next"),) * (len(words) % 2)
    )
    message = f"q{number}" if rewrites else None
    return records.of(Outgoing(f"token{number}", PLACE, spoken, message), f"q{number}", NOW)


acts = st.one_of(
    st.builds(_wrote, numbers, people, texts),
    st.builds(_rewrote, numbers, people, texts, numbers),
    st.builds(_took_back, numbers, people),
    st.builds(
        _said, numbers, st.lists(texts, max_size=2), st.sampled_from(["question", "status"]), st.booleans()
    ),
)


def _unique(found):
    """Runda gives no number out twice."""
    posted = set()
    for each in found:
        if isinstance(each, Posted):
            if each.id in posted:
                continue
            posted.add(each.id)
        yield each


threads = st.lists(acts, max_size=12).map(lambda found: list(_unique(found)))


def bare(line):
    return blanking.blank(records.from_line(line), len(line))


def blanked(whole):
    for at, left in list(blanking.due(whole)):
        whole = whole[:at] + left + whole[at + len(left) :]
    return whole


def read(whole):
    return [each for line in whole.split(b"\n") if (each := records.from_line(line))]


@given(threads)
def test_blanking_is_not_seen_by_who_reads_a_thread(thread):
    whole = b"".join(map(records.to_line, thread))
    after = blanked(whole)
    assert [len(line) for line in after.split(b"\n")] == [len(line) for line in whole.split(b"\n")]
    assert blanked(after) == after
    assert len(read(after)) == len(thread)
    # Only a message that came when it had been taken back already looks another way: it says nothing.
    gone = {(each.account, each.message) for each in thread if isinstance(each, TookBack)}
    before, left = standing(thread), standing(read(after))
    assert before.keys() == left.keys()
    for message, said in before.items():
        wanted = [("",)] if said[0] and said[1] and (said[0], message) in gone else [said[1]]
        assert left[message] == (said[0], *wanted, said[2])


def standing(found):
    """Of each message: its author, its words, and its labels."""
    thread = Thread()
    thread.take(found)
    return {
        key: (each.author, tuple(piece.words for piece in each.pieces), each.labels)
        for key, each in thread.messages.items()
    }


@pytest.mark.parametrize("words", ["heron", 'he"ron\\', "hærøn\n" * 30, '","at":"' * 9, "heron" * 60])
@pytest.mark.parametrize(
    "make",
    [
        lambda words: (_wrote(1, "kari", words), _rewrote(1, "kari", "otter", 1)),
        lambda words: (_wrote(1, "kari", words), _took_back(1, "kari")),
        lambda words: (_said(1, [words, words], "recap", rewrites=False), _said(1, ["otter"], "recap", rewrites=True)),
    ],
)  # fmt: skip
def test_a_write_that_was_torn_at_any_byte_is_completed_and_hurts_no_other_line(make, words):
    first, then = make(words)
    other = _wrote(2, "amir", "beside it")
    line = records.to_line(first)[:-1]
    left, rest = bare(line), records.to_line(other) + records.to_line(then)
    same = next(at for at, (old, new) in enumerate(zip(line, left, strict=True)) if old != new)
    for cut in range(len(line) + 1):
        surely = cut <= same or cut >= len(left.rstrip())
        # A process that dies has written the beginning; a machine may have put either half on the disk.
        for torn, kept in ((left[:cut] + line[cut:], surely), (line[:cut] + left[cut:], cut <= same)):
            after = blanked(torn + b"\n" + rest)
            assert after.endswith(b"\n" + rest)
            assert blanked(after) == after
            assert after[: len(line)] == left or (not kept and not after[: len(line)].strip()), cut


def test_what_a_newer_runda_wrote_is_left_as_it_is():
    newer = b'{"type":"sang","words":"heron"}\n'
    assert blanked(newer) == newer
    older = records.to_line(_wrote(1, "kari", "heron")).replace(b"}\n", b',"mood":[1]}\n')
    after = blanked(older + records.to_line(_took_back(1, "kari")))
    assert not any(each in after for each in (b"heron", b"mood"))
    assert read(after)[0].key == "w1"


def test_a_line_that_would_become_longer_is_all_blank():
    assert blanking.blank(_wrote(1, "kari", "heron"), 20) == b" " * 20


def test_who_waits_for_the_disk_keeps_nobody_from_writing(tmp_path, monkeypatch):
    """Only bytes are moved under the lock."""
    platform = TerminalPlatform(tmp_path, Clock())
    sync, seen = os.fsync, []

    def synced(file):
        if stat.S_ISREG(os.fstat(file).st_mode):
            here = _wrote(len(seen) + 5, "kari", "meanwhile")
            monkeypatch.setattr(os, "fsync", sync)
            platform.places.append_once(here)
            monkeypatch.setattr(os, "fsync", synced)
            seen.append(here)
        sync(file)

    async def scene():
        message = (await platform.send(outgoing("t1", words="heron"))).message
        monkeypatch.setattr(os, "fsync", synced)
        await platform.send(outgoing("t2", words="otter", message=message))
        assert len(seen) == 3  # the rewriting; before the blanking; after it
        assert b"heron" not in raw(tmp_path)
        assert [each for each in platform.places.read("fjord-1") if isinstance(each, Wrote)] == seen

    asyncio.run(asyncio.wait_for(scene(), 20))


def test_a_message_that_is_edited_while_runda_rewrites_and_others_read(tmp_path):
    async def scene():
        async with listening(tmp_path, Ear()) as platform, call(tmp_path) as line:
            message = (await platform.send(outgoing("t0", words="heron 0 " * 600))).message
            assert (await line.ask(wrote("k1", words="otter 0 " * 600))).ok
            path, over = platform.places.path("fjord-1"), asyncio.Event()

            def reads():
                seen = shown(Tail(path).new())
                assert sum("Runda:" in each for each in seen) == 1
                assert sum("kari:" in each for each in seen) == 1
                assert not any("taken back" in each for each in seen)

            async def reader():
                while not over.is_set():
                    await asyncio.to_thread(reads)

            reading = asyncio.create_task(reader())
            for number in range(1, 25):
                line.put(again(f"e{number}", f"otter {number} " * 600, revision=number))
                await platform.send(outgoing(f"t{number}", words=f"heron {number} " * 600, message=message))
                assert (await line.answer()).ok
            over.set()
            await reading
            whole = raw(tmp_path)
            assert whole.count(b"heron 24") == whole.count(b"otter 24") == 600
            assert whole.count(b"heron") == whole.count(b"otter") == 600

    asyncio.run(scene())


def test_times_stay():
    later = NOW + timedelta(hours=1)
    first = records.to_line(_wrote(1, "kari", "heron"))
    gone = records.to_line(TookBack(key="t", place=PLACE, account="kari", message="m1", at=later))
    assert [each.at for each in read(blanked(first + gone))] == [NOW, later]


def test_nobody_else_writes_while_words_are_added_or_blanked(tmp_path, monkeypatch):
    seen = []

    def watched(work):
        def watching(*given):
            with Places(tmp_path).path("fjord-1").open("rb") as file, pytest.raises(BlockingIOError):
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            seen.append(work.__name__)
            work(*given)

        return watching

    for name in ("_write", "_put"):
        monkeypatch.setattr(places, name, watched(getattr(places, name)))

    async def scene():
        platform = TerminalPlatform(tmp_path, Clock())
        message = (await platform.send(outgoing("t1", words="heron"))).message
        await platform.send(outgoing("t2", words="otter", message=message))

    asyncio.run(scene())
    assert seen == ["_write", "_write", "_put"]
