"""What the rounds that have not opened will say: a programme that has been written anew, or a round once more.

A round keeps what it was opened with, for all its groups (`meetings.content_id`). So a change of the programme is a
change of the content that the series points at, and of nothing else.
"""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select

from bot import library
from bot.series.making import store_content
from bot.series.moving import To, first_date
from bot.series.naming import first_free
from bot.series.office import Change, Office
from bot.series.problems import SeriesProblem
from flows.forms import Sentence
from storage import tables as t

#: In the audit log, with the programme before it.
CHANGED = "programme changed"
#: So much of a digest stands there: the log has no room for all of it.
SHORT = 16


def rewrite(office: Office, content: library.Content) -> Change:
    """Use a newer text of the same programme from the next opening on. Raises SeriesProblem."""
    office.refuse_cancelled()
    was, series = stored(office), office.series
    rounds, before = ([each.round for each in one.programme.rounds] for one in (content, was))
    if content.programme.programme != was.programme.programme or rounds[: len(before)] != before:
        names = ", ".join(before)
        words = (
            f"That is not the programme of {series.title}, whose rounds are {names}. Texts and steps may change, and "
            "rounds may be added at the end; its name and its rounds stay as they are."
        )
        raise SeriesProblem(Sentence(words, "programme-other"))
    if series.language not in content.texts or (series.form and series.form not in content.programme.forms):
        needed = " and ".join(
            filter(None, (f"texts in {series.language}", series.form and f"the form {series.form}"))
        )
        raise SeriesProblem(
            Sentence(f"{series.title} needs {needed}. Nothing was changed.", "programme-lacks")
        )
    _use(office, content)
    office.record(CHANGED, _short(series.content_id))
    numbers = ", ".join(map(str, ahead(office)))
    words = f"The programme is changed. Sessions that will use it: {numbers or 'none: all have opened'}."
    return office.done(
        Sentence(words, "programme-changed" if numbers else "programme-too-late", numbers=numbers)
    )


def ahead(office: Office) -> list[int]:
    """The meetings that would open with what the series has now."""
    return [
        each.number for each in office.meetings() if each.content_id is None and each.status != "cancelled"
    ]


def repeat(office: Office, number: int, to: To) -> Change:
    """Hold a round once more, after all the others, on a date of its own. Raises SeriesProblem."""
    office.refuse_cancelled()
    was = stored(office)
    office.meeting(number)
    once = was.programme.rounds[number - 1]
    taken = {each.round for each in was.programme.rounds}
    again = once.model_copy(update={"round": first_free(once.round, taken.__contains__)})
    programme = was.programme.model_copy(update={"rounds": (*was.programme.rounds, again)})
    texts = {
        language: {**entries, "rounds": {**entries["rounds"], again.round: entries["rounds"][once.round]}}
        for language, entries in was.texts.items()
    }
    _use(office, replace(was, programme=programme, texts=texts))
    new = len(programme.rounds)
    # The date is for a round of the new content.
    series = office.all(select(t.series).where(t.series.c.id == office.series.id))[0]
    before = _short(office.series.content_id)
    added = first_date(Office(office.connection, series, office.actor, office.now), new, to, before)
    words = f"Session {new} is session {number} once more."
    return office.done(Sentence(words, "repeated", number=new, other=number), *added.told)


def stored(office: Office) -> library.Content:
    """What the rounds that have not opened would use now."""
    c = t.contents.c
    body = office.connection.execute(select(c.body).where(c.id == office.series.content_id)).scalar_one()
    return library.content_from_json(body)


def use_again(office: Office, short: str) -> None:
    """The content that the series had before, by what the audit log has of its digest."""
    c = t.contents.c
    office.set_series(content_id=office.all(select(c.id).where(c.id.startswith(short)))[0].id)


def _short(digest: str) -> str:
    return digest[:SHORT]


def _use(office: Office, content: library.Content) -> None:
    office.set_series(content_id=store_content(office.connection, content, office.now))
