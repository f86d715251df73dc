"""From keys and references to words: the last step before a message leaves the house.

A message is put into words when it is sent, not when it was decided: so a reader's own language wins, a
correction is in it, and what has been taken back is not. Which replies a message shows is told to the caller,
so that a later correction finds it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Protocol

import msgspec
from sqlalchemy import or_, select

from adapters.port import OPENS, Address, Block, Label, Link, Spoken, Tally
from bot.recaps import common, wording
from bot.rights import freezing
from bot.series.homes import DELETE_UNHEARD
from bot.shelf import Shelf
from flows import levels
from flows import message as m
from flows.kinds.finding import RELEASED
from flows.language import Catalogue
from flows.reading import Marked, Rewording, cells, rest_of, understand
from storage import tables as t
from storage.unit import Unit

#: Texts that lead to the first message of a sitting, and whether that is everyone's, or the session's own.
LEADS = {"plenum.go": True, "reminder.open": False, "reminder.today": False}

#: What becomes of what one writes is told before anything is asked. Whoever comes later finds it by this.
KEPT = f"{OPENS}kept"

_decode = msgspec.json.Decoder(m.Message).decode

#: Texts that say how one takes something back, and what they are where a deletion is not heard of.
BY_COMMAND = {"meeting.privacy": "meeting.privacy-by-command", "control.heard": "control.heard-by-command"}


#: Texts of a recap that count: what they count, and which parameter names it; how actions stand, and of each state.
_COUNTED = {"manager.held": ("groups", "option"), "level.item": ("agreed", "item")}
_STATES, _STATE = ("manager.actions", "manager.actions-before"), "manager.state."


@dataclass(slots=True)
class Voice:
    """In which language, zone and session something is said."""

    bot: Catalogue
    programme: Catalogue
    content_id: str
    language: str
    #: The language that the circle writes in, whose «Finding: …» are read.
    spoken: str
    session: int | None
    #: What the session's circle is called.
    circle: str = ""
    #: Where the programme is gone through, for its texts.
    place: str = ""
    #: Which platform the session is held on; "": no session's.
    platform: str = ""
    #: Platform and workspace where it is read, as far as that is known.
    read: tuple[str, str] = ("", "")


@dataclass(slots=True)
class _Rows:
    """What people wrote, as far as these messages refer to it."""

    replies: dict[int, Any] = field(default_factory=dict)
    findings: dict[int, Any] = field(default_factory=dict)
    actions: dict[int, str] = field(default_factory=dict)
    names: dict[tuple[str, int], str] = field(default_factory=dict)
    recaps: dict[int, Any] = field(default_factory=dict)
    #: By reply: the account that wrote it, for those that a receipt offers something on.
    accounts: dict[int, str] = field(default_factory=dict)
    notes: dict[tuple[int, str], list[int]] = field(default_factory=dict)
    solos: dict[tuple[int, str, int], list[int]] = field(default_factory=dict)
    #: By reply, the values of what was chosen there.
    scores: dict[int, dict[str, int | None]] = field(default_factory=dict)
    #: What managers answered groups.
    responses: dict[int, Any] = field(default_factory=dict)
    #: What was written about ideas.
    feedback: dict[int, str] = field(default_factory=dict)
    #: Where sittings are that people are sent to, by the session that sends them, and whether it is everyone's.
    sittings: dict[tuple[int, bool], Link] = field(default_factory=dict)
    #: Where the notes of earlier sittings stand, by session and slot.
    links: dict[tuple[int, str], Link] = field(default_factory=dict)


class Pages(Protocol):
    """Puts a page into words; see `bot.counter.paging`."""

    def __call__(self, unit: Unit, row: Any, name: str, now: datetime) -> tuple[Spoken, tuple[int, ...]]: ...


@dataclass(frozen=True, slots=True)
class Said:
    """A message in words, and the replies that it shows."""

    spoken: Spoken
    quotes: tuple[int, ...]
    #: The account that alone is to see it, where the platform can.
    only: str | None = None


class Speaker:
    """Puts queued messages into words, a statement a table however many they are."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        #: Where a platform shows no sheets: what a page says, and the replies that it shows.
        self.pages: Pages | None = None

    def speak(
        self, unit: Unit, rows: Sequence[Any], now: datetime, drafts: Mapping[int, Any] = MappingProxyType({})
    ) -> list[Said]:
        """Words for rows of the outbox, in their order, as read at `now`. `drafts`: recaps that are not stored."""
        messages = [_decode(row.body) for row in rows]
        voices = self._voices(unit, rows)
        found = self._gather(unit, messages, voices, drafts)
        return [
            self._page(unit, said, row, now)
            or _Saying(self, unit, voice, found, now).say(
                said, posted=row.kind == "update", named=_named(row)
            )
            for said, voice, row in zip(messages, voices, rows, strict=True)
        ]

    def _page(self, unit: Unit, said: m.Message, row: Any, now: datetime) -> Said | None:
        """A page has its own words. None: it is none."""
        name = next((part.name for part in said.parts if isinstance(part, m.Page)), None)
        if name is None or self.pages is None:
            return None
        return Said(*self.pages(unit, row, name, now))

    def lines(self, unit: Unit, row: Any, now: datetime) -> list[tuple[Block, tuple[int, ...]]]:
        """One row of the outbox in words, block by block, each with the replies that it shows."""
        said = _decode(row.body)
        (voice,) = self._voices(unit, [row])
        saying = _Saying(self, unit, voice, self._gather(unit, [said], [voice], MappingProxyType({})), now)
        saying.kept = True
        blocks = saying.say(said).spoken.blocks
        return [(block, saying.rests[id(block)][1] if id(block) in saying.rests else ()) for block in blocks]

    # -- in which language

    def _voices(self, unit: Unit, rows: Sequence[Any]) -> list[Voice]:
        sessions = {row.session_id for row in rows if row.session_id}
        s = t.series.c
        settings = select(
            t.sessions.c.id, s.language, s.zone, s.content_id, t.meetings.c.content_id.label("pinned"),
            t.circles.c.name, t.organisations.c.name.label("place"), t.places.c.platform,
        ).select_from(
            t.sessions.outerjoin(t.places, t.places.c.id == t.sessions.c.place_id)
            .join(t.series, s.id == t.sessions.c.series_id)
            .join(t.meetings, t.meetings.c.id == t.sessions.c.meeting_id)
            .join(t.circles, t.circles.c.id == t.sessions.c.circle_id)
            .join(t.organisations, t.organisations.c.id == s.organisation_id)
        )  # fmt: skip
        held = (
            {row.id: row for row in unit.all(settings.where(t.sessions.c.id.in_(sessions)))}
            if sessions
            else {}
        )
        own = self._own_languages(unit, {row.place_id for row in rows})
        homes = self._homes(unit, {row.place_id for row in rows if not row.session_id})
        return [
            self._voice(unit, held.get(row.session_id) or homes.get(row.place_id), own.get(row.place_id), row)
            for row in rows
        ]

    def _own_languages(self, unit: Unit, places: set[int]) -> dict[int, str]:
        """A person's own language wins where only that person reads."""
        p = t.people.c
        own = select(t.places.c.id, p.language).join(t.people, p.id == t.places.c.person_id)
        return {
            row[0]: row[1] for row in unit.all(own.where(t.places.c.id.in_(places), p.language.is_not(None)))
        }

    def _homes(self, unit: Unit, places: set[int]) -> dict[int, Any]:
        """The series of a message that belongs to no session: the one whose circle lives there."""
        if not places:
            return {}
        s, c = t.series.c, t.circles.c
        series = select(
            c.home_id, s.language, s.zone, s.content_id, s.content_id.label("pinned"), c.name
        ).select_from(t.circles.join(t.series, s.id == c.series_id))
        return {row.home_id: row for row in unit.all(series.where(c.home_id.in_(places)).order_by(s.id))}

    def _voice(self, unit: Unit, setting: Any, own: str | None, row: Any) -> Voice:
        if setting is None:
            o = t.organisations.c
            house = unit.all(select(o.language, o.zone).where(o.id == row.organisation_id))[0]
            language = own or house.language
            empty = Catalogue(language, {}, house.zone)
            return Voice(
                self.shelf.catalogue(language, house.zone), empty, "", language, house.language, None
            )
        content, zone = setting.pinned or setting.content_id, setting.zone
        language = own or setting.language
        programme = self.shelf.programme_texts(unit, content, language, zone)
        bot = self.shelf.catalogue(language, zone)
        place = getattr(setting, "place", "")
        platform = getattr(setting, "platform", None) or ""
        read = getattr(row, "platform", ""), getattr(row, "workspace", "")
        return Voice(bot, programme, content, language, setting.language, row.session_id, setting.name, place,
                     platform, read)  # fmt: skip

    # -- what people wrote

    def _gather(
        self, unit: Unit, messages: Sequence[m.Message], voices: Sequence[Voice], drafts: Mapping[int, Any]
    ) -> _Rows:
        rows = _Rows()
        wanted = [
            (voice, each) for said, voice in zip(messages, voices, strict=True) for each in references(said)
        ]
        self._recaps(unit, rows, {each.id for _, each in wanted if isinstance(each, m.Recap)})
        rows.recaps.update(drafts)
        sent = {(voice.session, LEADS[each.key]) for voice, each in wanted
                if isinstance(each, m.Text) and each.key in LEADS}  # fmt: skip
        self._sittings(unit, rows, sent)
        self._links(unit, rows)
        for recap in rows.recaps.values():
            wanted += [(voices[0], each) for each in _in_recap(recap)]
        self._written(unit, rows, wanted)
        ids = set(_reply_ids(each for _, each in wanted))
        ids |= {said.about for said in messages if said.about}
        self._scores(unit, rows, [each for _, each in wanted if isinstance(each, m.Levels)])
        self._responses(unit, rows, {each.id for _, each in wanted if isinstance(each, m.Response)})
        self._feedback(unit, rows, {each.news for _, each in wanted if isinstance(each, m.Feedback)})
        ids |= rows.scores.keys()
        for listed in (*rows.notes.values(), *rows.solos.values()):
            ids |= set(listed)
        self._judged(unit, rows, ids)
        self._names(unit, rows, {(each.of, each.id) for _, each in wanted if isinstance(each, m.Name)})
        if ids:
            rows.replies.update(
                {row.id: row for row in unit.all(select(t.replies).where(t.replies.c.id.in_(ids)))}
            )
        self._accounts(unit, rows, {said.about for said in messages if said.about and said.choices})
        return rows

    def _scores(self, unit: Unit, rows: _Rows, spreads: Sequence[m.Levels]) -> None:
        replies = {each for one in spreads for each in (*one.replies, *one.before)}
        if replies:
            s = t.scores.c
            for row in unit.all(select(s.reply_id, s.item, s.value).where(s.reply_id.in_(replies))):
                rows.scores.setdefault(row.reply_id, {})[row.item] = row.value

    def _responses(self, unit: Unit, rows: _Rows, ids: set[int]) -> None:
        if ids:
            found = unit.all(select(t.responses).where(t.responses.c.id.in_(ids)))
            rows.responses = {row.id: row for row in found}

    def _feedback(self, unit: Unit, rows: _Rows, ids: set[int]) -> None:
        if ids:
            n = t.idea_news.c
            rows.feedback = {
                row.id: row.words for row in unit.all(select(n.id, n.words).where(n.id.in_(ids)))
            }

    def _accounts(self, unit: Unit, rows: _Rows, replies: set[int]) -> None:
        if replies:
            i, r, p = t.identities.c, t.replies.c, t.places.c
            wrote = (
                select(r.id, i.account)
                .join(t.places, p.id == r.place_id)
                .join(
                    t.identities,
                    (i.person_id == r.person_id) & (i.platform == p.platform) & (i.workspace == p.workspace),
                )
            )
            rows.accounts = {row.id: row.account for row in unit.all(wrote.where(r.id.in_(replies)))}

    def _recaps(self, unit: Unit, rows: _Rows, ids: set[int]) -> None:
        if ids:
            rows.recaps = {row.id: row for row in unit.all(select(t.recaps).where(t.recaps.c.id.in_(ids)))}

    def _links(self, unit: Unit, rows: _Rows) -> None:
        """Where our own messages stand that hold the notes which these recaps tell of."""
        sessions = {row.session_id for row in rows.recaps.values() if row.session_id}
        if not sessions:
            return
        o, p = t.outbox.c, t.places.c
        noted = select(
            o.session_id, o.slot, o.receipt, o.sent_at, p.platform, p.workspace, p.channel, p.thread
        )
        noted = noted.join(t.places, p.id == o.place_id).where(
            o.session_id.in_(sessions), o.slot.startswith("note:"), o.kind == "say", o.receipt.is_not(None)
        )
        for row in unit.all(noted):
            place = Address(row.platform, row.workspace, row.channel, row.thread)
            rows.links[row.session_id, row.slot] = Link(place, row.receipt, row.sent_at)

    def _sittings(self, unit: Unit, rows: _Rows, sent: set[tuple[int | None, bool]]) -> None:
        """The first messages of sittings that people are sent to: each in a thread of its own, where there are any."""
        if not sent:
            return
        sends, s, o, p, c = t.sessions.alias("sends").c, t.sessions.c, t.outbox.c, t.places.c, t.circles.c
        everyone = c.kind == "everyone"
        there = (
            select(sends.id, everyone.label("everyone"), o.receipt, o.sent_at, p.platform, p.workspace, p.channel,
                   p.thread)
            .join(t.sessions, or_(s.id == sends.id, s.meeting_id == sends.meeting_id))
            .join(t.circles, (c.id == s.circle_id) & or_(s.id == sends.id, everyone))
            .join(t.outbox, (o.session_id == s.id) & (o.slot == "root") & (o.kind == "say"))
            .join(t.places, p.id == o.place_id)
            .where(sends.id.in_([session for session, _ in sent]), o.receipt.is_not(None), p.threads)
        )  # fmt: skip
        for row in unit.all(there):
            place = Address(row.platform, row.workspace, row.channel, row.thread)
            rows.sittings[row.id, bool(row.everyone)] = Link(place, row.receipt, row.sent_at)

    def _written(self, unit: Unit, rows: _Rows, wanted: Iterable[tuple[Voice, Any]]) -> None:
        """The lines of notes, and people's own notes, by session and step."""
        steps = {each.step for _, each in wanted if isinstance(each, m.Notes | m.Solo)}
        sessions = {voice.session for voice, each in wanted if isinstance(each, m.Notes | m.Solo)}
        if not steps:
            return
        r = t.replies.c
        lines = select(r.id, r.session_id, r.step, r.role, r.person_id).where(
            r.session_id.in_(sessions), r.step.in_(steps), r.role.in_(("note", "solo"))
        )
        for row in unit.all(lines.order_by(r.sent_at, r.id)):
            if row.role == "note":
                rows.notes.setdefault((row.session_id, row.step), []).append(row.id)
            else:
                rows.solos.setdefault((row.session_id, row.step, row.person_id), []).append(row.id)

    def _judged(self, unit: Unit, rows: _Rows, ids: set[int]) -> None:
        """Findings in the words that they were released in, and how actions stand."""
        if not ids:
            return
        rows.findings = {
            row.reply_id: row for row in unit.all(select(t.findings).where(t.findings.c.reply_id.in_(ids)))
        }
        ids |= {row.words_id for row in rows.findings.values() if row.words_id}
        states = select(t.actions.c.reply_id, t.actions.c.state).where(t.actions.c.reply_id.in_(ids))
        rows.actions = {row[0]: row[1] for row in unit.all(states)}

    def _names(self, unit: Unit, rows: _Rows, wanted: set[tuple[str, int]]) -> None:
        for of, table in (("person", t.people), ("circle", t.circles)):
            ids = [each for kind, each in wanted if kind == of]
            if ids:
                named = unit.all(select(table.c.id, table.c.name).where(table.c.id.in_(ids)))
                rows.names.update({(of, row.id): row.name for row in named})


