"""What may hang under a message, and how much of it."""

from typing import Any

from tests.standins.telegram.errors import bad
from tests.standins.telegram.limits import BUTTONS, BUTTONS_IN_ROW, CALLBACK_DATA, PLACEHOLDER

Keyboard = list[list[dict[str, Any]]]
LOOKS = {"text", "icon_custom_emoji_id", "style"}


def checked(markup: dict[str, Any] | None) -> tuple[Keyboard, dict[str, Any]]:
    """The inline keyboard, and anything else that was asked for; refused where Telegram would."""
    if not markup:
        return [], {}
    if "inline_keyboard" not in markup:
        if len(markup.get("input_field_placeholder", "")) > PLACEHOLDER:
            raise bad("input field placeholder is too long")
        return [], markup
    rows = [row for row in markup["inline_keyboard"] if row]
    if sum(map(len, rows)) > BUTTONS or any(len(row) > BUTTONS_IN_ROW for row in rows):
        raise bad("reply markup is too long")
    for row in rows:
        for each in row:
            check_button(each)
    return rows, {}


def check_button(button: dict[str, Any]) -> None:
    if not button["text"].strip():
        raise bad("inline keyboard button text must be non-empty")
    actions = button.keys() - LOOKS
    if len(actions) != 1:
        raise bad("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    if "callback_data" in button and not 1 <= len(button["callback_data"].encode()) <= CALLBACK_DATA:
        raise bad("BUTTON_DATA_INVALID")
    if "url" in button and not button["url"].startswith(("http://", "https://", "tg://", "t.me/")):
        raise bad("BUTTON_URL_INVALID")
