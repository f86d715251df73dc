"""The interactive and other small parts of blocks, with their limits.

Limits: docs.slack.dev/reference/block-kit and the constants of slack_sdk.models.
"""

from __future__ import annotations

from typing import Any

from tests.standins.slack.rules import (
    Rule,
    Walk,
    among,
    anything,
    boolean,
    focus,
    pattern,
    several,
    shape,
    string,
    text,
    typed,
    whole,
)

DATE = pattern(r"\d{4}-\d{2}-\d{2}", "a date in the format YYYY-MM-DD")
TIME = pattern(r"([01]\d|2[0-3]):[0-5]\d", "a time in the format HH:mm")
NUMBER = pattern(r"-?\d+(\.\d+)?", "a number as a string")
ID = string(255)


def action_id(value: Any, pointer: str, walk: Walk) -> None:
    """Unique in the message or view."""
    ID(value, pointer, walk)
    walk.once(walk.action_ids, "action_id", str(value), pointer)


CONFIRM = shape(
    {
        "title": text(100, plain=True),
        "text": text(300),
        "confirm": text(30, plain=True),
        "deny": text(30, plain=True),
        "style": among("primary", "danger"),
    },
    ("title", "text", "confirm", "deny"),
)


def option(plain: bool, url: bool = False) -> Rule:
    fields = {
        "text": text(75, plain=plain),
        "value": string(150),
        "description": text(75, plain=plain),
    } | ({"url": string(3000)} if url else {})
    return shape(fields, ("text", "value"))


OPTION = option(plain=True)
RICH_OPTION = option(plain=False)
GROUPS = several(
    shape({"label": text(75, plain=True), "options": several(OPTION, 100)}, ("label", "options")), 100
)

COMMON: dict[str, Rule] = {
    "type": anything,
    "action_id": action_id,
    "confirm": CONFIRM,
    "focus_on_load": focus,
}
PLACEHOLDER: dict[str, Rule] = {"placeholder": text(150, plain=True)}
MENU = COMMON | PLACEHOLDER
SEVERAL: dict[str, Rule] = {"max_selected_items": whole(1, 100)}
FILTER = shape(
    {
        "include": several(among("im", "mpim", "private", "public"), 4),
        "exclude_external_shared_channels": boolean,
        "exclude_bot_users": boolean,
    }
)
CONVERSATIONS: dict[str, Rule] = {"default_to_current_conversation": boolean, "filter": FILTER}
OPTIONS: dict[str, Rule] = {"options": several(OPTION, 100), "option_groups": GROUPS}
TEN: dict[str, Rule] = {"options": several(RICH_OPTION, 10)}
DISPATCH = shape(
    {"trigger_actions_on": several(among("on_enter_pressed", "on_character_entered"), 2)},
    ("trigger_actions_on",),
)
WRITING: dict[str, Rule] = {
    "type": anything,
    "action_id": action_id,
    "focus_on_load": focus,
    "dispatch_action_config": DISPATCH,
    **PLACEHOLDER,
}


def chosen_from(fields: dict[str, Rule], initial: str, required: tuple[str, ...] = ()) -> Rule:
    """A menu with its own options: one of `options` and `option_groups`, and what is chosen is among them."""
    plain = shape(fields, required)

    def check(value: Any, pointer: str, walk: Walk) -> None:
        plain(value, pointer, walk)
        if ("options" in value) == ("option_groups" in value):
            walk.say("exactly one of `options` and `option_groups` must be given", pointer)
            return
        wanted = value.get(initial, [])
        for each in wanted if isinstance(wanted, list) else [wanted]:
            if each not in options_of(value):
                walk.say(f"{initial} must be one of the options", f"{pointer}/{initial}")

    return check


def options_of(element: dict[str, Any]) -> list[dict[str, Any]]:
    """Every option of a menu, those in groups too."""
    inside = [each for group in element.get("option_groups", []) for each in group.get("options", [])]
    found = element.get("options", inside)
    return found if isinstance(found, list) else []


IMAGE = shape(
    {
        "type": anything,
        "image_url": string(3000),
        "alt_text": string(2000),
        "slack_file": shape({"id": ID, "url": string(3000)}),
    },
    ("alt_text",),
)

