"""What holds for every programme and every order of events, sense or nonsense.

Programmes are drawn from the kinds, within the model's own constraints. Events are drawn as a few numbers each and
made against the session as it stands, so that half of them fit; the rest comes too early, too late, twice, from
strangers, or about things that never were.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from flows import effects as fx
from flows import events as e
from flows import reading as r
from flows.calendar import WorkingDays
from flows.controls import END
from flows.engine import Advance, advance
from flows.kinds.finding import RELEASED
from flows.programme import Programme, Route
from flows.state import ASKED_KEPT, FOUND_KEPT, UNDOS_KEPT, WRITTEN_KEPT, FoundState, Phase, State, dump
from flows.timing import DEADLINES
from flows.turn import OFFICE, PUNCTUAL
from tests.flows.stage import settle

START = datetime(2026, 10, 13, 7, tzinfo=UTC)
ZONES = ("Europe/Oslo", "Australia/Lord_Howe", "UTC")
MEMBERS = (1, 2, 3)

# -- programmes

MINUTES = st.integers(1, 20)
#: What may be drawn for each kind; the key is the word, the first key of a step names it.
NEW_KINDS = ("level", "spread", "choose", "decide", "form", "pitch", "sentence", "again", "wait")
GROUP_KINDS = (
    *NEW_KINDS, "recap", "follow-up", "say", "picture", "ask", "scale", "note", "finding", "release", "action",
               "break")  # fmt: skip
PLENUM_KINDS = (
    "pairs",
    "gross",
    "respond",
    "spread",
    "choose",
    "decide",
    "form",
    "sentence",
    "share",
    "say",
    "picture",
    "ask",
    "note",
    "break",
)


@st.composite
def steps(draw: st.DrawFn, words: tuple[str, ...]) -> list[dict[str, Any]]:
    drawn = draw(st.lists(st.sampled_from(words), min_size=1, max_size=7))
    return [step(draw, word, n) for n, word in enumerate(drawn)]


def step(draw: st.DrawFn, word: str, n: int) -> dict[str, Any]:
    made: dict[str, Any] = {word: "map" if word == "picture" else f"s{n}"}
    if word not in ("say", "picture"):
        made["minutes"] = draw(MINUTES)
    if word in BUILDS_ON:
        made["of"] = "s0"
    if word == "ask":
        made["alone"] = draw(st.integers(0, made["minutes"] - 1))
    return (
        made
        | {key: draw(values) for key, values in DETAILS.get(word, {}).items()}
        | draw(WAYS.get(word, st.just({})))
    )


BUILDS_ON = ("note", "release", "spread", "gross", "respond", "level")
FLAG = st.booleans()
FIELDS = st.just(["a", {"field": "b", "of": "a"}, {"field": "c", "if": "b"}])
#: What else may be drawn for a kind, key by key; and ways that take several keys.
DETAILS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "finding": {"most": st.integers(1, 4)},
    "scale": {"items": st.sampled_from((["a"], ["a", "b", "c"]))},
    "choose": {"picks": st.integers(1, 2), "secret": FLAG},
    "form": {"fields": FIELDS, "alone": FLAG, "share": FLAG},
    "pitch": {"fields": FIELDS, "alone": FLAG, "share": FLAG},
    "sentence": {"form": st.sampled_from(("statement", "how-can-we")), "share": FLAG},
    "respond": {"judge": FLAG},
    "again": {"from": st.just("s0"), "most": st.integers(1, 2)},
}
WAYS: dict[str, st.SearchStrategy[Any]] = {
    "choose": st.sampled_from(({"options": ["a", "b", "c"]}, {"of": "s0"}, {"of": "s1.a"})),
}


@st.composite
def routes(draw: st.DrawFn, *, everyone: bool) -> Route:
    raw = {
        "programme": "drawn",
        "languages": ["en"],
        "pictures": {"map": {"file": "map.svg", "points": draw(st.integers(0, 9))}},
        "rounds": [
            {"round": "only", "steps": draw(steps(GROUP_KINDS)), "plenum": draw(steps(PLENUM_KINDS))},
        ],
    }
    return Programme.model_validate(raw).route(1, everyone=everyone)


@st.composite
def openings(draw: st.DrawFn) -> tuple[Route, e.Opened, datetime]:
    groups = draw(st.sampled_from((0, 0, 0, 1, 3)))
    pace = draw(st.sampled_from(("live", "live", "async")))
    now = START + timedelta(minutes=draw(st.integers(0, 8 * 24 * 60)))
    closes = now + timedelta(minutes=draw(st.integers(1, 10 * 24 * 60)))
    setting = e.Setting(
        pace=pace,
        answering=draw(st.sampled_from(("each", "each", "table"))),
        zone=draw(st.sampled_from(ZONES)),
        number=draw(st.integers(1, 3)),
        of=3,
        minutes=draw(st.integers(0, 60)),
        plenum=draw(st.booleans()),
        pause=draw(st.sampled_from((0, 15))),
        closes_at=closes if pace == "async" else None,
        late=draw(st.sampled_from((0, 7))),
        recap=draw(st.sampled_from((None, 900))),
        actions=draw(st.sampled_from(((), (801,), (801, 802)))),
        groups=groups,
        seats=(e.Seats(51, (1, 2)), e.Seats(52, (3,))) if groups else (),
        given=draw(st.sampled_from(((), (fx.Given("s0", (700, 701, 702)),)))),
    )
    return draw(routes(everyone=bool(groups))), e.Opened(setting, () if groups else MEMBERS), now


# -- events

READINGS: tuple[r.Reading, ...] = (
    r.Plain(), r.Plain(), r.Plain(), *map(r.Control, r.CONTROLS), r.Help(1), r.Help(9), r.Count(4), r.Count(1),
    r.Count(2), r.Digits((1, 2)),
    r.Verdict(None, "yes"), r.Verdict(None, "no"), r.Verdict(1, "yes"), r.Verdict(2, "no"), r.Verdict(1, "done"),
    r.Verdict(None, "dropped"), r.Rewording(1), r.Rewording(99), r.Listed(1), r.Marked("finding"), r.Marked("action"),
    r.Marked("note"), *map(r.Marking, r.MARKS), r.Digits(), r.Digits(),
)  # fmt: skip
PRESSES = (
    *r.CONTROLS,
    *r.MARKS,
    "level-1",
    "pick-1",
    "pick-2",
    "pick-99",
    "yes",
    "no",
    "help:1",
    "help:99",
    "next:1",
    "next:2",
    "dance",
    "",
    "yes:0",
    "help:" + "9" * 5000,
)
REASONS = ("archived", "unknown")
#: How much time passes before an event, in seconds: most often little, sometimes a whole outage.
PAUSES = (0, 1, 5, 30, 60, 240, 600, 3600, 20 * 3600, 4 * 24 * 3600)


@dataclass(frozen=True)
class Draw:
    """An event to be: what sort, after how long, and numbers to choose its details by."""

    sort: str
    after: int
    a: int
    b: int
    flag: bool

    def event(self, state: State, reply: int, now: datetime) -> e.Event:
        person = 1 + self.a % 5
        made = getattr(self, self.sort)(state, person, reply, now)
        assert isinstance(made, get_args(e.Event))
        return made

    def replied(self, _: State, person: int, reply: int, now: datetime) -> e.Event:
        return e.Replied(
            person=person,
            reply=reply,
            reading=READINGS[self.b % len(READINGS)],
            sent_at=now - timedelta(seconds=(0, 0, 2, 90, 7200)[self.a // 5 % 5]),
            private=self.flag and self.b % 3 == 0,
            prompt=(None, None, None, None, 1, 2, 3, 77)[self.a // 25 % 8],
            about=(None, None, 1 + self.b % max(reply, 1))[self.a // 7 % 3],
            meant=self.meant(),
            shape=(None, r.Shape(1, 5), r.Shape(2, 5), r.Shape(1, 3, how=True, everyone=True))[self.b % 4],
        )

    def meant(self) -> e.Meant | None:
        roles = get_args(fx.Role)
        return e.Meant(1 + self.b % 4, roles[self.a % len(roles)], self.b % 6) if self.a % 3 else None

    def pressed(self, state: State, person: int, reply: int, now: datetime) -> e.Event:
        prompt = (None, state.prompt.prompt if state.prompt else None, 1, 2)[self.a // 5 % 4]
        about = (None, 1 + self.a % max(reply, 1))[self.flag]
        return e.Pressed(
            person, PRESSES[self.b % len(PRESSES)], about, prompt, private=self.b % 4 == 0, meant=self.meant()
        )

    def filled(self, state: State, person: int, reply: int, now: datetime) -> e.Event:
        prompt = (state.prompt.prompt if state.prompt else 1, 1 + self.a % 6)[self.a // 5 % 4 == 0]
        words = {} if self.flag else {"answer" if self.b % 2 else "a": (reply,)}
        return e.Filled(person=person, prompt=prompt, sent_at=now, words=words,
                        chosen=reply if self.flag else None, items=("a",) if self.flag else ())  # fmt: skip

    def attached(self, state: State, person: int, reply: int, now: datetime) -> e.Event:
        return e.Attached(person)

    def arrived(self, state: State, person: int, reply: int, now: datetime) -> e.Event:
        """The present question reaches the circle, as it usually does."""
        return e.Delivered(state.prompt.prompt if state.prompt else 1, now)

    def delivered(self, state: State, person: int, reply: int, now: datetime) -> e.Event:
        return e.Delivered(self.a % 6, now + timedelta(seconds=self.b % 400 - 300))

    def failed(self, state: State, person: int, reply: int, now: datetime) -> e.Event:
        present = state.prompt.prompt if state.prompt else 1
        return e.DeliveryFailed(present if self.flag else self.a % 6, REASONS[self.b % 2])

    def time(self, state: State, person: int, reply: int, now: datetime) -> e.Event:
        return e.TimeCame()

    def people(self, state: State, person: int, reply: int, now: datetime) -> e.Event:
        return (e.Joined if self.flag else e.Left)(person)

    def corrected(self, state: State, person: int, reply: int, now: datetime) -> e.Event:
        return (e.Removed if self.flag else e.Edited)(person, 1 + self.b % max(reply, 1))

    def ordered(self, state: State, person: int, reply: int, now: datetime) -> e.Event:
        orders = (
            e.Paused(), e.Resumed(), e.Resumed("moved"), e.Stretched(self.a - 100), e.Stretched(5),
            e.Curated(self.a % 4, self.a % 3 or None, (None, "small")[self.flag]), e.Gathered(),
        )  # fmt: skip
        return e.Closed() if self.b % 23 == 0 else orders[self.b % len(orders)]

    def shared(self, state: State, person: int, reply: int, now: datetime) -> e.Event:
        given = (fx.Given("s0", (1, 2)),) if self.flag else ()
        return e.Published(50 + self.a % 4, tuple(range(self.b % 4)), given)

    def opened(self, state: State, person: int, reply: int, now: datetime) -> e.Event:
        return e.Opened(state.setting, (1,))


SORTS = (
    *("filled",) * 3, "attached", *("replied",) * 8,
    *("arrived",) * 5, *("time",) * 4, *("pressed",) * 3, "delivered", "failed", "people",
    "corrected", "ordered", "shared", "shared", "opened",
)  # fmt: skip
DRAWS = st.builds(
    Draw,
    st.sampled_from(SORTS),
    st.sampled_from(PAUSES),
    st.integers(0, 1000),
    st.integers(0, 1000),
    st.booleans(),
)


# -- a session under watch

CODES = {
    *get_args(Phase), *get_args(FoundState), *DEADLINES, "alone", "starts", END, *r.CONTROLS, "live", "async", "each",
    "table", "", "shared", "waiting", "sharing", "again", "small", "large", *ZONES,
}  # fmt: skip
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def strings(value: Any, *, keys: bool) -> set[str]:
    """All strings in a JSON value; the names of fields are not among them, those of deadlines are."""
    if isinstance(value, dict):
        inside = set().union(
            *(strings(each, keys=name in ("deadlines", "left")) for name, each in value.items())
        )
        return inside | (set(value) if keys else set())
    if isinstance(value, list):
        return set().union(*(strings(each, keys=False) for each in value))
    return {value} if isinstance(value, str) else set()


@dataclass
class Watched:
    """A session to which things happen, and everything that must hold after each of them."""

    route: Route
    now: datetime
    state: State | None = None
    log: list[tuple[e.Event, datetime]] = field(default_factory=list)
    effects: list[fx.Effect] = field(default_factory=list)
    replies: int = 0
    by_coordinator: bool = False

    def take(self, event: e.Event) -> Advance:
        before = self.state
        result = settle(self.route, before, event, self.now)
        if isinstance(event, e.Replied):
            self.heard(before, event, result)
        if result.ignored is not None:
            assert result.ignored
            return result
        assert result.state is not None
        self.state = result.state
        self.log.append((event, self.now))
        self.said(result)
        self.holds(before, event)
        self.effects += result.effects
        if isinstance(event, e.Paused | e.Resumed):
            self.by_coordinator = isinstance(event, e.Paused)
        self.waits(self.state)
        self.small(self.state)
        if isinstance(event, e.TimeCame):
            self.caught_up(self.state, result)
        return result

    def heard(self, before: State | None, event: e.Replied, result: Advance) -> None:
        """Nothing that a member says is lost, nothing is filed twice, and what is private stays so."""
        member = before is not None and (before.setting.groups or event.person in before.members)
        kept = [
            fx_ for fx_ in result.effects if isinstance(fx_, fx.Keep | fx.Drop) and fx_.reply == event.reply
        ]
        noted = [fx_.what for fx_ in result.effects if isinstance(fx_, fx.Note) and fx_.reply == event.reply]
        assert len(kept) == (1 if member else 0)
        assert (result.ignored is None) == bool(member)
        if kept and isinstance(kept[0], fx.Drop):
            # Said aloud, or not to be read: nothing else comes of it than a word to its author.
            assert len(result.effects) == 2
            assert isinstance(event.reading, r.Count | r.Digits)
            assert settle(self.route, before, e.hushed(event), self.now) == result
        elif kept:
            assert not event.private or kept[0].role in ("solo", "control", "aside")
            # Who reads the role, and who reads the list of findings, must see the same.
            assert noted == ([kept[0].role] if kept[0].role in ("finding", "action") else [])

    def said(self, result: Advance) -> None:
        state = result.state
        assert state is not None
        slots = {fx_.slot for fx_ in self.effects if isinstance(fx_, fx.Say)}
        prompts = [fx_.prompt for fx_ in self.effects if isinstance(fx_, fx.Say) and fx_.prompt]
        for effect in result.effects:
            if isinstance(effect, fx.Say):
                slots.add(effect.slot)
                assert (effect.to == "person") <= (effect.person is not None)
                if effect.prompt:
                    prompts.append(effect.prompt)
            elif isinstance(effect, fx.Update):
                assert effect.slot in slots
            elif isinstance(effect, fx.Publish):
                standing = {found.reply: found for found in state.findings}
                assert all(
                    standing[one].state in RELEASED and not standing[one].against for one in effect.findings
                )
        assert prompts == list(range(1, len(prompts) + 1))
        assert sum(isinstance(fx_, fx.Say) and bool(fx_.prompt) for fx_ in result.effects) <= len(
            self.route.steps
        )
        all_of_it = (*self.effects, *result.effects)
        finishes = [fx_.outcome for fx_ in all_of_it if isinstance(fx_, fx.Finish)]
        assert len(finishes) == (state.phase == "finished")
        publishes = sum(isinstance(fx_, fx.Publish) for fx_ in all_of_it)
        came = state.phase == "finished" and finishes[0] != "nobody came"
        assert publishes == came or (state.setting.groups and publishes <= came)

    def holds(self, before: State | None, event: e.Event) -> None:
        """What a coordinator paused goes on, or begins, when the coordinator says so; nobody else's word is enough."""
        assert self.state is not None
        if before and before.phase == "paused" and self.by_coordinator:
            assert self.state.phase == "paused" or isinstance(event, e.Resumed | e.Closed)

    def waits(self, state: State) -> None:
        """Every wait has an end: a time, or a coordinator who paused."""
        if state.phase == "finished":
            assert state.wake_at is None
            assert not state.left
        elif state.phase == "paused":
            assert set(state.deadlines) <= {"forgotten"}
            assert state.deadlines or self.by_coordinator
        else:
            assert state.wake_at is not None
            assert not state.left

    def small(self, state: State) -> None:
        """Ids, counts, times and codes: no word, no name, and only so many."""
        raw = dump(state)
        unknown = (
            {text for text in strings(json.loads(raw), keys=False) if not INSTANT.fullmatch(text)}
            - CODES
            - {place for step in self.route.steps for place in (step.id, *step.topics())}
            - {"s0"}
        )
        assert not unknown
        assert len(state.asked) <= ASKED_KEPT
        assert len(state.findings) <= FOUND_KEPT
        assert len(state.actions) <= FOUND_KEPT + len(state.setting.actions)
        assert len(state.undos) <= UNDOS_KEPT
        assert len(set(state.answered)) == len(state.answered) <= 6
        assert state.reminders <= 2
        assert len(state.written) + len(state.handed) <= 2 * WRITTEN_KEPT
        assert (
            len(raw)
            < 3000
            + 80 * (len(state.written) + len(state.handed))
            + 80 * (len(state.asked) + len(state.findings) + len(state.actions))
            + 500
        )
        assert all(len(scored.by) <= 6 for scored in state.scores)

    def caught_up(self, state: State, result: Advance) -> None:
        """All that was due is settled; and at the async pace the clock alone says nothing in quiet hours."""
        assert state.wake_at is None or state.wake_at >= self.now
        if state.setting.pace == "async" and any(isinstance(fx_, fx.Say) for fx_ in result.effects):
            days = WorkingDays(state.setting.zone, *OFFICE)
            assert days.next_open(self.now - PUNCTUAL) <= self.now

    def drawn(self, draws: list[Draw]) -> None:
        for draw in draws:
            assert self.state is not None
            self.now += timedelta(seconds=draw.after)
            if draw.sort == "time" and draw.flag and self.state.wake_at:
                self.now = max(self.now, self.state.wake_at)
            event = draw.event(self.state, self.replies + 1, self.now)
            self.replies += isinstance(event, e.Replied | e.Filled)
            self.take(event)


