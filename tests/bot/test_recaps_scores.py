"""Whatever managers are given of scores, in whatever series: it tells of no few people what they gave.

A manager is taken to know more than Runda says: who was in each group, who answered in time, and whose answers are in
which spread; so more than counts of people by unit tell, in recaps or by the API. What is not known is what each one
gave. All worlds that fit what was read are counted; a set of fewer than five people whose scores come out the same in
all of them is found out.

Scores of two rounds are two things: people answer anew, and nothing is taken for granted of how.

`RUNDA_TEST_SEED` repeats a run's choices; `--hypothesis-profile long` makes more series.
"""

from __future__ import annotations

import itertools
import random
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
from hypothesis import settings
from sqlalchemy import delete, insert, select, update

from bot.markdown import markdown
from bot.recaps import approval, reading
from bot.recaps.files import files
from bot.recaps.ledger import ledger
from bot.recaps.wording import Draft
from bot.series import members
from bot.series.office import open_office
from bot.shelf import Shelf
from bot.words import Speaker
from flows import recap as recaps
from flows.kinds.scale import Scale
from flows.levels import FEW, sides, spread
from flows.message import message
from storage import tables as t
from storage.database import Database
from storage.unit import Unit
from tests.bot.a_series import do, made
from tests.chance import a_seed

