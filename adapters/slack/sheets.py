"""A sheet as a view of Slack's: a modal, or the home of one person. Pure.

The rules:

- What a view has to remember stands in its private metadata: which sheet it is and where it was asked for.
- Blanks come before words where a view would hold too many blocks: words are merged, and cut off with a sign.

https://docs.slack.dev/reference/views
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import msgspec
from msgspec import Struct

from adapters.port import Address, Sheet
from adapters.slack import limits
from adapters.slack.blanks import fields, plain, spot
from adapters.slack.render import Leads, Piece, buttons, pieces
from adapters.slack.wording import cut, escape, length

Json: TypeAlias = dict[str, Any]

#: The callback of our modals, and of the home.
CALLBACK = "runda_sheet"
FAULTS = "faults"


class Carried(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a view remembers. `home`: it was opened from the home, which is to be shown anew afterwards."""

    sheet: str
    place: Address
    message: str | None = None
    about: str | None = None
    home: bool = False


def carried(view: Json) -> Carried | None:
    """What one of our views remembers; None of any other's."""
    try:
        return msgspec.json.decode(view.get("private_metadata") or "", type=Carried)
    except msgspec.MsgspecError:
        return None


# -- views


def modal(sheet: Sheet, remembers: Carried, leads: Leads) -> Json:
    """Raises ValueError where a sheet has more blanks, or a longer name, than Slack holds."""
    asked = [field for blank in sheet.blanks for field in fields(sheet, blank)]
    view: Json = {
        "type": "modal", "callback_id": CALLBACK, "private_metadata": _remembered(remembers),
        "title": plain(cut(sheet.title, limits.VIEW_TITLE) or "Runda"),
        "blocks": _together(sheet, asked, leads),
    }  # fmt: skip
    if sheet.cancel.strip():
        view["close"] = plain(cut(sheet.cancel, limits.VIEW_TITLE))
    if sheet.submit.strip() or asked:
        view["submit"] = plain(cut(sheet.submit, limits.VIEW_TITLE) or "OK")
    return view


def home(sheet: Sheet, remembers: Carried, leads: Leads) -> Json:
    """A page: nothing can be handed in there, so it has no blanks."""
    return {
        "type": "home", "callback_id": CALLBACK, "private_metadata": _remembered(remembers),
        "blocks": _together(sheet, [], leads),
    }  # fmt: skip


def _remembered(remembers: Carried) -> str:
    metadata = msgspec.json.encode(remembers).decode()
    if length(metadata) > limits.PRIVATE_METADATA:
        raise ValueError(f"a sheet's name is too long: {length(metadata)} of {limits.PRIVATE_METADATA}")
    return metadata


def _together(sheet: Sheet, fields: Sequence[Json], leads: Leads) -> list[Json]:
    words, ends = list(pieces(sheet.blocks, leads)), list(buttons(sheet.labels))
    room = limits.VIEW_BLOCKS - 1 - len(fields) - len(ends)
    if room < 1:
        raise ValueError(f"a sheet holds {limits.VIEW_BLOCKS} blocks: ask for less in one")
    words = _within(words, room, limits.VIEW_SIZE // 2)
    named = [piece.named("", index) for index, piece in enumerate([*words, *ends])]
    return [*named[: len(words)], *fields, *named[len(words) :]] or [_section("–")]


def _within(words: list[Piece], room: int, size: int) -> list[Piece]:
    """As many pieces as there is room for, with a sign where some are missing."""
    kept: list[Piece] = []
    for piece in words:
        size -= len(str(piece.block))
        if len(kept) >= room - 1 or size < 0:
            return [*kept, Piece(_section("…"), "…")]
        kept.append(piece)
    return kept


# -- faults


def faulted(view: Json, by_blank: dict[str, str]) -> Json:
    """The answer to a sheet that cannot be used as it was filled in: at each blank; where one of the faults is of
    none, all of them together on top of the same view."""
    fields = {
        spot(each["block_id"]).blank: each for each in reversed(view["blocks"]) if each["type"] == "input"
    }
    if by_blank and all(name in fields for name in by_blank):
        errors = {fields[name]["block_id"]: cut(why, limits.HINT) or "–" for name, why in by_blank.items()}
        return {"response_action": "errors", "errors": errors}
    told = "\n".join(
        f"{fields[name]['label']['text']}: {why}" if name in fields else why for name, why in by_blank.items()
    )
    return {"response_action": "update", "view": _topped(view, told)}


def _topped(view: Json, told: str) -> Json:
    top = _section(escape(f"⚠️ {cut(told, limits.SECTION // 6)}")) | {"block_id": FAULTS}
    blocks = [top, *(each for each in view["blocks"] if each.get("block_id") != FAULTS)]
    kept = ("type", "callback_id", "private_metadata", "title", "close", "submit")
    return {name: view[name] for name in kept if view.get(name)} | {"blocks": blocks}


def _section(markup: str) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": markup, "verbatim": True}}