def opened(opening: tuple[Route, e.Opened, datetime]) -> Watched:
    route, event, now = opening
    watched = Watched(route, now)
    watched.take(event)
    return watched


@settings(max_examples=250)  # the heart of it all, and quick
@given(openings(), st.lists(DRAWS, max_size=40))
def test_whatever_happens(opening: tuple[Route, e.Opened, datetime], draws: list[Draw]) -> None:
    """What `Watched` looks at, after every event; and the log, replayed, gives the same state to the byte."""
    watched = opened(opening)
    watched.drawn(draws)
    replayed: State | None = None
    for event, now in watched.log:
        replayed = advance(watched.route, replayed, event, now=now).state
    assert replayed is not None
    assert watched.state is not None
    assert dump(replayed) == dump(watched.state)


@given(openings(), st.lists(DRAWS, max_size=15))
def test_time_alone_ends_every_session(opening: tuple[Route, e.Opened, datetime], draws: list[Draw]) -> None:
    watched = opened(opening)
    watched.drawn(draws)
    assert watched.state is not None
    if watched.state.phase == "paused" and not watched.state.deadlines:
        watched.take(e.Resumed())
    turns = 0
    while (wakes := watched.state.wake_at) is not None:
        watched.now = max(wakes, watched.now)
        watched.take(e.TimeCame())
        turns += 1
        # A step has at most its own three deadlines, and a prompt the one for its delivery.
        assert turns < 8 * (len(watched.route.steps) + 2), watched.state
    assert watched.state.phase == "finished"


