"""What people may ask for, each about themselves; and what a coordinator decides and settles for a series.

Showing oneself opens nothing to anybody else: it is made from the visitor's own rows, page by page. What cannot be
reached by an erasure is told before it can be handed in. What it does stands in `bot.rights`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from adapters.port import Block, Option, Sheet, Written
from bot.counter.acts import Act, anybody, runs, somebody
from bot.counter.dates import read
from bot.counter.sheets import blank, button, heading, in_pages, item, line, sheet, turning
from bot.counter.visit import Next, Visit, Wrong, name_of, text_of
from bot.rights import audit, beyond, checklist, days, showing
from bot.rights.erasing import Erasing, only_coordinator
from bot.rights.telling import Telling
from bot.words import BY_COMMAND
from flows.forms import MOVE
from flows.reading import OwnWord

#: What is opened for those who ask for it in words.
OWN: dict[OwnWord, str] = {"show": "mine", "erase": "erase", "idea": "ideas"}
#: Rows of the log on a page.
ROWS = 25


# -- oneself


def kept(visit: Visit) -> Sheet:
    """What is kept of what people write, who sees it, and how long, by series; and the way to one's own."""
    key = "meeting.privacy" if visit.capabilities.deletions else BY_COMMAND["meeting.privacy"]
    told = [line(part.strip()) for part in visit.say(key).split("\n")]
    told.append(line(visit.say("sight.answered")))
    for number in sorted({seat.series_id for seat in visit.visitor.seats}):
        [countdown] = days.countdowns(visit.connection, number)
        series = countdown.series
        told += [heading(series.title), *_until(visit, countdown), *_counted(visit, series)]
    own = ("mine", "erase") if visit.visitor.person is not None else ()
    return sheet(visit, "counter.title.kept", *told,
                 labels=[button(visit, f"counter.button.{each}", each) for each in (*own, "home")])  # fmt: skip


def _counted(visit: Visit, series: Any) -> Iterator[Block]:
    """That managers are told how many came from where, as it is said when a session opens."""
    if visit.works.shelf.programme(visit.unit, series.content_id).units and series.answering != "table":
        yield line(visit.say("meeting.units"))


class Shown(NamedTuple):
    block: Block
    #: The reply whose words it shows.
    reply: int | None


def mine(visit: Visit, page: int = 1) -> Sheet:
    """All that the house has of the visitor."""
    assert visit.visitor.person is not None, "somebody has been asked for"
    found = showing.of_person(visit.connection, visit.visitor.person, "author")
    pages = in_pages(_shown(visit, found), lambda each: len(each.block.words))
    here = pages[min(page, len(pages)) - 1]
    visit.quotes += [each.reply for each in here if each.reply is not None]
    labels = [*turning(visit, "mine", page, len(pages)), button(visit, "counter.button.erase", "erase"),
              button(visit, "counter.button.back", "kept")]  # fmt: skip
    return sheet(visit, "counter.title.mine", *(each.block for each in here), labels=labels)


def _shown(visit: Visit, found: showing.Everything) -> Iterator[Shown]:
    for title, lines in Telling(visit.catalogue, visit.now).sections(found):
        yield Shown(heading(title), None)
        yield from (Shown(item(each.words), each.reply) for each in lines)


def erase_sheet(visit: Visit) -> Sheet:
    """What an erasure does, and what it cannot reach."""
    person = visit.visitor.person
    assert person is not None, "somebody has been asked for"
    runs_alone = only_coordinator(visit.connection, person)
    alone = [line(visit.say("counter.erase.alone", title=title)) for title in runs_alone]
    unreached = beyond.told(visit.connection, person, visit.catalogue, visit.now)
    return sheet(visit, "counter.title.erase", line(visit.say("counter.erase.asks")), *alone,
                 line(visit.say("rights.beyond")), *map(item, unreached),
                 submit="counter.button.erase-now")  # fmt: skip


def erase(visit: Visit, _: Mapping[str, Written]) -> Next:
    """From now on the account is nobody's; what follows is the house's last word to it."""
    person = visit.visitor.person
    assert person is not None, "somebody has been asked for"
    Erasing(visit.works).begin(visit.connection, person, visit.visitor.actor, visit.now)
    return Next("erased")


def erased(visit: Visit) -> Sheet:
    return sheet(visit, "counter.title.erase", line(visit.say("counter.erase.begun")))


# -- a series


