"""What people do, one deed at a time: written, edited, taken back, pressed, filled in.

Who somebody is and which sitting they mean has been looked up by then (`bot.work`). What is not for this circle's
ears is not taken in, and its author is told so where the platform can show a word to one person alone.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import delete, select, update

from adapters.port import Chose, Rewrote, TookBack, Wrote
from bot.desk import Desk, Live
from bot.happenings import Answers
from bot.news import GOING_ON
from bot.series import close_by
from bot.series.homes import UNLISTED
from bot.whispers import FILES, IN_THREAD, MENTION, ONLOOKER, OVER, tell_alone, whisper, whisper_at_home
from flows import effects as fx
from flows import events as e
from flows.answers import AnswerSheet, answer_sheet, in_order
from flows.hearing import MOVED_ON, UNREAD
from flows.message import line, message
from flows.reading import Control, Count, Digits, Reading, Verdict, shape, understand
from storage import tables as t
from storage.unit import Account

if TYPE_CHECKING:
    from bot.work import Works

#: What people do, as distinct from what platforms tell of places and people.
Done: TypeAlias = Wrote | Rewrote | TookBack | Chose
#: Sittings that still hear what is written to them.
OPEN_PHASES = ("lobby", "headcount", "running", "paused", "finished")
#: Why nothing follows from what is written where no sitting is.
IDLE = "nothing is going on there"
#: What was written as a vote, a level or a verdict counts by what it says, and not as words to be read.
COUNTED = Count | Digits | Verdict
#: How what was said to a vote, and is none, is filed.
VOTABLE = ("answer", "solo", "reflection")
#: What its author is told of an edited vote that is none.
UNCAST = {MOVED_ON: "scale.late", UNREAD: "answers.stands"}
#: Characters of a message id that we make ourselves, for what was filled in.
SHEET_ID = 24


def account_of(heard: Done) -> Account:
    return heard.place.platform, heard.place.workspace, heard.account


@dataclass(slots=True)
class Deeds:
    """Takes deeds in on a desk."""

    works: Works
    desk: Desk

    def take(self, each: Done | Answers, key: str) -> str:
        """Returns "applied", or why nothing follows from it."""
        desk = self.desk
        if isinstance(each, Answers):
            return self._filled(each, key)
        place = desk.places.get(each.place)
        live = desk.sessions.get(self.works.session_of(desk, each) or 0)
        if live is None or place is None or live.row.phase not in OPEN_PHASES:
            if place is not None and isinstance(each, Wrote) and each.called:
                whisper_at_home(desk, place, each.account, key, IDLE)
            return IDLE
        if isinstance(each, Rewrote | TookBack):
            return self._corrected(live, place, each, key)
        person = self._member(live, each)
        if person is None:
            return self._aside(live, place, each, ONLOOKER, "not a member of the circle")
        if isinstance(each, Chose):
            return self._chose(live, place, person, each, key)
        if place.threads and place.session_id is None:
            return self._aside(live, place, each, IN_THREAD, "written outside the thread")
        if not each.words and not each.files:
            return self._aside(live, place, each, MENTION, "it only calls us")
        if not each.words:
            alone = place.person_id is not None or place.platform in UNLISTED
            return (
                desk.apply(live, e.Attached(person), key=key)
                if alone
                else self._aside(live, place, each, FILES, "only words are kept")
            )
        return self._wrote(live, place, person, each, key)

    def _aside(self, live: Live, place: Any, each: Done, said: str, why: str) -> str:
        """Not taken in; its author is told so, where others do not see it."""
        if live.row.phase in GOING_ON:
            whisper(self.desk, live, place, each.account, said)
        return why

    def _member(self, live: Live, heard: Done) -> int | None:
        """The person, if what they say is for this circle's ears."""
        for seat in self.desk.seats.get(account_of(heard), ()):
            circle = live.row.circle_kind == "everyone" or seat.circle_id == live.row.circle_id
            if seat.series_id == live.row.series_id and circle and seat.role in ("participant", "note-taker"):
                return seat.person_id
        return None

    # -- written

    def _wrote(self, live: Live, place: Any, person: int, each: Wrote, key: str) -> str:
        desk, where = self.desk, (place.id, each.message)
        if where in desk.replies or where in desk.fresh:
            return "known"
        if where in desk.buried:
            return "it has been erased"
        desk.fresh.add(where)
        vocabulary = self.works.shelf.vocabulary(live.row.language)
        if close_by.enough(desk, live, each.words, vocabulary, key):
            return "applied"
        reading = understand(each.words, vocabulary)
        prompt, about, meant = self._about(live, place, person, each, reading)
        private = each.private or place.person_id is not None
        if private and not isinstance(reading, Control):
            sheet = answer_sheet(live.route, live.state, prompt, person)
            if sheet is not None and (codes := in_order(sheet, each.words)):
                return self._fill(live, sheet, codes, person, each.at, place.id, each.message, key)
        reply = self.works.ids()
        event = e.Replied(person=person, reply=reply, reading=reading, sent_at=each.at, private=private,
                          prompt=prompt, about=about, meant=meant,
                          shape=shape(each.words, vocabulary) if live.route.shaped else None)  # fmt: skip
        row = _row(live, person, place.id, each.message, each.words, each.at, private=private)
        return desk.apply(live, event, key=key, reply={"id": reply, **row})

    def _about(
        self, live: Live, place: Any, person: int, each: Wrote, reading: Reading
    ) -> tuple[int | None, int | None, e.Meant | None]:
        """The prompt, or the reply, that a message directly replies to, and what is known of that."""
        if each.reply_to:
            ours = self.desk.prompts.get((place.id, each.reply_to))
            theirs = self.desk.replies.get((place.id, each.reply_to))
            about = theirs.id if theirs is not None else None
            return ours.prompt if ours is not None else None, about, _meant(theirs)
        if isinstance(reading, Control) and reading.word == "aside":
            self.desk.unit.flush()
            last = select(t.replies.c.id).where(
                t.replies.c.session_id == live.row.id, t.replies.c.person_id == person
            )
            found = self.desk.unit.all(last.order_by(t.replies.c.id.desc()).limit(1))
            return None, found[0][0] if found else None, None
        return None, None, None

    # -- pressed

    def _chose(self, live: Live, place: Any, person: int, each: Chose, key: str) -> str:
        ours = self.desk.prompts.get((place.id, each.message)) if each.message else None
        theirs = self.desk.replies.get((place.id, each.about)) if each.about else None
        event = e.Pressed(
            person, each.press, theirs.id if theirs is not None else None,
            ours.prompt if ours is not None else None, private=place.person_id is not None, meant=_meant(theirs),
        )  # fmt: skip
        outcome = self.desk.apply(live, event, key=key)
        if outcome != "applied" and ours is not None and _is_over(live, ours.prompt):
            # Pressing it brings nothing, and no message of the house's own is spent on taking old buttons off.
            whisper(self.desk, live, place, each.account, OVER, each.message or "")
        return outcome

    # -- filled in

    def _filled(self, each: Answers, key: str) -> str:
        live = self.desk.sessions.get(each.session)
        sheet = answer_sheet(live.route, live.state, each.prompt, each.person) if live else None
        if live is None or sheet is None:
            return "there is nothing to fill in any more"
        message = hashlib.sha256(each.key.encode()).hexdigest()[:SHEET_ID]
        return self._fill(live, sheet, each.written, each.person, each.at, each.place, message, key)

    def _fill(
        self, live: Live, sheet: AnswerSheet, written: dict[str, str], person: int, at: datetime, place: int,
        message: str, key: str,
    ) -> str:  # fmt: skip
        """A reply for each text, and one without words under which all that was chosen is stored."""
        texts, scores, picked = _sorted_out(sheet, written)
        rows: list[dict[str, Any]] = []
        words: dict[str, tuple[int, ...]] = {}
        for name, lines in texts.items():
            new = {self.works.ids(): said for said in lines}
            words[name] = tuple(new)
            for reply, said in new.items():
                row = _row(live, person, place, f"{message}:{len(rows)}", said, at, private=True)
                rows.append({"id": reply, **row})
        chosen = self.works.ids() if scores else None
        if chosen is not None:
            rows.append({"id": chosen, **_row(live, person, place, message, "", at, private=True)})
        event = e.Filled(person=person, prompt=sheet.prompt, sent_at=at, words=words, picked=picked, chosen=chosen,
                         items=tuple(scores))  # fmt: skip
        return self.desk.fill(live, event, rows, scores, key=key)

    # -- edited and taken back

    def _corrected(self, live: Live, place: Any, each: Rewrote | TookBack, key: str) -> str:
        """The author changed or deleted a message: that is theirs to do whether or not they still take part."""
        desk, where = self.desk, (place.id, each.message)
        if where in desk.fresh:
            desk.unit.flush()
            desk.replies.update(desk.unit.replies([where]))
        found = desk.replies.get(where)
        if found is None:
            return self._correction_first(live, place, each, key)
        if found.person_id != desk.people.get(account_of(each)):
            return "only its author can change a message"
        live = desk.sessions.get(found.session_id) or self.works.fetch(desk, found.session_id)
        if isinstance(each, Rewrote):
            if each.revision <= found.revision or each.words == found.words:
                return "nothing is changed by it"
            if not found.words:
                return self._scored_anew(live, found, each, key)
            if self._is_vote(live, found) or self._becomes_vote(live, found, each.words):
                return self._cast_anew(live, place, found, each, key)
            changed = {"words": each.words, "revision": each.revision}
            desk.unit.run(update(t.replies).where(t.replies.c.id == found.id).values(**changed))
            # The next correction of it may be in the same batch, and is held against what stands now.
            desk.replies.update(desk.unit.replies([where]))
            event: e.Event = e.Edited(found.person_id, found.id)
        else:
            self._bury(*where)
            desk.unit.run(delete(t.replies).where(t.replies.c.id == found.id))
            del desk.replies[where]
            counted = self._is_vote(live, found) and not found.late
            said = self._says(live, place, found, found.words, each.at) if counted else None
            event = e.Removed(found.person_id, found.id, said)
        outcome = desk.apply(live, event, key=key)
        desk.corrected.append((found.id, live, live.row.version))
        return outcome

    def _scored_anew(self, live: Live, found: Any, each: Rewrote, key: str) -> str:
        """Numbers that were written privately are changed: that counts as long as what asked for them stands.

        Afterwards they may be in a spread that people have seen, and what one gave would be told by how it changes;
        the author is told that it is too late. The numbers are not stored as words.
        """
        desk, where = self.desk, (found.place_id, found.message)
        outcome = desk.apply(live, e.Edited(found.person_id, found.id), key=key)
        desk.unit.run(update(t.replies).where(t.replies.c.id == found.id).values(revision=each.revision))
        desk.replies.update(desk.unit.replies([where]))
        if outcome != "applied":
            return outcome
        asked = live.state.prompt if live.state is not None else None
        stands = found.role == "score" and asked is not None and asked.prompt == found.prompt
        sheet = answer_sheet(live.route, live.state, found.prompt, found.person_id) if stands else None
        codes = in_order(sheet, each.words) if sheet is not None else None
        if sheet is not None and codes is not None:
            desk.rescore(found.id, _sorted_out(sheet, codes)[1])
            return outcome
        said = line("scale.late") if sheet is None else line("answers.unread", n=len(sheet.items))
        desk.carry_out(live, (fx.Say(message("answer", said), "person", person=found.person_id),), None)
        return outcome

    def _read(self, live: Live, words: str) -> Reading:
        return understand(words, self.works.shelf.vocabulary(live.row.language))

    def _is_vote(self, live: Live, found: Any) -> bool:
        """It is filed for what it counts, and not for its words."""
        counts = found.prompt and found.role == "control"
        return bool(counts) and isinstance(self._read(live, found.words), COUNTED)

    def _becomes_vote(self, live: Live, found: Any, words: str) -> bool:
        """It was words to a question that is voted on, and still stands; these are no words any more."""
        asked = live.state.prompt if live.state is not None and live.row.phase in GOING_ON else None
        stands = asked is not None and asked.prompt == found.prompt and live.route.steps[asked.step].TALLIES
        return stands and found.role in VOTABLE and isinstance(self._read(live, words), COUNTED)

    def _says(self, live: Live, place: Any, found: Any, words: str, at: datetime) -> e.Replied:
        """What is stored as these words, as it was heard."""
        return e.Replied(person=found.person_id, reply=found.id, reading=self._read(live, words), sent_at=at,
                         private=place.person_id is not None, prompt=found.prompt)  # fmt: skip

    def _cast_anew(self, live: Live, place: Any, found: Any, each: Rewrote, key: str) -> str:
        """A vote is changed: a new one while its question stands. Otherwise nothing of it is stored, and its author
        is told."""
        desk = self.desk
        said = self._says(live, place, found, each.words, each.at)
        outcome = desk.apply(live, e.Edited(found.person_id, found.id, said), key=key)
        words = each.words if outcome == "applied" else found.words
        changed = {"words": words, "revision": each.revision}
        desk.unit.run(update(t.replies).where(t.replies.c.id == found.id).values(**changed))
        desk.replies.update(desk.unit.replies([(found.place_id, found.message)]))
        if why := UNCAST.get(outcome):
            tell_alone(desk, live, found.person_id, why, each.message)
        return outcome

    def _correction_first(self, live: Live, place: Any, each: Rewrote | TookBack, key: str) -> str:
        """A correction that came before what it corrects, or after that was erased."""
        if isinstance(each, TookBack):
            self._bury(place.id, each.message)
            return "there is nothing left to take back"
        person = self._member(live, each)
        if person is None:
            return "not a member of the circle"
        first = Wrote(key=each.key, place=each.place, account=each.account, message=each.message, words=each.words,
                      at=each.at)  # fmt: skip
        return self._wrote(live, place, person, first, key)

    def _bury(self, place: int, message: str) -> None:
        if (place, message) not in self.desk.buried:
            self.desk.buried.add((place, message))
            hashed = self.works.tomb(place, message)
            self.desk.unit.add(t.tombstones, [{"hash": hashed, "at": self.desk.now}])


