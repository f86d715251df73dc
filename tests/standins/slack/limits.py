"""Blocks, views, texts and metadata, held to Slack's limits before anything is taken.

Limits: docs.slack.dev/reference/block-kit/blocks, .../views, and the methods' own pages.
"""

from __future__ import annotations

import json
from typing import Any

from tests.standins.slack.elements import ACCESSORY, ACTION, ELEMENTS, IMAGE, INPUT
from tests.standins.slack.errors import SlackError
from tests.standins.slack.rules import (
    Rule,
    Walk,
    anything,
    boolean,
    several,
    shape,
    string,
    text,
    typed,
)

TEXT_CUT = 40_000
UPDATE_MOST = 4_000
MARKDOWN_MOST = 12_000
BLOCKS_IN_MESSAGE, BLOCKS_IN_VIEW = 50, 100
#: Over all blocks of a message; undocumented, as reported in bolt-js#2509.
BLOCKS_TOGETHER = 13_200
ATTACHMENTS = 100
#: Bytes of a view as JSON.
VIEW_SIZE = 250_000
#: Characters of metadata as JSON. Slack has a limit and does not say which; opaque ids are far below this.
METADATA_SIZE = 8_000


def block_id(value: Any, pointer: str, walk: Walk) -> None:
    string(255)(value, pointer, walk)
    walk.once(walk.block_ids, "block_id", str(value), pointer)


def block(required: tuple[str, ...] = (), **fields: Rule) -> Rule:
    return shape({"type": anything, "block_id": block_id, **fields}, required)


def section(value: Any, pointer: str, walk: Walk) -> None:
    block(
        text=text(3000),
        fields=several(text(2000), 10),
        accessory=ACCESSORY,
        expand=boolean,
    )(value, pointer, walk)
    if "text" not in value and "fields" not in value:
        walk.say("missing required field: text", pointer)


def image(value: Any, pointer: str, walk: Walk) -> None:
    block(
        ("alt_text",),
        image_url=string(3000),
        alt_text=string(2000),
        title=text(2000, plain=True),
        slack_file=shape({"id": string(255), "url": string(3000)}),
    )(value, pointer, walk)
    if ("image_url" in value) == ("slack_file" in value):
        walk.say("exactly one of `image_url` and `slack_file` must be given", pointer)


def context_element(value: Any, pointer: str, walk: Walk) -> None:
    is_image = isinstance(value, dict) and value.get("type") == "image"
    (IMAGE if is_image else text(2000))(value, pointer, walk)


def markdown(value: Any, pointer: str, walk: Walk) -> None:
    block(("text",), text=string(MARKDOWN_MOST))(value, pointer, walk)
    walk.characters += len(value.get("text", ""))


BLOCKS: dict[str, Rule] = {
    "section": section,
    "divider": block(),
    "image": image,
    "header": block(("text",), text=text(150, plain=True)),
    "context": block(("elements",), elements=several(context_element, 10)),
    "actions": block(("elements",), elements=several(ACTION, 25)),
    "input": block(
        ("label", "element"),
        label=text(2000, plain=True),
        hint=text(2000, plain=True),
        element=INPUT,
        optional=boolean,
        dispatch_action=boolean,
    ),
    "markdown": markdown,
    "rich_text": block(("elements",), elements=several(anything, 1000, least=0)),
    "file": block(("external_id", "source"), external_id=string(255), source=string(20)),
}
#: What may stand on which surface.
SURFACES = {
    "message": set(BLOCKS),
    "modal": set(BLOCKS) - {"file", "markdown"},
    "home": set(BLOCKS) - {"file", "markdown"},
}


def walk_blocks(blocks: Any, pointer: str, walk: Walk) -> None:
    most = BLOCKS_IN_MESSAGE if walk.surface == "message" else BLOCKS_IN_VIEW
    several(typed(BLOCKS, SURFACES[walk.surface]), most, least=0)(blocks, pointer, walk)


def check_blocks(blocks: Any, attachments: Any = None) -> None:
    """Refuse the blocks of a message, and of its attachments. Raises SlackError."""
    if blocks is not None and not isinstance(blocks, list):
        raise SlackError("invalid_blocks_format")
    walk = Walk()
    walk_blocks(blocks or [], "/blocks", walk)
    for number, each in enumerate(attachments or []):
        if "blocks" in each:
            walk_blocks(each["blocks"], f"/attachments/{number}/blocks", walk)
    if walk.problems:
        raise SlackError("invalid_blocks", errors=walk.problems, response_metadata=messages(walk.problems))
    if walk.characters > BLOCKS_TOGETHER:
        raise SlackError("msg_blocks_too_long")


def messages(problems: list[str]) -> dict[str, list[str]]:
    return {"messages": [f"[ERROR] {each}" for each in problems]}


VIEW_COMMON: dict[str, Rule] = {
    "type": anything,
    "blocks": walk_blocks,
    "private_metadata": string(3000, least=0),
    "callback_id": string(255, least=0),
    "external_id": string(255, least=0),
}
MODAL = shape(
    VIEW_COMMON
    | {
        "title": text(24, plain=True),
        "submit": text(24, plain=True),
        "close": text(24, plain=True),
        "clear_on_close": boolean,
        "notify_on_close": boolean,
        "submit_disabled": boolean,
    },
    ("title", "blocks"),
)
HOME = shape(VIEW_COMMON, ("blocks",))


def view_problems(view: Any, *kinds: str) -> list[str]:
    """All that is wrong with a view of one of these kinds."""
    kind = view.get("type") if isinstance(view, dict) else None
    if kind not in kinds:
        return [f"unsupported type: {kind} [json-pointer:/view/type]"]
    walk = Walk(surface=kind)
    (MODAL if kind == "modal" else HOME)(view, "/view", walk)
    asks = any(isinstance(each, dict) and each.get("type") == "input" for each in view.get("blocks") or [])
    if kind == "modal" and asks and "submit" not in view:
        walk.say("a view with input blocks must have a `submit`", "/view/submit")
    return walk.problems


def check_view(view: Any, *kinds: str) -> None:
    """Raises SlackError as views.open and its kin do."""
    if len(json.dumps(view, ensure_ascii=False).encode()) > VIEW_SIZE:
        raise SlackError("view_too_large")
    if problems := view_problems(view, *kinds):
        raise SlackError("invalid_arguments", response_metadata=messages(problems))


def check_metadata(metadata: Any) -> None:
    """Raises SlackError: metadata is an event_type and an object of plain values."""
    if not isinstance(metadata, dict):
        raise SlackError("invalid_metadata_format")
    named = isinstance(metadata.get("event_type"), str) and metadata["event_type"]
    if not named or not isinstance(metadata.get("event_payload"), dict):
        raise SlackError("invalid_metadata_format")
    if metadata.keys() - {"event_type", "event_payload"}:
        raise SlackError("invalid_metadata_schema")
    if len(json.dumps(metadata, ensure_ascii=False)) > METADATA_SIZE:
        raise SlackError("metadata_too_large")


def check_attachments(attachments: Any) -> None:
    if attachments is None:
        return
    if not isinstance(attachments, list) or not all(isinstance(each, dict) for each in attachments):
        raise SlackError("invalid_attachments")
    if len(attachments) > ATTACHMENTS:
        raise SlackError("too_many_attachments")


__all__ = [
    "BLOCKS",
    "ELEMENTS",
    "check_attachments",
    "check_blocks",
    "check_metadata",
    "check_view",
    "view_problems",
]