ELEMENTS: dict[str, Rule] = {
    "button": shape(
        {
            "type": anything,
            "action_id": action_id,
            "text": text(75, plain=True),
            "url": string(3000),
            "value": string(2000),
            "style": among("primary", "danger"),
            "confirm": CONFIRM,
            "accessibility_label": string(75),
        },
        ("text",),
    ),
    "image": IMAGE,
    "static_select": chosen_from(MENU | OPTIONS | {"initial_option": OPTION}, "initial_option"),
    "multi_static_select": chosen_from(
        MENU | OPTIONS | SEVERAL | {"initial_options": several(OPTION, 100)}, "initial_options"
    ),
    "external_select": shape(MENU | {"min_query_length": whole(0, 255), "initial_option": OPTION}),
    "multi_external_select": shape(
        MENU | SEVERAL | {"min_query_length": whole(0, 255), "initial_options": several(OPTION, 100)}
    ),
    "users_select": shape(MENU | {"initial_user": ID}),
    "multi_users_select": shape(MENU | SEVERAL | {"initial_users": several(ID, 100)}),
    "conversations_select": shape(
        MENU | CONVERSATIONS | {"initial_conversation": ID, "response_url_enabled": boolean}
    ),
    "multi_conversations_select": shape(
        MENU | SEVERAL | CONVERSATIONS | {"initial_conversations": several(ID, 100)}
    ),
    "channels_select": shape(MENU | {"initial_channel": ID, "response_url_enabled": boolean}),
    "multi_channels_select": shape(MENU | SEVERAL | {"initial_channels": several(ID, 100)}),
    "overflow": shape(
        {
            "type": anything,
            "action_id": action_id,
            "confirm": CONFIRM,
            "options": several(option(plain=True, url=True), 5),
        },
        ("options",),
    ),
    "radio_buttons": chosen_from(
        COMMON | TEN | {"initial_option": RICH_OPTION}, "initial_option", ("options",)
    ),
    "checkboxes": chosen_from(
        COMMON | TEN | {"initial_options": several(RICH_OPTION, 10)}, "initial_options", ("options",)
    ),
    "datepicker": shape(MENU | {"initial_date": DATE}),
    "timepicker": shape(MENU | {"initial_time": TIME, "timezone": string(100)}),
    "datetimepicker": shape(COMMON | {"initial_date_time": whole(0, 9_999_999_999)}),
    "plain_text_input": shape(
        WRITING
        | {
            "initial_value": string(3000, least=0),
            "multiline": boolean,
            "min_length": whole(0, 3000),
            "max_length": whole(1, 3000),
        }
    ),
    "number_input": shape(
        WRITING
        | {"is_decimal_allowed": boolean, "initial_value": NUMBER, "min_value": NUMBER, "max_value": NUMBER},
        ("is_decimal_allowed",),
    ),
    "url_text_input": shape(WRITING | {"initial_value": string(3000)}),
    "email_text_input": shape(WRITING | {"initial_value": string(3000)}),
    "file_input": shape(
        {
            "type": anything,
            "action_id": action_id,
            "filetypes": several(string(50), 100),
            "max_files": whole(1, 10),
        }
    ),
}

SINGLE_MENUS = {f"{kind}_select" for kind in ("static", "external", "users", "conversations", "channels")}
MULTI_MENUS = {f"multi_{menu}" for menu in SINGLE_MENUS}
PICKERS = {"datepicker", "timepicker", "datetimepicker"}
TICKS = {"radio_buttons", "checkboxes"}
TYPED = {"plain_text_input", "number_input", "url_text_input", "email_text_input", "file_input"}

#: Elements that keep what a person chose, and are in `state.values`.
STATEFUL = SINGLE_MENUS | MULTI_MENUS | PICKERS | TICKS | TYPED

ACCESSORY = typed(ELEMENTS, {"button", "image", "overflow"} | SINGLE_MENUS | MULTI_MENUS | PICKERS | TICKS)
ACTION = typed(ELEMENTS, {"button", "overflow"} | SINGLE_MENUS | PICKERS | TICKS)
INPUT = typed(ELEMENTS, STATEFUL)
