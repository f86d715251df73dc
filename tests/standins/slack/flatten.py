"""Texts and blocks as a person would read them, on plain lines.

Buttons and menus stand in [brackets], fields as `Label: ____`, links as `text (→ where)`.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable

from tests.standins.slack.elements import options_of
from tests.standins.slack.state import Json

#: Turns the inside of an angle bracket (a mention, a link, a date) into what is shown.
Namer = Callable[[str], str]

LINKED = re.compile(r"<([^<>\n]+)>")


def mrkdwn(text: str, name: Namer) -> str:
    return html.unescape(LINKED.sub(lambda found: name(found.group(1)), text))


def text_of(it: Json | None, name: Namer) -> str:
    if it is None:
        return ""
    return mrkdwn(it["text"], name) if it["type"] == "mrkdwn" else str(it["text"])


def blocks(them: list[Json], name: Namer, values: Json | None = None) -> list[str]:
    """Lines of all blocks; in a view, with what has been filled in."""
    return [line for each in them for line in block(each, name, values or {})]


def block(it: Json, name: Namer, values: Json) -> list[str]:
    kind = it["type"]
    if kind == "section":
        return section(it, name)
    if kind == "header":
        return [f"== {it['text']['text']} =="]
    if kind == "divider":
        return ["---"]
    if kind == "context":
        return [" · ".join(context(each, name) for each in it["elements"])]
    if kind == "actions":
        return [" ".join(element(each, name) for each in it["elements"])]
    if kind == "input":
        return field(it, name, values)
    if kind == "image":
        return [*([it["title"]["text"]] if it.get("title") else []), f"(picture: {it['alt_text']})"]
    if kind == "markdown":
        return str(it["text"]).splitlines()
    return [f"({kind})"]


def section(it: Json, name: Namer) -> list[str]:
    lines = text_of(it.get("text"), name).splitlines() if it.get("text") else []
    lines += [line for each in it.get("fields", []) for line in text_of(each, name).splitlines()]
    if it.get("accessory"):
        lines = [*lines[:-1], f"{lines[-1] if lines else ''} {element(it['accessory'], name)}".strip()]
    return lines


def context(it: Json, name: Namer) -> str:
    return f"(picture: {it['alt_text']})" if it["type"] == "image" else text_of(it, name)


def element(it: Json, name: Namer) -> str:
    kind = it["type"]
    if kind == "button":
        mark = {"primary": "+", "danger": "!"}.get(it.get("style", ""), "")
        return f"[{mark}{it['text']['text']}]"
    if kind == "image":
        return f"(picture: {it['alt_text']})"
    offered = " | ".join(text_of(each["text"], name) for each in options_of(it))
    title = it.get("placeholder", {}).get("text", "")
    inside = ": ".join(each for each in (title, offered) if each) or kind
    return f"[{inside} ▾]"


def field(it: Json, name: Namer, values: Json) -> list[str]:
    inner = it["element"]
    value = values.get(it["block_id"], {}).get(inner["action_id"], {})
    content = next((each for key, each in value.items() if key != "type"), None)
    shown = filled(content, name) or (element(inner, name) if options_of(inner) else "____")
    optional = " (optional)" if it.get("optional") else ""
    hint = [f"  {it['hint']['text']}"] if it.get("hint") else []
    return [f"{it['label']['text']}{optional}: {shown}", *hint]


def filled(content: object, name: Namer) -> str:
    """What stands in a field."""
    if isinstance(content, list):
        return ", ".join(filled(each, name) for each in content)
    if isinstance(content, dict):
        return text_of(content["text"], name)
    if isinstance(content, str) and re.fullmatch(r"[UW]0SI[0-9A-F]+", content):
        return name(f"@{content}")
    return "" if content is None else str(content)
