"""The idea sluice at the counter: leave an idea, see what became of one's own, assess, and count.

Anyone may leave one: whoever the house knows, and whoever has an account where not everybody can walk in. Those who
assess see no name, and none of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from adapters.port import Block, Label, Option, Sheet, Written
from bot.counter.acts import Act, anybody, sets_up
from bot.counter.people import named, somebody
from bot.counter.sheets import blank, button, heading, item, line, sheet
from bot.counter.visit import Gone, Next, NotYours, Visit, Wrong, name_of, text_of
from bot.counter.visitor import MANAGER, appointed
from bot.ideas import sluice, telling
from bot.series import appointing, making
from bot.series.homes import Where
from bot.series.problems import SeriesProblem
from flows.forms import Named
from flows.reading import shortened

#: What may be written after /runda to leave an idea: in all languages.
WORDS = ("idea", "idé", "ide")
#: Ideas that a page has room for, of each sort; those that have waited longest.
MOST = 15
#: Characters of an idea in a list.
SHORT = 120


# -- who may


def may_give(visit: Visit, *_: object) -> None:
    """Raises NotYours for a stranger where anybody can write to Runda."""
    if visit.visitor.organisation is None or (
        visit.visitor.person is None and not visit.capabilities.members
    ):
        raise NotYours("counter.refused.stranger")


def may_assess(visit: Visit, *_: object) -> None:
    """Those who are named for it, and those who may set up series."""
    if visit.visitor.person not in telling.assessors(visit.connection, visit.organisation.id):
        raise NotYours("idea.refused")


def _assesses(visit: Visit) -> bool:
    owner, person = visit.visitor.organisation, visit.visitor.person
    return owner is not None and person in telling.assessors(visit.connection, owner.id)


# -- to leave one


def give_sheet(visit: Visit) -> Sheet:
    told = [line(visit.say("idea.how")), line(visit.say("idea.seen"))]
    blanks = [
        blank(visit, "words", "area", "idea.blank.words", hint="idea.blank.words-hint", required=True),
        blank(visit, "whom", "line", "idea.blank.whom", hint="idea.blank.whom-hint"),
    ]
    return sheet(visit, "idea.title.give", *told, blanks=blanks, submit="counter.button.hand-in")


def give(visit: Visit, written: Mapping[str, Written]) -> Next:
    words, whom = text_of(written, "words"), text_of(written, "whom")
    person, owner = _person(visit), visit.organisation.id
    idea = sluice.give(visit.connection, owner, person, words, whom, visit.now)
    return _given(visit, idea, "idea.given")


def _person(visit: Visit) -> int:
    """Whoever gives an idea is somebody from then on: word comes back to them."""
    visitor = visit.visitor
    if visitor.person is None:
        where = Where(visitor.place.platform, visitor.place.workspace, visitor.account)
        # Called by their account until somebody needs the name: word finds them without it.
        new = Named(visitor.account, language=visitor.language)
        visitor.person = making.people(visit.connection, visit.organisation.id, [(new, where)])[0]
    return visitor.person


def _given(visit: Visit, number: int, key: str) -> Next:
    (idea,) = sluice.mine(visit.connection, _person(visit), number)
    telling.receipt(visit.connection, idea)
    telling.tell(visit.connection, visit.now, number)
    return Next(name_of("idea-mine", number), (visit.say(key),))


# -- one's own


def mine(visit: Visit, number: int) -> Sheet:
    """One's own idea, with all that has become of it."""
    idea = _mine(visit, number)
    blocks = [*_idea(visit, idea), *_history(visit, idea)]
    labels = [button(visit, "idea.button.more", "idea-more", number)] if idea.status in sluice.WAITING else []
    return sheet(
        visit, "idea.title.mine", *blocks, labels=[*labels, button(visit, "counter.button.back", "ideas")]
    )


def _mine(visit: Visit, number: int) -> Any:
    """Raises Gone."""
    for idea in sluice.mine(visit.connection, visit.visitor.person or 0, number):
        return idea
    raise Gone


