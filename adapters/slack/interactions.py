"""What people do with our messages, sheets and commands: a payload as `Chose`, `Asked`, `Filled` or `Nothing`. Pure.

- A press that begins with `open:` asks for a sheet; every other is an event, also where it stands in a sheet.
- What Slack brings again is the same payload, so a press is known by its trigger. A sheet that is handed in is
  known by the view and what was filled in: after a fault it is the same view, with other answers.
- Slack does not say where a modal was opened, so each carries it along (`sheets.Carried`). The workspace is Slack's
  to say: a view that carries another is nothing.

https://docs.slack.dev/reference/interaction-payloads
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeAlias

from adapters.port import OPENS, Address, Asked, Chose, Filled, Written
from adapters.slack import blanks, names, sheets
from adapters.slack.parse import Json, Nothing
from adapters.slack.render import continued_from

Done: TypeAlias = Chose | Asked | Filled | Nothing

#: What a message can be marked as, by the callback of its shortcut in the manifest.
SHORTCUTS = {"runda_note": "note", "runda_finding": "finding", "runda_aside": "aside"}
#: Opens the forms, from anywhere.
SHORTCUT = "runda_home"
COMMAND = "/runda"
HOME = f"{OPENS}home"


class Elsewhere(Exception):
    """A view carries the name of a workspace that it does not come from."""


def interaction(payload: Json, now: datetime) -> Done:
    """Of a slash command, a shortcut, a button or a view. `now` is when it came: most do not say it."""
    kind = "command" if "command" in payload else payload.get("type", "")
    read = _READERS.get(kind)
    if read is None:
        return Nothing("another interaction")
    try:
        return read(payload, now)
    except Elsewhere:
        return Nothing("a view of another workspace")
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as fault:
        return Nothing(f"unreadable: {type(fault).__name__}")


def workspace(payload: Json) -> str:
    """Of a view it is where the app is installed: who fills it in may come from elsewhere."""
    installed = (payload.get("view") or {}).get("app_installed_team_id")
    return str(installed or (payload.get("team") or {}).get("id") or payload.get("team_id") or "")


def _place(payload: Json, channel: str, account: str, thread: str = "") -> Address:
    private = not channel or names.is_private(channel)
    return Address(names.NAME, workspace(payload), account if private else channel, "" if private else thread)


def _pressed(payload: Json, now: datetime) -> Done:
    action, account = payload["actions"][0], payload["user"]["id"]
    press = action.get("value") if action.get("type") == "button" else None
    if press is None:
        return Nothing("a field of a sheet")
    if "view" in payload:
        carried = _carried(payload)
        place = carried.place if carried else _place(payload, "", account)
        message, about = (carried.message, carried.about) if carried else (None, None)
    else:
        where = payload["container"]
        place = _place(payload, where["channel_id"], account, where.get("thread_ts") or "")
        message, about = _message(where, action), None
    if press.startswith(OPENS):
        return Asked(place=place, account=account, press=press, at=now, message=message, about=about)
    return Chose(key=f"press:{payload['trigger_id']}", place=place, account=account, press=press, at=now,
                 message=message, about=about)  # fmt: skip


def _carried(payload: Json) -> sheets.Carried | None:
    """What the view remembers. Raises Elsewhere."""
    carried = sheets.carried(payload["view"])
    if carried is not None and carried.place.workspace != workspace(payload):
        raise Elsewhere
    return carried


def _message(where: Json, action: Json) -> str:
    """Our message that carries the button; the first, where one is continued in others."""
    if where.get("is_ephemeral"):
        return names.whispered(where["message_ts"])
    first, long = continued_from(action.get("block_id") or "")
    return first or names.message(where["channel_id"], where["message_ts"], long=long)


def _marked(payload: Json, now: datetime) -> Done:
    press = SHORTCUTS.get(payload["callback_id"])
    if press is None:
        return Nothing("another shortcut")
    channel, message, account = payload["channel"]["id"], payload["message"], payload["user"]["id"]
    place = _place(payload, channel, account, message.get("thread_ts") or "")
    return Chose(key=f"mark:{payload['trigger_id']}", place=place, account=account, press=press, at=now,
                 about=names.message(channel, message["ts"]))  # fmt: skip


def _command(payload: Json, now: datetime) -> Done:
    """The rest of the line may name a sheet."""
    account, named = payload["user_id"], " ".join((payload.get("text") or "").split())
    place = _place(payload, payload.get("channel_id") or "", account)
    return Asked(place=place, account=account, press=f"{OPENS}{named}" if named else HOME, at=now)


def _shortcut(payload: Json, now: datetime) -> Done:
    account = payload["user"]["id"]
    return Asked(place=_place(payload, "", account), account=account, press=HOME, at=now)


# -- sheets that are handed in


def _submitted(payload: Json, now: datetime) -> Done:
    view, account = payload["view"], payload["user"]["id"]
    carried = _carried(payload)
    if carried is None:
        return Nothing("another view")
    values = (view.get("state") or {}).get("values") or {}
    return Filled(key=_key(view, values), place=carried.place, account=account, sheet=carried.sheet,
                  written=written(values), at=now)  # fmt: skip


def _key(view: Json, values: Json) -> str:
    filled = json.dumps([view["id"], view.get("hash"), values], sort_keys=True)
    return f"sheet:{hashlib.sha256(filled.encode()).hexdigest()}"


def written(values: Mapping[str, Mapping[str, Json]]) -> dict[str, Written]:
    """What was filled in, by blank. A text that did not fit into one field is put together again."""
    pieces: dict[str, list[tuple[blanks.Spot, Written]]] = {}
    for block, elements in values.items():
        spot = blanks.spot(block)
        for element in elements.values():
            pieces.setdefault(spot.blank, []).append((spot, _written(element, tick=spot.tick)))
    return {blank: _together(found) for blank, found in pieces.items()}


def _together(found: list[tuple[blanks.Spot, Written]]) -> Written:
    if len(found) == 1:
        return found[0][1]
    text = ""
    for spot, piece in sorted(found, key=lambda each: each[0].number):
        text += f"{spot.before if text and piece else ''}{piece}"
    return text


def _written(element: Json, *, tick: bool) -> Written:
    kind = element.get("type")
    if kind in _SEVERAL:
        chosen = tuple(_value(each) for each in element.get(_SEVERAL[kind]) or ())
        return bool(chosen) if tick else chosen
    return _value(element.get(_ONE.get(kind or "", "value")) or "")


def _value(chosen: Any) -> str:
    return str(chosen["value"] if isinstance(chosen, dict) else chosen)


#: Where each element tells what was chosen in it.
_SEVERAL = {
    "checkboxes": "selected_options", "multi_static_select": "selected_options",
    "multi_users_select": "selected_users",
}  # fmt: skip
_ONE = {
    "static_select": "selected_option", "radio_buttons": "selected_option", "datepicker": "selected_date",
    "timepicker": "selected_time", "users_select": "selected_user",
    "conversations_select": "selected_conversation",
}  # fmt: skip

_READERS = {
    "block_actions": _pressed,
    "message_action": _marked,
    "shortcut": _shortcut,
    "command": _command,
    "view_submission": _submitted,
}