class _Saying:
    """One message on its way into words."""

    def __init__(self, speaker: Speaker, unit: Unit, voice: Voice, rows: _Rows, now: datetime) -> None:
        self.speaker, self.unit, self.voice, self.rows, self.now = speaker, unit, voice, rows, now
        self.quoted: dict[int, None] = {}
        #: The session that a recap which is being said tells of.
        self.told = 0
        #: Of the recap that is being said: lines that a coordinator has worded, by reply.
        self.worded: dict[int, tuple[wording.RecapLine, str]] = {}
        #: A coordinator's headings of what is common, by the first reply that it rests on.
        self.headed: Mapping[int, str] = {}
        #: It is kept in words when the replies are deleted, which what managers answered goes with.
        self.kept = False
        #: By the identity of each block that shows replies: the block, and those.
        self.rests: dict[int, tuple[Block, tuple[int, ...]]] = {}

    def say(self, said: m.Message, *, posted: bool = False, named: bool = False) -> Said:
        """`posted`: it rewrites a message that is there, and has to say something. `named`: it says whose it is, and
        leads to what becomes of what is written beneath it."""
        blocks = tuple(self._blocks(said.parts))
        if named and self.voice.circle:
            blocks = (Block("heading", self.voice.circle), *blocks)
        if posted and not blocks:
            blocks = (Block("line", self.voice.bot.say("reply.gone")),)
        labels = tuple(Label(choice.press, self._text(choice.text)) for choice in said.choices)
        tools = tuple(Label(choice.press, self._text(choice.text)) for choice in said.tools)
        tools += (Label(KEPT, self.voice.bot.say("counter.button.kept")),) if named else ()
        about = self.rows.replies.get(said.about) if said.about else None
        spoken = Spoken(said.sort, blocks, labels, about.message if about is not None else None, tools,
                        self.voice.language)  # fmt: skip
        # A receipt that offers something is for the one who wrote.
        alone = about is not None and said.sort == "receipt" and labels
        return Said(spoken, tuple(self.quoted), self.rows.accounts.get(said.about or 0) if alone else None)

    def _blocks(self, parts: Sequence[m.Part]) -> list[Block]:
        """The parts in words. A list that has lost all its lines takes what introduced it along."""
        blocks: list[Block] = []
        opening = 0
        for part in parts:
            row = self._recap(part)
            short = isinstance(part, m.Recap) and part.short
            said = list(self._stored(row, short=short) if row else self._part(part))
            if isinstance(part, m.Points) and not said:
                del blocks[opening:]
            if isinstance(part, m.Heading):
                opening = len(blocks)
            blocks += said
            if isinstance(part, m.Points):
                opening = len(blocks)
        return blocks

    def _part(self, part: m.Part) -> Iterator[Block]:
        if isinstance(part, m.Line) and isinstance(part.content, m.Text) and part.content.key in LEADS:
            yield Block("line", self._text(part.content), link=self._sitting(LEADS[part.content.key]))
        elif isinstance(part, m.Line):
            for words, replies in self._resting(part.content):
                yield self._block(replies, "line", words, tally=self._tally(part.content))
        elif isinstance(part, m.Heading):
            link = self.rows.links.get((self.told, f"note:{part.note}")) if part.note else None
            yield Block("heading", self._text(part.text), link=link)
        elif isinstance(part, m.Points):
            yield from self._points(part)
        elif isinstance(part, m.Picture):
            yield self._picture(part.id)
        elif isinstance(part, m.Levels):
            yield from self._levels(part)

    def _sitting(self, everyone: bool) -> Link | None:
        """The way to a sitting. None leads from one platform to another."""
        link = self.rows.sittings.get((self.voice.session or 0, everyone))
        return link if link is not None and link.place[:2] == self.voice.read else None

    def _points(self, part: m.Points) -> Iterator[Block]:
        numbers = part.numbers or (range(1, len(part.items) + 1) if part.numbered else ())
        for index, item in enumerate(part.items):
            for words, replies in self._resting(item):
                shown = self._row(words, part.columns)
                yield self._block(replies, "item", shown, number=numbers[index] if numbers else None)

    def _row(self, words: str, columns: Sequence[m.Text]) -> str:
        """A row of a table in one line: chats have no room for columns, and a cell is read with what it is."""
        if not columns:
            return words
        first, *rest = cells(words, len(columns))
        named = zip(columns[1:], rest, strict=False)
        return " · ".join((first, *(f"{self._text(column)}: {cell}" for column, cell in named if cell)))

    def _block(self, replies: tuple[int, ...], kind: str, words: str, **more: Any) -> Block:
        block = Block(kind, words, **more)
        self.rests[id(block)] = block, replies
        return block

    def _resting(self, content: m.Content) -> list[tuple[str, tuple[int, ...]]]:
        """What a content is in words, each with the replies that all of it shows."""
        before, self.quoted = self.quoted, {}
        words = self._contents(content)
        mine, self.quoted = tuple(self.quoted), before | self.quoted
        return [(each, mine) for each in words]

    def _levels(self, part: m.Levels) -> Iterator[Block]:
        """How scores are spread, or that it may not be shown; what it rests on is remembered, for corrections."""
        self.quoted.update(dict.fromkeys((*part.replies, *part.before)))
        for item, name in zip(part.items, part.names, strict=True):
            shown = self._spread(part.replies, name)
            words = self._spread_in_words(shown) if shown else self.voice.bot.say("levels.hidden")
            turned = f" ({self.voice.bot.say('levels.reversed')})" if name in part.reversed else ""
            before = self._spread(part.before, name) if shown and self._comparable(part) else None
            key = "levels.first" if part.first else "levels.before"
            last = self.voice.bot.say(key, spread=self._spread_in_words(before)) if before else ""
            since = f" ({last})" if last else ""
            named = f"{self._text(item)}{turned}"
            average = (
                (named, levels.average(shown), levels.average(before) if before else None) if shown else None
            )
            yield Block(
                "item", f"{named} – {words}{since}", tally=Tally("levels", (average,)) if average else None
            )

    def _tally(self, content: m.Content) -> Tally | None:
        """What a text of a recap counts, if it does."""
        if not isinstance(content, m.Text):
            return None
        if named := _COUNTED.get(content.key):
            of, what = named
            return Tally(of, ((str(self._param(content.params[what])), _n(content), None),))
        if content.key not in _STATES:
            return None
        told = (each for each in _in_content(content) if isinstance(each, m.Text))
        states = ((each.key.rpartition(".")[2], each) for each in told if each.key.startswith(_STATE))
        counts = ((self.voice.bot.say(f"action.state.{name}"), _n(each), None) for name, each in states
                  if "n" in each.params)  # fmt: skip
        return Tally(content.key.rpartition(".")[2], tuple(counts))

    def _spread(self, replies: Sequence[int], item: str) -> dict[int, int] | None:
        there = [self.rows.scores[each] for each in replies if each in self.rows.scores]
        return (
            levels.spread([scores.get(item) for scores in there], len(replies), len(there)) if there else None
        )

    def _comparable(self, part: m.Levels) -> bool:
        def people(replies: Sequence[int]) -> set[int]:
            return {row.person_id for each in replies if (row := self.rows.replies.get(each)) is not None}

        return bool(part.before) and levels.comparable(people(part.before), people(part.replies))

    def _spread_in_words(self, spread: Mapping[int, int]) -> str:
        return ", ".join(self.voice.bot.say("levels.share", value=value, n=n) for value, n in spread.items())

    def _picture(self, name: str) -> Block:
        """A picture is never sent without the text that says the same."""
        voice = self.voice
        title, alt = (voice.programme.say(f"pictures.{name}.{key}") for key in ("title", "alt"))
        file = self.speaker.shelf.picture(self.unit, voice.content_id, name, voice.language)
        return Block("picture", f"{title}\n{alt}", file=file)

    def _recap(self, part: m.Part) -> Any:
        return self.rows.recaps.get(part.id) if isinstance(part, m.Recap) else None

    def _stored(self, row: Any, *, short: bool) -> list[Block]:
        """A recap, less what has gone since it was made, in a coordinator's words where there are any."""
        if frozen := getattr(row, "said", None):
            return freezing.blocks(frozen)
        there = wording.Sources(self.rows.replies, self.rows.findings, self.rows.actions)
        shown = wording.shown(row, there, short=short)
        self.worded, self.headed, self.told = shown.worded, shown.headed, row.session_id or 0
        blocks = self._blocks(shown.parts)
        self.worded, self.headed, self.told = {}, {}, 0
        return blocks

    # -- words

    def _contents(self, content: m.Content) -> list[str]:
        """What a content is in words: nothing where its source is gone, several lines for a circle's notes."""
        if isinstance(content, m.Text):
            words = self._try(content)
            return [words] if words is not None else []
        if isinstance(content, m.Notes):
            ids = self.rows.notes.get((self.voice.session or 0, content.step), [])
            return [words for each in ids if (words := self._quote(each))]
        found = self._quoted(content)
        return [found] if found else []

    def _quoted(self, content: m.Content) -> str | None:
        worded = self.worded.get(wording.first_reply(content) or 0)
        if worded is not None and not isinstance(content, m.Action):
            return self._coordinators(*worded)
        if isinstance(content, m.Quote):
            return self._quote(content.reply)
        if isinstance(content, m.Finding):
            return self._finding(content.reply, outside=content.outside)
        if isinstance(content, m.Action):
            return self._action(content.reply)
        if isinstance(content, m.Theme):
            return self._theme(content)
        if isinstance(content, m.Response):
            return self._response(content)
        if isinstance(content, m.Feedback):
            return self.rows.feedback.get(content.news)
        if isinstance(content, m.Answer):
            ids: Sequence[int] = content.replies
        elif isinstance(content, m.Solo):
            ids = self.rows.solos.get((self.voice.session or 0, content.step, content.person), [])
        else:
            return None
        return "\n".join(words for each in ids if (words := self._quote(each))) or None

    def _coordinators(self, line: wording.RecapLine, words: str) -> str:
        """A coordinator's words rest on what they stand for: a correction of that finds them."""
        self.quoted.update(dict.fromkeys(line.rests))
        return words

    def _quote(self, reply: int) -> str | None:
        self.quoted[reply] = None
        row = self.rows.replies.get(reply)
        if row is None:
            return None
        words: str = row.words
        if ":" not in words:
            return words  # neither marked nor a rewording
        reading = understand(words, self.speaker.shelf.vocabulary(self.voice.spoken))
        return rest_of(words) if isinstance(reading, Marked | Rewording) else words

    def _finding(self, reply: int, *, outside: bool) -> str | None:
        """As it was reworded for others; where the rewording is gone, nothing was released."""
        row = self.rows.findings.get(reply)
        self.quoted[reply] = None
        if row is None or row.state == "withdrawn" or (outside and row.state not in RELEASED):
            return None
        if row.state != "reworded":
            return self._quote(reply)
        return self._quote(row.words_id) if row.words_id else None

    def _theme(self, theme: m.Theme) -> str | None:
        """It rests on all of its findings, in whoever's words it is headed."""
        self.quoted.update(dict.fromkeys(theme.replies))

        def read(reply: int) -> str | None:
            return self._quoted(m.Finding(reply, outside=True))

        heading = self.headed.get(theme.replies[0])
        return common.say(theme, heading, read, self.voice.bot, self.voice.spoken)

    def _response(self, response: m.Response) -> str | None:
        """What a manager answered, after the finding; nothing where either is gone."""
        row = self.rows.responses.get(response.id)
        finding = self._finding(response.reply, outside=False)
        if row is None or finding is None or self.kept:
            return None
        verdict = row.verdict if row.words else f"{row.verdict}-bare"
        return self.voice.bot.say(f"recap.answer.{verdict}", finding=finding, words=row.words)

    def _action(self, reply: int) -> str | None:
        words, state = self._quote(reply), self.rows.actions.get(reply)
        if words is None or state is None or state == "withdrawn":
            return None
        if worded := self.worded.get(reply):
            words = self._coordinators(*worded)
        return words if state == "open" else f"{words} ({self.voice.bot.say(f'action.state.{state}')})"

    def _try(self, content: m.Text) -> str | None:
        """A text, unless something that it quotes is gone."""
        quoted = [
            value for value in content.params.values() if isinstance(value, m.Quote | m.Answer | m.Finding)
        ]
        return self._text(content) if all(self._quoted(each) for each in quoted) else None

    def _text(self, content: m.Text) -> str:
        if content.key.startswith("programme:"):
            return self.voice.programme.say(content.key.removeprefix("programme:"), place=self.voice.place)
        params = {name: self._param(value) for name, value in content.params.items()}
        unheard = self.voice.platform in DELETE_UNHEARD
        key = BY_COMMAND.get(content.key, content.key) if unheard else content.key
        return self.voice.bot.say(key, now=self.now, **params)

    def _param(self, value: m.Param) -> str | int | datetime:
        if isinstance(value, m.Moment):
            return value.at
        if isinstance(value, m.Text):
            return self._text(value)
        if isinstance(value, m.Numbers):
            return common.listed(value.of, self.voice.bot.language)
        if isinstance(value, m.Name):
            # An erased person has no name any more.
            return self.rows.names.get((value.of, value.id)) or "–"
        return value if isinstance(value, int) else self._quoted(value) or ""