def more_sheet(visit: Visit, number: int) -> Sheet:
    idea = _mine(visit, number)
    blanks = [blank(visit, "words", "area", "idea.blank.more", required=True)]
    return sheet(visit, "idea.title.more", *_idea(visit, idea), *_history(visit, idea), blanks=blanks,
                 submit="counter.button.hand-in")  # fmt: skip


def more(visit: Visit, written: Mapping[str, Written], number: int) -> Next:
    sluice.add(visit.connection, _mine(visit, number), text_of(written, "words"), visit.now)
    return _given(visit, number, "idea.added")


# -- in words


def _idea(visit: Visit, idea: Any) -> Iterator[Block]:
    yield heading(visit.say("idea.number", number=idea.id, status=visit.say(f"idea.status.{idea.status}")))
    yield line(idea.words)
    if idea.whom:
        yield line(visit.say("idea.whom", whom=idea.whom))


def _history(visit: Visit, idea: Any) -> Iterator[Block]:
    """Nobody is named: the giver is «who left it», and those who assess are one."""
    for row in sluice.news(visit.connection, [idea.id]):
        own = row.person_id == idea.person_id and row.words
        status = visit.say("idea.from-giver" if own else f"idea.status.{row.status}")
        key = "idea.line-words" if row.words else "idea.line"
        yield item(visit.say(key, at=row.at, status=status, words=row.words))


def _listed(visit: Visit, ideas: Iterable[Any], act: str) -> Iterator[Block]:
    for idea in ideas:
        words = shortened(idea.words, SHORT)
        status = visit.say(f"idea.status.{idea.status}")
        days = (visit.now - idea.since).days
        told = visit.say("idea.listed", number=idea.id, status=status, n=days, words=" ".join(words.split()))
        yield item(told, button(visit, "counter.button.open", act, idea.id))


# -- the page


def ideas(visit: Visit) -> Sheet:
    """One's own; those that wait for whoever assesses; numbers for managers."""
    may_give(visit)
    own = sluice.mine(visit.connection, visit.visitor.person or 0)
    blocks = [line(visit.say("idea.how"))]
    blocks += (
        [heading(visit.say("idea.heading.mine")), *_listed(visit, own[-MOST:], "idea-mine")] if own else []
    )
    if _assesses(visit):
        blocks += _to_assess(visit)
    if _counts_for(visit):
        blocks += counted(visit)
    return sheet(visit, "idea.title.ideas", *blocks, labels=_labels(visit))


def _to_assess(visit: Visit) -> Iterator[Block]:
    others = sluice.to_assess(visit.connection, visit.organisation.id, visit.visitor.person, MOST)
    yield heading(visit.say("idea.heading.assess"))
    if not others:
        yield line(visit.say("idea.none"))
    yield from _listed(visit, others, "idea-assess")


def _counts_for(visit: Visit) -> bool:
    return bool(visit.visitor.with_role(MANAGER)) or _assesses(visit)


def counted(visit: Visit) -> Iterator[Block]:
    """How many there are, by status and age, and of nobody."""
    yield heading(visit.say("idea.heading.counts"))
    found = sluice.counts(visit.connection, visit.organisation.id)
    if not found:
        yield line(visit.say("idea.none"))
    for each in found:
        status = visit.say(f"idea.status.{each.status}")
        yield item(visit.say("idea.counted", status=status, count=each.n, n=(visit.now - each.since).days))


def _labels(visit: Visit) -> Iterator[Label]:
    yield button(visit, "idea.button.give", "idea")
    if visit.visitor.appointed:
        yield button(visit, "idea.button.assessors", "assessors")
    yield button(visit, "counter.button.home", "home")


# -- assessing


def assess_sheet(visit: Visit, number: int) -> Sheet:
    idea = _unnamed(visit, number)
    options = [
        Option(each, visit.say(f"idea.status.{each}")) for each in sluice.VERDICTS if each != idea.status
    ]
    blanks = [
        blank(visit, "status", "choice", "idea.blank.status", required=True, options=options),
        blank(visit, "words", "area", "idea.blank.word", hint="idea.blank.word-hint"),
    ]
    return sheet(visit, "idea.title.assess", *_idea(visit, idea), *_history(visit, idea), blanks=blanks,
                 submit="idea.button.tell")  # fmt: skip


