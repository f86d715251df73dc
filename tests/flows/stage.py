"""A stage for sessions: scripts of who writes and presses what, and when, played through the engine.

A transcript is one readable file. Above `---` stands how the sitting is held (YAML); below it the script, one
line for each thing that happens; and under each line, indented, what came of it. `RUNDA_UPDATE=1 pytest` writes
the indented lines anew: look the difference through before committing it.

    == 2026-10-14                              the date of what follows
    09:00 open
    09:03 kari: next                           a message; kari's third message is called by its own number, r7
    09:03 kari (private): I think …            to Runda alone; also (to 2), (about r4), (sent 09:02:10)
    09:04 kari presses next                    also: presses no under 5, presses was-answer about r3,
                                               presses help:3 privately
    09:05 kari edits r4: other words           09:05 kari removes r4; no words reach the engine, but of what is
                                               counted: kari removes r4 of 2: 3 (r4 answered prompt 2 with «3»)
    09:04 kari fills 1: what r5 r6, who picks r5               a sheet: replies by item, written or picked; or what
                                               was chosen, stored under one reply: `scores r5 (freedom, trust)`
    09:05 ola presses note about r4 of kari answer to 1        with what the caller knows of r4; (of kari answer to 1)
    09:05 per attaches a picture
    09:06 nils joins                           09:07 ola leaves
    09:08 coordinator pauses                   resumes, closes, gathers, stretches 5
    09:08 coordinator merges 3 into 1          coordinator calls 2 small
    09:09 coordinator words 2 as r9            coordinator restores 2
    09:09 north publishes r41, r42; of pitch.what r43          another group, to everyone's session
    09:10 delivered 3                          09:10 refused 3: archived
    09:12 down                                 09:50 up
    09:55 tick                                 a wake-up that nobody asked for
    10:00 end                                  time passes until then

Time passes by itself: deadlines wake the session, and questions are delivered two seconds after they were asked
(`delivery: held`: only when the script says so), both shown where they happen. While down neither does.

Between every two events the state is written as JSON and read again; every effect is, too; and in the end the
log is replayed, and must give the same state.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from ruamel.yaml import YAML

import flows
from flows import effects as fx
from flows import events as e
from flows import message as m
from flows.engine import Advance, advance
from flows.language import Catalogue
from flows.programme import Programme, Route
from flows.reading import shape, understand
from flows.state import State, dump, load

TRANSCRIPTS = Path(__file__).parent / "transcripts"
ROOM = Path(flows.__file__).parent
ZONE = "Europe/Oslo"
LINE = re.compile(r"(?P<at>\d\d:\d\d(?::\d\d)?) (?P<what>.+)")
SAID = re.compile(r"(?P<who>\w+)(?: \((?P<how>[^)]*)\))?: (?P<words>.+)")
PRESSED = re.compile(
    r"(?P<who>\w+) presses (?P<press>\S+)(?: under (?P<prompt>\d+))?(?: about r(?P<about>\d+))?"
    r"(?: of (?P<of>\w+)(?: (?P<role>\w+))? to (?P<to>\d+))?(?P<private> privately)?"
)

effects_to = msgspec.json.Encoder()
effects_from = msgspec.json.Decoder(tuple[fx.Effect, ...])
events_from = msgspec.json.Decoder(e.Event)


@cache
def library(name: str) -> Programme:
    return Programme.model_validate(YAML(typ="safe").load(ROOM / f"programmes/{name}/programme.yaml"))


def selfcheck() -> Programme:
    return library("selfcheck")


@cache
def vocabulary() -> dict[str, list[str]]:
    texts = YAML(typ="safe").load(ROOM / "texts/en.yaml")
    return Catalogue("en", texts, "UTC").vocabulary()


def route_of(head: dict[str, Any]) -> Route:
    """That of a programme, the self-check unless another is named; or of steps that the head lists."""
    if "steps" not in head:
        named = library(head.get("programme", "selfcheck"))
        return named.route(head.get("round", 1), everyone="groups" in head)
    everyone = "groups" in head
    steps = {"steps": head.get("group_steps", head["steps"]), "plenum": head["steps"] if everyone else []}
    own = {"programme": "own", "languages": ["en"], "rounds": [{"round": "only", **steps}],
           "pictures": head.get("pictures", {})}  # fmt: skip
    return Programme.model_validate(own).route(1, everyone=everyone)


def settle(route: Route, state: State | None, event: e.Event, now: datetime) -> Advance:
    """Advance, through JSON: what is written down must be all there is."""
    event = events_from.decode(msgspec.json.encode(event))
    before = dump(state) if state else None
    result = advance(route, load(before) if before else None, event, now=now)
    if result.ignored is not None:
        assert (dump(result.state) if result.state else None) == before
        assert result.effects == ()
        return result
    assert result.state is not None
    assert effects_from.decode(effects_to.encode(result.effects)) == result.effects
    raw = dump(result.state)
    assert dump(load(raw)) == raw
    return result


@dataclass
class Stage:
    """One session, its people and its clock."""

    head: dict[str, Any]
    route: Route = field(init=False)
    zone: ZoneInfo = field(init=False)
    day: date = field(init=False)
    now: datetime = field(init=False)
    written_on: date = field(init=False)
    state: State | None = None
    people: dict[str, int] = field(default_factory=dict)
    circles: dict[str, int] = field(default_factory=dict)
    replies: int = 0
    #: Questions that are on their way: when each arrives, and its number.
    on_its_way: list[tuple[datetime, int]] = field(default_factory=list)
    down: bool = False
    log: list[tuple[e.Event, datetime]] = field(default_factory=list)
    effects: list[fx.Effect] = field(default_factory=list)
    #: Which kinds of event came in which phase.
    met: set[tuple[str | None, type]] = field(default_factory=set)
    lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.route = route_of(self.head)
        self.zone = ZoneInfo(self.head.get("zone", ZONE))
        for name in self.head.get("people", ()):
            self.person(name)

    # -- time

    def local(self, text: str) -> datetime:
        return datetime.combine(self.day, time.fromisoformat(text), self.zone).astimezone(UTC)

    def wake_ups(self, until: datetime) -> Iterator[tuple[datetime, e.Event]]:
        """What happens by itself before then, in order."""
        for _ in range(1000):
            if self.down:
                return
            arrives = min(self.on_its_way, default=None)
            wakes = self.state.wake_at if self.state else None
            if arrives and arrives[0] <= until and (not wakes or arrives[0] <= wakes):
                self.on_its_way.remove(arrives)
                yield arrives[0], e.Delivered(arrives[1], arrives[0])
            elif wakes and wakes <= until:
                yield max(wakes, self.now), e.TimeCame()
            else:
                return
        raise AssertionError(f"still waking at {self.now}: {self.state}")

    # -- the script

    def play(self, at: str, what: str) -> list[str]:
        """What comes of one line of the script, with what happened by itself before it in the lines before."""
        self.now, self.written_on = self.local(at), self.day
        self.lines = []
        if what == "down":
            self.down = True
        elif what == "up":
            self.down = False
            self.on_its_way = [(self.now + self.delay, prompt) for _, prompt in self.on_its_way]
            self.take(e.TimeCame())
        elif what != "end":
            self.take(self.read(what))
        return self.lines

    def meanwhile(self, at: str) -> list[str]:
        """What happens by itself until then."""
        lines: list[str] = []
        until = self.local(at)
        for when, event in self.wake_ups(until):
            self.now, self.lines = when, []
            self.take(event)
            named = f"delivered {event.prompt}" if isinstance(event, e.Delivered) else "time came"
            lines += [f"{self.when()} {named}", *(f"    {line}" for line in self.lines)]
        return lines

    def when(self) -> str:
        """The time, with the day where the lines before it are of another."""
        local = self.now.astimezone(self.zone)
        same = local.date() == self.written_on
        self.written_on = local.date()
        return self.clock(self.now) if same else f"{local:%a %d %b} {self.clock(self.now)}"

    def read(self, what: str) -> e.Event:
        if said := SAID.fullmatch(what):
            if said["who"] == "refused":
                raise ValueError(f"write `refused <prompt>: <reason>`, not {what!r}")
            return self.said(said["who"], said["how"] or "", said["words"])
        if pressed := PRESSED.fullmatch(what):
            about = int(pressed["about"]) if pressed["about"] else None
            prompt = int(pressed["prompt"]) if pressed["prompt"] else None
            private = pressed["private"] is not None
            meant = self.meant(pressed["of"], pressed["role"], pressed["to"])
            return e.Pressed(self.person(pressed["who"]), pressed["press"], about, prompt, private, meant)
        who, _, rest = what.partition(" ")
        return self.done(who, rest) or self.ordered(who, rest)

    def meant(self, person: str | None, role: str | None, prompt: str | None) -> e.Meant | None:
        return e.Meant(self.person(person), role or "answer", int(prompt or 1)) if person else None  # type: ignore[arg-type]

    def filled(self, who: str, what: str) -> e.Filled:
        """`1: answer r5` or `1: scores r5 (a, b)`; replies that are new count on."""
        prompt, _, written = what.partition(": ")
        self.replies = max(self.replies, *ids(written))
        items = tuple(re.findall(r"[\w-]+", written.partition("(")[2]))
        found = {each.split()[0]: each for each in written.split(", ")}
        words = {} if items else {item: ids(each) for item, each in found.items() if "picks" not in each}
        picked = {item: ids(each) for item, each in found.items() if "picks" in each}
        chosen = ids(written)[0] if items else None
        return e.Filled(person=self.person(who), prompt=int(prompt), sent_at=self.now, words=words,
                        picked=picked, chosen=chosen, items=items)  # fmt: skip

    def done(self, who: str, rest: str) -> e.Event | None:
        """What people and groups do beside writing and pressing."""
        did, _, what = rest.partition(" ")
        if did == "fills":
            return self.filled(who, what)
        if did == "attaches":
            return e.Attached(self.person(who))
        if did in ("edits", "removes"):
            reply, prompt, words = re.findall(r"r(\d+)(?: of (\d+): (.*))?", what)[0]
            said = self.counted(self.person(who), int(reply), int(prompt), words) if prompt else None
            return (e.Edited if did == "edits" else e.Removed)(self.person(who), int(reply), said)
        if did in ("joins", "leaves"):
            return e.Joined(self.person(who)) if did == "joins" else e.Left(self.person(who))
        if did == "publishes":
            circle = self.circle(who)
            found, *handed = what.split("; of ")
            given = tuple(fx.Given(one.split()[0], ids(one)) for one in handed)
            return e.Published(circle, ids(found), given)
        return None

    def counted(self, person: int, reply: int, prompt: int, words: str) -> e.Replied:
        """What a message that was counted said, or says now."""
        reading = understand(words, vocabulary())
        return e.Replied(person=person, reply=reply, prompt=prompt, sent_at=self.now, reading=reading)

    def ordered(self, who: str, rest: str) -> e.Event:
        """What the coordinator, the platform and the clock do."""
        match who, rest.split():
            case "open", []:
                return e.Opened(self.setting(), tuple(self.people.values()))
            case "tick", []:
                return e.TimeCame()
            case "delivered", [prompt]:
                self.on_its_way = [one for one in self.on_its_way if one[1] != int(prompt)]
                return e.Delivered(int(prompt), self.now)
            case "refused", [prompt, reason]:
                self.on_its_way = [one for one in self.on_its_way if one[1] != int(prompt.rstrip(":"))]
                return e.DeliveryFailed(int(prompt.rstrip(":")), reason)
            case "coordinator", ["stretches", minutes]:
                return e.Stretched(int(minutes))
            case "coordinator", [("merges" | "calls" | "words" | "restores") as does, line, *what]:
                return self.curated(does, int(line), what)
            case "coordinator", [order]:
                orders: dict[str, e.Event] = {
                    "pauses": e.Paused(), "resumes": e.Resumed(), "closes": e.Closed(), "gathers": e.Gathered()
                }  # fmt: skip
                return orders[order]
        raise ValueError(f"the script says {who} {rest}, which is no line of a script")

    @staticmethod
    def curated(does: str, line: int, what: list[str]) -> e.Curated:
        """`merges 3 into 1`, `calls 2 small`, `words 2 as r90`, `restores 2`."""
        if does == "merges":
            return e.Curated(line, int(what[1]))
        if does == "calls":
            return e.Curated(line, size=what[0])  # type: ignore[arg-type]
        return e.Curated(line, words=int(what[1].removeprefix("r"))) if what else e.Curated(line)

    def said(self, who: str, how: str, words: str) -> e.Replied:
        given = dict(part.strip().partition(" ")[::2] for part in how.split(",") if part.strip())
        assert given.keys() <= {"private", "to", "about", "sent", "of"}, given
        of, _, role = given.get("of", "").partition(" ")
        self.replies += 1
        return e.Replied(
            person=self.person(who),
            reply=self.replies,
            reading=understand(words, vocabulary()),
            sent_at=self.local(given["sent"]) if "sent" in given else self.now,
            private="private" in given,
            prompt=int(given["to"]) if "to" in given else None,
            about=int(given["about"].removeprefix("r")) if "about" in given else None,
            shape=shape(words, vocabulary()),
            meant=self.meant(of, role.partition(" to ")[0], role.partition(" to ")[2]) if of else None,
        )

    def setting(self) -> e.Setting:
        head = self.head
        closes = head.get("closes")
        return e.Setting(
            pace=head.get("pace", "live"),
            answering=head.get("answering", "each"),
            zone=self.zone.key,
            number=head.get("round", 1),
            of=head.get("of", 3),
            minutes=head.get("minutes", 25),
            plenum=head.get("plenum", False),
            pause=head.get("pause", 0),
            closes_at=datetime.fromisoformat(closes).replace(tzinfo=self.zone).astimezone(UTC)
            if closes
            else None,
            late=head.get("late", 0),
            recap=head.get("recap"),
            actions=tuple(head.get("actions", ())),
            groups=head.get("groups", 0),
            seats=tuple(
                e.Seats(
                    self.circle(name), tuple(map(self.person, people)), n, name in head.get("leaders", ())
                )
                for n, (name, people) in enumerate(head.get("seats", {}).items(), 1)
            ),
            open_roster=head.get("open_roster", False),
            met=tuple((self.person(one), self.person(other)) for one, other in head.get("met", ())),
            given=tuple(fx.Given(step, tuple(replies)) for step, replies in head.get("given", {}).items()),
            profiles=tuple(
                e.Profile(scale, levels) for one in head.get("profiles", ()) for scale, levels in one.items()
            ),
        )

    def circle(self, name: str) -> int:
        return self.circles.setdefault(name, 51 + len(self.circles))

    def person(self, name: str) -> int:
        return self.people.setdefault(name, len(self.people) + 1)

    # -- taking an event

    @property
    def delay(self) -> timedelta:
        return timedelta(seconds=2)

    def take(self, event: e.Event) -> None:
        before = self.state
        self.met.add((before.phase if before else None, type(event)))
        result = settle(self.route, before, event, self.now)
        if result.ignored is not None:
            self.lines.append(f"ignored: {result.ignored}")
            return
        assert result.state is not None
        self.state = result.state
        self.log.append((event, self.now))
        self.effects += result.effects
        for effect in result.effects:
            self.lines.append(self.shown(effect))
            if isinstance(effect, fx.Say) and effect.prompt and self.head.get("delivery") != "held":
                self.on_its_way.append((self.now + self.delay, effect.prompt))
        self.lines += self.stands(before, result.state)
        if not result.effects and not self.lines:
            self.lines.append("(nothing more)")

    def replayed(self) -> State | None:
        """The state that the log gives, from the beginning."""
        state: State | None = None
        for event, now in self.log:
            state = advance(self.route, state, event, now=now).state
        return state

    # -- how it reads

    def stands(self, before: State | None, after: State) -> Iterator[str]:
        if before is None or before.phase != after.phase:
            yield f"({after.phase})"
        old = dict(before.deadlines) if before else {}
        if after.deadlines != old:
            due = sorted((at, name) for name, at in after.deadlines.items())
            yield f"(due: {', '.join(f'{name} {self.clock(at)}' for at, name in due) or 'nothing'})"

    def clock(self, at: datetime) -> str:
        local = at.astimezone(self.zone)
        shown = f"{local:%H:%M:%S}" if local.second else f"{local:%H:%M}"
        return shown if local.date() == self.now.astimezone(self.zone).date() else f"{local:%a %d %b} {shown}"

    def name(self, person: int | None) -> str:
        return next((name for name, of in self.people.items() if of == person), f"person {person}")

    def shown(self, effect: fx.Effect) -> str:
        match effect:
            case fx.Keep(reply, role, prompt, step, late):
                where = f" to {prompt}, {step}" if prompt else ""
                return f"keeps r{reply} as {role}{where}{', late' if late else ''}"
            case fx.Drop(reply):
                return f"drops r{reply}"
            case fx.Note(what, reply, state, words):
                return f"notes {what} r{reply}: {state}{f', in the words of r{words}' if words else ''}"
            case fx.Publish(findings, given):
                return f"publishes {', '.join(f'r{one}' for one in findings) or 'nothing'}{self.given(given)}"
            case fx.Pair(people):
                return f"pairs {', '.join(map(self.name, people))}"
            case fx.Finish(outcome):
                return f"finishes: {outcome}"
            case fx.Update(slot, said):
                return f"{slot} becomes: {self.message(said)}"
            case fx.Say():
                return self.said_line(effect)
        raise AssertionError(effect)

    @staticmethod
    def given(handed: tuple[fx.Given, ...]) -> str:
        return "".join(f"; of {one.step} {' '.join(f'r{each}' for each in one.replies)}" for one in handed)

    def said_line(self, say: fx.Say) -> str:
        to = {"circle": "", "person": f"to {self.name(say.person)}: ", "coordinators": "to coordinators: "}[
            say.to
        ]
        does = f"asks {say.prompt}" if say.prompt else "says"
        slot = f" as {say.slot}" if say.slot and not say.prompt else ""
        instead = f" instead of {say.supersedes}" if say.supersedes else ""
        sort = "" if say.message.sort in ("question", "answer") else f" ({say.message.sort})"
        return f"{to}{does}{slot}{instead}{sort}: {self.message(say.message)}"

    def message(self, said: m.Message) -> str:
        about = f" on r{said.about}" if said.about else ""
        buttons = "".join(f" [{choice.press}]" for choice in said.choices)
        tools = f" <{' '.join(choice.press for choice in said.tools)}>" if said.tools else ""
        return " / ".join(self.part(part) for part in said.parts) + buttons + tools + about

    def part(self, part: m.Part) -> str:
        match part:
            case m.Line(content):
                return self.content(content)
            case m.Heading(text):
                return f"# {self.content(text)}"
            case m.Points(items, numbered, numbers, columns):
                listed = [f"{n}. " if numbered else "- " for n in numbers or range(1, len(items) + 1)]
                under = [f"| {self.content(each)} " for each in columns]
                rows = (mark + self.content(item) for mark, item in zip(listed, items, strict=True))
                return "".join(under) + " ".join(rows)
            case m.Levels(step, _, names, replies, backwards, before, leaders=leaders):
                over = " ".join(f"r{one}" for one in replies)
                turned = f", {' '.join(backwards)} reversed" if backwards else ""
                since = f", since {' '.join(f'r{one}' for one in before)}" if before else ""
                apart = f", apart {' '.join(f'r{one}' for one in leaders)}" if leaders else ""
                return f"the spread of {' '.join(names)} at {step} over {over}{turned}{since}{apart}"
            case m.Picture(id):
                return f"picture {id}"
            case m.Recap(id):
                return f"recap {id}"
        raise AssertionError(part)

    def content(self, content: m.Content | m.Param) -> str:
        match content:
            case m.Text("meeting.title", _):
                return "title"
            case m.Text(key, params):
                inside = ", ".join(f"{name} {self.content(value)}" for name, value in params.items())
                key = key.replace("programme:rounds.", "«").replace("programme:", "«")
                key += "»" if key.startswith("«") else ""
                return f"{key} ({inside})" if inside else key
            case m.Moment(at):
                return self.clock(at)
            case m.Numbers(of):
                return " ".join(map(str, of))
            case m.Notes(step):
                return f"the notes at {step}"
            case m.Solo(step, person):
                return f"{self.name(person)}'s own notes at {step}"
            case m.Name(of, id):
                named = self.circles if of == "circle" else self.people
                return next((name for name, known in named.items() if known == id), f"{of} {id}")
            case m.Quote(reply) | m.Finding(reply) | m.Action(reply):
                return f"r{reply}"
        return str(content)


def ids(text: str) -> tuple[int, ...]:
    return tuple(int(one) for one in re.findall(r"\br(\d+)", text))


# -- whole transcripts


def split(text: str) -> tuple[str, list[str]]:
    """The head, and the script without what is indented under its lines."""
    head, found, body = text.partition("---\n")
    assert found, "a transcript has a head, then ---, then its script"
    return head, [line for line in body.splitlines() if not line.startswith(" ")]


def play(text: str) -> tuple[str, Stage]:
    """The whole transcript as it comes out now, and the stage as it stands in the end."""
    head, script = split(text)
    stage = Stage(YAML(typ="safe").load(head) or {})
    out: list[str] = []
    for line in script:
        if line.startswith("== "):
            stage.day = date.fromisoformat(line.removeprefix("== "))
        elif match := LINE.fullmatch(line):
            before = stage.meanwhile(match["at"])
            # What happened by itself belongs under the line before it, above what separates the two.
            at = (
                next((n for n in reversed(range(len(out))) if out[n].strip() and out[n][0] not in "#="), -1)
                + 1
            )
            out[at:at] = [f"    {each}" for each in before]
            out += [line, *(f"    {each}" for each in stage.play(match["at"], match["what"]))]
            continue
        elif line and not line.startswith("#"):
            raise ValueError(f"{line!r} is no line of a script")
        out.append(line)
    return f"{head}---\n" + "\n".join(out).rstrip() + "\n", stage