@given(
    st.lists(st.integers(1, 10), min_size=1, max_size=5),
    st.lists(st.tuples(st.integers(0, 3600), st.integers(0, 7200)), max_size=4),
    st.integers(0, 200),
)
def test_an_outage_takes_no_time_from_a_question(
    minutes: list[int], outages: list[tuple[int, int]], delay: int
) -> None:
    """However long the house is down, a question stays for all its minutes after it has been delivered."""
    asks = [{"ask": f"s{n}", "minutes": m} for n, m in enumerate(minutes)]
    raw = {"programme": "p", "languages": ["en"], "rounds": [{"round": "r", "steps": asks}]}
    route = Programme.model_validate(raw).route(1)
    setting = e.Setting(pace="live", answering="each", zone="UTC", number=1, of=1, minutes=25)
    watched = opened((route, e.Opened(setting, MEMBERS), START))
    watched.take(e.Pressed(1, "here"))
    down = [(START + timedelta(seconds=at), START + timedelta(seconds=at + long)) for at, long in outages]
    seen: list[datetime] = []
    while watched.state is not None and (wakes := watched.state.wake_at) is not None:
        asked = watched.state.prompt
        arrives = watched.now + timedelta(seconds=delay) if asked and asked.at is None else None
        moment = min(wakes, arrives) if arrives else wakes
        for begins, ends in down:
            moment = ends if begins <= moment < ends else moment
        watched.now = moment
        if arrives and arrives <= moment and asked:
            assert len(seen) == asked.prompt - 1
            seen.append(moment)
            watched.take(e.Delivered(asked.prompt, moment))
        else:
            before = watched.state.prompt
            watched.take(e.TimeCame())
            if watched.state.prompt != before or watched.state.phase == "finished":
                assert moment - seen[-1] >= timedelta(minutes=minutes[len(seen) - 1])
    assert len(seen) == len(minutes)


