"""One thing heard in a conversation at the counter, in one transaction: what it means, and what is said to it.

The presses are told in `bot.counter.guided`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TypeAlias

import msgspec
from sqlalchemy import Connection, insert, select

from adapters.port import OPENS, Blank, Chose, Faults, Filled, Sheet, Written, Wrote
from bot.counter.counter import Counter, Instead, There, handed, page
from bot.counter.drafts import ASKED, YES, Draft, forget, load, option_of, standing, store, tell, ticked
from bot.counter.visit import Visit, Wrong
from bot.work import name as key_of
from flows.message import Choice, Message, Page, Text, line, message
from storage import tables as t

#: How long what is typed is an answer to our last question.
FRESH = timedelta(hours=1)
#: Of a page: a question, the last look before handing in, and any other.
QUESTION, CHECK = "ask", "check"

_encode = msgspec.json.Encoder().encode
Touched: TypeAlias = Chose | Wrote


def known_by(heard: Touched) -> str:
    """A message by itself: it may be told of again under another number, when nothing is asked any more."""
    if isinstance(heard, Chose):
        return key_of(heard)
    place = heard.place
    return f"{place.platform}:said:{place.workspace}:{place.channel}:{heard.message}"


def known(connection: Connection, heard: Touched) -> bool:
    """Whether it has been taken here."""
    return connection.execute(select(t.log.c.id).where(t.log.c.key == known_by(heard))).first() is not None


class Talk:
    """One thing heard in a conversation, in one transaction."""

    def __init__(self, visit: Visit, heard: Touched) -> None:
        self.visit, self.heard = visit, heard
        self.draft = load(visit.connection, heard.place, heard.account)

    @classmethod
    def of(cls, counter: Counter, connection: Connection, heard: Touched, there: There) -> Talk:
        visit = counter.visit(connection, heard.place, heard.account, there, key=heard.key)
        return cls(visit, heard)

    # -- is it ours, and is it new

    def awaits(self, wrote: Wrote) -> bool:
        draft = self.draft
        if draft is None or not draft.asks or self.visit.now - draft.at > FRESH:
            return False
        return wrote.reply_to is None or self._ours(wrote.reply_to)

    def _ours(self, message_: str) -> bool:
        """Whether a message of ours is part of the conversation, and not of a meeting."""
        o, p, place = t.outbox.c, t.places.c, self.heard.place
        found = select(o.session_id).join(t.places, p.id == o.place_id)
        here = p.platform == place.platform, p.workspace == place.workspace, p.channel == place.channel
        rows = self.visit.all(found.where(o.receipt == message_, *here))
        return any(row.session_id is None for row in rows)

    def known(self) -> bool:
        return known(self.visit.connection, self.heard)

    def note(self) -> None:
        """From now on it is known."""
        row = {"key": known_by(self.heard), "event": '{"type":"asked"}', "at": self.visit.now}
        self.visit.connection.execute(insert(t.log), row)

    def hands_in(self) -> bool:
        """Whether a sheet may be handed in by this."""
        if isinstance(self.heard, Chose) and self.heard.press.startswith(f"{OPENS}do:"):
            return self.draft is not None
        return len(self._blanks()) == 1

    # -- what it means

    def take(self) -> None:
        if isinstance(self.heard, Wrote):
            return self._answer(self.heard.words)
        word, *rest = self.heard.press.removeprefix(OPENS).split(":", 2)
        if word == "cancel":
            return self._leave()
        if word == "do":
            return self._hand_in(":".join(rest))
        if word in ("pick", "keep", "skip", "done", "back"):
            return self._pressed(word, rest)
        if word == "on" and self.draft is not None:
            return self._again(self.draft)
        return self._open(":".join([word, *rest]))

    def _open(self, name: str, told: tuple[str, ...] = ()) -> None:
        """A page as it is; of a sheet with blanks, its first question."""
        tell(self.visit, name, told)
        sheet = page(self.visit, name)
        if sheet.blanks:
            self._ask(Draft(sheet.name, {}, sheet.blanks[0].name, self.visit.now))
        else:
            self._say(Page(name))

    def _leave(self) -> None:
        forget(self.visit.connection, self.heard.place, self.heard.account)
        self._tell("counter.guided.left")

    def _pressed(self, word: str, rest: list[str]) -> None:
        """A button of a question; of one that is not asked any more, the present one is asked again."""
        draft, blanks = self.draft, self._blanks()
        index = int(rest[0]) if rest and rest[0].isdecimal() else -1
        if draft is not None and word == "back" and 0 < index <= len(blanks):
            return self._ask(draft.but(asks=blanks[index - 1].name, at=self.visit.now))
        if draft is None or not 0 <= index < len(blanks):
            return self._open("home")
        blank = blanks[index]
        if blank.name != draft.asks:
            return self._again(draft)
        if word == "pick":
            return self._picked(draft, blank, rest[1] if len(rest) > 1 else "")
        if word == "done":
            return self._next(draft, blank, ticked(draft, blank))
        return self._next(draft, blank, standing(blank) if word == "keep" else "")

    def _picked(self, draft: Draft, blank: Blank, carried: str) -> None:
        value = option_of(blank, carried)
        if value is None:
            return self._again(draft)
        if blank.kind == "flag":
            return self._next(draft, blank, value == YES)
        if blank.kind not in ("choices", "people"):
            return self._next(draft, blank, value)
        chosen = list(ticked(draft, blank))
        chosen.remove(value) if value in chosen else chosen.append(value)
        return self._ask(draft.but(written={**draft.written, blank.name: chosen}, at=self.visit.now))

    def _answer(self, words: str) -> None:
        """Typed: an option by its words, or what was asked for."""
        draft, blanks = self.draft, self._blanks()
        blank = next((each for each in blanks if draft is not None and each.name == draft.asks), None)
        if draft is None or blank is None:
            return self._open("home")
        if not blank.options and blank.kind != "flag":
            return self._next(draft, blank, words)
        value = option_of(blank, words, self.visit)
        return self._again(draft) if value is None else self._picked(draft, blank, value)

    def _next(self, draft: Draft, blank: Blank, value: Written) -> None:
        """Keep the answer, and ask what comes after it; after the last, look at it all. One alone is handed in."""
        blanks = self._blanks()
        at = blanks.index(blank)
        kept = draft.but(written={**draft.written, blank.name: value}, at=self.visit.now,
                        faults={name: why for name, why in draft.faults.items() if name != blank.name})  # fmt: skip
        wrong = next((each.name for each in blanks if each.name in kept.faults), None)
        if wrong is None and at + 1 < len(blanks) and not draft.faults:
            return self._ask(kept.but(asks=blanks[at + 1].name))
        if wrong is not None:
            return self._ask(kept.but(asks=wrong))
        self._keep(kept.but(asks=""))
        if len(blanks) == 1:
            return self._hand_in(kept.sheet)
        return self._say(Page(f"{CHECK}:{kept.sheet}"))

    def _again(self, draft: Draft) -> None:
        if draft.asks:
            return self._ask(draft.but(at=self.visit.now))
        return self._say(Page(f"{CHECK}:{draft.sheet}"))

    # -- handing in

    def filled(self) -> Filled | None:
        """What would be handed in, as far as it is filled in: the platform is asked about its people first."""
        draft = self.draft
        if draft is None:
            return None
        written = {name: tuple(one) if isinstance(one, list) else one for name, one in draft.written.items()}
        if isinstance(self.heard, Chose) and self.heard.press.startswith(f"{OPENS}pick:"):
            written[draft.asks] = self.heard.press.split(":", 3)[-1]
        return Filled(key=self.heard.key, place=self.heard.place, account=self.heard.account, sheet=draft.sheet,
                      written=written, at=self.visit.now)  # fmt: skip

    def _hand_in(self, name: str) -> None:
        """Do what the sheet asks for. Where it cannot be done, nothing of it has been, and it is said where."""
        draft = self.draft if self.draft is not None and self.draft.sheet == name else None
        if draft is not None and draft.asks:
            return self._again(draft)
        if draft is None:
            if page(self.visit, name).blanks:
                return self._open(name)
            draft = Draft(name, {}, "", self.visit.now)
        self.draft = draft
        filled = self.filled()
        assert filled is not None
        outcome: Sheet | Faults | None
        try:
            with self.visit.connection.begin_nested():
                outcome = handed(self.visit, filled)
        except Wrong as wrong:
            outcome = Faults(wrong.by_blank)
        except Instead as instead:
            outcome = instead.sheet
        return self._after(draft, outcome)

    def _after(self, draft: Draft, outcome: Sheet | Faults | None) -> None:
        if isinstance(outcome, Faults):
            names = [blank.name for blank in self._blanks()]
            asks = next((name for name in names if name in outcome.by_blank), names[0])
            return self._ask(draft.but(asks=asks, faults=outcome.by_blank, at=self.visit.now))
        forget(self.visit.connection, self.heard.place, self.heard.account)
        if outcome is None:
            return self._tell(
                "counter.guided.kept" if draft.sheet.startswith("answer") else "counter.guided.done"
            )
        return self._open(outcome.name, tuple(block.words for block in outcome.blocks[: self.visit.told]))

    # -- rows

    def _blanks(self) -> tuple[Blank, ...]:
        return page(self.visit, self.draft.sheet).blanks if self.draft is not None else ()

    def _ask(self, draft: Draft) -> None:
        self._keep(draft)
        self._say(Page(f"{QUESTION}:{draft.asks}"))

    def _keep(self, draft: Draft) -> None:
        self.draft = draft
        kept = {"filled": draft.written, "faults": draft.faults}
        place, account = self.heard.place, self.heard.account
        store(self.visit.connection, place, account, ASKED, draft.sheet, kept, draft.asks, draft.at)

    def _say(self, part: Page) -> None:
        self._queue(message("answer", part))

    def _tell(self, key: str) -> None:
        home = (Choice(f"{OPENS}home", Text("counter.button.home")),)
        self._queue(message("answer", line(key), choices=home))

    def _queue(self, said: Message) -> None:
        """In the person's private place. Where nobody has set anything up, there is nobody to answer for it."""
        owner = self.visit.visitor.organisation
        if owner is None:
            return
        row = {"organisation_id": owner.id, "place_id": self._private(owner.id), "version": 0, "effect": 0,
               "kind": "say", "sort": said.sort, "body": _encode(said).decode(), "status": "queued"}  # fmt: skip
        self.visit.connection.execute(insert(t.outbox), row)

    def _private(self, owner: int) -> int:
        p, place = t.places.c, self.heard.place
        address = {
            "platform": place.platform,
            "workspace": place.workspace,
            "channel": self.heard.account,
            "thread": "",
        }
        mine = select(p.id).where(*(p[name] == value for name, value in address.items()))
        if found := self.visit.all(mine):
            return int(found[0].id)
        row = {"organisation_id": owner, "person_id": self.visit.visitor.person, **address}
        return int(self.visit.connection.execute(insert(t.places).returning(p.id), row).scalar_one())
