"""The same sheets where a platform shows none: one question at a time, in the person's private chat.

`Guide.hear` is an ear before the ears of such a platform. A press that begins with `open:` is done here, and a
private message while something is being asked; everything else is handed on unchanged. Each is one transaction: its
key in the log, what has been filled in so far, the act if that was the last of it, and what is said next, in the
outbox. So it is stored before it is acknowledged, once, and nothing is lost if somebody stops half-way. A message is
known by itself: platforms tell of it again under other numbers, when nothing is asked any more.

    press                   what it does
    open:NAME               a page; or the first question of a sheet, and what was half filled in before is left
    open:pick:I:VALUE       answers question I of the sheet that is being asked with that option
    open:keep:I             with what stands there already
    open:skip:I             with nothing
    open:done:I             with all options that have been ticked
    open:back:I             to the question before it
    open:do:NAME            hands the sheet in
    open:on                 goes on with what had been begun
    open:cancel             leaves it

«Show me», «erase me» and «idea», written in private, are presses too, on every platform.

What is said stands in the outbox as the name of a page (`flows.message.Page`), and is put into words when it is
sent: an answer to a question that is not asked any more is not sent at all. What is filled in, and what is told after
an act, stands in `drafts` until the next one.

What is ugly: a private message is an answer to us, or a note to oneself in a meeting. It is ours only within an hour
of our last question, and not if it replies to another message.
"""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError

from adapters.port import OPENS, Chose, Ear, Filled, Heard, Wrote
from bot.counter.counter import ATTEMPTS, Counter, There
from bot.counter.drafts import load
from bot.counter.rights import OWN
from bot.counter.talk import Talk, Touched, known
from flows.programme import LANGUAGES
from flows.reading import own
from storage.database import TROUBLE
from storage.unit import StaleSession


class Guide:
    def __init__(self, counter: Counter, ear: Ear, *, sheets: bool = False) -> None:
        """`ear` is handed what is not ours. `sheets`: the platform shows them by itself, and nothing is asked here."""
        self.counter, self.ear, self.sheets = counter, ear, sheets

    async def hear(self, heard: Heard) -> bool | None:
        """Returns when it is stored. Raises when it could not be."""
        heard = self._meant(heard) if _may_be_ours(heard) else heard
        if not _may_be_ours(heard) or (self.sheets and isinstance(heard, Wrote)):
            return await self.ear(heard)
        assert isinstance(heard, Chose | Wrote)
        if isinstance(heard, Wrote) and not await self.counter.in_thread(lambda: self._asked(heard)):
            return await self.ear(
                heard
            )  # nothing is asked, as most often: no more than a look is spent on that
        there = await self._there(heard)
        if not await self.counter.in_thread(lambda: self._tried(heard, there)):
            return await self.ear(heard)
        self.counter.after()
        return None

    def _meant(self, heard: Heard) -> Heard:
        """«Show me» and «erase me», written in private, press the button for it. A message can open no sheet: where
        sheets are shown, the answer has both buttons, and nothing of what is kept stands in the chat."""
        if not isinstance(heard, Wrote):
            return heard
        shelf = self.counter.shelf
        read = (own(heard.words, shelf.vocabulary(each)) for each in LANGUAGES)
        asked = next((word for word in read if word is not None), None)
        if asked is None:
            return heard
        press = f"{OPENS}{'kept' if self.sheets and asked != 'idea' else OWN[asked]}"
        return Chose(key=heard.key, place=heard.place, account=heard.account, press=press, at=heard.at)

    def _asked(self, heard: Wrote) -> bool:
        """Whether something is being asked of this person, or this has been an answer. What is asked, is asked before
        they can answer it."""
        with self.counter.database.read() as connection:
            return load(connection, heard.place, heard.account) is not None or known(connection, heard)

    async def _there(self, heard: Touched) -> There:
        """If this hands a sheet in that names people: what the platform says of them."""
        filled = await self.counter.in_thread(lambda: self._about_to(heard))
        if filled is None:
            return There()
        try:
            return await self.counter.who(filled)
        except OSError:
            return There()

    def _about_to(self, heard: Touched) -> Filled | None:
        with self.counter.database.read() as connection:
            talk = Talk.of(self.counter, connection, heard, There())
            return talk.filled() if talk.hands_in() else None

    def _tried(self, heard: Touched, there: There) -> bool:
        for _ in range(ATTEMPTS - 1):
            try:
                return self._once(heard, there)
            except (StaleSession, IntegrityError, *TROUBLE):
                continue
        return self._once(heard, there)

    def _once(self, heard: Touched, there: There) -> bool:
        """Returns whether it was ours."""
        with self.counter.database.write() as connection:
            talk = Talk.of(self.counter, connection, heard, there)
            if talk.known():
                return True
            if isinstance(heard, Wrote) and not talk.awaits(heard):
                return False
            talk.note()
            talk.take()
            return True


def _may_be_ours(heard: Heard) -> bool:
    if isinstance(heard, Chose):
        return heard.press.startswith(OPENS)
    return isinstance(heard, Wrote) and (heard.private or heard.place.channel == heard.account)
