"""Recaps: where they stand, what they say, and what a coordinator does to them. Managers read what was approved."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from adapters.port import Block, Label, Option, Sheet, Written
from bot.counter.acts import Act, manages, runs
from bot.counter.sheets import blank, button, heading, item, line, sheet
from bot.counter.visit import Gone, Next, NotYours, Visit, Wrong, name_of, text_of, texts_of
from bot.counter.visitor import MANAGER
from bot.recaps import approval, desk, managers, reading, responding, wording
from bot.recaps.approval import ManagersDesk
from bot.recaps.desk import GroupDesk
from bot.recaps.editing import Edit
from bot.recaps.ledger import ledger
from bot.recaps.wording import Draft
from bot.series.office import Office
from bot.words import Speaker
from flows import recap as recaps
from flows import sight

#: In a recap's name, instead of a group's number: the managers'. Instead of a session's: theirs, of the whole series.
MANAGERS = 0
WHOLE = 0
#: What can be done to a line.
SAY, DROP, RESTORE = "say", "drop", "restore"
#: Characters of a line by which it is chosen.
SHORT = 60


# -- desks


def _group(visit: Visit, office: Office, which: int, circle: int, *, lock: bool) -> GroupDesk:
    return desk.open_desk(office, visit.unit, visit.works.shelf, visit.works.ids, "coordinator", which, str(circle),
                          lock=lock)  # fmt: skip


def _across(visit: Visit, office: Office, which: int, *, lock: bool) -> ManagersDesk:
    held = _held(office)
    if not held:
        raise Gone
    return approval.open_desk(
        office, visit.unit, visit.works.shelf, visit.works.ids, "coordinator", which or held[-1].number, lock=lock,
        whole=which == WHOLE,
    )  # fmt: skip


def _held(office: Office) -> list[Any]:
    return [each for each in office.meetings() if each.status == "held"]


# -- where they stand


def listed(visit: Visit, number: int) -> Sheet:
    """All recaps of a series: which wait, and which went out."""
    office = visit.office(number)
    found = ledger(visit.unit, number)
    blocks = [heading(office.series.title)]
    held = _held(office)
    if len(held) > 1:
        stands = f"{visit.say('counter.recaps.whole')}: {_managers_stand(visit, found.whole[held[-1].id])}"
        blocks.append(item(stands, button(visit, "counter.button.read", "recap", number, WHOLE, MANAGERS)))
    for meeting in reversed(office.meetings()):
        groups = [each for each in found.sittings if each.meeting_id == meeting.id]
        if groups:
            blocks.append(
                line(visit.say("counter.recaps.meeting", number=meeting.number, when=office.moment(meeting)))
            )
        if groups and meeting.status == "held":
            stands = _managers_stand(visit, found.managers[meeting.id])
            blocks.append(
                item(stands, button(visit, "counter.button.read", "recap", number, meeting.number, MANAGERS))
            )
        # What each wrote alone before there were groups is nobody's recap.
        for each in (one for one in groups if one.circle_number):
            told = f"{each.name}: {_stands(visit, found.groups[each.id], found.fate(each))}"
            read = button(visit, "counter.button.read", "recap", number, meeting.number, each.circle_number)
            blocks.append(item(told, read))
    if len(blocks) == 1:
        blocks.append(line(visit.say("counter.recaps.none")))
    return sheet(
        visit,
        "counter.title.recaps",
        *blocks,
        labels=[button(visit, "counter.button.back", "series", number)],
    )


def _stands(visit: Visit, versions: list[Any], fate: str) -> str:
    status = versions[-1].status if versions else "automatic"
    is_ = visit.say(f"counter.recap-is.{status}")
    return visit.say(
        f"counter.recap-fate.{'held' if status == 'held' and fate == 'waits' else fate}", is_=is_
    )


def _managers_stand(visit: Visit, versions: list[Any]) -> str:
    out = [each for each in versions if each.status in managers.OUT]
    status = out[-1].status if out else "waits"
    return visit.say(f"counter.recap-managers.{status}")


# -- one recap


def shown(visit: Visit, number: int, which: int, circle: int) -> Sheet:
    """A recap as it stands: what will go out, or what went out."""
    office = visit.office(number)
    if circle == MANAGERS:
        across = _across(visit, office, which, lock=False)
        draft, session, versions = across.shown(), across.session, across.versions
        stands = _managers_stand(visit, versions)
        changed = across.approved is not None and draft.status != "approved"
        notes = [visit.say("counter.recap.changed")] if changed else []
    else:
        one = _group(visit, office, which, circle, lock=False)
        draft, session = one.draft(), one.sitting
        stands, notes = f"{one.sitting.name}: {_stands(visit, one.versions, one.fate)}", []
    blocks = [line(stands), *map(line, [*notes, *_left(visit, draft)]), *_said(visit, draft, session)]
    return sheet(
        visit, "counter.title.recap", *blocks, labels=_labels(visit, number, which, circle, draft.status)
    )


def _left(visit: Visit, draft: Draft) -> Iterator[str]:
    stands = reading.stands(visit.unit, draft)
    if stands.out:
        yield visit.say("counter.recap.out", lines=reading.numbers(stands.out))
    if stands.lost:
        yield visit.say("counter.recap.lost", lines=reading.numbers(stands.lost))


def _said(visit: Visit, draft: Draft, session: Any) -> tuple[Block, ...]:
    said = reading.said(Speaker(visit.works.shelf), visit.unit, draft, session, visit.now)
    visit.quotes += said.quotes
    return said.spoken.blocks


def _labels(visit: Visit, number: int, which: int, circle: int, status: str) -> Iterator[Label]:
    acts = ["edit", "approve"]
    if circle != MANAGERS:
        acts = ["edit", "release", "anew"] if status == "held" else ["edit", "hold", "approve", "anew"]
    for act in acts:
        yield button(visit, f"counter.button.{act}", act, number, which, circle)
    if circle == MANAGERS:
        yield button(visit, "counter.button.arrange", "arrange", number, which)
    yield button(visit, "counter.button.back", "recaps", number)


# -- acts


def _asking(key: str, submit: str) -> Callable[..., Sheet]:
    def ask(visit: Visit, number: int, which: int, circle: int) -> Sheet:
        office = visit.office(number)
        of_it = visit.say(key, number=which) if which else visit.say("counter.recaps.whole")
        told = heading(office.series.title), line(of_it)
        name = [] if circle == MANAGERS else [line(office.circle(str(circle)).name)]
        return sheet(visit, "counter.title.recap", *told, *name, submit=submit)

    return ask


def _doing(act: Callable[[GroupDesk], str]) -> Callable[..., Next]:
    def do(visit: Visit, _: Mapping[str, Written], number: int, which: int, circle: int) -> Next:
        told = act(_group(visit, visit.office(number), which, circle, lock=True))
        return Next(name_of("recap", number, which, circle), (visit.tell(told),))

    return do


def _approve(visit: Visit, _: Mapping[str, Written], number: int, which: int, circle: int) -> Next:
    office, by = visit.office(number), visit.visitor.person
    if circle == MANAGERS:
        told = approval.approve(_across(visit, office, which, lock=True), by)
    else:
        told = [desk.approve(_group(visit, office, which, circle, lock=True), by)]
    return Next(name_of("recap", number, which, circle), tuple(map(visit.tell, told)))


# -- editing a line


def _draft(visit: Visit, number: int, which: int, circle: int, *, lock: bool) -> tuple[Any, Draft, Any]:
    """The desk, what is on it, and under whose name it is read."""
    office = visit.office(number)
    if circle == MANAGERS:
        across = _across(visit, office, which, lock=lock)
        return across, across.draft(), across.session
    one = _group(visit, office, which, circle, lock=lock)
    return one, one.draft(), one.sitting


def edit_sheet(visit: Visit, number: int, which: int, circle: int) -> Sheet:
    """Lines are chosen by what they rest on: their numbers may change while somebody writes."""
    _, draft, session = _draft(visit, number, which, circle, lock=False)
    words = {block.number: block.words for block in _said(visit, draft, session) if block.number is not None}
    lines = [
        Option(
            str(one.key),
            f"{one.number}. {words.get(one.number, visit.say('counter.recap.left-out'))}"[:SHORT],
        )
        for one in wording.lines(recaps.load(draft.points))
    ]
    if not lines:
        raise Gone
    doings = [Option(each, visit.say(f"counter.edit.{each}")) for each in (SAY, DROP, RESTORE)]
    blanks = [
        blank(visit, "line", "choice", "counter.blank.line", required=True, options=lines),
        blank(visit, "what", "choice", "counter.blank.doing", required=True, options=doings, value=SAY),
        blank(visit, "words", "area", "counter.blank.new-words"),
    ]
    return sheet(visit, "counter.title.edit", blanks=blanks, submit="counter.button.edit")


def edit(visit: Visit, written: Mapping[str, Written], number: int, which: int, circle: int) -> Next:
    there, draft, _ = _draft(visit, number, which, circle, lock=True)
    lines = {str(one.key): one.number for one in wording.lines(recaps.load(draft.points))}
    chosen, what, words = (text_of(written, name) for name in ("line", "what", "words"))
    if chosen not in lines:
        raise Wrong({"line": visit.say("counter.fault.line")})
    if what == SAY and not words:
        raise Wrong({"words": visit.say("form.why.needed")})
    line_ = lines[chosen]
    changes = {
        SAY: Edit(say=((line_, words),)), DROP: Edit(drop=(line_,)), RESTORE: Edit(restore=(line_,)),
    }.get(what)  # fmt: skip
    if changes is None:
        raise Wrong({"what": visit.say("form.why.needed")})
    told = approval.edit(there, changes) if circle == MANAGERS else desk.edit(there, changes)
    return Next(name_of("recap", number, which, circle), (visit.tell(told),))


# -- what belongs together

TOGETHER, APART, HEADING, ASKS, ASKS_NOT = DOINGS = ("together", "apart", "heading", "asks", "asks-not")


def arrange_sheet(visit: Visit, number: int, which: int) -> Sheet:
    """Findings are chosen by their replies: their numbers may change while somebody writes."""
    _, draft, session = _draft(visit, number, which, MANAGERS, lock=False)
    options = _findings(visit, draft, session)
    doings = [Option(each, visit.say(f"counter.arrange.{each}")) for each in DOINGS]
    blanks = [
        blank(visit, "findings", "choices", "counter.blank.findings", required=True, options=options),
        blank(visit, "what", "choice", "counter.blank.doing", required=True, options=doings, value=TOGETHER),
        blank(visit, "words", "line", "counter.blank.heading"),
    ]
    told = line(visit.say("counter.recap.arrange"))
    return sheet(visit, "counter.title.arrange", told, blanks=blanks, submit="counter.button.arrange")


def _findings(visit: Visit, draft: Draft, session: Any) -> list[Option]:
    """Those of the managers' recap, in words. Raises Gone where there are none."""
    words = {block.number: block.words for block in _said(visit, draft, session) if block.number is not None}
    lines = wording.lines(recaps.load(draft.points))
    if not lines:
        raise Gone
    out = visit.say("counter.recap.left-out")
    return [Option(str(one.key), f"{one.number}. {words.get(one.number, out)}"[:SHORT]) for one in lines]


