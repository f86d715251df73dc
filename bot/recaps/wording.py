"""A coordinator's own words for a line of a recap; and what is left of a recap when its sources are gone.

A line is known by the first reply that it rests on. The rules:

- A line goes when a reply that it rests on is gone, was marked as no answer, or is a finding that has been
  withdrawn or, for other eyes than its circle's, is not released any more. Nothing takes its place.
- A coordinator's words for a line rest on all its replies. They go, with the line, when any of them is taken back
  or changed; the words themselves are taken out of the database at once (`forget`).
- What managers were sent is as it was approved: a finding whose author has changed it since, or that has been
  reworded since, goes out of that version, and can be approved anew.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import delete, select, update

from flows import recap as recaps
from flows.kinds.finding import RELEASED
from flows.message import Action as ActionPart
from flows.message import Answer, Finding, Moment, Part, Points, Quote, Text, line
from flows.recap import GroupRecap, ManagerRecap
from storage import tables as t
from storage.unit import Unit


class Wording(Struct, frozen=True, omit_defaults=True):
    """What a coordinator has made of a recap, as it is kept in `recaps.words`."""

    #: Own words for a line.
    says: dict[int, str] = {}
    #: Lines that are left out.
    out: tuple[int, ...] = ()
    #: Lines that had own words, until what these rested on was taken back or changed.
    gone: tuple[int, ...] = ()
    #: Managers' recaps: the findings that belong together as a coordinator has put them, by their replies, and own
    #: headings of these, by the first reply of each. None: as the rule proposes.
    themes: tuple[tuple[int, ...], ...] | None = None
    heads: dict[int, str] = {}
    #: The findings, by their replies, that ask something of managers.
    asks: tuple[int, ...] = ()
    #: Managers' recaps: of what was approved, how often each reply had been changed by then.
    revisions: dict[int, int] = {}

    @property
    def edited(self) -> bool:
        return bool(self.says or self.out or self.gone or self.themes is not None or self.asks)


UNTOUCHED = Wording()
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Wording).decode


def read(words: str | None) -> Wording:
    return _decode(words) if words else UNTOUCHED


def written(wording: Wording) -> str | None:
    return _encode(wording).decode() if wording != UNTOUCHED else None


# -- the lines of a recap


class RecapLine(NamedTuple):
    """One line: the number that a coordinator knows it by, and the replies that it rests on, the first its key."""

    number: int
    rests: tuple[int, ...]
    #: It goes when any of them is gone; otherwise, when all are.
    whole: bool = True

    @property
    def key(self) -> int:
        return self.rests[0]


def lines(recap: GroupRecap | ManagerRecap) -> list[RecapLine]:
    """The lines of a stored recap, in the order in which they are read; those that have gone keep their number."""
    if isinstance(recap, ManagerRecap):
        return [RecapLine(one.number, _rests(one)) for one in recap.findings or ()]
    return [RecapLine(number, *each) for number, each in enumerate(_of_group(recap), 1)]


def _of_group(recap: GroupRecap) -> Iterator[tuple[tuple[int, ...], bool]]:
    """What each line rests on, and whether on all of it."""
    yield from ((_rests(one), True) for one in recap.findings)
    for question in recap.questions:
        yield from ((point.replies, False) for point in question.points)
    yield from ((point.replies, False) for point in recap.reflections)
    yield from ((_rests(one), True) for one in recap.others)
    yield from ((point.replies, False) for point in recap.plenum)
    yield from (((one.reply,), True) for one in recap.actions)


def _rests(one: Any) -> tuple[int, ...]:
    return (one.reply, one.words) if one.words else (one.reply,)


# -- what is shown


@dataclass(frozen=True, slots=True)
class Draft:
    """A recap that is not stored, or a stored one as a coordinator edits it: its lines are numbered."""

    points: str
    words: str | None
    status: str
    version: int
    approved_at: datetime | None = None
    #: Whose recap it is; None: the managers'.
    session_id: int | None = None
    id: int = 0
    numbered: bool = True
    #: Kept in words (`bot.rights.freezing`).
    said: str | None = None


@dataclass(frozen=True, slots=True)
class Sources:
    """What is there now of what people wrote: rows of replies and findings, and states of actions, by reply."""

    replies: Mapping[int, Any]
    findings: Mapping[int, Any]
    actions: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Shown:
    """What is left of a recap: its parts, and by reply the lines that a coordinator has worded."""

    parts: tuple[Part, ...]
    worded: dict[int, tuple[RecapLine, str]]
    #: A coordinator's headings of what is common, by the first reply of each.
    headed: Mapping[int, str]
    #: Numbers of lines that have gone since this version was made, and of those that a coordinator left out.
    lost: tuple[int, ...] = ()
    out: tuple[int, ...] = ()


def everything(row: Any) -> tuple[Part, ...]:
    """All that a stored recap refers to, whether it is still there or not."""
    return recaps.parts(recaps.load(row.points))


def shown(row: Any, there: Sources, *, short: bool = False) -> Shown:
    """What a version of a recap, a row or a `Draft`, says now: of one that is kept in words, nothing more than those.

    `short`: as much as one screen holds.
    """
    if getattr(row, "said", None):
        return Shown((), {}, {})
    recap, wording = recaps.load(row.points), read(row.words)
    listed = lines(recap)
    gone = _gone(recap, there) | _changed(wording, there)
    out = [one for one in listed if one.key in wording.out]
    lost = [one for one in listed if one not in out and _is_lost(one, gone, wording)]
    left = _without(recap, gone | {reply for one in (*lost, *out) for reply in one.rests})
    parts = tuple(_marked(row, left, wording, short=short))
    if isinstance(row, Draft) and row.numbered:
        parts = _numbered(parts, listed)
    worded = {
        reply: (one, wording.says[one.key])
        for one in listed if one.key in wording.says for reply in one.rests
    }  # fmt: skip
    headed = headings(wording, left)
    return Shown(parts, worded, headed, tuple(one.number for one in lost), tuple(one.number for one in out))


def standing(version: Any, there: Sources) -> set[int]:
    """The findings of a stored managers' recap that are still shown, by their replies."""
    recap, wording = recaps.load(version.points), read(version.words)
    gone = _gone(recap, there) | _changed(wording, there)
    listed = lines(recap)
    return {one.key for one in listed if one.key not in wording.out and not _is_lost(one, gone, wording)}


