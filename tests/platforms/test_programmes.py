"""Every programme of the library, whole, in Slack: all its meetings, two groups, people who just answer.

They press what is offered, fill in what is asked, and write when there is nothing to press. What they say means
nothing; that every question arrives, every answer is taken in and every sitting ends is what is looked at. Then all
that was said is looked at as Telegram and a terminal would show it, in every language of the programme; and every recap
of it: that managers' name nobody, and that each line of any leads to what it rests on.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from typing import Any

import pytest

from bot import library
from storage import tables as t
from storage.database import Database
from storage.migrate import upgrade
from tests.platforms.elsewhere import shown_everywhere
from tests.platforms.nameless import recaps_hold
from tests.platforms.slack_rig import Trial, trial
from tests.platforms.slack_scene import FJELL, FJORD, content

#: Each in one of its languages, all of them in turn: that texts are complete in every language is tested elsewhere.
PLAYED = [
    ("culture", "nb"), ("exchange", "nn"), ("network", "sv"), ("retrospective", "en"), ("training", "en"),
]  # fmt: skip
FIRST = date(2026, 10, 13)
#: Buttons that move everybody, or that explain: people here do not press them by themselves.
LEFT_ALONE = re.compile(r"(next|more|back|pause|help|resume|was-answer)(:\d+)?")
#: Minutes between looks at what there is to do.
STEP = 2
#: Looks after which a sitting that has not ended is taken for one that never will.
ENOUGH = 100


def test_no_programme_is_left_out() -> None:
    played = [programme for programme, _ in PLAYED]
    assert sorted(library.shipped()) == sorted([*played, "selfcheck"])  # which has a story of its own


@dataclass
class Group:
    """One circle in its thread, and which messages it has dealt with."""

    thread: str
    people: tuple[str, ...]
    done: set[str] = field(default_factory=set)


@dataclass
class Play:
    it: Trial
    numbers: Any = field(default_factory=lambda: count(1))

    async def meeting(self, number: int) -> None:
        """From its opening until all its sittings have ended."""
        seen = {post.ts for post in self.posts()}
        await self.it.go(to=self._start(number))
        roots = [post for post in self.posts() if not post.thread_ts and post.ts not in seen]
        groups = [
            Group(root.ts, people) for root, people in zip(roots, (FJORD, FJELL, FJORD + FJELL), strict=False)
        ]
        for _ in range(ENOUGH):
            for group in groups:
                await self.act(group)
            if not self._going_on(number):
                return
            await self.it.go(minutes=STEP)
        pytest.fail(f"session {number} does not end: {self._going_on(number)}")

    def _start(self, number: int) -> Any:
        [starts] = {row.starts_at for row in self._sessions(number)}
        return starts

    def _sessions(self, number: int) -> list[Any]:
        meetings = self.it.rig.rows(t.meetings, t.meetings.c.number == number)
        return self.it.rig.rows(t.sessions, t.sessions.c.meeting_id == meetings[0].id)

    def _going_on(self, number: int) -> list[str]:
        return [row.phase for row in self._sessions(number) if row.phase not in ("finished", "cancelled")]

    def posts(self) -> list[Any]:
        return list(self.it.slack.posts(self.it.scene.channel))

    # -- what a group does with what it has not dealt with yet

    async def act(self, group: Group) -> None:
        posts = [post for post in self.posts() if group.thread in (post.thread_ts, post.ts)]
        fresh = [post for post in posts if post.ts not in group.done and post.app_id]
        group.done |= {post.ts for post in fresh}
        for post in fresh:
            await self.answer(group, post)

    async def answer(self, group: Group, post: Any) -> None:
        presses = [button["value"] for block in post.blocks for button in block.get("elements", ())
                   if isinstance(button, dict) and "value" in button]  # fmt: skip
        own = [
            press for press in presses if not LEFT_ALONE.fullmatch(press) and not press.startswith("open:")
        ]
        if "open:answer" in presses:
            for who in group.people[:3]:  # six of both groups: a spread may be shown
                await self.fill_in(who, post)
        elif own:
            own = ["yes"] if "yes" in own else own  # what a group puts forward, it lets out
            for who, press in zip(group.people, own * len(group.people), strict=False):
                await self.it.slack.press(who, self.it.scene.channel, post.ts, press)
        if presses and not own:
            for who in group.people[:2]:
                words = f"Svar {next(self.numbers)}"
                await self.it.slack.say(who, self.it.scene.channel, words, thread=group.thread)
        await self.it.settle()

    async def fill_in(self, who: str, post: Any) -> None:
        """In the form that opens, something of what may be chosen, and a word everywhere else."""
        await self.it.slack.press(who, self.it.scene.channel, post.ts, "open:answer")
        await self.it.settle()
        while (modals := self.it.slack.modals(who)) and modals[-1].body.get("submit"):
            given = {block["block_id"]: self._given(block["element"]) for block in modals[-1].blocks
                     if block["type"] == "input"}  # fmt: skip
            answer = await self.it.slack.submit(who, given)
            assert answer.ok, answer.reason
            assert not answer.errors
            await self.it.settle()
            if answer.action in ("", "clear"):
                break

    def _given(self, element: dict[str, Any]) -> Any:
        if "options" in element:
            options = element["options"]
            one: str = options[next(self.numbers) % len(options)]["text"]["text"]
            return [one] if element["type"] == "checkboxes" else one
        return f"Alene {next(self.numbers)}"


@pytest.mark.parametrize(("programme", "language"), PLAYED)
def test_a_programme_runs_whole(programme: str, language: str, tmp_path: Any) -> None:
    database = Database(f"sqlite:///{tmp_path / 'runda.db'}")
    upgrade(database)
    asyncio.run(_whole(programme, language, database))


async def _whole(programme: str, language: str, database: Database) -> None:
    whole = content(programme).programme
    dates = [str(FIRST + timedelta(weeks=2 * number)) for number in range(len(whole.rounds))]
    async with trial(database, language=language) as it:
        it.scene.series(database, on=dates, programme=programme, form=_form(whole))
        play = Play(it)
        for number in range(1, len(whole.rounds) + 1):
            await play.meeting(number)
        assert it.rig.rows(t.parked) == []
        failed = [
            (row.slot, row.reason) for row in it.rig.rows(t.outbox) if row.status in ("failed", "queued")
        ]
        assert failed == []
        assert it.rig.rows(t.replies, t.replies.c.role != "control")
    if programme == "network":  # which asks for the same levels in its first round and its last
        assert any('"level.since"' in row.body for row in it.rig.rows(t.outbox))
    assert shown_everywhere(database, whole.languages) > 30 * len(whole.languages)
    assert recaps_hold(database) == 2 * len(whole.rounds) - 1
    database.close()


def _form(programme: Any) -> str:
    """One with a plenum, where there is one."""
    plenum = [name for name, form in programme.forms.items() if form.plenum]
    return [*plenum, *programme.forms][0]