PROGRAMME = """
programme: check
languages: [en]
forms: {gathering: {minutes: 30, plenum: true}}
rounds:
  - {round: first, steps: [{scale: climate, items: [trust, risk], low: 0, high: 1}],
     plenum: [{share: shared}, {spread: seen, of: climate}]}
  - {round: second, steps: [{scale: climate, items: [trust, risk], low: 0, high: 1}],
     plenum: [{share: shared}, {spread: seen, of: climate, since: true}]}
texts:
  en:
    title: The check
    rounds:
      first:
        title: How it is
        theme: how it is
        climate: {ask: How is it?, items: {trust: Trust, risk: Risk}, low: little, high: much}
        shared: What others say
        seen: What do you see?
      second:
        title: How it is
        theme: how it is
        climate: {ask: How is it?, items: {trust: Trust, risk: Risk}, low: little, high: much}
        shared: What others say
        seen: What do you see?
"""
SCALE = Scale(scale="climate", items=("trust", "risk"), low=0, high=1)
VALUES = (0, 1, None)
SERIES = max(9, settings.default.max_examples // 40)
AT = datetime(2026, 10, 21, 12, tzinfo=UTC)


# -- what can be known


@dataclass(frozen=True)
class Read:
    """A spread as it was read of one item of one meeting, and whose answers it is of. None: it was not shown.

    `beside`: nor was that of these others, since one of the two could not be.
    """

    meeting: int
    item: str
    people: frozenset[int]
    shown: tuple[tuple[int, int], ...] | None
    beside: frozenset[int] = frozenset()


def found_out(reads: Collection[Read]) -> list[tuple[int, ...]]:
    """Sets of fewer than five people whose scores are the same in every world that fits: by exact counting.

    Each set as how many people of each kind are in it.

    People who are in the same spreads are alike, so worlds are counted by how many of each kind gave what.
    """
    kinds: dict[frozenset[frozenset[int]], set[int]] = defaultdict(set)
    sets = {side for read in reads for side in (read.people, read.beside) if side}
    for person in frozenset().union(*sets) if sets else ():
        kinds[frozenset(each for each in sets if person in each)].add(person)
    classes = [(within, sorted(people)) for within, people in kinds.items()]
    worlds = [
        world for world in _worlds([len(people) for _, people in classes]) if _fits(world, classes, reads)
    ]
    assert worlds, "what was read contradicts itself"
    return [chosen for chosen in _few(classes) if _same(chosen, worlds)]


def _worlds(sizes: Sequence[int]) -> Iterator[tuple[tuple[int, ...], ...]]:
    return itertools.product(*(_parted(size) for size in sizes))


@lru_cache
def _parted(size: int) -> tuple[tuple[int, ...], ...]:
    """How so many people can have given the values: counts in the order of `VALUES`."""
    return tuple(each for each in itertools.product(range(size + 1), repeat=len(VALUES)) if sum(each) == size)


def _fits(world: Sequence[Sequence[int]], classes: Sequence[Any], reads: Collection[Read]) -> bool:
    for read in reads:
        gave = _given(world, classes, read.people)
        if read.shown is None:
            sides = [gave, *([_given(world, classes, read.beside)] if read.beside else [])]
            if all(map(_may_be_shown, sides)):
                return False
        elif {value: n for value, n in gave.items() if value is not None} != dict(read.shown):
            return False
    return True


def _given(
    world: Sequence[Sequence[int]], classes: Sequence[Any], people: frozenset[int]
) -> Counter[int | None]:
    counts = [0] * len(VALUES)
    for (within, _), given in zip(classes, world, strict=True):
        if people in within:
            counts = [one + other for one, other in zip(counts, given, strict=True)]
    return Counter({value: n for value, n in zip(VALUES, counts, strict=True) if n})


def _may_be_shown(gave: Counter[int | None]) -> bool:
    values = list(gave.elements())
    return spread(values, len(values), len(values)) is not None


def _few(classes: Sequence[Any]) -> Iterator[tuple[int, ...]]:
    """How many people of each kind: every way to have fewer than five in all."""
    for chosen in itertools.product(*(range(min(len(people), FEW - 1) + 1) for _, people in classes)):
        if 0 < sum(chosen) < FEW:
            yield chosen


def _same(chosen: Sequence[int], worlds: Collection[Any]) -> bool:
    """Whether so many of each kind have given the same, together, in every world and whoever they are."""
    found: set[tuple[int, ...]] = set()
    for world in worlds:
        ways = [_drawn(given, n) for given, n in zip(world, chosen, strict=True)]
        for way in itertools.product(*ways):
            found.add(tuple(map(sum, zip(*way, strict=True))))
            if len(found) > 1:
                return False
    return True


@lru_cache
def _drawn(given: tuple[int, ...], n: int) -> tuple[tuple[int, ...], ...]:
    """What n of these people can have given."""
    return tuple(each for each in _parted(n) if all(one <= of for one, of in zip(each, given, strict=True)))


def test_the_solver_finds_what_can_be_found() -> None:
    ten, twelve = frozenset(range(10)), frozenset(range(12))
    fine = Read(1, "trust", ten, ((0, 4), (1, 6)))
    assert found_out([fine]) == []
    assert found_out([]) == []
    assert found_out([fine, Read(1, "trust", twelve, ((0, 4), (1, 8)))]), "two came, and both gave 1"
    assert found_out([fine, Read(1, "trust", ten - {9}, ((0, 3), (1, 6)))]), "one went, and had given 0"
    assert found_out([Read(1, "trust", frozenset(range(5)), ((1, 5),))]) != [], "all gave the same"
    hidden = Read(1, "trust", frozenset(range(6)), None)
    assert found_out([hidden]) == []
    five, others = frozenset(range(5)), frozenset(range(5, 10))
    neither = Read(1, "trust", five, None, beside=others)
    assert found_out([neither]) == []
    half = Read(1, "trust", ten, ((0, 5), (1, 5)))
    assert found_out([neither, half]), (
        "beside all together, sides that are hidden tell that each is all alike"
    )


# -- series in which anything happens


@dataclass
class Series:
    """Two rounds of the same check, and what a manager has read of them so far."""

    database: Database
    chance: random.Random
    ids: Iterator[int] = field(default_factory=lambda: itertools.count(1000))
    reads: set[Read] = field(default_factory=set)
    shelf: Shelf = field(default_factory=Shelf)
    #: How often the whole series said how it had been the first time.
    since_first: int = 0
    #: Groups whose scores are shown beside the others'.
    leading: set[int] = field(default_factory=set)
    side_by_side: int = 0

    def plan(self, folder: Path) -> None:
        gap = self.chance.random() < 0.5
        written = PROGRAMME.replace("high: 1}", "high: 1, gap: true}").replace(", since: true", "")
        (folder / "check.yaml").write_text(written if gap else PROGRAMME, "utf-8")
        sizes = self.chance.choice(
            [(9, 9), (8, 10), (12, 6), (6, 5, 8)]
            if gap
            else [(4, 4), (4, 5), (5, 4, 4), (6, 5), (12,), (4, 8), (7, 4), (4, 4, 4), (12, 4)]
        )
        names = iter(f"P{n}" for n in itertools.count(1))
        groups = [f"G{n}: {', '.join(itertools.islice(names, size))}" for n, size in enumerate(sizes, 1)]
        made(self.database, programme=str(folder / "check.yaml"), group=groups, coordinator=["Berit"],
             manager=["Per"], form="gathering", on=["2026-10-20", "2026-11-03"], at="09:00")  # fmt: skip
        if gap:
            theirs = self.chance.sample(groups, (len(groups) + 1) // 2)
            do(
                self.database,
                members.lead,
                self.shelf,
                [each.partition(":")[0] for each in theirs],
                called="north",
            )
            self.leading = {row.id for row in self.rows(select(t.circles.c.id).where(t.circles.c.leaders))}

    def rows(self, statement: Any) -> list[Any]:
        with self.database.read() as connection:
            return list(connection.execute(statement))

    # -- a meeting

    def holds(self, number: int) -> None:
        """The groups answer; everyone's session shows what had come by then; some come later."""
        sessions = self.rows(
            select(t.sessions, t.circles.c.kind)
            .join(t.circles).join(t.meetings).where(t.meetings.c.number == number)
        )  # fmt: skip
        with self.database.write() as connection:
            groups = [row for row in sessions if row.kind == "group"]
            given = {row.id: self._answer(connection, row) for row in groups}
            plenum = next((row for row in sessions if row.kind == "everyone"), groups[0])
            came = self.chance.sample(groups, self.chance.randint(2 if self.leading else 1, len(groups)))
            shown = sorted(reply for row in came for reply in given[row.id])
            theirs = {reply for row in groups if row.circle_id in self.leading for reply in given[row.id]}
            self._show(connection, plenum, shown, theirs, 0)
            if (
                self.chance.random() < 0.5
            ):  # somebody went back, and it was shown again with those who had come
                self._show(connection, plenum, sorted(itertools.chain(*given.values())), theirs, 1)
            ids = [row.id for row in sessions]
            connection.execute(update(t.sessions).where(t.sessions.c.id.in_(ids)).values(phase="finished"))
            connection.execute(update(t.meetings).where(t.meetings.c.number == number).values(status="held"))

    def _answer(self, connection: Any, session: Any) -> list[int]:
        """Not everybody does; some do not know."""
        m, given = t.memberships.c, []
        of_it = select(m.person_id).where(m.circle_id == session.circle_id, m.until.is_(None)).order_by(m.id)
        for row in connection.execute(of_it).all():
            if self.chance.random() < 0.1:
                continue
            reply = next(self.ids)
            given.append(reply)
            connection.execute(insert(t.replies), {
                "id": reply, "organisation_id": 1, "session_id": session.id, "person_id": row.person_id,
                "place_id": session.place_id, "message": f"m{reply}", "step": "climate", "role": "score",
                "late": False, "private": True, "words": "", "sent_at": AT,
            })  # fmt: skip
            connection.execute(insert(t.scores), [
                {"reply_id": reply, "item": item, "value": self.chance.choice([0, 1, 1, None])}
                for item in SCALE.items
            ])  # fmt: skip
        return given

    def _show(
        self, connection: Any, session: Any, replies: list[int], leaders: set[int], effect: int
    ) -> None:
        if len(replies) < FEW:
            return
        levels = SCALE.levels("first", tuple(replies), (), *sides(replies, leaders)[:-1])
        body = msgspec.json.encode(message("question", levels)).decode()
        connection.execute(insert(t.outbox), {
            "organisation_id": 1, "place_id": session.place_id, "session_id": session.id, "version": 1,
            "effect": effect, "kind": "say", "sort": "question", "body": body, "status": "sent",
        })  # fmt: skip

    def changes(self) -> None:
        """Between two looks: somebody joins or leaves, takes an answer back, or changes one.

        Of what may have been shown the house keeps the values, whatever is written (`tests/bot/test_kinds.py`).
        """
        with self.database.write() as connection:
            what = self.chance.choice(["join", "leave", "back", "back", "edit", "nothing"])
            members = connection.execute(
                select(t.memberships).where(t.memberships.c.circle_id.is_not(None))
            ).all()
            one = self.chance.choice(members)
            if what == "leave":
                mine = t.memberships.c.id == one.id
                connection.execute(update(t.memberships).where(mine).values(until=AT))
            elif what == "join":
                new = {"organisation_id": 1, "name": f"New{next(self.ids)}"}
                person = connection.execute(insert(t.people).returning(t.people.c.id), new).scalar_one()
                row = {"person_id": person, "series_id": 1, "circle_id": one.circle_id, "role": "participant"}
                connection.execute(insert(t.memberships), row | {"since": AT})
            elif what in ("back", "edit"):
                scored = connection.execute(select(t.replies.c.id).where(t.replies.c.role == "score")).all()
                if scored:
                    theirs = t.replies.c.id == self.chance.choice(scored).id
                    edited = update(t.replies).values(revision=t.replies.c.revision + 1)
                    connection.execute((delete(t.replies) if what == "back" else edited).where(theirs))

    # -- what a manager gets

    def approves(self, number: int, *, whole: bool = False) -> None:
        with self.database.write() as connection:
            unit = Unit(connection)
            office = open_office(connection, "Runda", "north", "test", AT + timedelta(days=number))
            desk = approval.open_desk(
                office, unit, self.shelf, lambda: next(self.ids), "coordinator", number, whole=whole
            )
            approval.approve(desk, None)

    def reads_all(self) -> None:
        """Every version that went out, as it can be read now: posted, at the counter, and as a file."""
        with self.database.read() as connection:
            unit, speaker = Unit(connection), Speaker(self.shelf)
            office = open_office(connection, "Runda", "north", "test", AT)
            out = select(t.recaps, t.meetings.c.number).join(t.meetings)
            for row in unit.all(out.where(t.recaps.c.status == "approved").order_by(t.recaps.c.id)):
                desk = approval.open_desk(
                    office, unit, self.shelf, lambda: 0, "manager", row.number, lock=False, whole=row.whole
                )
                draft = Draft(row.points, row.words, row.status, row.version, row.approved_at)
                self._reads(markdown(reading.say(speaker, unit, draft, desk.session, AT)), row)
            for path, words in files(office, unit, speaker, "coordinator", ledger(unit, 1)):
                found = re.fullmatch(r"managers/(session|series)-(\d)-v(\d)\.md", str(path))
                if found:
                    number, version = map(int, found.groups()[1:])
                    which = t.meetings.c.number == number, t.recaps.c.whole == (found[1] == "series")
                    self._reads(words, unit.all(out.where(*which, t.recaps.c.version == version))[0])

    def _reads(self, said: str, row: Any) -> None:
        recap = recaps.load(row.points)
        assert isinstance(recap, recaps.ManagerRecap)
        listed = re.findall(r"- (Trust|Risk) – (.*)", said)
        stands = [(at, each) for at, one in enumerate(recap.rounds or (recap,), 1) for each in one.levels]
        assert len(listed) <= 2 * len(stands), "what was read stands in no version"
        for name, told in listed:
            ((at, levels),) = stands
            number = at if recap.rounds else row.number
            if levels.leaders:
                self._read_sides(number, name, sides(levels.replies, levels.leaders), told)
                continue
            now, *before = re.split(r" \((?:last|first) time: ", told)
            self._read(number, name, levels.replies, now)
            if before:
                self.since_first += "first time" in told
                self._read(number - 1, name, levels.before, before[0].removesuffix(")"))

    def _read_sides(self, meeting: int, name: str, replies: Sequence[Sequence[int]], told: str) -> None:
        if found := re.fullmatch("leaders (.*); the others (.*)", told):
            self.side_by_side += 1
            for side, words in zip(replies, found.groups(), strict=True):
                self._read(meeting, name, side, words)
            return
        assert told.startswith("not shown"), told
        people = {row.id: row.person_id for row in self.rows(select(t.replies.c.id, t.replies.c.person_id))}
        if all(each in people for side in replies for each in side):
            theirs, others = (frozenset(people[each] for each in side) for side in replies)
            self.reads.add(Read(meeting, name, theirs, None, beside=others))

    def _read(self, meeting: int, name: str, replies: Sequence[int], told: str) -> None:
        people = {row.id: row.person_id for row in self.rows(select(t.replies.c.id, t.replies.c.person_id))}
        if told.startswith("not shown"):
            if set(replies) <= people.keys():  # otherwise it says only that something was taken back
                whose = frozenset(people[each] for each in replies)
                self.reads.add(Read(meeting, name, whose, None))
            return
        shown = tuple((int(value), int(n)) for value, n in re.findall(r"(\d): (\d+)", told))
        self.reads.add(Read(meeting, name, frozenset(people[each] for each in replies), shown))


def test_no_scores_of_few_people_can_be_found_out(sqlite_template: Path, tmp_path: Path, capsys: Any) -> None:
    seed = a_seed()
    with capsys.disabled():
        print(f"\nseed {seed}", end=" ")
    chance, seen = random.Random(seed), Counter[str]()
    for run in range(SERIES):
        file = tmp_path / f"{run}.db"
        file.write_bytes(sqlite_template.read_bytes())
        database = Database(f"sqlite:///{file}")
        series = Series(database, chance)
        series.plan(tmp_path)
        for number in (1, 2):
            series.holds(number)
            for _ in range(chance.randint(1, 3)):
                series.approves(chance.randint(1, number))
                if number == 2:
                    series.approves(2, whole=True)
                    seen["whole"] += 1
                series.reads_all()
                series.changes()
                series.reads_all()
        for meeting, item in {(read.meeting, read.item) for read in series.reads}:
            mine = [read for read in series.reads if (read.meeting, read.item) == (meeting, item)]
            assert found_out(mine) == [], f"run {run} of seed {seed}: meeting {meeting}, {item}: {mine}"
            seen.update("shown" if read.shown else "hidden" for read in mine)
        seen["since first"] += series.since_first
        seen["side by side"] += series.side_by_side
        database.close()
    assert seen["shown"] > SERIES // 2, "the test has looked at too little"
    assert seen["whole"] >= SERIES
    assert seen["hidden"] > 0
    assert seen["side by side"] > 0
