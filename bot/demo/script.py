"""What the played colleagues write, line by line: who, where, after how long, and in which words.

A script stands beside a programme's name, one file for each language, under round, group and step. For a
programme without one, people say sentences of the catalogue that fit any question.

A line has a key of its own, made from where it stands. The terminal knows a message by it, so a line that was
said already is not said again: neither after a crash, nor when a group goes back to a question.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal

from bot.series.naming import slug
from flows.language import Catalogue
from flows.reading import Control, understand

if TYPE_CHECKING:
    from flows.kinds.step import Step
    from flows.programme import Programme

#: The programme whose people the others borrow.
FIRST = "selfcheck"
#: The key of everyone's circle; the groups are called in the script.
PLENUM = "plenum"
#: Seconds before somebody begins to write, and for each letter.
THOUGHT, LETTER = 7.0, 0.16
#: Thinking alone, people write at the same time; a verdict and a control word are quick.
ALONE, QUICK = 9.0, 10.0
#: Seconds until somebody sees a slip in what they have written.
SECOND_THOUGHT = 15.0
#: Seconds after a sitting at which the late answer comes: the coffee afterwards.
LATER = 20 * 60.0
#: At the async pace a minute of the script is most of an hour.
STRETCHED = 40.0

Do = Literal["wrote", "rewrote", "took-back"]


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that somebody does. `words` are None where a real person is asked for them."""

    key: str
    who: str
    words: str | None
    #: Seconds after the line before it.
    wait: float
    do: Do = "wrote"
    private: bool = False
    #: The message that it changes or takes back.
    message: str = ""
    #: The step whose question it directly replies to.
    step: str | None = None
    #: It is said even where the circle has gone on meanwhile: it is about what was said before.
    sticks: bool = False


@dataclass(frozen=True, slots=True)
class Cast:
    """Who plays: `groups` maps a key of the script to the group's name and its people, key to name."""

    place: str
    coordinator: str
    manager: str
    groups: Mapping[str, tuple[str, Mapping[str, str]]]

    @property
    def names(self) -> dict[str, str]:
        """Everybody's name by account."""
        people = [name for _, members in self.groups.values() for name in members.values()]
        return {slug(name): name for name in (*people, self.coordinator, self.manager)}

    def account(self, who: str) -> str:
        return slug(next(members[who] for _, members in self.groups.values() if who in members))

    def only(self, group: str, me: tuple[str, str] | None = None) -> Cast:
        """The cast with one group; `me` gives somebody of it another name."""
        called, members = self.groups[group]
        return replace(self, groups={group: (called, {**members, **dict([me] if me else [])})})


@cache
def file(programme: str, language: str) -> dict[str, Any] | None:
    """A script as it is written; None where a programme has none in that language."""
    text = _text(programme, language)
    return _read(text) if text is not None else None


def cast(language: str) -> Cast:
    """The people of the script in that language. What they say is long, and is not read for it."""
    text = _text(FIRST, language)
    assert text is not None
    told = _read(text.partition("\nrounds:")[0])
    groups = {key: (each["name"], each["people"]) for key, each in told["groups"].items()}
    return Cast(told["place"], told["coordinator"], told["manager"], groups)


def _text(programme: str, language: str) -> str | None:
    found = files("bot") / "demo" / programme / f"{language}.yaml"
    return found.read_text("utf-8") if found.is_file() else None


def _read(text: str) -> dict[str, Any]:
    from ruamel.yaml import YAML

    read: dict[str, Any] = YAML(typ="safe").load(text)
    return read


