"""How a rule about one part of a block or view is written: small checks that report where they fail.

A rule is called with the value, its JSON pointer, and the walk that collects problems. The words of the problems
follow Slack's own as far as they are known.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Rule = Callable[[Any, str, "Walk"], None]


@dataclass
class Walk:
    """What one walk through a tree of blocks has come by."""

    surface: str = "message"
    problems: list[str] = field(default_factory=list)
    action_ids: set[str] = field(default_factory=set)
    block_ids: set[str] = field(default_factory=set)
    focused: int = 0
    #: Characters of all texts that a reader sees.
    characters: int = 0

    def say(self, problem: str, pointer: str) -> None:
        self.problems.append(f"{problem} [json-pointer:{pointer}]")

    def once(self, seen: set[str], what: str, value: str, pointer: str) -> None:
        if value in seen:
            self.say(f'`{what}` "{value}" already exists', pointer)
        seen.add(value)


def string(most: int, least: int = 1) -> Rule:
    def check(value: Any, pointer: str, walk: Walk) -> None:
        if not isinstance(value, str):
            walk.say("must be a string", pointer)
        elif len(value) > most:
            walk.say(f"must be less than {most + 1} characters", pointer)
        elif len(value) < least:
            walk.say(f"must be more than {least - 1} characters", pointer)

    return check


def boolean(value: Any, pointer: str, walk: Walk) -> None:
    if not isinstance(value, bool):
        walk.say("must be a boolean", pointer)


def focus(value: Any, pointer: str, walk: Walk) -> None:
    boolean(value, pointer, walk)
    walk.focused += value is True
    if walk.focused > 1:
        walk.say("only one element can have `focus_on_load`", pointer)


def whole(least: int, most: int) -> Rule:
    def check(value: Any, pointer: str, walk: Walk) -> None:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            walk.say(f"must be an integer between {least} and {most}", pointer)

    return check


def among(*allowed: str) -> Rule:
    def check(value: Any, pointer: str, walk: Walk) -> None:
        if value not in allowed:
            walk.say(f"must be one of: {', '.join(allowed)}", pointer)

    return check


def pattern(regex: str, what: str) -> Rule:
    def check(value: Any, pointer: str, walk: Walk) -> None:
        if not isinstance(value, str) or not re.fullmatch(regex, value):
            walk.say(f"must be {what}", pointer)

    return check


def several(rule: Rule, most: int, least: int = 1) -> Rule:
    def check(value: Any, pointer: str, walk: Walk) -> None:
        if not isinstance(value, list):
            walk.say("must be an array", pointer)
            return
        if len(value) > most:
            walk.say(f"no more than {most} items allowed", pointer)
        if len(value) < least:
            walk.say(f"no less than {least} items allowed", pointer)
        for number, each in enumerate(value):
            rule(each, f"{pointer}/{number}", walk)

    return check


def anything(value: Any, pointer: str, walk: Walk) -> None:
    """A part that the stand-in takes as it is."""


def text(most: int, plain: bool = False, least: int = 1) -> Rule:
    """A text object. `emoji` belongs to plain text alone and `verbatim` to mrkdwn: Slack refuses the other."""

    def check(value: Any, pointer: str, walk: Walk) -> None:
        if not isinstance(value, dict):
            walk.say("must be an object", pointer)
            return
        kind = value.get("type")
        if kind not in ("plain_text", "mrkdwn") or (plain and kind != "plain_text"):
            wanted = "plain_text" if plain else "plain_text or mrkdwn"
            walk.say(f"unsupported type: {kind} (must be {wanted})", f"{pointer}/type")
            return
        fields = {"type": anything, "text": string(most, least)}
        fields |= {"emoji": boolean} if kind == "plain_text" else {"verbatim": boolean}
        shape(fields, ("text",))(value, pointer, walk)
        walk.characters += len(value["text"]) if isinstance(value.get("text"), str) else 0

    return check


def shape(fields: Mapping[str, Rule], required: Iterable[str] = ()) -> Rule:
    """An object of these fields and no others."""
    needed = tuple(required)

    def check(value: Any, pointer: str, walk: Walk) -> None:
        if not isinstance(value, dict):
            walk.say("must be an object", pointer)
            return
        for name in needed:
            if name not in value:
                walk.say(f"missing required field: {name}", pointer)
        for name, part in value.items():
            if name not in fields:
                walk.say(f"invalid additional property: {name}", pointer)
            else:
                fields[name](part, f"{pointer}/{name}", walk)

    return check


def typed(shapes: Mapping[str, Rule], allowed: Iterable[str] | None = None) -> Rule:
    """An object whose `type` says which shape it must have; of `allowed` types only, if given."""
    names = frozenset(shapes if allowed is None else allowed)

    def check(value: Any, pointer: str, walk: Walk) -> None:
        kind = value.get("type") if isinstance(value, dict) else None
        if kind not in names:
            walk.say(f"unsupported type: {kind}", f"{pointer}/type")
        else:
            shapes[kind](value, pointer, walk)

    return check