def _is_lost(one: RecapLine, gone: Collection[int], wording: Wording) -> bool:
    """A coordinator's words rest on every reply of the line; people's own stand as long as one of them is there."""
    there = [reply for reply in one.rests if reply not in gone]
    whole = one.whole or one.key in wording.says
    return one.key in wording.gone or not there or (whole and len(there) < len(one.rests))


def _without(recap: GroupRecap | ManagerRecap, gone: Collection[int]) -> GroupRecap | ManagerRecap:
    if isinstance(recap, ManagerRecap):  # `without` is typed for each kind by itself
        return recaps.without(recap, gone)
    return recaps.without(recap, gone)


def _gone(recap: GroupRecap | ManagerRecap, there: Sources) -> set[int]:
    """Replies that a line can no longer rest on."""
    rests = {reply for one in lines(recap) for reply in one.rests}
    standing = {reply for reply in rests if reply in there.replies and there.replies[reply].role != "aside"}
    if isinstance(recap, ManagerRecap):
        return rests - standing | {one.reply for one in recap.findings or () if not _same(one, there)}
    hidden = {one.reply for one in recap.others if not _let_out(there.findings.get(one.reply))}
    hidden |= {one.reply for one in recap.findings if _state(there.findings.get(one.reply)) == "withdrawn"}
    hidden |= {one.reply for one in recap.actions if there.actions.get(one.reply) in (None, "withdrawn")}
    return rests - standing | hidden


def _state(finding: Any) -> str:
    return "withdrawn" if finding is None else str(finding.state)


def _let_out(finding: Any) -> bool:
    if finding is None or finding.state not in RELEASED:
        return False
    return finding.state != "reworded" or finding.words_id is not None


def _same(one: recaps.Numbered, there: Sources) -> bool:
    """It is still released, in the words in which it was listed."""
    finding = there.findings.get(one.reply)
    return finding is not None and _let_out(finding) and finding.words_id == one.words


def _changed(wording: Wording, there: Sources) -> set[int]:
    return {
        reply for reply, revision in wording.revisions.items()
        if reply in there.replies and there.replies[reply].revision != revision
    }  # fmt: skip


def headings(wording: Wording, recap: GroupRecap | ManagerRecap) -> dict[int, str]:
    """A heading stands as long as all that it was given to is there; otherwise the words that recur do."""
    if not isinstance(recap, ManagerRecap):
        return {}
    whole = {theme[0]: theme for theme in wording.themes or ()}
    return {
        theme[0]: wording.heads[theme[0]] for theme in recap.common or ()
        if theme[0] in wording.heads and whole.get(theme[0]) == theme
    }  # fmt: skip


