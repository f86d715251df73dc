"""What a person chose, as Slack writes it in `state.values` and in `actions`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, time
from typing import Any

from tests.standins.slack.elements import options_of
from tests.standins.slack.state import Channel, Json, User
from tests.standins.slack.world import stateful

Finder = Callable[[Any], str]

#: Element -> the name of its value, and of what the app filled in beforehand.
FIELDS = {
    "plain_text_input": ("value", "initial_value"),
    "number_input": ("value", "initial_value"),
    "email_text_input": ("value", "initial_value"),
    "url_text_input": ("value", "initial_value"),
    "static_select": ("selected_option", "initial_option"),
    "external_select": ("selected_option", "initial_option"),
    "radio_buttons": ("selected_option", "initial_option"),
    "users_select": ("selected_user", "initial_user"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "channels_select": ("selected_channel", "initial_channel"),
    "checkboxes": ("selected_options", "initial_options"),
    "multi_static_select": ("selected_options", "initial_options"),
    "multi_external_select": ("selected_options", "initial_options"),
    "multi_users_select": ("selected_users", "initial_users"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations"),
    "multi_channels_select": ("selected_channels", "initial_channels"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
    "overflow": ("selected_option", ""),
    "file_input": ("files", ""),
}


class NotOffered(AssertionError):
    """A person cannot do that: it is not there, or Slack's own client would not let them."""


def several(kind: str) -> bool:
    return FIELDS[kind][0].endswith("s") and kind != "overflow"


def initial(element: Json) -> Json:
    """Its value before anyone has touched it."""
    name, given = FIELDS[element["type"]]
    return {"type": element["type"], name: element.get(given, [] if several(element["type"]) else None)}


def chosen(element: Json, given: Any, find: Finder) -> Json:
    """Its value when a person has given this: a text, an option's text or value, people, dates. NotOffered."""
    kind = element["type"]
    name = FIELDS[kind][0]
    if several(kind):
        items = given if isinstance(given, list | tuple | set) else [given]
        value: Any = [one(element, each, find) for each in items]
        if len(value) > element.get("max_selected_items", len(value)):
            raise NotOffered(f"no more than {element['max_selected_items']} may be chosen")
    else:
        value = None if given is None else one(element, given, find)
    return {"type": kind, name: value}


def one(element: Json, given: Any, find: Finder) -> Any:
    kind = element["type"]
    if isinstance(given, User | Channel):
        return given.id
    if "users" in kind or "conversations" in kind or "channels" in kind:
        return find(given)
    if options_of(element):
        return option(element, given)
    if kind == "number_input":
        return number(element, given)
    if isinstance(given, datetime) and kind == "datetimepicker":
        return int(given.timestamp())
    if isinstance(given, time):
        return given.strftime("%H:%M")
    if isinstance(given, date):
        return given.isoformat()
    return typed(element, str(given))


def option(element: Json, given: Any) -> Json:
    """The option with this text or value, as it is in what was sent."""
    offered = options_of(element)
    for each in offered:
        if str(given) in (each["text"]["text"], each["value"]):
            return each
    raise NotOffered(f"{given!r} is none of {[each['text']['text'] for each in offered]}")


def number(element: Json, given: Any) -> str:
    value = float(given)
    low, high = element.get("min_value"), element.get("max_value")
    if not element["is_decimal_allowed"] and value != int(value):
        raise NotOffered(f"{given} is not a whole number")
    if (low is not None and value < float(low)) or (high is not None and value > float(high)):
        raise NotOffered(f"{given} is not between {low} and {high}")
    return str(given)


def typed(element: Json, text: str) -> str:
    least, most = element.get("min_length", 0), element.get("max_length", 3000)
    if element["type"] == "plain_text_input" and not least <= len(text) <= most:
        raise NotOffered(f"{len(text)} characters, where {least} to {most} are taken")
    return text


def state(blocks: list[Json], filled: dict[tuple[str, str], Json]) -> Json:
    """`state.values`: block_id -> action_id -> value, for every element that keeps one."""
    values: Json = {}
    for block, element in stateful(blocks):
        key = (block["block_id"], element["action_id"])
        values.setdefault(key[0], {})[key[1]] = filled.get(key) or initial(element)
    return values


def empty(value: Json) -> bool:
    return next((content for name, content in value.items() if name != "type"), None) in (None, "", [])


def labels(block: Json, element: Json) -> Iterable[str]:
    """The words and ids by which a person, or a test, would name an element."""
    for text in (block.get("label"), block.get("text"), element.get("placeholder"), element.get("text")):
        if text:
            yield text["text"]
    yield from (element.get("value", ""), element.get("action_id", ""), block["block_id"])