def arrange(visit: Visit, written: Mapping[str, Written], number: int, which: int) -> Next:
    across, draft, _ = _draft(visit, number, which, MANAGERS, lock=True)
    lines = {str(one.key): one.number for one in wording.lines(recaps.load(draft.points))}
    chosen = texts_of(written, "findings")
    if not chosen or not set(chosen) <= lines.keys():
        raise Wrong({"findings": visit.say("counter.fault.line")})
    named, words = tuple(lines[each] for each in chosen), text_of(written, "words")
    what = text_of(written, "what")
    if what == HEADING and not words:
        raise Wrong({"words": visit.say("form.why.needed")})
    heading = ((named[0], words),) if words and what in (TOGETHER, HEADING) else ()
    changes = {
        TOGETHER: Edit(together=(named,), heading=heading), APART: Edit(apart=named), HEADING: Edit(heading=heading),
        ASKS: Edit(asks=named), ASKS_NOT: Edit(asks_not=named),
    }.get(what)  # fmt: skip
    if changes is None:
        raise Wrong({"what": visit.say("form.why.needed")})
    told = approval.edit(across, changes)
    return Next(name_of("recap", number, which, MANAGERS), (visit.tell(told),))


# -- what managers answer


def answer_sheet(visit: Visit, number: int, which: int) -> Sheet:
    """A manager answers a group, by the finding that it put forward."""
    across = _as_manager(visit, number, which, lock=False)
    there = {one.number: str(one.reply) for one in responding.open_findings(across)}
    if not there or (last := across.approved) is None:
        raise Gone
    said = _said(visit, _had(last), across.session)
    options = [
        Option(there[block.number], f"{block.number}. {block.words}"[:SHORT])
        for block in said if block.number in there
    ]  # fmt: skip
    verdicts = [Option(each, visit.say(f"counter.answer.{each}")) for each in responding.VERDICTS]
    blanks = [
        blank(visit, "finding", "choice", "counter.blank.finding", required=True, options=options),
        blank(visit, "verdict", "choice", "counter.blank.verdict", required=True, options=verdicts),
        blank(visit, "words", "area", "counter.blank.because"),
    ]
    told = line(visit.say("counter.recap.answer"))
    return sheet(visit, "counter.title.answer", told, blanks=blanks, submit="counter.button.answer")