# -- marks and numbers


def _marked(row: Any, recap: GroupRecap | ManagerRecap, wording: Wording, *, short: bool) -> Iterator[Part]:
    """The recap, with what a reader must know of how it was made under its title."""
    title, *rest = recaps.parts(
        recap, automatic=row.status == "automatic", approved=row.status == "approved", short=short
    )
    yield title
    if isinstance(recap, ManagerRecap) and row.status == "approved":
        yield line("manager.approved", when=Moment(row.approved_at), n=row.version)
    elif isinstance(recap, ManagerRecap) and row.status != "counts":
        yield line("manager.waits-approval")
    if wording.edited:
        yield line("recap.edited-by-coordinator")
    yield from rest


def _numbered(parts: tuple[Part, ...], listed: list[RecapLine]) -> tuple[Part, ...]:
    """Every line under the number that it is edited by."""
    numbers = {reply: one.number for one in listed for reply in one.rests}
    return tuple(_with_numbers(part, numbers) if isinstance(part, Points) else part for part in parts)


def _with_numbers(part: Points, numbers: Mapping[int, int]) -> Points:
    found = [numbers.get(first_reply(item) or 0) for item in part.items]
    known = tuple(number for number in found if number is not None)
    return replace(part, numbered=True, numbers=known) if len(known) == len(found) else part


def first_reply(content: Any) -> int | None:
    """The reply that a line of a recap is known by, as it stands in a message."""
    if isinstance(content, Text):
        return next(filter(None, (first_reply(value) for value in content.params.values())), None)
    if isinstance(content, Answer):
        return content.replies[0]
    return content.reply if isinstance(content, Quote | Finding | ActionPart) else None


# -- taking words back


def forget(unit: Unit, meetings: Collection[int], replies: Collection[int]) -> None:
    """These replies were taken back or changed: no words of a coordinator that rest on them are kept.

    `meetings` are those in which they were written. A recap of a later one may rest on them too: an action is in the
    recap of every meeting at which it was said how it stands.
    """
    r, mt = t.recaps.c, t.meetings.c
    series = select(mt.series_id).where(mt.id.in_(list(meetings)))
    later = select(mt.id).where(mt.series_id.in_(series))
    kept = select(r.id, r.points, r.words).where(r.meeting_id.in_(later), r.words.is_not(None))
    for row in unit.all(kept):
        wording = read(row.words)
        hit = {
            one.key for one in lines(recaps.load(row.points))
            if one.key in wording.says and not set(replies).isdisjoint(one.rests)
        }  # fmt: skip
        heads = _hit(wording, recaps.load(row.points), replies)
        if hit or heads:
            says = {key: words for key, words in wording.says.items() if key not in hit}
            left = {key: words for key, words in wording.heads.items() if key not in heads}
            less = replace(wording, says=says, heads=left, gone=(*wording.gone, *sorted(hit)))
            unit.run(update(t.recaps).where(r.id == row.id).values(words=written(less)))


def _hit(wording: Wording, recap: GroupRecap | ManagerRecap, replies: Collection[int]) -> set[int]:
    """The headings that rest on any of these, or on a finding that is not in the recap any more."""
    there = {one.key: one.rests for one in lines(recap)}
    return {
        theme[0] for theme in wording.themes or ()
        if theme[0] in wording.heads
        and any(each not in there or not set(replies).isdisjoint(there[each]) for each in theme)
    }  # fmt: skip


#: How a coordinator's own words for a line of a gross list are known among the messages: of which reply, after this.
LISTED = "list:"


def unlisted(unit: Unit, series: int, replies: Collection[int]) -> dict[int, int]:
    """Words of a coordinator for lines of that series' gross lists whose author has taken them back are not kept.

    Returns the replies that had them, each with the reply that it was said of.
    """
    r, s = t.replies.c, t.sessions.c
    there = {row.id for row in unit.all(select(r.id).where(r.id.in_(replies), r.role != "aside"))}
    if not (gone := set(replies) - there):
        return {}
    held = select(s.id).where(s.series_id == series)
    listed = select(r.id, r.message).where(
        r.session_id.in_(held), r.role == "aside", r.message.startswith(LISTED)
    )
    said = {row.id: int(row.message.removeprefix(LISTED).partition(":")[0]) for row in unit.all(listed)}
    found = {reply: of for reply, of in said.items() if of in gone}
    unit.run(delete(t.replies).where(r.id.in_(list(found))))
    return found
