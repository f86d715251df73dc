"""The blanks of a sheet as Slack's fields. Pure.

The rules:

- A field's block is called by the blank, by what the sheet put into it, and by which piece of a long text it is.
  Slack keeps what somebody has typed in a block of the same name when a view is replaced, and so a sheet that comes
  with another value shows it.
- A text that no field takes in one piece gets several, and is put together again when it comes back: otherwise
  handing in would cut it off.
- What Slack would refuse the whole view for, such as a date that is none, is left out.

https://docs.slack.dev/reference/block-kit/block-elements
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, time
from typing import Any, NamedTuple, TypeAlias

from adapters.port import Blank, Option, Sheet, Written
from adapters.slack import limits, names
from adapters.slack.wording import cut, length, split

Json: TypeAlias = dict[str, Any]

#: A select is easier to read as buttons while it is short.
_SHORT = 60
_NAME = re.compile(r"(?P<blank>.*)~(?P<digest>[0-9a-f]{8})~(?P<number>\d+)(?P<mark>[pnst]?)", re.DOTALL)
_BEFORE = {"p": "\n\n", "n": "\n", "s": " "}
_TICK = "t"


class Spot(NamedTuple):
    """Which blank a block belongs to, and what stands between it and the piece before it."""

    blank: str
    number: int = 0
    before: str = ""
    tick: bool = False


def spot(block: str) -> Spot:
    found = _NAME.fullmatch(block)
    if found is None:
        return Spot(block)
    return Spot(
        found["blank"], int(found["number"]), _BEFORE.get(found["mark"], ""), tick=found["mark"] == _TICK
    )


def fields(sheet: Sheet, blank: Blank) -> Iterator[Json]:
    """The blocks of one blank: one, unless it holds more text than a field."""
    if blank.kind in ("choice", "choices") and not blank.options:
        return
    texts = _pieces(blank)
    for index, (mark, text) in enumerate(texts):
        label = blank.label if len(texts) == 1 else f"{blank.label} ({index + 1}/{len(texts)})"
        name = _block(sheet, blank, index, mark)
        element = _ELEMENTS[blank.kind](blank, text) | {"action_id": name}
        field: Json = {
            "type": "input", "block_id": name, "optional": not blank.required,
            "label": plain(cut(label, limits.LABEL) or "–"), "element": element,
        }  # fmt: skip
        if blank.hint.strip() and not index:
            field["hint"] = plain(cut(blank.hint, limits.HINT))
        yield field


def _pieces(blank: Blank) -> list[tuple[str, str]]:
    """The text of an area in as many fields as hold it, each with what stood before it; elsewhere one."""
    if blank.kind != "area":
        return [(_TICK if blank.kind == "flag" else "", _one(blank.value))]
    whole = _one(blank.value)
    found: list[tuple[str, str]] = []
    at = 0
    for piece in split(whole, limits.INPUT * 2 // 3) if length(whole) > limits.INPUT else [whole]:
        start = whole.find(piece, at)
        between = whole[at:start]
        mark = "p" if "\n\n" in between else "n" if "\n" in between else "s" if between else ""
        found.append((mark if found else "", piece))
        at = start + len(piece)
    return found


def _block(sheet: Sheet, blank: Blank, index: int, mark: str) -> str:
    name = f"{blank.name}~{_digest(sheet.name, repr(blank.value))}~{index}{mark}"
    if length(name) > limits.BLOCK_ID:
        raise ValueError(f"a blank's name is too long: {blank.name[:40]}…")
    return name


def _digest(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode("utf-8", "surrogatepass")).hexdigest()[:8]


def _one(value: Written | None) -> str:
    return value if isinstance(value, str) else ""


def _several(value: Written | None) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else (value,) if isinstance(value, str) and value else ()


def _line(blank: Blank, text: str) -> Json:
    element: Json = {
        "type": "plain_text_input",
        "multiline": blank.kind == "area",
        "max_length": limits.INPUT,
    }
    if shown := text if length(text) <= limits.INPUT else cut(text, limits.INPUT):
        element["initial_value"] = shown
    return element


def _number(_: Blank, text: str) -> Json:
    element: Json = {"type": "number_input", "is_decimal_allowed": False}
    if text.isascii() and text.removeprefix("-").isdecimal():
        element["initial_value"] = text
    return element


def _date(_: Blank, text: str) -> Json:
    return {"type": "datepicker"} | _if_valid("initial_date", text, date.fromisoformat, "%Y-%m-%d")


def _time(_: Blank, text: str) -> Json:
    return {"type": "timepicker"} | _if_valid("initial_time", text, time.fromisoformat, "%H:%M")


def _if_valid(name: str, text: str, read: Callable[[str], date | time], shape: str) -> Json:
    try:
        return {name: read(text).strftime(shape)} if text else {}
    except ValueError:
        return {}


def _person(_: Blank, text: str) -> Json:
    return {"type": "users_select"} | ({"initial_user": text} if names.is_id(text) else {})


def _people(blank: Blank, _: str) -> Json:
    chosen = list(dict.fromkeys(filter(names.is_id, _several(blank.value))))
    return {"type": "multi_users_select"} | ({"initial_users": chosen} if chosen else {})


def _place(_: Blank, text: str) -> Json:
    """A channel, and no conversation between people."""
    among = {"include": ["public", "private"], "exclude_bot_users": True}
    return {"type": "conversations_select", "filter": among} | (
        {"initial_conversation": text} if names.is_id(text) else {}
    )


def _choice(blank: Blank, text: str) -> Json:
    options = [_option(each) for each in _distinct(blank.options)]
    chosen = next((each for each in options if each["value"] == text), None)
    short = len(options) <= limits.TICKS and all(length(each.words) <= _SHORT for each in blank.options)
    element = (
        {"type": "radio_buttons", "options": options}
        if short
        else {"type": "static_select"} | _listed(options)
    )
    return element | ({"initial_option": chosen} if chosen else {})


def _choices(blank: Blank, _: str) -> Json:
    options, wanted = [_option(each) for each in _distinct(blank.options)], _several(blank.value)
    chosen = [each for each in options if each["value"] in wanted]
    few = len(options) <= limits.TICKS
    element = (
        {"type": "checkboxes", "options": options}
        if few
        else {"type": "multi_static_select"} | _listed(options)
    )
    return element | ({"initial_options": chosen} if chosen else {})


def _flag(blank: Blank, _: str) -> Json:
    """A tick has words of its own where the house gives them; otherwise the label's."""
    option = _option(blank.options[0] if blank.options else Option("yes", blank.label))
    element: Json = {"type": "checkboxes", "options": [option]}
    return element | ({"initial_options": [option]} if blank.value is True else {})


