"""What stands in a message, in words: texts of the catalogues, and what people wrote, as it may be read here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.recaps import common, wording
from bot.series.homes import DELETE_UNHEARD
from bot.shelf import Shelf
from bot.words.gathering import Rows
from bot.words.voices import Voice
from flows import message as m
from flows.kinds.finding import RELEASED
from flows.reading import bare, shortened

#: Texts that say how one takes something back, and what they are where a deletion is not heard of.
BY_COMMAND = {"meeting.privacy": "meeting.privacy-by-command", "control.heard": "control.heard-by-command"}


class Contents:
    """The contents of one message on their way into words."""

    def __init__(self, shelf: Shelf, voice: Voice, rows: Rows, now: datetime) -> None:
        self.shelf, self.voice, self.rows, self.now = shelf, voice, rows, now
        #: The replies that have been shown so far, in their order.
        self.shown: dict[int, None] = {}
        #: Of the recap that is being said: lines that a coordinator has worded, by reply.
        self.worded: dict[int, tuple[wording.RecapLine, str]] = {}
        #: A coordinator's headings of what is common, by the first reply that it rests on.
        self.headed: Mapping[int, str] = {}
        #: It is kept in words when the replies are deleted, which what managers answered goes with.
        self.kept = False
        #: Of the recap that is being said: characters that are shown of a line; None: it is read as a whole.
        self.most: int | None = None

    def resting(self, content: m.Content) -> list[tuple[str, tuple[int, ...]]]:
        """What a content is in words, each with the replies that all of it shows."""
        before, self.shown = self.shown, {}
        words = self.lines(content)
        mine, self.shown = tuple(self.shown), before | self.shown
        return [(each, mine) for each in words]

    def lines(self, content: m.Content) -> list[str]:
        """What a content is in words: nothing where its source is gone, several lines for a circle's notes."""
        if isinstance(content, m.Text):
            words = self._try(content)
            return [words] if words is not None else []
        if isinstance(content, m.Notes):
            ids = self.rows.notes.get((self.voice.session or 0, content.step), [])
            return [words for each in ids if (words := self._quote(each))]
        found = self.words(content)
        return [found] if found else []

    def words(self, content: m.Content) -> str | None:
        found = self._whole(content)
        return self._cut(found) if found and isinstance(content, m.Quote | m.Finding | m.Answer) else found

    def _cut(self, words: str) -> str:
        return words if self.most is None else shortened(words, self.most)

    def _whole(self, content: m.Content) -> str | None:
        worded = self.worded.get(wording.first_reply(content) or 0)
        if worded is not None and not isinstance(content, m.Action):
            return self._coordinators(*worded)
        if isinstance(content, m.Quote):
            return self._quote(content.reply)
        if isinstance(content, m.Finding):
            return self._finding(content.reply, outside=content.outside)
        if isinstance(content, m.Action):
            return self._action(content)
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
        self.shown.update(dict.fromkeys(line.rests))
        return words

    def _quote(self, reply: int, *, rewords: bool = False) -> str | None:
        self.shown[reply] = None
        row = self.rows.replies.get(reply)
        if row is None:
            return None
        return bare(row.words, self.shelf.vocabulary(self.voice.spoken), rewords=rewords)

    def _finding(self, reply: int, *, outside: bool) -> str | None:
        """As it was reworded for others; where the rewording is gone, nothing was released."""
        row = self.rows.findings.get(reply)
        self.shown[reply] = None
        if row is None or row.state == "withdrawn" or (outside and row.state not in RELEASED):
            return None
        if row.state != "reworded":
            return self._quote(reply)
        return self._quote(row.words_id, rewords=True) if row.words_id else None

    def _theme(self, theme: m.Theme) -> str | None:
        """It rests on all of its findings, in whoever's words it is headed."""
        self.shown.update(dict.fromkeys(theme.replies))

        def read(reply: int) -> str | None:
            return self._whole(m.Finding(reply, outside=True))

        heading = self.headed.get(theme.replies[0])
        return common.say(theme, heading, read, self.voice.bot, self.voice.spoken)

    def _response(self, response: m.Response) -> str | None:
        """What a manager answered, after the finding; nothing where either is gone."""
        row = self.rows.responses.get(response.id)
        finding = self._finding(response.reply, outside=False)
        if row is None or finding is None or self.kept:
            return None
        verdict = row.verdict if row.words else f"{row.verdict}-bare"
        return self.voice.bot.say(f"recap.answer.{verdict}", finding=self._cut(finding), words=row.words)

    def _action(self, action: m.Action) -> str | None:
        words, state = self._quote(action.reply), self.rows.actions.get(action.reply)
        if words is None or state is None or state == "withdrawn":
            return None
        if worded := self.worded.get(action.reply):
            words = self._coordinators(*worded)
        words, state = self._cut(words), action.state or state
        return words if state == "open" else f"{words} ({self.voice.bot.say(f'action.state.{state}')})"

    def _try(self, content: m.Text) -> str | None:
        """A text, unless something that it quotes is gone."""
        quoted = [
            value for value in content.params.values() if isinstance(value, m.Quote | m.Answer | m.Finding)
        ]
        return self.text(content) if all(self.words(each) for each in quoted) else None

    def text(self, content: m.Text) -> str:
        if content.key.startswith("programme:"):
            return self.voice.programme.say(content.key.removeprefix("programme:"), place=self.voice.place)
        params = {name: self.param(value) for name, value in content.params.items()}
        unheard = self.voice.platform in DELETE_UNHEARD
        key = BY_COMMAND.get(content.key, content.key) if unheard else content.key
        return self.voice.bot.say(key, now=self.now, **params)

    def param(self, value: m.Param) -> str | int | datetime:
        if isinstance(value, m.Moment):
            return value.at
        if isinstance(value, m.Text):
            return self.text(value)
        if isinstance(value, m.Numbers):
            return common.listed(value.of, self.voice.bot.language)
        if isinstance(value, m.Name):
            # An erased person has no name any more.
            return self.rows.names.get((value.of, value.id)) or "–"
        return value if isinstance(value, int) else self.words(value) or ""