def _row(
    live: Live, person: int, place: int, message: str, words: str, at: datetime, *, private: bool
) -> dict[str, Any]:
    """A reply as it stands before the engine has filed it."""
    return {
        "organisation_id": live.row.organisation_id, "session_id": live.row.id, "person_id": person,
        "place_id": place, "message": message, "revision": 0, "prompt": None, "step": None, "role": "aside",
        "late": False, "private": private, "words": words, "reactions": 0, "sent_at": at,
    }  # fmt: skip


def _sorted_out(
    sheet: AnswerSheet, written: dict[str, str]
) -> tuple[dict[str, list[str]], dict[str, int | None], dict[str, tuple[int, ...]]]:
    """What was filled in, by item: texts, each its own reply; values of scores; replies that were chosen."""
    texts: dict[str, list[str]] = {}
    scores: dict[str, int | None] = {}
    picked: dict[str, tuple[int, ...]] = {}
    for item in sheet.items:
        value, values = written.get(item.name, "").strip(), {one.code: one.value for one in item.options}
        if item.sort == "text" and value:
            lines = [each.strip() for each in value.splitlines()] if item.many else [value]
            texts[item.name] = [each for each in lines if each]
        elif item.sort == "choice" and value in values:
            scores[item.name] = values[value]
        elif chosen := tuple(
            int(code) for code in value.split() if item.sort == "choices" and code in values
        ):
            picked[item.name] = chosen
    return texts, scores, picked


def _is_over(live: Live, prompt: int | None) -> bool:
    """The circle has moved on from what that message asked, or is done."""
    asked = live.state.prompt if live.state is not None else None
    before = prompt is not None and asked is not None and prompt < asked.prompt
    return before or live.row.phase == "finished"


def _meant(reply: Any) -> e.Meant | None:
    return e.Meant(reply.person_id, reply.role, reply.prompt, reply.late) if reply is not None else None