def _listed(options: Sequence[Json]) -> Json:
    """A list takes a hundred; a longer one is told in groups of as many, by what they begin with."""
    if len(options) <= limits.OPTIONS:
        return {"options": list(options)}
    most = limits.OPTIONS
    groups = [options[at : at + most] for at in range(0, len(options), most)][: limits.OPTION_GROUPS]
    return {"option_groups": [{"label": plain(_span(group)), "options": list(group)} for group in groups]}


def _span(group: Sequence[Json]) -> str:
    first, last = (cut(group[at]["text"]["text"], limits.OPTION // 2 - 2) for at in (0, -1))
    return f"{first} – {last}"


def _distinct(options: Iterable[Option]) -> list[Option]:
    return list({each.value: each for each in options}.values())


def _option(option: Option) -> Json:
    """Raises ValueError where the value is longer than Slack keeps."""
    if not 0 < length(option.value) <= limits.OPTION_VALUE:
        raise ValueError(f"an option's value has 1 to {limits.OPTION_VALUE} characters: {option.value[:40]}…")
    return {"text": plain(cut(option.words, limits.OPTION) or "–"), "value": option.value}


_ELEMENTS: dict[str, Callable[[Blank, str], Json]] = {
    "line": _line, "area": _line, "number": _number, "date": _date, "time": _time, "person": _person,
    "people": _people, "place": _place, "choice": _choice, "choices": _choices, "flag": _flag,
}  # fmt: skip


def plain(words: str) -> Json:
    return {"type": "plain_text", "text": words, "emoji": True}