class Script:
    """What people of the cast say in one programme, at one pace."""

    def __init__(self, programme: Programme, cast: Cast, texts: Catalogue, pace: str) -> None:
        self.cast, self.texts, self.pace = cast, texts, pace
        told = file(programme.programme, texts.language) or {}
        self._rounds: dict[str, Any] = told.get("rounds", {})
        self._vocabulary = texts.vocabulary()

    # -- from a place in a session to lines

    def here(self, number: int, group: str) -> list[Line]:
        """The group has come together."""
        who = self._people(group)[number % len(self._people(group))]
        return [Line(f"{number}.{group}.here", who, self.texts.say("choice.here"), 45.0 + 3 * len(group))]

    def lines(self, number: int, round_: str, group: str, step: Step, part: str, at: int) -> list[Line]:
        """What is said at step number `at` of a round, in that part of it."""
        told = self._rounds.get(round_, {}).get(group)
        found = self._told(told, step, part) if told else self._any(group, step, part)
        where = f"{number}.{group}.{at}.{'a' if part == 'alone' else ''}"
        lines = [self._line(f"{where}{n}", who, words, part) for n, (who, words) in enumerate(found)]
        return list(self._paced(list(_corrected(lines, told, step.id)) if told else lines))

    def late(self, number: int, round_: str, group: str) -> list[Line]:
        """What comes when the sitting is over, to one of its questions."""
        told = self._rounds.get(round_, {}).get(group, {}).get("late", {})
        lines = [
            Line(f"{number}.{group}.late{n}", who, words, LATER, step=step)
            for n, (step, (who, words)) in enumerate(told.items())
        ]
        return list(self._paced(lines))

    def _told(self, told: Mapping[str, Any], step: Step, part: str) -> list[Sequence[str]]:
        said = told.get(step.id) or told.get({"sharing": "shared"}.get(part, ""), [])
        if isinstance(said, Mapping):
            said = said.get(part, ())
            return list(said.items() if isinstance(said, Mapping) else said)
        return list(said) if part in ("", "shared", "sharing") else []

    def _line(self, key: str, who: str, words: str, part: str) -> Line:
        if part == "alone":
            return Line(key, who, words, ALONE, private=True)
        wait = QUICK if len(words) < 20 else THOUGHT + LETTER * len(words)
        took_back = understand(words, self._vocabulary) == Control("was-answer")
        return Line(key, who, words, wait, sticks=took_back)

    def _paced(self, lines: Sequence[Line]) -> Iterator[Line]:
        """At the async pace people take their time, and nobody steers a meeting that nobody sits in."""
        for line in lines:
            if self.pace == "live":
                yield line
            elif not isinstance(understand(line.words or "", self._vocabulary), Control):
                yield replace(line, wait=line.wait * STRETCHED)

    # -- a programme without a script

    def _people(self, group: str) -> list[str]:
        if group in self.cast.groups:
            return list(self.cast.groups[group][1])
        return [next(iter(members)) for _, members in self.cast.groups.values()]

    def _any(self, group: str, step: Step, part: str) -> list[tuple[str, str]]:
        people = self._people(group)
        fits = _FITTING.get("alone" if part == "alone" else step.WORD)
        return [(people[n % len(people)], each) for n, each in enumerate(fits(self) if fits else ())]

    def _sentences(self, *keys: str) -> list[str]:
        somebody = next(iter(self.cast.names.values()))
        return [self.texts.say(f"demo.says.{key}", name=somebody) for key in keys]

    def _verdict(self, *keys: str) -> list[str]:
        return [self.texts.vocabulary()[f"verdict.{key}"][0].capitalize() for key in keys]


#: What people say to any step of that kind; kinds that are not here pass in silence.
_FITTING: dict[str, Callable[[Script], list[str]]] = {
    "alone": lambda script: script._sentences("alone"),
    "ask": lambda script: script._sentences("answer-1", "answer-2", "answer-3", "answer-4"),
    "note": lambda script: script._sentences("note"),
    "finding": lambda script: script._sentences("finding-1", "finding-2"),
    "release": lambda script: script._verdict("yes"),
    "action": lambda script: script._sentences("action"),
    "follow-up": lambda script: [f"1 {script.texts.say('action.state.done')}"],
    "recap": lambda script: script._sentences("since"),
    "share": lambda script: script._sentences("shared"),
}


def _corrected(lines: Sequence[Line], told: Mapping[str, Any], step: str) -> Iterator[Line]:
    """The lines, and what their authors change or take back soon afterwards."""
    edit, removal = told.get("edits", {}).get(step), told.get("removes", {}).get(step)
    waiting: list[Line] = []
    for line in lines:
        yield line
        yield from waiting
        waiting = []
        if edit and [line.who, line.words] == edit[:2]:
            waiting.append(_about(line, "rewrote", edit[2]))
        if removal and [line.who, line.words] == removal:
            waiting.append(_about(line, "took-back", ""))
    yield from waiting


def _about(line: Line, do: Do, words: str) -> Line:
    return Line(f"{line.key}.{do}", line.who, words, SECOND_THOUGHT, do=do, message=line.key, sticks=True)