# -- one «no» holds

VERDICTS = st.tuples(
    st.sampled_from(MEMBERS),
    st.sampled_from(
        ("yes", "no", "reword", "press yes", "press no", "remove words", "next", "back", "pause", "resume")
    ),
    st.sampled_from((None, 1, 2, 3)),
    st.sampled_from((None, 2)),
    st.sampled_from((1, 5, 40)),
)


def verdict(watched: Watched, word: str, number: int | None, person: int, prompt: int | None) -> e.Event:
    if word.startswith("press "):
        return e.Pressed(person, word.removeprefix("press "), None, prompt)
    reading: r.Reading
    if word == "reword":
        reading = r.Rewording(number or 1)
    elif word in ("yes", "no"):
        reading = r.Verdict(number, word)
    else:
        reading = r.Control(word)
    watched.replies += 1
    return e.Replied(
        person=person, reply=watched.replies, reading=reading, sent_at=watched.now, prompt=prompt
    )


@given(st.lists(VERDICTS, max_size=25))
def test_one_no_holds_a_finding_back(said: list[tuple[int, str, int | None, int | None, int]]) -> None:
    """Whoever says yes, and whatever is reworded, taken back or gone through again: until who said no says yes."""
    raw = {"programme": "p", "languages": ["en"], "rounds": [{"round": "r", "steps": [
        {"finding": "aha"}, {"release": "share", "of": "aha"}, {"action": "do"}]}]}  # fmt: skip
    route = Programme.model_validate(raw).route(1)
    setting = e.Setting(pace="live", answering="each", zone="UTC", number=1, of=1, minutes=25)
    watched = opened((route, e.Opened(setting, MEMBERS), START))
    for event in (e.Pressed(1, "here"), e.Delivered(1, START)):
        watched.take(event)
    for _ in range(3):
        watched.take(verdict(watched, "reword", 1, 1, None))
    watched.take(verdict(watched, "next", None, 1, None))
    against: dict[int, set[int]] = (
        {found.reply: set() for found in watched.state.findings} if watched.state else {}
    )
    words: dict[int, int] = {}
    for person, word, number, prompt, after in said:
        state = watched.state
        assert state is not None
        watched.now += timedelta(seconds=after)
        if state.prompt and state.prompt.at is None:
            watched.take(e.Delivered(state.prompt.prompt, watched.now))
        if state.wake_at and state.wake_at <= watched.now:
            watched.take(e.TimeCame())
        event = e.Removed(1, words.get(number or 1, 0)) if word == "remove words" else verdict(
            watched, word, number, person, prompt)  # fmt: skip
        effects = watched.take(event).effects
        for note in (fx_ for fx_ in effects if isinstance(fx_, fx.Note) and fx_.what == "finding"):
            if word.endswith("no"):
                against[note.reply].add(person)
            if word.endswith("yes"):
                against[note.reply].discard(person)
            if note.words:
                words[note.reply] = note.words
            assert (note.state in RELEASED) <= (not against[note.reply])
        published = [fx_.findings for fx_ in effects if isinstance(fx_, fx.Publish)]
        assert not any(against[one] for findings in published for one in findings)