def _named(row: Any) -> bool:
    """The first message of a thread stands in a channel where other groups may meet as well."""
    return row.slot == "root" and bool(getattr(row, "threads", False) or getattr(row, "thread", ""))


def _n(content: m.Text) -> int:
    """How many a text says."""
    n = content.params["n"]
    assert isinstance(n, int), "a count is a number"
    return n


# -- what a message refers to


def references(said: m.Message) -> Iterator[Any]:
    """Everything in a message that stands for words kept elsewhere."""
    for part in said.parts:
        yield from _in_part(part)
    for choice in (*said.choices, *said.tools):
        yield from _in_content(choice.text)


def _in_part(part: m.Part) -> Iterator[Any]:
    if isinstance(part, m.Line):
        yield from _in_content(part.content)
    elif isinstance(part, m.Points):
        for item in part.items:
            yield from _in_content(item)
    elif isinstance(part, m.Heading):
        yield from _in_content(part.text)
    else:
        yield part


def _in_content(content: Any) -> Iterator[Any]:
    yield content
    if isinstance(content, m.Text):
        for value in content.params.values():
            yield from _in_content(value)


def _in_recap(row: Any) -> Iterator[Any]:
    for part in wording.everything(row):
        yield from _in_part(part)


def _reply_ids(wanted: Iterable[Any]) -> Iterator[int]:
    for each in wanted:
        if isinstance(each, m.Quote | m.Finding | m.Action | m.Response):
            yield each.reply
        elif isinstance(each, m.Answer | m.Theme):
            yield from each.replies