def rules(visit: Visit, number: int) -> Sheet:
    """How long what is said is kept, and what has been settled before it begins."""
    office = visit.office(number)
    [countdown] = days.countdowns(visit.connection, number)
    title, *settled = checklist.told(office, visit.catalogue)
    labels = [
        button(visit, f"counter.button.{act}", act, number) for act in ("days", "settle", "closed", "acts")
    ]
    return sheet(visit, "counter.title.rules", heading(office.series.title), *_until(visit, countdown),
                 heading(title), *map(item, settled),
                 labels=[*labels, button(visit, "counter.button.back", "series", number)])  # fmt: skip


def _until(visit: Visit, countdown: days.Countdown) -> Iterator[Block]:
    for what in days.COLUMNS:
        until = countdown.until(what)
        if until is None:
            yield line(visit.say(f"counter.days.{what}-open"))
        else:
            left = countdown.left(what, visit.now)
            yield line(visit.say(f"counter.days.{what}", until=until, n=left))


def days_sheet(visit: Visit, number: int) -> Sheet:
    """The series' own numbers; where a blank is left empty, its organisation's count."""
    series = visit.office(number).series
    blanks = [
        blank(visit, what, "number", f"counter.blank.days-{what}", hint="counter.blank.days-hint",
              value=_written(getattr(series, column)))
        for what, column in days.COLUMNS.items()
    ]  # fmt: skip
    told = line(visit.say("counter.days.how", least=days.LEAST, most=days.MOST))
    return sheet(visit, "counter.title.days", heading(series.title), told, blanks=blanks,
                 submit="counter.button.decide")  # fmt: skip


def _written(count: int | None) -> str | None:
    return None if count is None else f"{count}"


def decide(visit: Visit, written: Mapping[str, Written], number: int) -> Next:
    office = visit.office(number)
    asked = {what: text_of(written, what) for what in days.COLUMNS}
    if wrong := [what for what, count in asked.items() if count and not _days(count)]:
        why = visit.say("counter.fault.days", least=days.LEAST, most=days.MOST)
        raise Wrong(dict.fromkeys(wrong, why))
    for what, column in days.COLUMNS.items():
        count = int(asked[what]) if asked[what] else None
        if count != getattr(office.series, column):
            days.decide(office, what, count)
    return Next(name_of("rules", number))


def _days(count: str) -> bool:
    return count.isascii() and count.isdecimal() and days.LEAST <= int(count) <= days.MOST


def settle_sheet(visit: Visit, number: int) -> Sheet:
    office = visit.office(number)
    options = [Option(each, visit.say(f"rights.checklist.{each}")) for each in checklist.ITEMS]
    blanks = [
        blank(visit, "item", "choice", "counter.blank.item", required=True, options=options),
        blank(visit, "to", "date", "counter.blank.on", required=True, value=f"{office.now:%Y-%m-%d}"),
    ]
    return sheet(visit, "counter.title.settle", heading(office.series.title), blanks=blanks,
                 submit="counter.button.settle")  # fmt: skip


def settle(visit: Visit, written: Mapping[str, Written], number: int) -> Next:
    office, which = visit.office(number), text_of(written, "item")
    on = read(visit, MOVE.only("to"), {"to": text_of(written, "to")})["to"]
    if which not in checklist.ITEMS:
        raise Wrong({"item": visit.say("form.why.needed")})
    if on > office.now.date():
        raise Wrong({"to": visit.say("counter.fault.to-come")})
    checklist.acknowledge(office, which, on)
    return Next(name_of("rules", number))


def acts(visit: Visit, number: int, page: int = 1) -> Sheet:
    """Who did what to the series, the newest first; never what anybody said."""
    office = visit.office(number)
    found = audit.acts(visit.connection, "coordinator", visit.organisation.id, office.series.slug)
    told = audit.Told(visit.connection, visit.organisation.id, visit.catalogue)
    lines = [visit.say("counter.acts.one", at=each.at, did=told.line(each)) for each in reversed(found)]
    pages = in_pages(lines, len, most=ROWS)
    labels = [
        *turning(visit, "acts", page, len(pages), number),
        button(visit, "counter.button.back", "rules", number),
    ]
    return sheet(visit, "counter.title.acts", heading(office.series.title), line(visit.say("counter.acts.how")),
                 *map(item, pages[min(page, len(pages)) - 1]), labels=labels)  # fmt: skip


ACTS = (
    Act("kept", anybody, kept),
    Act("mine", somebody, mine),
    Act("erase", somebody, erase_sheet, erase),
    Act("erased", anybody, erased),
    Act("rules", runs, rules),
    Act("days", runs, days_sheet, decide),
    Act("settle", runs, settle_sheet, settle),
    Act("acts", runs, acts),
)