def answer(visit: Visit, written: Mapping[str, Written], number: int, which: int) -> Next:
    across, person = _as_manager(visit, number, which, lock=True), visit.visitor.person
    there = {str(one.reply): one.number for one in responding.open_findings(across)}
    finding, words = text_of(written, "finding"), text_of(written, "words")
    verdict = next((each for each in responding.VERDICTS if each == text_of(written, "verdict")), None)
    if finding not in there or person is None:
        raise Wrong({"finding": visit.say("counter.fault.line")})
    if verdict is None:
        raise Wrong({"verdict": visit.say("form.why.needed")})
    if verdict == "not-now" and not words:
        raise Wrong({"words": visit.say("counter.fault.because")})
    told = responding.respond(across, there[finding], verdict, words, person)
    return Next(name_of("read", number, which), (visit.tell(told),))


def _as_manager(visit: Visit, number: int, which: int, *, lock: bool) -> ManagersDesk:
    """What has gone out, and nothing before."""
    sight.require("manager", "manager-recap")
    sight.require("manager", "released", given={"approved"})
    works, office = visit.works, visit.office(number)
    last = which or _last_whole(visit, office)
    return approval.open_desk(
        office, visit.unit, works.shelf, works.ids, "manager", last, lock=lock, whole=which == WHOLE
    )