def _unnamed(visit: Visit, number: int) -> Any:
    """Raises Gone, also for one's own."""
    for idea in sluice.unnamed(visit.connection, visit.organisation.id, number):
        if idea.person_id != visit.visitor.person:
            return idea
    raise Gone


def assess(visit: Visit, written: Mapping[str, Written], number: int) -> Next:
    idea, words = _unnamed(visit, number), text_of(written, "words")
    status = next((each for each in sluice.VERDICTS if each == text_of(written, "status")), None)
    if status is None:
        raise Wrong({"status": visit.say("form.why.needed")})
    visitor = visit.visitor
    try:
        sluice.decide(visit.connection, idea, status, words, visitor.person, visitor.actor, visit.now)
    except SeriesProblem as problem:
        raise Wrong({"words": visit.tell(problem.why or "")}) from problem
    telling.tell(visit.connection, visit.now, number)
    return Next("ideas", (visit.say("idea.told"),))


# -- who assesses


def assessors(visit: Visit) -> Sheet:
    names = telling.assessors(visit.connection, visit.organisation.id)
    named_for_it = _named_for_it(visit)
    labels = [
        button(visit, "idea.button.assessor", "assessor"),
        *([button(visit, "counter.button.dismiss", "assessor-end")] if named_for_it else []),
        button(visit, "counter.button.back", "ideas"),
    ]
    return sheet(visit, "idea.title.assessors", line(visit.say("idea.assessors")), *map(item, names.values()),
                 labels=labels)  # fmt: skip


def _named_for_it(visit: Visit) -> dict[int, str]:
    return appointed(visit.connection, visit.organisation.id, "ideas")


def assessor_sheet(visit: Visit) -> Sheet:
    told = line(visit.say("idea.assessor-means"))
    blanks = [somebody(visit, "who", "counter.blank.who")]
    return sheet(visit, "idea.title.assessor", told, blanks=blanks, submit="idea.button.assessor")


def assessor(visit: Visit, written: Mapping[str, Written]) -> Next:
    who = text_of(written, "who")
    if not who:
        raise Wrong({"who": visit.say("form.why.needed")})
    where = Where(visit.visitor.place.platform, visit.visitor.place.workspace, who)
    owner, actor = visit.organisation.id, visit.visitor.actor
    said = appointing.appoint(
        visit.connection, owner, named(visit, "who", who), where, actor, visit.now, office="ideas"
    )
    return Next("assessors", (visit.tell(said),))


def end_sheet(visit: Visit) -> Sheet:
    options = [Option(str(person), name) for person, name in _named_for_it(visit).items()]
    blanks = [blank(visit, "who", "choice", "counter.blank.who", required=True, options=options)]
    return sheet(visit, "counter.title.dismiss", blanks=blanks, submit="counter.button.dismiss")


def end(visit: Visit, written: Mapping[str, Written]) -> Next:
    who = text_of(written, "who")
    if not who.isdecimal():
        raise Wrong({"who": visit.say("form.why.needed")})
    owner, actor = visit.organisation.id, visit.visitor.actor
    said = appointing.dismiss(visit.connection, owner, int(who), actor, visit.now, office="ideas")
    return Next("assessors", (visit.tell(said),))


ACTS = (
    *(Act(word, may_give, give_sheet, give) for word in WORDS),
    Act("ideas", anybody, ideas),
    Act("idea-mine", may_give, mine),
    Act("idea-more", may_give, more_sheet, more),
    Act("idea-assess", may_assess, assess_sheet, assess),
    Act("assessors", sets_up, assessors),
    Act("assessor", sets_up, assessor_sheet, assessor, accounts=("who",)),
    Act("assessor-end", sets_up, end_sheet, end),
)
