"""A word to one person in a place that others read: why what they wrote there is not taken as an answer.

Said once a sitting to each, where the platform can show a message to one person alone. Where it cannot, and people
come into the group by themselves, whoever is not in it is told so before all, and how to come in; nothing else is said.
"""

from __future__ import annotations

from typing import Any
from zlib import crc32

import msgspec
from sqlalchemy import select

from bot.desk import CORRECTIONS, Desk, Live
from bot.news import GOING_ON
from bot.series.homes import UNLISTED
from flows import effects as fx
from flows.message import Choice, Message, Text, line, message
from storage import tables as t

#: Effects are counted from here, by what was said to whom.
WHISPERS = 2_000_000

IN_TOPIC = "aside.in-topic"
ONLOOKER, IN_THREAD, MENTION = "aside.onlooker", "aside.in-thread", "aside.mention"
FILES, OVER = "aside.files", "aside.over"

_encode = msgspec.json.Encoder().encode


def whisper(desk: Desk, live: Live, place: Any, account: str, said: str, of: str = "") -> None:
    """Queue the word, unless the person has been told in this sitting: of this message (`of`), if it is about one."""
    for_all = place.platform in UNLISTED and said in (ONLOOKER, IN_THREAD)
    # What everyone has read where the meeting is not need not be told to the next.
    told = "" if for_all and said == IN_THREAD else account
    if not (number := _untold(desk, live, f"{told}/{said}/{of}")):
        return
    about = {
        "organisation_id": live.row.organisation_id,
        "session_id": live.row.id,
        "version": live.row.version,
    }
    if for_all:
        about |= _for_all(_come_in(live) if said == ONLOOKER else message("status", line(IN_TOPIC)))
    desk.unit.add(t.outbox, [_row(place.id, account, said, number) | about])


def tell_alone(desk: Desk, live: Live, person: int, said: str, of: str) -> None:
    """Queue the word where the person is reached alone, unless they have been told so of this message (`of`)."""
    if number := _untold(desk, live, f"{person}/{said}/{of}"):
        desk.say(live, fx.Say(message("answer", line(said)), "person", person=person), number)


def _untold(desk: Desk, live: Live, what: str) -> int:
    """The number under which it is told in this sitting, whatever its version; 0: it has been."""
    number = WHISPERS + crc32(what.encode()) % (CORRECTIONS - WHISPERS)
    o = t.outbox.c
    before = select(o.id).where(o.session_id == live.row.id, o.effect == number)
    if desk.unit.all(before.limit(1)) or (live.row.id, number) in desk.whispered:
        return 0
    desk.whispered.add((live.row.id, number))
    return number


def _for_all(said: Message) -> dict[str, Any]:
    """A row's columns for what everyone in the place sees. It gives way to all that the group itself waits for."""
    return {"only": None, "sort": said.sort, "body": _encode(said).decode()}


def _come_in(live: Live) -> Message:
    """How to come in, by the group's own button; into everyone's circle one comes by one's group."""
    if live.row.circle_kind == "everyone":
        return message("status", line(ONLOOKER))
    button = Choice(f"join:{live.row.circle_id}", Text("join.button"))
    return message("status", line("aside.come-in"), choices=(button,))


def whisper_at_home(desk: Desk, place: Any, account: str, key: str, why: str) -> None:
    """Somebody called us where meetings are held, and none is going on. The log knows the call, so that it is
    answered once."""
    if place.threads and desk.people.get((place.platform, place.workspace, account)):
        called = {
            "session_id": None,
            "version": None,
            "key": key,
            "event": '{"type":"called"}',
            "ignored": why,
        }
        desk.unit.add(t.log, [{**called, "at": desk.now}])
        about = {"organisation_id": place.organisation_id, "session_id": None, "version": 0}
        desk.unit.add(t.outbox, [_row(place.id, account, MENTION, 0) | about])


def _row(place: int, account: str, said: str, number: int) -> dict[str, Any]:
    return {
        "place_id": place, "effect": number, "kind": "say", "sort": "answer", "slot": None, "prompt": None,
        "body": _encode(message("answer", line(said))).decode(), "target_id": None, "only": account,
        "status": "queued",
    }  # fmt: skip


def meant(desk: Desk, place: int, circles: set[int]) -> int | None:
    """The sitting of somebody's own group that is going on in a thread of this place."""
    s, c = t.sessions.c, t.circles.c
    there = (
        select(s.id)
        .join(t.circles, c.id == s.circle_id)
        .where(c.home_id == place, c.id.in_(circles), s.phase.in_(GOING_ON))
    )
    found = desk.unit.all(there.order_by(s.id).limit(1)) if circles else []
    return found[0].id if found else None