def _last_whole(visit: Visit, office: Office) -> int:
    """Until which session managers have been told of the whole series. Raises Gone."""
    found = ledger(visit.unit, office.series.id).whole
    told = [each.number for each in _held(office) if any(one.status == "approved" for one in found[each.id])]
    if not told:
        raise Gone
    return int(told[-1])


def _had(version: Any) -> Draft:
    return Draft(version.points, version.words, version.status, version.version, version.approved_at,
                 said=version.said)  # fmt: skip


def _answers(visit: Visit, number: int, *_: object) -> None:
    """A manager of the series: nobody else answers for them."""
    manages(visit, number)
    if number not in visit.visitor.with_role(MANAGER):
        raise NotYours("counter.refused.answers")


# -- what managers have


def released(visit: Visit, number: int) -> Sheet:
    """The managers' recaps that have gone out."""
    sight.require("manager", "manager-recap")
    office, found = visit.office(number), ledger(visit.unit, number)
    blocks = [heading(office.series.title)]
    for meeting in office.meetings():
        if any(each.status == "approved" for each in found.managers[meeting.id]):
            read = button(visit, "counter.button.read", "read", number, meeting.number)
            words = visit.say("counter.recaps.meeting", number=meeting.number, when=office.moment(meeting))
            blocks.append(item(words, read))
    if any(each.status == "approved" for versions in found.whole.values() for each in versions):
        told = button(visit, "counter.button.read", "read", number, WHOLE)
        blocks.append(item(visit.say("counter.recaps.whole"), told))
    if len(blocks) == 1:
        blocks.append(line(visit.say("counter.recaps.none-yet")))
    return sheet(
        visit, "counter.title.recaps", *blocks, labels=[button(visit, "counter.button.home", "home")]
    )


def read(visit: Visit, number: int, which: int) -> Sheet:
    """The managers' recap of a meeting as it was approved, less what has been taken back since."""
    across = _as_manager(visit, number, which, lock=False)
    if (last := across.approved) is None:
        raise Gone
    labels = [button(visit, "counter.button.back", "released", number)]
    if number in visit.visitor.with_role(MANAGER) and responding.open_findings(across):
        labels.insert(0, button(visit, "counter.button.answer", "respond", number, which))
    return sheet(visit, "counter.title.recap", *_said(visit, _had(last), across.session), labels=labels)


ACTS = (
    Act("recaps", runs, listed),
    Act("recap", runs, shown),
    Act("hold", runs, _asking("counter.recap.hold", "counter.button.hold"), _doing(desk.hold)),
    Act("release", runs, _asking("counter.recap.release", "counter.button.release"), _doing(desk.release)),
    Act("anew", runs, _asking("counter.recap.anew", "counter.button.anew"), _doing(desk.make_anew)),
    Act("approve", runs, _asking("counter.recap.approve", "counter.button.approve"), _approve),
    Act("edit", runs, edit_sheet, edit),
    Act("arrange", runs, arrange_sheet, arrange),
    Act("respond", _answers, answer_sheet, answer),
    Act("released", manages, released),
    Act("read", manages, read),
)
